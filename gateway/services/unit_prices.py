"""Unit prices, as consumer law asks for: the owner's final price over what the catalogue says a piece contains. Both
may come from different systems, and the freshness names both."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

from msgspec.structs import replace

from gateway.errors import AdapterError
from gateway.model.catalog import Measurement, Variant
from gateway.model.currencies import fraction_digits
from gateway.model.freshness import Role
from gateway.model.measures import converted, dimension_of
from gateway.model.money import Money, TaxedMoney
from gateway.model.pricing import Price, UnitPrice

FINER_BELOW_ONE = frozenset({"GB", "US"})
"""Countries where a unit price below one pound or dollar is given to the tenth of a penny or cent; elsewhere to the
currency's digits. Sources: the Price Marking Order 2004, article 13; NIST Handbook 130, uniform unit pricing."""

Priced = Price | AdapterError | None


def with_unit_prices(prices: Iterable[Priced], variants: Iterable[Variant], country: str) -> list[Priced]:
    """The same prices, in their order: those that state no price per measure with one, where the variant's contents are
    known. A price for a sales unit (a dozen) is not for what one piece contains, and gets none."""
    return [
        price if variant.measurement is None else _joined(price, variant, variant.measurement, country)
        for price, variant in zip(prices, variants, strict=True)
    ]


def _joined(price: Priced, variant: Variant, contents: Measurement, country: str) -> Priced:
    if not isinstance(price, Price) or price.unit_price is not None:
        return price
    if price.key is not None and price.key.unit is not None:
        return price
    measure = _reference(contents)
    if measure is None:
        return price
    contained, quantity, unit = measure
    per = _per(price.current, quantity / contained, country)
    said = (price.freshness, replace(variant.freshness, role=Role.ENRICHMENT))
    return replace(price, unit_price=UnitPrice(per, quantity, unit, said))


def _reference(contents: Measurement) -> tuple[Decimal, Decimal, str] | None:
    """What a piece contains in the unit the price is for, how much of that it is for, and the unit: as the catalogue
    says; where that makes no sense, one of what the law prices such goods in (1 kg, 1 L, 1 m, 1 m2)."""
    if contents.quantity <= 0:
        return None
    quantity, unit = contents.reference_quantity, contents.reference_unit
    contained = converted(contents.quantity, contents.unit, unit)
    if contained is None or quantity <= 0:
        kind = dimension_of(contents.unit)
        if kind is None:
            return None
        quantity, unit = Decimal(1), kind.value
        contained = converted(contents.quantity, contents.unit, unit)
    return None if contained is None else (contained, quantity, unit)


def _per(current: TaxedMoney, factor: Decimal, country: str) -> TaxedMoney:
    """Of the price as it is charged, each side of the tax rounded by itself; the tax is what lies between them."""
    net = None if current.net is None else _rounded(current.net, factor, country)
    gross = None if current.gross is None else _rounded(current.gross, factor, country)
    tax = None
    if net is not None and gross is not None:
        tax = Money(gross.amount - net.amount, gross.currency)
    return TaxedMoney(net, gross, tax, current.treatment)


def _rounded(price: Money, factor: Decimal, country: str) -> Money:
    amount = price.quantized().amount * factor
    digits = fraction_digits(price.currency)
    if country in FINER_BELOW_ONE and abs(amount) < 1:
        digits += 1
    return Money(amount.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP), price.currency)
