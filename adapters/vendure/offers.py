"""`PricePort`, `StockPort`, `StorePort` and `IdentityPort` of a Vendure shop: what is known of its variants, by SKU or
by id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from adapters.vendure import documents, mapping
from adapters.vendure.errors import UnpricedVariant
from adapters.vendure.reader import PAGE, Reader
from adapters.vendure.wire.common import WireNamed
from adapters.vendure.wire.offers import (
    CurrenciesData,
    LocationsData,
    PricesData,
    SkusData,
    StockData,
    WireCurrencies,
    WirePriced,
    WireSku,
)
from gateway.errors import AdapterError, CurrencyNotSold
from gateway.model.context import CallContext, ContextView
from gateway.model.identity import NativeRef
from gateway.model.operation import MEBIBYTE
from gateway.model.pricing import Price, PriceKey
from gateway.model.stock import StockKey, StockLevels
from gateway.model.stores import StoreRecord
from gateway.ports.domains import IdentityAudit

VARIANTS_BYTES = 4 * MEBIBYTE


class OfferReader(Reader):
    # --- prices ---------------------------------------------------------------------------------------------------

    async def get_prices(
        self, keys: Sequence[PriceKey], context: ContextView, call: CallContext
    ) -> Mapping[PriceKey, Price | AdapterError]:
        """One request. Vendure fails a whole query in which one variant has no price in the asked currency: only then
        it takes two more, one to see which have and one for those. A variant has one price whatever the quantity, and
        no sales units: keys with a unit are absent."""
        channel = self.channel_of(context)
        currency = context.currency
        pieces = [key for key in keys if key.unit is None]
        if not pieces:
            return {}
        facts = await self.facts.of(channel, call)
        if currency not in facts.currencies:
            return {key: CurrencyNotSold(source=self.name) for key in pieces}
        wanted = self.named(key.variant for key in pieces)
        if wanted is None:
            return {}
        priced, unpriced = await self._prices(wanted, channel, currency, call)
        bearers = self.by_key([item for item in (*priced, *unpriced) if item.product.enabled])
        source = self.source()
        answers: dict[PriceKey, Price | AdapterError] = {}
        for key in pieces:
            found = self.the_one(bearers, key.variant)
            if isinstance(found, WirePriced):
                answers[key] = mapping.price(found, key, facts, source)
            elif isinstance(found, WireCurrencies):
                answers[key] = CurrencyNotSold(source=self.name)
            elif found is not None:
                answers[key] = found
        return answers

    async def _prices(
        self, wanted: Mapping[str, object], channel: str, currency: str, call: CallContext
    ) -> tuple[tuple[WirePriced, ...], tuple[WireCurrencies, ...]]:
        """Variants with a price in the currency, and those without."""
        try:
            return await self._priced(wanted, channel, currency, call), ()
        except UnpricedVariant:
            data = await self.ask(
                documents.CURRENCIES,
                CurrenciesData,
                call,
                operation="price.get_prices",
                channel=channel,
                variables={"options": {"filter": wanted, "take": PAGE}},
                max_response_bytes=VARIANTS_BYTES,
            )
        sold: list[str] = []
        unpriced: list[WireCurrencies] = []
        for item in data.product_variants.items:
            if any(price.currency_code == currency for price in item.prices):
                sold.append(item.id)
            else:
                unpriced.append(item)
        if not sold:
            return (), tuple(unpriced)
        return await self._priced({"id": {"in": sold}}, channel, currency, call), tuple(unpriced)

    async def _priced(
        self, wanted: Mapping[str, object], channel: str, currency: str, call: CallContext
    ) -> tuple[WirePriced, ...]:
        data = await self.ask(
            documents.PRICES,
            PricesData,
            call,
            operation="price.get_prices",
            channel=channel,
            variables={"options": {"filter": wanted, "take": PAGE}},
            currency=currency,
            max_response_bytes=VARIANTS_BYTES,
        )
        return data.product_variants.items

    async def price_context(
        self, keys: Sequence[NativeRef], context: ContextView, call: CallContext
    ) -> Mapping[NativeRef, str | AdapterError]:
        """Vendure's own prices depend on channel and currency, not on the customer."""
        return {}

    # --- stock and places -----------------------------------------------------------------------------------------

    async def get_stock(
        self, keys: Sequence[StockKey], context: ContextView, call: CallContext
    ) -> Mapping[StockKey, StockLevels | AdapterError]:
        """One request. Goods count whether or not their variant is for sale."""
        wanted = self.named(key.variant for key in keys)
        if wanted is None:
            return {}
        facts = await self.facts.of(self.config.channel_token, call)
        data = await self.ask(
            documents.STOCK,
            StockData,
            call,
            operation="stock.get_stock",
            variables={"options": {"filter": wanted, "take": PAGE}},
            max_response_bytes=VARIANTS_BYTES,
        )
        bearers = self.by_key(data.product_variants.items)
        source = self.source()
        answers: dict[StockKey, StockLevels | AdapterError] = {}
        for key in keys:
            found = self.the_one(bearers, key.variant, disabled_too=True)
            if isinstance(found, AdapterError):
                answers[key] = found
            elif found is not None:
                answers[key] = mapping.stock_levels(found, key.locations, facts, source)
        return answers

    async def list_stores(self, query: None, context: ContextView, call: CallContext) -> tuple[StoreRecord, ...]:
        found: list[WireNamed] = []
        while True:
            data = await self.ask(
                documents.LOCATIONS,
                LocationsData,
                call,
                operation="store.list_stores",
                variables={"options": {"sort": {"id": "ASC"}, "skip": len(found), "take": PAGE}},
            )
            found += data.stock_locations.items
            if len(found) >= data.stock_locations.total_items or not data.stock_locations.items:
                source = self.source()
                return tuple(mapping.store(entry, source) for entry in found)

    # --- identity -------------------------------------------------------------------------------------------------

    async def resolve(
        self, keys: Sequence[str], context: ContextView, call: CallContext
    ) -> Mapping[str, NativeRef | AdapterError]:
        if not keys:
            return {}
        data = await self._skus({"filter": {"sku": {"in": self.written(keys)}}, "take": PAGE}, call)
        bearers = self.by_key(data.product_variants.items)
        source = self.source()
        answers: dict[str, NativeRef | AdapterError] = {}
        for key in keys:
            found = self.the_one(bearers, key, disabled_too=True)
            if isinstance(found, AdapterError):
                answers[key] = found
            elif found is not None:
                answers[key] = source.ref(found.id)
        return answers

    async def audit(self, call: CallContext) -> IdentityAudit:
        """Every variant, a thousand at a time."""
        found: list[WireSku] = []
        while True:
            options = {"sort": {"id": "ASC"}, "skip": len(found), "take": PAGE}
            data = await self._skus(options, call)
            found += data.product_variants.items
            if len(found) >= data.product_variants.total_items or not data.product_variants.items:
                return self._audited([item.sku for item in found])

    def _audited(self, skus: Sequence[str]) -> IdentityAudit:
        counts: dict[str, int] = {}
        for sku in skus:
            if sku.strip():
                key = self.key_rule.written(sku)
                counts[key] = counts.get(key, 0) + 1
        return IdentityAudit(
            records=len(skus),
            missing=sum(1 for sku in skus if not sku.strip()),
            duplicates=tuple(sorted(key for key, count in counts.items() if count > 1)),
        )

    async def _skus(self, options: Mapping[str, object], call: CallContext) -> SkusData:
        return await self.ask(
            documents.SKUS,
            SkusData,
            call,
            operation="identity",
            variables={"options": options},
            max_response_bytes=VARIANTS_BYTES,
        )
