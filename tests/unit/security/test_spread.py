"""Limits that several workers keep together over the state database, without Redis."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
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
        RateLimits(anonymous=STRANGER, failures=failures, counts=Counters(database, "rates", 60.0))
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


async def test_a_burst_of_guesses_is_counted_as_those_one_after_the_other(database: Database) -> None:
    limits = workers(database, failures=60)
    through = await asyncio.gather(*(guessed([limits[number % WORKERS]], 1) for number in range(400)))
    assert 60 <= sum(through) <= 60 + WORKERS * 60 // PARTS


async def test_guesses_from_many_addresses_at_once_share_their_transactions() -> None:
    told: list[int] = []

    class Book:
        async def add_all(self, amounts: Mapping[str, int]) -> dict[str, Counted]:
            told.append(len(amounts))
            await asyncio.sleep(0)
            return dict.fromkeys(amounts, Counted(1, 60.0))

    counts = SpreadCounts(Book())
    assert set(await asyncio.gather(*(counts.hit(f"caller {number}", 5) for number in range(400)))) == {0.0}
    assert sum(told) == 400
    assert len(told) <= 2


async def test_counts_of_several_callers_are_told_in_one_transaction(database: Database) -> None:
    counters = Counters(database, "rates", 60.0)
    await counters.add_all({"a": 3, "b": 1})
    counted = await counters.add_all({"b": 5, "c": 2})
    assert {key: one.value for key, one in counted.items()} == {"b": 6, "c": 2}
    assert await counters.value("a") == 3
    assert all(50 <= one.left <= 60 for one in counted.values())


async def test_a_report_that_nobody_waits_for_any_more_still_counts() -> None:
    told: list[int] = []

    class Late:
        async def add_all(self, amounts: Mapping[str, int]) -> dict[str, Counted]:
            await asyncio.sleep(0.05)
            told.extend(amounts.values())
            return dict.fromkeys(amounts, Counted(9, 30.0))

    counts = SpreadCounts(Late())
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await counts.hit("somebody", 5)
    await asyncio.sleep(0.1)
    assert told == [1]
    assert await counts.hit("somebody", 5) > 0
    await counts.close()


async def test_what_could_not_be_told_is_told_later_but_not_in_another_minute() -> None:
    now = 1.0
    away = True
    told: list[int] = []

    class Book:
        async def add_all(self, amounts: Mapping[str, int]) -> dict[str, Counted]:
            if away:
                raise StateUnavailable
            told.extend(amounts.values())
            return dict.fromkeys(amounts, Counted(1, 60.0))

    counts = SpreadCounts(Book(), clock=lambda: now)
    for _ in range(3):
        with pytest.raises(StateUnavailable):
            await counts.hit("somebody", 20)
    away = False
    await counts.hit("somebody", 20)
    away = True
    with pytest.raises(StateUnavailable):
        await counts.hit("somebody", 20)
    away, now = False, 100.0
    await counts.hit("somebody", 20)
    assert told == [4, 1]


async def test_a_large_limit_is_exceeded_by_a_twentieth_for_each_worker_at_most(database: Database) -> None:
    through = await guessed(workers(database, failures=200), 800)
    assert 200 <= through <= 200 + WORKERS * 200 // PARTS


async def test_a_limit_costs_few_transactions_however_often_somebody_asks() -> None:
    told: list[int] = []

    class Book:
        async def add_all(self, amounts: Mapping[str, int]) -> dict[str, Counted]:
            told.extend(amounts.values())
            return dict.fromkeys(amounts, Counted(sum(told), 30.0))

    counts = SpreadCounts(Book())
    waits = [await counts.hit("somebody", 100) for _ in range(1_000)]
    assert waits.count(0.0) == 100
    assert len(told) <= PARTS + 1


async def test_whoever_was_refused_is_served_again_when_the_window_is_over() -> None:
    now = 0.0

    class Book:
        async def add_all(self, amounts: Mapping[str, int]) -> dict[str, Counted]:
            counted = Counted(2, 10.0 - now) if now < 10 else Counted(1, 60.0)
            return dict.fromkeys(amounts, counted)

    counts = SpreadCounts(Book(), clock=lambda: now)
    assert await counts.hit("somebody", 1) == 10.0
    now = 4.0
    assert await counts.hit("somebody", 1) == 6.0
    now = 10.0
    assert await counts.hit("somebody", 1) == 0.0


async def test_the_number_of_callers_remembered_is_bounded() -> None:
    class Book:
        async def add_all(self, amounts: Mapping[str, int]) -> dict[str, Counted]:
            return dict.fromkeys(amounts, Counted(1, 60.0))

    counts = SpreadCounts(Book(), most=10)
    for number in range(100):
        await counts.hit(f"caller {number}", 1_000)
    assert len(counts) == 10


async def test_a_worker_counts_for_itself_while_the_database_is_away() -> None:
    class Away:
        async def add_all(self, amounts: Mapping[str, int]) -> dict[str, Counted]:
            raise StateUnavailable

    limits = RateLimits(anonymous=STRANGER, failures=5, counts=Away())
    assert await guessed([limits], 20) == 5


async def test_a_database_that_does_not_answer_holds_nobody_up() -> None:
    class Slow:
        async def add_all(self, amounts: Mapping[str, int]) -> dict[str, Counted]:
            await asyncio.sleep(60)
            return dict.fromkeys(amounts, Counted(1, 60.0))

    limits = RateLimits(anonymous=STRANGER, failures=5, counts=Slow())
    async with asyncio.timeout(5):
        assert await guessed([limits], 20) == 5
