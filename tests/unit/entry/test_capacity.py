"""How many operations are let in: simulated, second by second."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack

import pytest

from gateway.entry.capacity import LATE_SECONDS, LEAST, LOOK_SECONDS, Capacity
from gateway.errors import GatewayOverloaded


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def looked(capacity: Capacity, clock: Clock, late: float, seconds: float) -> None:
    """So long a time in which the loop is so late."""
    until = clock.now + seconds
    while clock.now < until:
        clock.now += LOOK_SECONDS + late
        capacity.looked(late)


async def test_the_ceiling_is_never_passed() -> None:
    capacity = Capacity(3, 0.05)
    with ExitStack() as taken:
        for _ in range(3):
            taken.enter_context(capacity)
        for _ in range(5):
            with pytest.raises(GatewayOverloaded), capacity:
                pass
        assert capacity.under_way == 3
    assert (capacity.under_way, capacity.refused) == (0, 5)
    with capacity:
        capacity.check()


async def test_one_long_answer_is_no_overload() -> None:
    clock = Clock()
    capacity = Capacity(256, 0.05, clock=clock)
    clock.now += 2.0
    capacity.looked(0.2)
    looked(capacity, clock, 0.0, 0.1)
    assert capacity.limit == 256


async def test_a_loop_that_stays_late_lets_fewer_in_and_never_none() -> None:
    clock = Clock()
    capacity = Capacity(256, 0.05, clock=clock)
    with ExitStack() as taken:
        for _ in range(100):
            taken.enter_context(capacity)
        looked(capacity, clock, 0.1, LATE_SECONDS + 0.2)
        assert capacity.limit <= 100
        looked(capacity, clock, 0.1, 5.0)
        assert capacity.limit == LEAST
        with pytest.raises(GatewayOverloaded):
            capacity.check()


async def test_a_loop_that_is_on_time_again_lets_all_in_again() -> None:
    clock = Clock()
    capacity = Capacity(256, 0.05, clock=clock)
    looked(capacity, clock, 0.1, 2.0)
    assert (capacity.limit, capacity.pressed) == (LEAST, True)
    looked(capacity, clock, 0.0, 3.0)
    assert (capacity.limit, capacity.pressed) == (256, False)


async def test_who_looks_at_the_loop_stops_when_nothing_is_under_way() -> None:
    capacity = Capacity(256, 0.05)
    with capacity:
        await asyncio.sleep(LOOK_SECONDS * 2)
    await asyncio.sleep(LOOK_SECONDS * 3)
    assert capacity._looking is None  # pyright: ignore[reportPrivateUsage]
