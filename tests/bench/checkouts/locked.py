"""How long who only looks waits while the runs' own file is locked and buyers wait for it: p99 over p99. (Carts cannot
be changed meanwhile: the engine looks into its file within a transaction of ours, and SQLite has one writer.)"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import statistics
import tempfile
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from gateway.checkout.engine import runs_file
from tests.e2e.http.selling_shop import Cart, SellingShop, selling

ROUNDS, LOOKS = 5, 200
BUYERS = 8


async def locked() -> float:
    """The median of the rounds' ratios; in each, the same looks beside buyers without the lock and with it."""
    with tempfile.TemporaryDirectory(prefix="bench-locked-") as folder:
        async with selling(Path(folder), pieces=100_000) as shop:
            runs = runs_file(f"{folder}/state.sqlite")
            ratios: list[float] = []
            for number in range(ROUNDS + 1):
                mine, *others = [await shop.cart() for _ in range(1 + 2 * BUYERS)]
                async with asyncio.TaskGroup() as buying:
                    free = await _p99(shop, mine, others[:BUYERS], buying)
                    async with _lock(runs):
                        held = await _p99(shop, mine, others[BUYERS:], buying)
                if number:
                    ratios.append(held / free)
            return statistics.median(ratios)


async def _p99(shop: SellingShop, mine: Cart, carts: list[Cart], buying: asyncio.TaskGroup) -> float:
    for cart in carts:
        buying.create_task(shop.submit(cart, wait=0))
    took: list[float] = []
    for _ in range(LOOKS):
        begun = time.perf_counter()
        await shop.shown(mine)
        took.append(time.perf_counter() - begun)
    return statistics.quantiles(took, n=100)[98]


@asynccontextmanager
async def _lock(file: str) -> AsyncGenerator[None]:
    opened = sqlite3.connect(file, isolation_level=None, timeout=30, check_same_thread=False)
    with contextlib.closing(opened) as connection:
        await asyncio.to_thread(connection.execute, "BEGIN IMMEDIATE")
        try:
            yield
        finally:
            connection.execute("ROLLBACK")
