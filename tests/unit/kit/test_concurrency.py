"""Requests of one call side by side."""

from __future__ import annotations

import asyncio

import pytest

from gateway.kit.concurrency import AT_ONCE, gathered


class Counter:
    def __init__(self) -> None:
        self.now = self.most = self.done = 0
        self.busy = asyncio.Event()

    async def one(self, value: int, *, fails: bool = False) -> int:
        self.now += 1
        self.most = max(self.most, self.now)
        if self.now == AT_ONCE:
            self.busy.set()
        try:
            await asyncio.sleep(0.01 if not fails else 0)
            if fails:
                raise KeyError(value)
        finally:
            self.now -= 1
        self.done += 1
        return value


async def test_results_come_in_order_a_few_at_a_time() -> None:
    counter = Counter()
    assert await gathered([counter.one(value) for value in range(10)]) == list(range(10))
    assert counter.most == AT_ONCE


async def test_the_first_failure_ends_all_of_them() -> None:
    counter = Counter()
    with pytest.raises(KeyError):
        await gathered([counter.one(0, fails=True), *(counter.one(value) for value in range(9))])
    assert (counter.now, counter.most) == (0, AT_ONCE)


async def test_abandoning_it_abandons_what_is_under_way() -> None:
    counter = Counter()
    task = asyncio.ensure_future(gathered([counter.one(value) for value in range(9)]))
    await asyncio.wait_for(counter.busy.wait(), 5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (counter.now, counter.done) == (0, 0)


async def test_abandoning_it_at_once_leaves_nothing_unawaited() -> None:
    task = asyncio.ensure_future(gathered([Counter().one(value) for value in range(9)]))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
