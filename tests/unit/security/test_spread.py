"""Limits that several workers keep together over the state database, without Redis."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from gateway.errors import StateUnavailable, TooManyRequests
from gateway.model.principal import ClientProfile, Touchpoint
from gateway.security.rates import RateLimits
from gateway.security.spread import PARTS, Counted, SpreadCounts
from gateway.state.counters import Counters
from gateway.state.database import Database

WORKERS = 4
ADDRESS = "192.0.2.7"
STRANGER = ClientProfile(touchpoint=Touchpoint.WEB)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncGenerator[Database]:
    database = await Database.open(f"sqlite+aiosqlite:///{tmp_path}/state.sqlite")
    yield database
    await database.close()


def workers(database: Database, failures: int) -> list[RateLimits]:
    """Each a process of its own, as far as limits know."""
    return [
        RateLimits(stranger=STRANGER, failures=failures, counts=Counters(database, "rates", 60.0))
        for _ in range(WORKERS)
    ]


async def guessed(limits: list[RateLimits], times: int) -> int:
    """How many guesses were let through, spread over all workers."""
    through, waits = 0, list[float]()
    for number in range(times):
        try:
            await limits[number % len(limits)].failed(ADDRESS, guessed=True)
            through += 1
        except TooManyRequests as refused:
            waits.append(refused.retry_after or 0.0)
    assert all(1 <= wait <= 60 for wait in waits)
    return through


async def test_guesses_are_counted_by_all_workers_together(database: Database) -> None:
    assert await guessed(workers(database, failures=10), 40) == 10


async def test_a_large_limit_is_exceeded_by_a_twentieth_for_each_worker_at_most(database: Database) -> None:
    through = await guessed(workers(database, failures=200), 800)
    assert 200 <= through <= 200 + WORKERS * 200 // PARTS


async def test_a_limit_costs_few_transactions_however_often_somebody_asks() -> None:
    told: list[int] = []

    class Book:
        async def add(self, key: str, amount: int = 1) -> Counted:
            told.append(amount)
            return Counted(sum(told), 30.0)

    counts = SpreadCounts(Book())
    waits = [await counts.hit("somebody", 100) for _ in range(1_000)]
    assert waits.count(0.0) in range(100, 106)
    assert len(told) <= PARTS + 1


async def test_whoever_was_refused_is_served_again_when_the_window_is_over() -> None:
    now = 0.0

    class Book:
        async def add(self, key: str, amount: int = 1) -> Counted:
            return Counted(2 if now < 10 else 1, 10.0 - now if now < 10 else 60.0)

    counts = SpreadCounts(Book(), clock=lambda: now)
    assert await counts.hit("somebody", 1) == 10.0
    now = 4.0
    assert await counts.hit("somebody", 1) == 6.0
    now = 10.0
    assert await counts.hit("somebody", 1) == 0.0


async def test_the_number_of_callers_remembered_is_bounded() -> None:
    class Book:
        async def add(self, key: str, amount: int = 1) -> Counted:
            return Counted(1, 60.0)

    counts = SpreadCounts(Book(), most=10)
    for number in range(100):
        await counts.hit(f"caller {number}", 1_000)
    assert len(counts) == 10


async def test_a_worker_counts_for_itself_while_the_database_is_away() -> None:
    class Away:
        async def add(self, key: str, amount: int = 1) -> Counted:
            raise StateUnavailable

    limits = RateLimits(stranger=STRANGER, failures=5, counts=Away())
    assert await guessed([limits], 20) == 5


async def test_a_database_that_does_not_answer_holds_nobody_up() -> None:
    class Slow:
        async def add(self, key: str, amount: int = 1) -> Counted:
            await asyncio.sleep(60)
            return Counted(1, 60.0)

    limits = RateLimits(stranger=STRANGER, failures=5, counts=Slow())
    async with asyncio.timeout(5):
        assert await guessed([limits], 20) == 5
