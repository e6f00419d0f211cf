"""Stock and stores of the reference adapter."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from decimal import ROUND_FLOOR, Decimal
from functools import cached_property
from math import ceil

from msgspec.structs import replace

from gateway.errors import AdapterError, AmbiguousKey
from gateway.model.context import CallContext, ContextView
from gateway.model.identity import VariantKey
from gateway.model.stock import StockKey, StockLevel, StockLevels, StockPart, Tracking
from gateway.model.stores import StoreRecord
from gateway.ports.stock import GET_STOCK
from gateway.ports.store import LIST_STORES
from gateway.testing.reference.catalog import Catalog
from gateway.testing.sandbox import SeedStock


class Places(Catalog):
    """StockPort and StorePort. A SKU without a row at a location was never counted there. A variant tagged `untracked`
    is sold without counting, as are the SKUs in `untracked`. A kit is as many as its parts make."""

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
        if kit := self._kits.get(self._named(key.variant)):
            parts = tuple(
                StockPart(item, quantity, self._item_levels(StockKey(item, key.locations))) for item, quantity in kit
            )
            return StockLevels(_assembled(parts), parts=parts)
        if not variants and self._named(key.variant) not in self._counts:
            return None
        return StockLevels(self._item_levels(key))

    def _item_levels(self, key: StockKey) -> dict[str, StockLevel]:
        """Of what lies on shelves by itself."""
        variants, freshness = self._bearing(key.variant), self._freshness()
        counted = self._counts.get(self._named(key.variant), {})
        if key.sku in self.untracked or (variants and "untracked" in variants[0].tags):
            places = key.locations or tuple(store.ref.id for store in self.seed.stores)
            return {place: StockLevel(place, Tracking.UNTRACKED, freshness) for place in places}
        levels: dict[str, StockLevel] = {}
        for place in key.locations or tuple(counted):
            if rows := counted.get(place):
                on_hand = sum((row.on_hand for row in rows), Decimal(0))
                reserved = sum((row.reserved for row in rows), Decimal(self.sold[_tallied(key.variant), place]))
                levels[place] = StockLevel(
                    place,
                    Tracking.TRACKED,
                    freshness,
                    available=on_hand - reserved,
                    on_hand=on_hand,
                )
        return levels

    def counts(self, variant: VariantKey, place: str) -> bool:
        kit = self._kits.get(self._named(variant))
        items = [variant] if kit is None else [item for item, _ in kit]
        return any(place in self._counts.get(self._named(item), {}) for item in items)

    def goods(self, variant: VariantKey, place: str, pieces: int) -> Counter[tuple[str, str]]:
        """What leaves the shelf when so many are sold: of a kit its parts, in whole pieces."""
        kit = self._kits.get(self._named(variant), ((variant, Decimal(1)),))
        return Counter({(_tallied(item), place): ceil(quantity * pieces) for item, quantity in kit})

    @cached_property
    def _kits(self) -> Mapping[VariantKey, tuple[tuple[VariantKey, Decimal], ...]]:
        return {self._seeded(kit.variant): kit.parts for kit in self.seed.kits}

    @cached_property
    def _counts(self) -> Mapping[VariantKey, Mapping[str, tuple[SeedStock, ...]]]:
        found: defaultdict[VariantKey, defaultdict[str, tuple[SeedStock, ...]]] = defaultdict(
            lambda: defaultdict(tuple)
        )
        for row in self.seed.stock:
            found[self._seeded(row.variant)][row.location] += (row,)
        return {variant: dict(places) for variant, places in found.items()}


def _tallied(variant: VariantKey) -> str:
    return variant if isinstance(variant, str) else variant.id


def _assembled(parts: Sequence[StockPart]) -> dict[str, StockLevel]:
    """Where all parts were ever counted, in whole kits; what is sold without counting holds up none."""
    places = [place for place in parts[0].levels if all(place in part.levels for part in parts)]
    levels: dict[str, StockLevel] = {}
    for place in places:
        counted = [part for part in parts if part.levels[place].tracking is Tracking.TRACKED]
        if not counted:
            levels[place] = parts[0].levels[place]
            continue
        free, on_hand = (
            min((getattr(part.levels[place], field) / part.quantity).to_integral_value(ROUND_FLOOR) for part in counted)
            for field in ("available", "on_hand")
        )
        levels[place] = replace(counted[0].levels[place], available=free, on_hand=on_hand)
    return levels
