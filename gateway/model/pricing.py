"""Prices: what a variant costs in a commerce context."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from msgspec import Struct

from gateway.model.freshness import Freshness
from gateway.model.identity import VariantKey, sku_of
from gateway.model.money import Money, TaxedMoney

ONE = Decimal(1)


class PriceKey(Struct, frozen=True, gc=False, cache_hash=True):
    """`unit` is a backend's sales unit (such as `dozen`), in its own word; None is the piece."""

    variant: VariantKey
    quantity: Decimal = ONE
    unit: str | None = None

    @property
    def sku(self) -> str | None:
        return sku_of(self.variant)


class UnitPrice(Struct, frozen=True, gc=False):
    """Price per measure, as consumer law asks for: `price` for `reference_quantity` `reference_unit` (UCUM), e.g. 100
    mL, taxed as the price it is made of. `freshness` names who said the price, and who the contents; empty where the
    price's own source states it whole."""

    price: TaxedMoney
    reference_quantity: Decimal
    reference_unit: str
    freshness: tuple[Freshness, ...] = ()


class QuantityBreak(Struct, frozen=True, gc=False):
    """From `minimum_quantity` pieces on, one piece costs `price`. Validity as of `Price`."""

    minimum_quantity: Decimal
    price: TaxedMoney
    valid_from: datetime | None = None
    valid_until: datetime | None = None


class Price(Struct, frozen=True, gc=False):
    """`current` is what one piece costs now, unrounded as its source keeps it, at the asked quantity; `list` the
    regular price it is compared with (only when higher); `line` what the source charges for the whole quantity, rounded
    as the source rounds (None: quantity times `current`, quantised). Validity bounds are aware UTC and inclusive.
    `changes_at` is the next instant at which the source may say something else, the end of a rule or the start of
    another; None where it does not tell."""

    current: TaxedMoney
    freshness: Freshness
    list: TaxedMoney | None = None
    line: TaxedMoney | None = None
    unit_price: UnitPrice | None = None
    quantity: Decimal = ONE
    breaks: tuple[QuantityBreak, ...] = ()
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    changes_at: datetime | None = None
    rule: str | None = None
    """The source's own name of the rule that decided, for staff (`explanation`)."""
    price_list: str | None = None
    """The source's own id of the list it is from, where it has lists."""
    key: PriceKey | None = None
    """What was asked; adapters need not fill it in."""

    @property
    def horizon(self) -> datetime | None:
        """When it is over: nobody keeps it, or a break of it, beyond that."""
        if self.valid_until is None and self.changes_at is None and not self.breaks:
            return None
        ends = [end for end in (self.valid_until, self.changes_at) if end is not None]
        if self.breaks:
            ends += [step.valid_until for step in self.breaks if step.valid_until is not None]
        return min(ends) if ends else None


class PriceDisagreement(Struct, frozen=True, gc=False):
    """Another system states a different amount in the same currency and tax treatment."""

    source: str
    stated: Money
    difference: Money
    """`stated` minus the owner's amount."""


class PriceComparison(Struct, frozen=True, gc=False):
    """One compared system: `comparable` is False (with `reason`) where currency or tax treatment differ."""

    source: str
    price: TaxedMoney | None
    comparable: bool
    reason: str | None = None


class PriceExplanation(Struct, frozen=True, gc=False):
    """Why the price is what it is, and who says otherwise."""

    source: str
    rule: str | None
    price_context: str | None
    comparisons: tuple[PriceComparison, ...] = ()
    disagreements: tuple[PriceDisagreement, ...] = ()
