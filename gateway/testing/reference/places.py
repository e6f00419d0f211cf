"""Stock and stores of the reference adapter."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cached_property

from msgspec.structs import replace

from gateway.errors import AdapterError, AmbiguousKey
from gateway.model.context import CallContext, ContextView
from gateway.model.identity import VariantKey
from gateway.model.stock import StockKey, StockLevel, StockLevels, Tracking
from gateway.model.stores import StoreRecord
from gateway.ports.stock import GET_STOCK
from gateway.ports.store import LIST_STORES
from gateway.testing.reference.catalog import Catalog
from gateway.testing.sandbox import SeedStock


class Places(Catalog):
    """StockPort and StorePort. A SKU without a row at a location was never counted there. A variant tagged `untracked`
    is sold without counting, as are the SKUs in `untracked`."""

    async def get_stock(
        self, keys: Sequence[StockKey], context: ContextView, call: CallContext
    ) -> Mapping[StockKey, StockLevels | AdapterError]:
        await self._request(GET_STOCK.name, keys)
        answer: dict[StockKey, StockLevels | AdapterError] = {}
        for key in keys:
            found = self._failure(key.variant, "stock") or self._levels(key)
            if found is not None:
                answer[key] = found
        return answer

    async def list_stores(self, query: None, context: ContextView, call: CallContext) -> tuple[StoreRecord, ...]:
        await self._request(LIST_STORES.name)
        freshness = self._freshness()
        return tuple(replace(store, ref=self._own(store.ref), freshness=freshness) for store in self.seed.stores)

    def _levels(self, key: StockKey) -> StockLevels | AdapterError | None:
        variants = self._bearing(key.variant)
        if len(variants) > 1:
            return AmbiguousKey(source=self.name, domain="stock")
        counted = self._counts.get(self._named(key.variant), {})
        if not variants and not counted:
            return None
        freshness = self._freshness()
        if key.sku in self.untracked or (variants and "untracked" in variants[0].tags):
            places = key.locations or tuple(store.ref.id for store in self.seed.stores)
            return StockLevels({place: StockLevel(place, Tracking.UNTRACKED, freshness) for place in places})
        levels: dict[str, StockLevel] = {}
        for place in key.locations or tuple(counted):
            if rows := counted.get(place):
                on_hand = sum((row.on_hand for row in rows), Decimal(0))
                reserved = sum((row.reserved for row in rows), Decimal(self.sold[key.sku or "", place]))
                levels[place] = StockLevel(
                    place,
                    Tracking.TRACKED,
                    freshness,
                    available=on_hand - reserved,
                    on_hand=on_hand,
                )
        return StockLevels(levels)

    def counts(self, variant: VariantKey, place: str) -> bool:
        return place in self._counts.get(self._named(variant), {})

    @cached_property
    def _counts(self) -> Mapping[VariantKey, Mapping[str, tuple[SeedStock, ...]]]:
        found: defaultdict[VariantKey, defaultdict[str, tuple[SeedStock, ...]]] = defaultdict(
            lambda: defaultdict(tuple)
        )
        for row in self.seed.stock:
            found[self._seeded(row.variant)][row.location] += (row,)
        return {variant: dict(places) for variant, places in found.items()}
