"""Suite of goods that are given to an order elsewhere: all of them or none, and available to nobody else from then."""

from __future__ import annotations

from decimal import Decimal
from typing import cast

import pytest

from gateway.errors import RequestRefused
from gateway.model.context import ContextView
from gateway.model.stock import CommitStock, GoodsSold, StockKey, StockLevels
from gateway.ports.manifest import Manifest
from gateway.ports.stock import COMMIT_STOCK, GET_STOCK, StockCommitPort, StockPort
from gateway.testing.conformance.base import Conformance, a_call, given, served
from gateway.testing.conformance.facts import Adapter, ConformanceFacts

Pieces = dict[tuple[str, str], Decimal]


class CommittingConformance(Conformance):
    """Beside a suite of writes with `operation = COMMIT_STOCK` (`ServedStock`)."""

    port = StockCommitPort

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
