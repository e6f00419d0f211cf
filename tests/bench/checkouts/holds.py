"""Holds a second: of one item, which everybody wants, and of a thousand."""

from __future__ import annotations

import asyncio
import time

from gateway.state.database import Database
from gateway.state.ledger import Ledger, StockSpot

AT_ONCE, HOLDS = 16, 600
ITEMS = (1, 1_000)
_PIECES = 1_000_000


async def holds(url: str) -> dict[int, float]:
    """By the number of items."""
    database = await Database.open(url)
    try:
        return {items: await _rate(database, items) for items in ITEMS}
    finally:
        await database.close()


async def _rate(database: Database, items: int) -> float:
    ledger, room = Ledger(database), asyncio.Semaphore(AT_ONCE)
    spots = [StockSpot("erp", f"{items}-{number}", "london") for number in range(items)]
    await ledger.read_at(dict.fromkeys(spots, _PIECES), await ledger.now())

    async def hold(number: int) -> None:
        async with room, database.write() as connection:
            short = await ledger.reserve(connection, f"{items}-{number}", {spots[number % items]: 1})
            assert not short, short

    begun = time.perf_counter()
    await asyncio.gather(*map(hold, range(HOLDS)))
    return HOLDS / (time.perf_counter() - begun)
