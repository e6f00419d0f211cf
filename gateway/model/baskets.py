"""What a basket is to those who own promotions, shipping and tax, and what each of them answers for it.

A basket goes out whole, in one call for each capability however many lines it has. Nobody's name, street, telephone or
mail address is in it: an owner computes from places, codes and price groups.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import Enum

from msgspec import Struct

from gateway.model.freshness import Freshness
from gateway.model.identity import NativeRef, VariantKey, sku_of
from gateway.model.money import Money, TaxedMoney


class BasketLine(Struct, frozen=True, gc=False, cache_hash=True):
    """`id` is the cart's own id of the line, which answers name. `unit` is what the price owner asks for one piece at
    this quantity, before anybody's promotion; `line` what it charges for all pieces, where it says so itself. `weight`
    of one piece in kilograms, None where the product's owner does not say."""

    id: str
    variant: VariantKey
    quantity: Decimal
    unit: TaxedMoney
    line: TaxedMoney | None = None
    requires_shipping: bool = True
    weight: Decimal | None = None

    @property
    def sku(self) -> str | None:
        return sku_of(self.variant)


class Destination(Struct, frozen=True, gc=False, cache_hash=True):
    """Where goods go, as far as prices and taxes depend on it. `country` ISO 3166-1 alpha-2, `region` the part behind
    the hyphen of ISO 3166-2."""

    country: str
    region: str = ""
    postal_code: str = ""
    city: str = ""


class Basket(Struct, frozen=True, gc=False, cache_hash=True):
    """`codes` as the shopper typed them, upper-cased and trimmed, each once. `destination` None: not known yet.
    `customer` is the asked backend's own reference, where the shopper is known there. `shipping` is the chosen option's
    id as that backend gave it, where totals depend on it."""

    lines: tuple[BasketLine, ...]
    codes: tuple[str, ...] = ()
    destination: Destination | None = None
    customer: NativeRef | None = None
    shipping: str | None = None


class Discount(Struct, frozen=True, gc=False):
    """`amount` is positive and taxed as the lines are. `line`: the basket line it is taken from; None: from the whole
    basket, to be spread by `model.spreading`. `shipping`: it is taken from what delivery costs. `code`: what brought it
    about; None where it came by itself. `label` is the owner's own words, in the asked language."""

    label: str
    amount: TaxedMoney
    line: str | None = None
    code: str | None = None
    shipping: bool = False


class CodeRefusal(Enum):
    """Why a code does nothing."""

    UNKNOWN = "UNKNOWN"
    EXPIRED = "EXPIRED"
    NOT_YET = "NOT_YET"
    USED_UP = "USED_UP"
    MINIMUM_NOT_REACHED = "MINIMUM_NOT_REACHED"
    NOT_FOR_THESE_GOODS = "NOT_FOR_THESE_GOODS"
    NOT_FOR_THIS_CUSTOMER = "NOT_FOR_THIS_CUSTOMER"
    NOT_COMBINABLE = "NOT_COMBINABLE"
    REFUSED = "REFUSED"
    """The owner does not say why."""
    NOT_ASKED = "NOT_ASKED"
    """Too many were tried in vain from here: its owner is not asked for a while."""


class RefusedCode(Struct, frozen=True, gc=False):
    code: str
    reason: CodeRefusal


class Promotions(Struct, frozen=True, gc=False):
    """Every code of the basket is in exactly one of `accepted` and `refused`."""

    discounts: tuple[Discount, ...]
    freshness: Freshness
    accepted: tuple[str, ...] = ()
    refused: tuple[RefusedCode, ...] = ()


class ShippingOption(Struct, frozen=True, gc=False):
    """`id` is the owner's own. Dates are aware UTC, of the arrival; `cut_off` until when an order still makes them.
    `price` before discounts. `tax_class` as the tax owner calls it, where the price's own tax is not known."""

    id: str
    label: str
    price: TaxedMoney
    carrier: str | None = None
    earliest: datetime | None = None
    latest: datetime | None = None
    cut_off: datetime | None = None
    tax_class: str | None = None


class ShippingOptions(Struct, frozen=True, gc=False):
    """Cheapest first. None at all: nobody carries this basket there."""

    options: tuple[ShippingOption, ...]
    freshness: Freshness


class TaxedLine(Struct, frozen=True, gc=False):
    """The line's total after discounts, with its tax; only as it is stated where the owner tells the tax of all lines
    together. `rates` are fractions (0.19) by the owner's label, where it tells
    them."""

    line: str
    total: TaxedMoney
    rates: tuple[tuple[str, Decimal], ...] = ()


class BasketTax(Struct, frozen=True, gc=False):
    """`lines` in the basket's order; `shipping` None where nothing is shipped; `total` is the owner's own sum, rounded
    as it rounds: the sum of the lines may differ from it by minor units."""

    lines: tuple[TaxedLine, ...]
    total: TaxedMoney
    freshness: Freshness
    shipping: TaxedMoney | None = None


class TaxQuery(Struct, frozen=True, gc=False, cache_hash=True):
    """A basket whose discounts are known: `discounts` positive, one for each line in its order (None: none).
    `shipping_price` after its own discounts, of the class `shipping_tax_class`."""

    basket: Basket
    discounts: tuple[Money | None, ...] = ()
    shipping_price: TaxedMoney | None = None
    shipping_tax_class: str | None = None
