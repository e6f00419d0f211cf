"""`PricePort` and `PriceContextPort`: what a till charges."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from adapters.square.catalog import CatalogObject, ItemData, LocationOverride, TaxData, searched
from adapters.square.client import SquareClient
from adapters.square.config import SquareConfig
from adapters.square.identifiers import Identifiers
from adapters.square.rows import WireMoney
from adapters.square.variations import Known, read_variations
from gateway.errors import AdapterError, CurrencyNotSold
from gateway.kit.keyed import answered
from gateway.kit.readings import Reading
from gateway.kit.tables import Table
from gateway.model.context import CallContext, ContextView
from gateway.model.freshness import Freshness
from gateway.model.identity import NativeRef
from gateway.model.money import Money, TaxedMoney, TaxTreatment
from gateway.model.pricing import Price, PriceKey
from gateway.ports.manifest import AdapterEnvironment

Taxes = Mapping[str, TaxData]


class Prices:
    def __init__(self, env: AdapterEnvironment[SquareConfig], client: SquareClient, identifiers: Identifiers) -> None:
        self._env = env
        self._client = client
        self._identifiers = identifiers
        self.taxes: Table[Taxes] = Table(self._load_taxes, env.config.table_seconds, env.clock)

    async def get_prices(
        self, keys: Sequence[PriceKey], context: ContextView, call: CallContext
    ) -> Mapping[PriceKey, Price | AdapterError]:
        """One request per 1,000 SKUs, identifiers and taxes cached. Square has no sales units: a key with a unit is
        not sold here."""
        keys = [key for key in keys if key.unit is None]
        variants = list(dict.fromkeys(key.variant for key in keys))
        known = await read_variations(variants, self._client, self._identifiers, call)
        priced = any(not isinstance(entry, AdapterError) for entry in known.values())
        taxes: Taxes = await self.taxes.get(call) if priced else {}
        location = self._env.config.store_locations.get(context.store or "")
        currency = context.currency
        freshness = Reading.now(self._env).freshness

        def charged(key: PriceKey, found: Known) -> Price | AdapterError | None:
            how = treatment(found.item, taxes)
            return price(found.variation, location, currency, key.quantity, how, freshness)

        return answered(keys, lambda key: known.get(key.variant), charged)

    async def price_context(
        self, keys: Sequence[NativeRef], context: ContextView, call: CallContext
    ) -> Mapping[NativeRef, str | AdapterError]:
        """Square has no price lists: nobody has a price context of their own."""
        return {}

    async def _load_taxes(self, call: CallContext) -> Taxes:
        return {each.id: each.tax_data for each in await searched(self._client, "TAX", call) if each.tax_data}


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


def treatment(item: ItemData | None, taxes: Taxes) -> TaxTreatment:
    """Whether the item's price contains its taxes, from the `inclusion_type` of those enabled. Mixed, missing or
    unknown taxes are UNKNOWN; an item marked not taxable is EXEMPT."""
    if item is None:
        return TaxTreatment.UNKNOWN
    if item.is_taxable is False:
        return TaxTreatment.EXEMPT
    kinds = set(_inclusions(item.tax_ids or (), taxes))
    if kinds == {"INCLUSIVE"}:
        return TaxTreatment.INCLUDED
    if kinds == {"ADDITIVE"}:
        return TaxTreatment.EXCLUDED
    return TaxTreatment.UNKNOWN


def _inclusions(ids: Iterable[str], taxes: Taxes) -> Iterable[str | None]:
    for tax_id in ids:
        tax = taxes.get(tax_id)
        if tax is None:
            yield None
        elif tax.enabled is not False:
            yield tax.inclusion_type


def stated(amount: Money, how: TaxTreatment) -> TaxedMoney:
    """The amount on the side its treatment says. A till sells to consumers, so an unknown one stands in `gross`."""
    if how is TaxTreatment.EXCLUDED:
        return TaxedMoney(net=amount, treatment=how)
    if how is TaxTreatment.EXEMPT:
        return TaxedMoney(net=amount, gross=amount, treatment=how)
    return TaxedMoney(gross=amount, treatment=how)
