"""The database's clock is set while a write is under way: whoever is at it keeps it for as long as it was leased, and
what a dead process left is not left for as long as the clock went back.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from math import inf

import pytest
from sqlalchemy import Double, literal_column

from gateway.ports.writes import ClaimState, WritePlace
from gateway.state.clock import DatabaseClock
from gateway.state.database import Database
from gateway.state.writes import StoredWrites

HOUR = 3_600.0
LEASE = 0.4
PLACE = WritePlace("shop", "place_order", "ABCDEFGHJKMNPQRSTVWXYZ0123")


@pytest.fixture
def set_clock(database: Database) -> Callable[[float], None]:
    true = str(database.now)

    def set_by(seconds: float) -> None:
        database.now = literal_column(f"({true} + {seconds!r})", Double)

    return set_by


@pytest.fixture
async def journal(database: Database) -> StoredWrites:
    """Of a process that has looked before."""
    stored = StoredWrites(database)
    assert await stored.due(10) == []
    return stored


async def test_whoever_is_at_a_write_keeps_it_when_the_clock_is_set_ahead(
    journal: StoredWrites, set_clock: Callable[[float], None]
) -> None:
    assert (await journal.claim(PLACE, "digest", "first", LEASE)).state is ClaimState.FRESH
    set_clock(HOUR)
    assert (await journal.claim(PLACE, "digest", "second", LEASE)).state is ClaimState.BUSY
    assert await journal.done(PLACE, "first", b"{}")


@pytest.mark.parametrize("moved", [-HOUR, HOUR])
async def test_what_a_dead_process_left_is_taken_over_when_its_lease_has_passed(
    journal: StoredWrites, set_clock: Callable[[float], None], moved: float
) -> None:
    await journal.claim(PLACE, "digest", "first", LEASE)
    set_clock(moved)
    assert (await journal.claim(PLACE, "digest", "second", LEASE)).state is ClaimState.BUSY
    assert [place for place, _ in await journal.due(10)] == [PLACE]
    await asyncio.sleep(LEASE)
    claim = await journal.claim(PLACE, "digest", "second", LEASE)
    assert claim.state is ClaimState.BEFORE
    assert LEASE <= claim.since_set < 60.0  # what was sent before may have been sent as lately


async def test_what_nobody_is_at_is_taken_at_once(journal: StoredWrites, set_clock: Callable[[float], None]) -> None:
    await journal.claim(PLACE, "digest", "first", LEASE)
    await journal.unknown(PLACE, "first", [0.0])
    set_clock(HOUR)
    assert (await journal.claim(PLACE, "digest", "second", LEASE)).state is ClaimState.BEFORE


async def test_a_clock_that_nobody_set_is_not_said_to_be_set(journal: StoredWrites) -> None:
    await journal.claim(PLACE, "digest", "first", 0.0)
    claim = await journal.claim(PLACE, "digest", "second", LEASE)
    assert (claim.state, claim.since_set) == (ClaimState.BEFORE, inf)


def test_an_answer_that_took_long_says_nothing_of_the_clock() -> None:
    clock = DatabaseClock()
    now = time.monotonic()
    clock.heard(now, 1_000.0 + now)
    clock.heard(now - 30.0, 1_000.0 + now - 30.0)  # read when it was asked, thirty seconds ago
    assert clock.since_set == inf
    clock.heard(now, 1_005.0 + now)
    assert clock.since_set < 60.0
