"""Several waits at once: the first in the task that asks, each other in one of its own."""

from __future__ import annotations

import asyncio

import pytest

from gateway.runtime.side_by_side import side_by_side


async def test_each_is_answered_in_its_place_and_all_wait_together() -> None:
    met = asyncio.Barrier(3)

    async def ask(number: int) -> int:
        await met.wait()  # nobody passes before all are here
        return number * 10

    assert await asyncio.wait_for(side_by_side(ask, [1, 2, 3]), 5) == [10, 20, 30]


async def test_of_nobody_nothing_is_asked() -> None:
    async def ask(number: int) -> int:
        raise AssertionError

    assert await side_by_side(ask, []) == []


@pytest.mark.parametrize("failing", [0, 1])
async def test_a_failure_is_raised_as_it_is_and_ends_the_others(failing: int) -> None:
    ended: list[int] = []

    async def ask(number: int) -> None:
        try:
            await asyncio.sleep(30 if number > failing else 0)
        except asyncio.CancelledError:
            ended.append(number)
            raise
        if number == failing:
            raise LookupError(number)

    with pytest.raises(LookupError, match=str(failing)):
        await asyncio.wait_for(side_by_side(ask, [0, 1, 2, 3]), 5)
    await asyncio.sleep(0)
    assert ended == [number for number in range(4) if number > failing]


async def test_cancelling_ends_all_of_them() -> None:
    begun, ended = asyncio.Event(), list[int]()

    async def ask(number: int) -> None:
        if number == 1:
            begun.set()
        try:
            await asyncio.sleep(30)
        finally:
            ended.append(number)

    asking = asyncio.ensure_future(side_by_side(ask, [0, 1]))
    await begun.wait()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    await asyncio.sleep(0)
    assert sorted(ended) == [0, 1]
