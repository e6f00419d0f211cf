"""A variation to the price its till charges."""

from __future__ import annotations

from decimal import Decimal

from adapters.square.mapping.money import stated
from adapters.square.wire.catalog import CatalogObject, LocationOverride
from adapters.square.wire.common import WireMoney
from gateway.errors import CurrencyNotSold
from gateway.model.freshness import Freshness
from gateway.model.money import Money, TaxTreatment
from gateway.model.pricing import Price


def override_at(variation: CatalogObject, location: str | None) -> LocationOverride | None:
    data = variation.item_variation_data
    if location is None or data is None:
        return None
    return next((each for each in data.location_overrides or () if each.location_id == location), None)


def price(
    variation: CatalogObject,
    location: str | None,
    currency: str,
    quantity: Decimal,
    how: TaxTreatment,
    freshness: Freshness,
) -> Price | CurrencyNotSold | None:
    """The location's own price where it has one, else the account's. None is "not sold here": a variation that is not
    present at the location, or whose price is only typed in at the sale (VARIABLE_PRICING), which is not zero.
    Square has neither dates, groups nor quantity breaks here."""
    data = variation.item_variation_data
    if data is None or variation.is_deleted or (location is not None and not variation.present_at(location)):
        return None
    here = override_at(variation, location)
    kind = (here.pricing_type if here else None) or data.pricing_type
    if kind == "VARIABLE_PRICING":
        return None
    local = here.price_money if here is not None and _says(here.price_money) else None
    wire = local or data.price_money
    if wire is None or wire.amount is None or not wire.currency:
        return None
    if wire.currency != currency:
        return CurrencyNotSold()
    rule = "location price" if local else None
    return Price(stated(Money.from_minor(wire.amount, currency), how), freshness, quantity=quantity, rule=rule)


def _says(wire: WireMoney | None) -> bool:
    return wire is not None and wire.amount is not None and bool(wire.currency)
