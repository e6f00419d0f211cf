"""Suites of goods that are given to an order elsewhere: all of them or none, and available to nobody else from then;
and of goods that go back."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import ClassVar, cast

import pytest

from gateway.errors import RequestRefused
from gateway.model.context import ContextView
from gateway.model.identity import NativeRef
from gateway.model.stock import CommitStock, GoodsSold, Restock, StockKey, StockLevels
from gateway.ports.manifest import Manifest
from gateway.ports.stock import COMMIT_STOCK, GET_STOCK, RestockPort, StockCommitPort, StockPort
from gateway.testing.conformance.base import Conformance, a_call, given, served
from gateway.testing.conformance.facts import Adapter, ConformanceFacts

Pieces = dict[tuple[str, str], Decimal]


class _Goods(Conformance):
    @pytest.fixture
    def here(self, manifest: Manifest, facts: ConformanceFacts) -> ContextView:
        return facts.context.only(manifest.writes[COMMIT_STOCK.name].vary_on)

    async def pieces(self, adapter: Adapter, manifest: Manifest, facts: ConformanceFacts) -> Pieces:
        """What may still be sold, by SKU and place."""
        context = facts.context.only(manifest.operations[GET_STOCK.name].vary_on)
        keys = [StockKey(sku, facts.locations) for sku in given(facts.skus, "skus", facts)]
        answer = await served(adapter, StockPort).get_stock(keys, context, a_call(fresh=True))
        return {
            (key.sku or "", place): level.available
            for key, levels in answer.items()
            if isinstance(levels, StockLevels)
            for place, level in levels.levels.items()
            if level.available is not None
        }


class CommittingConformance(_Goods):
    """Beside a suite of writes with `operation = COMMIT_STOCK` (`ServedStock`)."""

    port = StockCommitPort

    async def test_what_is_committed_is_available_to_nobody_else(
        self, adapter: Adapter, manifest: Manifest, facts: ConformanceFacts, here: ContextView
    ) -> None:
        desk, before = cast("StockCommitPort", adapter), await self.pieces(adapter, manifest, facts)
        spots = [spot for spot, pieces in before.items() if pieces >= 2][:2]
        goods = tuple(
            GoodsSold(*spot, number) for number, spot in enumerate(given(spots, "two pieces", facts), start=1)
        )
        done = await desk.commit_stock(CommitStock(reference="C" * 26, goods=goods, order="W1"), here, a_call())
        assert done.ref.backend == adapter.name
        after = await self.pieces(adapter, manifest, facts)
        taken = {(each.variant, each.place): each.pieces for each in goods}
        assert {spot: before[spot] - after[spot] for spot in before if before[spot] != after[spot]} == taken

    async def test_more_than_there_is_can_be_committed_because_it_is_sold(
        self, adapter: Adapter, manifest: Manifest, facts: ConformanceFacts, here: ContextView
    ) -> None:
        desk, before = cast("StockCommitPort", adapter), await self.pieces(adapter, manifest, facts)
        spot, pieces = min(before.items(), key=lambda each: each[1])
        goods = (GoodsSold(*spot, int(pieces) + 2),)
        await desk.commit_stock(CommitStock(reference="D" * 26, goods=goods), here, a_call())
        assert (await self.pieces(adapter, manifest, facts))[spot] <= 0

    async def test_what_cannot_be_committed_whole_is_not_committed_at_all(
        self, adapter: Adapter, manifest: Manifest, facts: ConformanceFacts, here: ContextView
    ) -> None:
        desk, before = cast("StockCommitPort", adapter), await self.pieces(adapter, manifest, facts)
        sku, place = next(iter(before))
        for wrong in (GoodsSold("NO-SUCH-THING", place, 1), GoodsSold(sku, "no-such-place", 1)):
            command = CommitStock(reference="E" * 26, goods=(GoodsSold(sku, place, 1), wrong))
            with pytest.raises(RequestRefused):
                await desk.commit_stock(command, here, a_call())
        assert await self.pieces(adapter, manifest, facts) == before


class RestockingConformance(_Goods):
    """Beside a suite of writes with `operation = RESTOCK` (`ServedRestock`)."""

    port = RestockPort
    no_record: ClassVar[str] = "999999"
    """As an owner writes the id of a commitment, and has none of."""

    @pytest.fixture
    def at(self) -> datetime:
        """When goods are committed, by the owner's clock."""
        return datetime.now(UTC)

    async def test_what_goes_back_is_available_again_and_nothing_else(
        self, adapter: Adapter, manifest: Manifest, facts: ConformanceFacts, here: ContextView, at: datetime
    ) -> None:
        before = await self.pieces(adapter, manifest, facts)
        spots = [spot for spot, pieces in before.items() if pieces >= 2][:2]
        goods = tuple(
            GoodsSold(*spot, number) for number, spot in enumerate(given(spots, "two pieces", facts), start=1)
        )
        desk, back = cast("StockCommitPort", adapter), cast("RestockPort", adapter)
        kept = await desk.commit_stock(CommitStock(reference="F" * 26, goods=goods[:1]), here, a_call())
        one = await self.pieces(adapter, manifest, facts)
        done = await desk.commit_stock(CommitStock(reference="G" * 26, goods=goods, order="W1"), here, a_call())
        command = Restock(reference="G" * 26, record=done.ref, committed=at, goods=goods, order="W1")
        answer = await back.restock(command, here, a_call())
        assert (answer.ref.backend, answer.shipped) == (adapter.name, ())
        assert await self.pieces(adapter, manifest, facts) == one  # the other commitment stands
        command = Restock(reference="F" * 26, record=kept.ref, committed=at, goods=goods[:1])
        await back.restock(command, here, a_call())
        assert await self.pieces(adapter, manifest, facts) == before

    async def test_what_was_never_committed_does_not_come_back(
        self, adapter: Adapter, manifest: Manifest, facts: ConformanceFacts, here: ContextView, at: datetime
    ) -> None:
        before = await self.pieces(adapter, manifest, facts)
        goods = (GoodsSold(*next(iter(before)), 1),)
        record = NativeRef(adapter.name, self.no_record)
        with pytest.raises(RequestRefused):
            await cast("RestockPort", adapter).restock(
                Restock(reference="H" * 26, record=record, committed=at, goods=goods), here, a_call()
            )
        assert await self.pieces(adapter, manifest, facts) == before
