"""Suites of stock and of stores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from gateway.errors import AmbiguousKey
from gateway.model.identity import NativeRef
from gateway.model.operation import OperationSpec
from gateway.model.stock import StockKey, StockLevels, Tracking
from gateway.ports.manifest import Manifest
from gateway.ports.stock import GET_STOCK, StockPort
from gateway.ports.store import LIST_STORES, StorePort
from gateway.testing.conformance.base import a_call, assert_counted, declared, given, served, view
from gateway.testing.conformance.facts import Adapter, BackendControl, ConformanceFacts
from gateway.testing.conformance.failures import FailingConformance
from gateway.testing.conformance.hostile import no_ids
from gateway.testing.conformance.keyed import UNKNOWN, KeyedConformance
from gateway.testing.conformance.wellformed import assert_well_formed, timeless


class StockConformance(KeyedConformance):
    port = StockPort
    operation = GET_STOCK

    def no_keys(self, adapter: Adapter, facts: ConformanceFacts) -> Sequence[StockKey]:
        return [StockKey(NativeRef(adapter.name, text), ()) for text in no_ids(facts)]

    def known_keys(self, facts: ConformanceFacts) -> Sequence[StockKey]:
        return [StockKey(sku, facts.locations) for sku in given(facts.skus, "skus", facts)]

    def unknown_key(self, index: int, facts: ConformanceFacts) -> StockKey:
        return StockKey(UNKNOWN.format(index), facts.locations)

    def unknown_keys(self, adapter: Adapter, facts: ConformanceFacts) -> Sequence[StockKey]:
        native = (StockKey(NativeRef(adapter.name, text), facts.locations) for text in facts.unknown_ids)
        return (self.unknown_key(0, facts), *native)

    async def levels(
        self, adapter: Adapter, key: StockKey, facts: ConformanceFacts, spec: OperationSpec
    ) -> StockLevels:
        found = (await self.ask(adapter, (key,), facts, spec))[key]
        assert isinstance(found, StockLevels)
        return found

    async def test_a_variant_without_a_sku_is_counted_by_its_reference_in_the_same_requests(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec, backend: BackendControl
    ) -> None:
        ref, _, counted = given(facts.nameless, "nameless", facts)
        location, pieces = given(counted, "nameless: a count", facts)
        key, other = StockKey(ref, facts.locations), StockKey(given(facts.skus, "skus", facts)[0], facts.locations)
        await self.ask(adapter, (key, other), facts, spec)  # identifiers are cached from here on
        before = backend.requests
        answer = await self.ask(adapter, (key, other), facts, spec)
        assert backend.requests - before <= spec.requests(2, facts.axes.get(self.operation.name, {}))
        levels = answer[key]
        assert isinstance(levels, StockLevels)
        assert levels.levels[location].available == pieces
        assert isinstance(answer[other], StockLevels)

    async def test_a_reference_of_another_backend_means_nothing(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        ref, _, _ = given(facts.nameless, "nameless", facts)
        assert await self.ask(adapter, (StockKey(NativeRef("another", ref.id), facts.locations),), facts, spec) == {}

    async def test_the_known_stock_is_answered_exactly(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        sku, location, available = given(facts.stock, "stock", facts)
        level = (await self.levels(adapter, StockKey(sku, facts.locations), facts, spec)).levels[location]
        assert level.available == available
        assert level.tracking is Tracking.TRACKED
        alone = await self.levels(adapter, StockKey(sku, (location,)), facts, spec)
        assert timeless(alone.levels[location]) == timeless(level)

    async def test_a_location_that_was_never_counted_is_not_zero(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        sku, location = given(facts.uncounted, "uncounted", facts)
        key = StockKey(sku, (location,))
        levels = (await self.ask(adapter, (key,), facts, spec)).get(key, StockLevels({}))
        assert isinstance(levels, StockLevels)
        level = levels.levels.get(location)
        assert level is None or level.tracking is not Tracking.TRACKED

    async def test_only_asked_locations_are_answered(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        location = given(facts.locations, "locations", facts)[0]
        keys = [StockKey(sku, (location,)) for sku in given(facts.skus, "skus", facts)[:5]]
        answered = [
            set(cast("StockLevels", each).levels) for each in (await self.ask(adapter, keys, facts, spec)).values()
        ]
        assert {location} in answered
        assert all(places <= {location} for places in answered)

    async def test_a_kit_and_its_part_agree(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec, backend: BackendControl
    ) -> None:
        """About what lies there, and how many kits that makes; asked together, in no more requests than any two."""
        kit, part, pieces = given(facts.kit, "kit", facts)
        keys = StockKey(kit, facts.locations), StockKey(part, facts.locations)
        await self.ask(adapter, keys, facts, spec)  # identifiers are cached from here on
        before = backend.requests
        answer = await self.ask(adapter, keys, facts, spec)
        assert backend.requests - before <= spec.requests(2, facts.axes.get(self.operation.name, {}))
        whole, alone = (answer[key] for key in keys)
        assert isinstance(whole, StockLevels)
        assert isinstance(alone, StockLevels)
        assert len({each.item for each in whole.parts}) == len(whole.parts) > 0
        (mine,) = [each for each in whole.parts if each.item == part]
        assert mine.quantity == pieces
        assert {at: timeless(level) for at, level in mine.levels.items()} == {
            at: timeless(level) for at, level in alone.levels.items()
        }
        assert any(level.available for level in whole.levels.values())
        for at, level in whole.levels.items():
            counted = [each for each in whole.parts if each.levels[at].tracking is Tracking.TRACKED]
            made = [(each.levels[at].available or 0) // each.quantity for each in counted]
            assert level.available == min(made)
        assert alone.parts == ()

    async def test_two_bearers_of_a_sku_are_never_summed(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        key = StockKey(given(facts.duplicate_sku, "duplicate_sku", facts), facts.locations)
        assert isinstance((await self.ask(adapter, (key,), facts, spec))[key], AmbiguousKey)


class StoreConformance(FailingConformance):
    port = StorePort

    async def read(self, adapter: Adapter, facts: ConformanceFacts, manifest: Manifest) -> object:
        spec = declared(manifest, LIST_STORES.name)
        return await served(adapter, StorePort).list_stores(None, view(facts, spec), a_call())

    async def test_all_places_are_listed_once(
        self, adapter: Adapter, facts: ConformanceFacts, manifest: Manifest, backend: BackendControl
    ) -> None:
        spec = declared(manifest, LIST_STORES.name)
        stores = await served(adapter, StorePort).list_stores(None, view(facts, spec), a_call())
        assert_well_formed(stores, adapter.name)
        assert sorted(store.ref.id for store in stores) == sorted(given(facts.store_ids, "store_ids", facts))
        work = lambda: self.read(adapter, facts, manifest)  # noqa: E731
        await assert_counted(work, LIST_STORES.name, spec, facts, backend)
