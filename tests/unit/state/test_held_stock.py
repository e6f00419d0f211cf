"""The copy of what is kept back: it says what the ledger says, and tells when that may show."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from gateway.state.database import Database
from gateway.state.held_stock import HeldStock
from gateway.state.ledger import Ledger, StockSpot

MUG, BOWL = StockSpot("erp", "MUG", "london"), StockSpot("erp", "BOWL", "leeds")


class Copy:
    def __init__(self, database: Database, *, near: int = 0, uncounted: bool = False) -> None:
        self.told: list[set[StockSpot]] = []
        self.ledger = Ledger(database)
        self._database = database
        self.stock = HeldStock(database, lambda spots: self.told.append(set(spots)), near=near, uncounted=uncounted)

    async def read(self, **pieces: int) -> None:
        spots = {spot: pieces[spot.item.lower()] for spot in (MUG, BOWL) if spot.item.lower() in pieces}
        await self.ledger.read_at(spots, await self.ledger.now())

    async def hold(self, run: str, spot: StockSpot, pieces: int) -> None:
        async with self._database.write() as connection:
            assert not await self.ledger.reserve(connection, run, {spot: pieces})
        await self.stock.refresh()

    async def hand_over(self, run: str, *, counted: bool = True) -> None:
        async with self._database.write() as connection:
            await self.ledger.hand_over(connection, run, "erp", "1", counted=counted)
        await self.stock.refresh()

    async def release(self, run: str) -> None:
        async with self._database.write() as connection:
            await self.ledger.release(connection, run)
        await self.stock.refresh()

    def against(self, spot: StockSpot, seconds: float = 0.0) -> int:
        """Of a reading that was dated so many seconds from now."""
        kept = self.stock.spots.get((spot.backend, spot.place), {}).get(spot.item)
        return 0 if kept is None else kept.against(datetime.now(UTC) + timedelta(seconds=seconds))


async def test_what_is_held_counts_against_every_reading_until_it_is_free_again(database: Database) -> None:
    copy = Copy(database)
    await copy.read(mug=10, bowl=5)
    await copy.hold("R1", MUG, 2)
    await copy.hold("R2", MUG, 3)
    assert [copy.against(MUG), copy.against(MUG, 3_600), copy.against(BOWL)] == [5, 5, 0]
    await copy.release("R1")
    await copy.release("R2")
    assert copy.stock.spots == {}


async def test_what_was_handed_over_counts_against_older_readings_only(database: Database) -> None:
    copy = Copy(database)
    await copy.read(mug=10)
    await copy.hold("R1", MUG, 2)
    await copy.hand_over("R1")
    assert copy.against(MUG, -60) == 2
    assert copy.against(MUG, 60) == 0


async def test_what_an_owner_counts_until_it_is_shipped_counts_until_then(database: Database) -> None:
    copy = Copy(database, uncounted=True)
    await copy.read(mug=10)
    await copy.hold("R1", MUG, 2)
    await copy.hand_over("R1", counted=False)
    assert copy.against(MUG, 3_600) == 2
    async with database.write() as connection:
        await copy.ledger.fulfilled(connection, "R1", "erp:1")
    await copy.stock.refresh()
    assert [copy.against(MUG, -60), copy.against(MUG, 60)] == [2, 0]


async def test_only_holds_of_what_is_nearly_sold_out_are_told(database: Database) -> None:
    """Plenty stays in stock whatever is held of it; what is nearly out may have changed its status."""
    copy = Copy(database, near=3)
    await copy.read(mug=10, bowl=4)
    await copy.hold("R1", MUG, 2)
    assert copy.told == []
    await copy.hold("R2", BOWL, 1)
    assert copy.told == [{BOWL}]
    await copy.stock.refresh()
    assert copy.told == [{BOWL}]
    await copy.release("R2")
    assert copy.told == [{BOWL}, {BOWL}]


async def test_another_process_sees_a_hold_within_a_second(database: Database) -> None:
    mine, other = Copy(database), Copy(database)
    await mine.read(mug=10)
    await other.stock.start()
    try:
        await mine.hold("R1", MUG, 2)
        for _ in range(100):
            if other.against(MUG) == 2:
                break
            await asyncio.sleep(0.05)
        assert other.against(MUG) == 2
    finally:
        await other.stock.close()
