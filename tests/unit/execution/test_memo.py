"""The memo: one answer per field, arguments and parent, whoever asks and whatever goes wrong."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from graphql import GraphQLError

from gateway.errors import Unavailable
from gateway.execution import Memo, original
from gateway.execution.memo.memo import comparable, identity, immutable

Answer = Callable[[Sequence[Any]], Awaitable[Sequence[object]]]


class Field:
    """A batched field that records what it is asked."""

    python_name = "field"

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.asked: list[Sequence[Any]] = []

    @property
    def key_of(self) -> Callable[[Any], Hashable]:
        return str

    async def call(
        self, parents: Sequence[Any], ctx: Any, arguments: Mapping[str, Any], selected: frozenset[str]
    ) -> Sequence[object]:
        self.asked.append(parents)
        return await self.answer(parents)


async def doubled(parents: Sequence[Any]) -> Sequence[object]:
    await asyncio.sleep(0)
    return [parent * 2 for parent in parents]


async def test_loads_of_one_tick_become_one_call() -> None:
    field, memo = Field(doubled), Memo(None)
    cell = memo.cell(field, {})
    assert await asyncio.gather(*(memo.load(cell, parent) for parent in (1, 2, 1))) == [2, 4, 2]
    assert field.asked == [[1, 2]]


async def test_what_is_known_is_answered_at_once() -> None:
    field, memo = Field(doubled), Memo(None)
    cell = memo.cell(field, {})
    await memo.fill(cell, ["1"], [1])
    assert memo.load(cell, 1) == 2
    assert field.asked == [[1]]


async def test_both_executors_wait_for_one_flight() -> None:
    field, memo = Field(doubled), Memo(None)
    cell = memo.cell(field, {})
    filling = asyncio.ensure_future(memo.fill(cell, ["1", "2"], [1, 2]))
    await asyncio.sleep(0)
    assert await memo.load(cell, 2) == 4
    await filling
    assert field.asked == [[1, 2]]


async def test_a_fill_asks_only_for_what_nobody_asked() -> None:
    field, memo = Field(doubled), Memo(None)
    cell = memo.cell(field, {})
    await asyncio.gather(memo.fill(cell, ["1", "2"], [1, 2]), memo.fill(cell, ["2", "3"], [2, 3]))
    assert field.asked == [[1, 2], [3]]
    assert cell.values == {"1": 2, "2": 4, "3": 6}


async def test_a_cancelled_waiter_cancels_nobody_else() -> None:
    field, memo = Field(doubled), Memo(None)
    cell = memo.cell(field, {})

    async def wait() -> Any:
        return await memo.load(cell, 1)

    first, second = asyncio.ensure_future(wait()), asyncio.ensure_future(wait())
    await asyncio.sleep(0)
    first.cancel()
    assert await second == 2
    assert field.asked == [[1]]


async def test_closing_ends_what_is_being_fetched() -> None:
    ended = asyncio.Event()

    async def hang(parents: Sequence[Any]) -> Sequence[object]:
        try:
            return await asyncio.Future[Sequence[object]]()
        finally:
            ended.set()

    memo = Memo(None)
    waiting = asyncio.ensure_future(_result(memo.frame("a"), Field(hang)))
    for _ in range(5):
        await asyncio.sleep(0)
    memo.close()
    await asyncio.wait_for(ended.wait(), 5)
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def _result(memo: Memo, field: Field) -> Any:
    return await memo.load(memo.cell(field, {}), 1)


async def test_a_call_that_fails_is_the_error_of_each_of_its_keys() -> None:
    async def fail(parents: Sequence[Any]) -> Sequence[object]:
        raise Unavailable(source="erp")

    field, memo = Field(fail), Memo(None)
    cell = memo.cell(field, {})
    for _ in range(2):
        with pytest.raises(GraphQLError) as raised:
            await _result(memo, field)
        assert isinstance(original(raised.value), Unavailable)
    assert cell.failed
    assert len(field.asked) == 1


async def test_a_wrong_number_of_answers_is_an_error() -> None:
    async def too_few(parents: Sequence[Any]) -> Sequence[object]:
        return []

    with pytest.raises(GraphQLError, match="answered 0 values for 1 parents"):
        await _result(Memo(None), Field(too_few))


async def test_raising_a_stored_error_leaves_nothing_behind() -> None:
    error = Unavailable(source="erp")

    async def fail(parents: Sequence[Any]) -> Sequence[object]:
        return [error]

    memo, field = Memo(None), Field(fail)
    for _ in range(50):
        with pytest.raises(GraphQLError):
            await _result(memo, field)
    assert error.__traceback__ is None
    assert error.__context__ is None


async def test_after_the_deadline_a_fetch_is_an_error() -> None:
    async def hang(parents: Sequence[Any]) -> Sequence[object]:
        return await asyncio.Future[Sequence[object]]()

    memo = Memo(None, deadline=0.0)
    with pytest.raises(GraphQLError) as raised:
        await _result(memo, Field(hang))
    assert original(raised.value).code == "BACKEND_TIMEOUT"  # type: ignore[attr-defined]


async def test_a_timeout_of_the_fields_own_is_not_the_deadline() -> None:
    async def fail(parents: Sequence[Any]) -> Sequence[object]:
        raise TimeoutError("mine")

    with pytest.raises(GraphQLError, match="mine"):
        await _result(Memo(None, deadline=1e12), Field(fail))


async def test_dropped_waits_warn_of_nothing() -> None:
    memo, field = Memo(None), Field(doubled)
    memo.load(memo.cell(field, {}), 1)
    await asyncio.sleep(0.01)
    gc.collect()


@dataclass
class Input:
    name: str
    among: list[int]


def test_arguments_are_the_same_only_if_nothing_tells_them_apart() -> None:
    same = ({"a": 1, "b": Input("x", [1, 2])}, {"b": Input("x", [1, 2]), "a": 1})
    assert identity(same[0]) == identity(same[1])
    told_apart: list[Any] = [
        1,
        True,
        1.0,
        Decimal(1),
        Decimal("1.0"),
        "1",
        [1],
        (Input("x", [1]),),
        Input("x", [1]),
        None,
    ]
    told_apart += [{"a": 1}, {"b": 1}, Input("x", [2]), Input("y", [1]), 0.0, -0.0, b"1"]
    assert len({comparable(value) for value in told_apart}) == len(told_apart)


def test_only_immutable_arguments_are_shared_by_requests() -> None:
    assert immutable([1, "a", None, Decimal(1)])
    assert not immutable([Input("x", [1])])
    assert not immutable([[1]])
