"""`PricePort`, `StockPort`, `StorePort` and `IdentityPort` of a Vendure shop: what is known of its variants, by SKU or
by id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from adapters.vendure import documents, mapping
from adapters.vendure.errors import UnpricedVariant
from adapters.vendure.reader import PAGE, Reader, on_sale
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
from gateway.kit.identifiers import audited
from gateway.kit.keyed import answered
from gateway.model.context import CallContext, ContextView
from gateway.model.identity import NativeRef
from gateway.model.operation import MEBIBYTE
from gateway.model.pricing import Price, PriceKey
from gateway.model.stock import StockKey, StockLevels
from gateway.model.stores import StoreRecord
from gateway.ports.identity import IdentityAudit

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
        facts = await self.facts.get(channel, call)
        if currency not in facts.currencies:
            return {key: CurrencyNotSold(source=self.name) for key in pieces}
        wanted = self.named(key.variant for key in pieces)
        if wanted is None:
            return {}
        priced, unpriced = await self._prices(wanted, channel, currency, call)
        offered = [item for item in (*priced, *unpriced) if item.enabled and item.product.enabled]
        bearers = self.by_key(offered)
        reading = self.reading()

        def price(key: PriceKey, found: WirePriced | WireCurrencies) -> Price | AdapterError:
            if isinstance(found, WireCurrencies):
                return CurrencyNotSold(source=self.name)
            return mapping.price(found, key, facts, reading)

        return answered(pieces, lambda key: bearers.one(key.variant), price)

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

    # --- stock and places -----------------------------------------------------------------------------------------

    async def get_stock(
        self, keys: Sequence[StockKey], context: ContextView, call: CallContext
    ) -> Mapping[StockKey, StockLevels | AdapterError]:
        """One request. Goods count whether or not their variant is for sale."""
        wanted = self.named(key.variant for key in keys)
        if wanted is None:
            return {}
        facts = await self.facts.get(self.config.channel_token, call)
        data = await self.ask(
            documents.STOCK,
            StockData,
            call,
            operation="stock.get_stock",
            variables={"options": {"filter": wanted, "take": PAGE}},
            max_response_bytes=VARIANTS_BYTES,
        )
        bearers = self.by_key(data.product_variants.items)
        reading = self.reading()
        return answered(
            keys,
            lambda key: bearers.one(key.variant, prefer=on_sale),
            lambda key, found: mapping.stock_levels(found, key.locations, facts, reading),
        )

    async def list_stores(self, query: None, context: ContextView, call: CallContext) -> tuple[StoreRecord, ...]:
        async def page(skip: int) -> tuple[Sequence[WireNamed], int]:
            data = await self.ask(
                documents.LOCATIONS,
                LocationsData,
                call,
                operation="store.list_stores",
                variables={"options": {"sort": {"id": "ASC"}, "skip": skip, "take": PAGE}},
            )
            return data.stock_locations.items, data.stock_locations.total_items

        found, reading = await self.pages(page), self.reading()
        return tuple(mapping.store(entry, reading) for entry in found)

    # --- identity -------------------------------------------------------------------------------------------------

    async def resolve(
        self, keys: Sequence[str], context: ContextView, call: CallContext
    ) -> Mapping[str, NativeRef | AdapterError]:
        if not keys:
            return {}
        data = await self._skus({"filter": {"sku": {"in": self.written(keys)}}, "take": PAGE}, call)
        bearers = self.by_key(data.product_variants.items)
        reading = self.reading()
        return answered(keys, lambda key: bearers.one(key, prefer=on_sale), lambda _, found: reading.ref(found.id))

    async def audit(self, call: CallContext) -> IdentityAudit:
        """Every variant, a thousand at a time."""

        async def page(skip: int) -> tuple[Sequence[WireSku], int]:
            data = await self._skus({"sort": {"id": "ASC"}, "skip": skip, "take": PAGE}, call)
            return data.product_variants.items, data.product_variants.total_items

        return audited([item.sku for item in await self.pages(page)], self.key_rule)

    async def _skus(self, options: Mapping[str, object], call: CallContext) -> SkusData:
        return await self.ask(
            documents.SKUS,
            SkusData,
            call,
            operation="identity",
            variables={"options": options},
            max_response_bytes=VARIANTS_BYTES,
        )
