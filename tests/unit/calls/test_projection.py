from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from gateway.calls.operation.projection import BEHIND, Projected, StockProjection
from gateway.errors import Unavailable
from gateway.model.context import CallContext, CommerceContext
from gateway.model.freshness import Freshness
from gateway.model.identity import VariantKey, skus_among
from gateway.model.stock import StockKey, StockLevel, StockLevels, Tracking
from gateway.ports.stock import StockPort

VIEW = CommerceContext("GB", "GBP", "en").only(frozenset())


class Warehouse:
    """A system that counts, slowly."""

    def __init__(self, **pieces: int) -> None:
        self.pieces = pieces
        self.down = False
        self.asked: list[str] = []
        self.gate = asyncio.Event()
        self.gate.set()

    def _levels(self, sku: str) -> StockLevels:
        freshness = Freshness("till", datetime.now(UTC))
        level = StockLevel("berlin", Tracking.TRACKED, freshness, available=Decimal(self.pieces[sku]))
        return StockLevels({"berlin": level})

    async def all_stock(self, call: CallContext) -> Mapping[VariantKey, StockLevels]:
        self.asked.append("everything")
        found: dict[VariantKey, StockLevels] = {sku: self._levels(sku) for sku in self.pieces}
        await self.gate.wait()
        if self.down:
            raise Unavailable
        return found

    async def stock_of(self, variants: Sequence[VariantKey], call: CallContext) -> Mapping[VariantKey, StockLevels]:
        self.asked.append(",".join(skus_among(variants)))
        if self.down:
            raise Unavailable
        return {sku: self._levels(sku) for sku in skus_among(variants) if sku in self.pieces}


async def available(projection: StockProjection, sku: str, *, fresh: bool = False) -> Decimal | None:
    key = StockKey(sku, ("berlin", "paris"))
    answer = (await projection.get_stock([key], VIEW, CallContext.within(1, fresh=fresh))).get(key)
    return answer.levels["berlin"].available if isinstance(answer, StockLevels) else None


async def test_many_skus_are_answered_without_asking_the_source() -> None:
    source = Warehouse(A=1, B=2)
    projection = StockProjection(source)
    await projection.poll()
    assert [await available(projection, sku) for sku in "AB"] == [1, 2]
    assert await available(projection, "C") is None
    assert source.asked == ["everything"]


async def test_before_the_first_poll_nothing_is_known() -> None:
    with pytest.raises(Unavailable):
        await available(StockProjection(Warehouse(A=1)), "A")


async def test_a_webhook_renews_what_it_names() -> None:
    source = Warehouse(A=1, B=2)
    projection = StockProjection(source)
    await projection.poll()
    source.pieces.update(A=5, B=6)
    await projection.changed(["stock:A", "price:B"])
    assert [await available(projection, sku) for sku in "AB"] == [5, 2]
    await projection.changed(["stock"])
    assert await available(projection, "B") == 6


async def test_a_sku_that_is_gone_disappears() -> None:
    source = Warehouse(A=1, B=2)
    projection = StockProjection(source)
    await projection.poll()
    del source.pieces["A"]
    await projection.changed(["stock:A"])
    assert await available(projection, "A") is None
    del source.pieces["B"]
    await projection.poll()
    assert await available(projection, "B") is None


async def test_a_poll_that_began_earlier_never_undoes_a_later_reading() -> None:
    source = Warehouse(A=1)
    projection = StockProjection(source)
    await projection.poll()
    source.gate.clear()
    slow = asyncio.create_task(projection.poll())
    await asyncio.sleep(0)
    source.pieces["A"] = 9
    await projection.changed(["stock:A"])
    source.gate.set()
    await slow
    assert await available(projection, "A") == 9


async def test_a_fresh_read_asks_the_source() -> None:
    source = Warehouse(A=1)
    projection = StockProjection(source)
    source.pieces["A"] = 3
    assert await available(projection, "A", fresh=True) == 3
    assert source.asked == ["A"]


async def test_a_copy_that_fell_behind_says_so() -> None:
    source = Warehouse(A=1)
    projection = StockProjection(source, every=0.0, patience=0.0)
    await projection.poll()
    await asyncio.sleep(0.002)
    key = StockKey("A", ("berlin",))
    answer = (await projection.get_stock([key], VIEW, CallContext.within(1)))[key]
    assert isinstance(answer, StockLevels)
    freshness = answer.levels["berlin"].freshness
    assert (freshness.stale, freshness.reason) == (True, BEHIND)


async def test_a_source_that_is_down_leaves_the_copy_standing() -> None:
    source = Warehouse(A=1)
    projection = StockProjection(source)
    await projection.poll()
    source.down = True
    await projection.changed(["stock:A"])
    assert await available(projection, "A") == 1
    with pytest.raises(Unavailable):
        await projection.poll()


async def test_it_polls_by_itself_until_it_is_closed() -> None:
    source = Warehouse(A=1)
    projection = StockProjection(source, every=0.001)
    projection.start()
    while len(source.asked) < 3:  # noqa: ASYNC110  the poller is what is looked at
        await asyncio.sleep(0.001)
    await projection.close()
    polls = len(source.asked)
    await asyncio.sleep(0.01)
    assert len(source.asked) == polls
    assert projection.age is not None


async def test_an_adapter_answers_stock_from_its_projection_and_the_rest_itself() -> None:
    class Till:
        name = "till"

    projection = StockProjection(Warehouse(A=1))
    adapter = Projected(Till(), projection)
    assert isinstance(adapter, StockPort)
    assert adapter.name == "till"
