"""Requests of one call side by side."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import AdapterError, Unavailable
from gateway.kit.concurrency import AT_ONCE, gathered, in_chunks, outcomes, together


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


async def answers(keys: Sequence[int]) -> Mapping[int, str | AdapterError]:
    if any(key % 10 == 7 for key in keys):
        raise Unavailable(detail=f"{keys[0]}")
    return {key: str(key) for key in keys if key % 3}


async def test_one_chunks_failure_is_the_error_of_its_keys_alone() -> None:
    found = await in_chunks([*range(9), 0, 1], 3, answers)
    failed = found[6]
    assert isinstance(failed, Unavailable)
    assert found == {1: "1", 2: "2", 4: "4", 5: "5", 6: failed, 7: failed, 8: failed}


async def test_a_call_whose_every_chunk_fails_has_failed() -> None:
    with pytest.raises(Unavailable) as raised:
        await in_chunks([7, 17, 27], 1, answers)
    assert raised.value.detail == "7"


async def test_without_keys_nobody_is_asked() -> None:
    async def never(keys: Sequence[int]) -> Mapping[int, str]:
        raise AssertionError

    assert await in_chunks(list[int](), 3, never) == {}


async def test_what_is_no_backends_error_ends_all_of_it() -> None:
    counter = Counter()
    with pytest.raises(KeyError):
        await outcomes([counter.one(0, fails=True), *(counter.one(value) for value in range(9))])
    assert counter.now == 0


async def test_errors_stand_among_the_results_in_order() -> None:
    found = await outcomes([answers([1]), answers([7]), answers([2])])
    assert [type(each) for each in found] == [dict, Unavailable, dict]


async def test_the_failure_of_a_group_is_raised_itself() -> None:
    counter = Counter()

    async def both() -> None:
        async with together() as tasks:
            tasks.create_task(answers([7]))
            tasks.create_task(counter.one(1))

    with pytest.raises(Unavailable):
        await both()
    assert counter.now == 0


@given(st.lists(st.integers(0, 40)), st.integers(1, 12))
@settings(max_examples=50, deadline=None)
def test_chunking_changes_no_answer(keys: list[int], size: int) -> None:
    sizes: list[int] = []

    async def ask(some: Sequence[int]) -> Mapping[int, str]:
        sizes.append(len(some))
        return {key: str(key) for key in some if key % 3}

    assert asyncio.run(in_chunks(keys, size, ask)) == {key: str(key) for key in keys if key % 3}
    assert len(sizes) == -(-len(set(keys)) // size)
    assert all(each <= size for each in sizes)
