"""Small tables: who waits shares, what is fresh, what failure and cancellation leave behind."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta

import pytest

from gateway.errors import DeadlineExceeded, Unavailable
from gateway.kit import tables
from gateway.kit.tables import Table, Tables
from gateway.model.context import CallContext, Priority


class Source:
    """Counts its loads; `gate` holds them back while it is unset."""

    def __init__(self) -> None:
        self.now = datetime(2026, 7, 1, tzinfo=UTC)
        self.loads: list[CallContext] = []
        self.failure: Exception | None = None
        self.gate = asyncio.Event()
        self.gate.set()
        self.under_way = self.most = self.cancelled = 0

    async def load(self, call: CallContext) -> int:
        self.loads.append(call)
        number = len(self.loads)
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.under_way -= 1
        if self.failure is not None:
            raise self.failure
        return number

    def clock(self) -> datetime:
        return self.now

    def table(self, seconds: float = 60.0) -> Table[int]:
        return Table(self.load, seconds, self.clock)


def a_call(*, fresh: bool = False, seconds: float = 5.0, priority: Priority = Priority.BROWSE) -> CallContext:
    return CallContext.within(seconds, fresh=fresh, priority=priority)


async def soon(_: object) -> None:
    """Lets everything run that can."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_a_value_is_kept_for_its_time_by_the_environments_clock() -> None:
    source = Source()
    table = source.table(60)
    assert [await table.get(a_call()), await table.get(a_call())] == [1, 1]
    source.now += timedelta(seconds=59)
    assert await table.get(a_call()) == 1
    source.now += timedelta(seconds=1)
    assert await table.get(a_call()) == 2


async def test_a_clock_that_went_back_keeps_nothing_longer() -> None:
    source = Source()
    table = source.table()
    await table.get(a_call())
    source.now -= timedelta(days=1)
    assert await table.get(a_call()) == 2


async def test_a_value_is_as_old_as_its_load_not_as_its_answer() -> None:
    source = Source()
    source.gate.clear()
    table = source.table(60)
    first = asyncio.ensure_future(table.get(a_call()))
    await soon(first)
    source.now += timedelta(seconds=60)
    source.gate.set()
    assert await first == 1
    assert await table.get(a_call()) == 2


async def test_what_is_never_kept_is_shared_by_those_who_wait() -> None:
    source = Source()
    table = source.table(0)
    assert await asyncio.gather(*(table.get(a_call()) for _ in range(20))) == [1] * 20
    assert await table.get(a_call()) == 2


@pytest.mark.parametrize("fresh", [False, True])
async def test_twenty_callers_of_a_failing_load_make_one_request_and_all_get_its_error(fresh: bool) -> None:
    source = Source()
    source.failure = Unavailable(detail="down")
    table = source.table()
    calls = [a_call(fresh=fresh) for _ in range(20)]
    errors = await asyncio.gather(*(table.get(call) for call in calls), return_exceptions=True)
    assert len(source.loads) == 1
    assert {type(error) for error in errors} == {Unavailable}
    assert len({id(error) for error in errors}) == 20, "each has an instance of his own"


async def test_a_failed_load_is_not_kept() -> None:
    source = Source()
    source.failure = Unavailable()
    table = source.table()
    with pytest.raises(Unavailable):
        await table.get(a_call())
    source.failure = None
    assert await table.get(a_call()) == 2


async def test_a_failed_renewal_leaves_no_older_value_to_a_fresh_call_and_the_old_one_to_all_others() -> None:
    source = Source()
    table = source.table()
    await table.get(a_call())
    source.failure = Unavailable()
    with pytest.raises(Unavailable):
        await table.get(a_call(fresh=True))
    assert await table.get(a_call()) == 1


async def test_a_fresh_operation_that_asks_three_times_loads_once() -> None:
    source = Source()
    table = source.table()
    await table.get(a_call())
    operation = a_call(fresh=True)
    assert [await table.get(operation.at_most(1 + n)) for n in range(3)] == [2, 2, 2]


async def test_a_fresh_call_takes_what_is_kept_where_its_answer_does_not_rest_on_it() -> None:
    source = Source()
    table = source.table()
    await table.get(a_call())
    assert await table.get(a_call(fresh=True), kept_is_enough=True) == 1


async def test_each_fresh_operation_loads_anew() -> None:
    source = Source()
    table = source.table()
    assert [await table.get(a_call(fresh=True)) for _ in range(3)] == [1, 2, 3]


async def test_a_fresh_call_does_not_take_a_load_that_began_before_it_was_made() -> None:
    source = Source()
    source.gate.clear()
    table = source.table()
    early = asyncio.ensure_future(table.get(a_call()))
    await soon(early)
    late = [asyncio.ensure_future(table.get(a_call(fresh=True))) for _ in range(10)]
    await soon(late)
    assert len(source.loads) == 1, "at most one load is under way"
    source.gate.set()
    assert await early == 1
    assert await asyncio.gather(*late) == [2] * 10
    assert source.most == 1


async def test_what_was_begun_before_it_was_forgotten_is_for_those_who_wait_only() -> None:
    source = Source()
    source.gate.clear()
    table = source.table()
    early = asyncio.ensure_future(table.get(a_call()))
    await soon(early)
    table.forget()
    late = asyncio.ensure_future(table.get(a_call()))
    await soon(late)
    source.gate.set()
    assert (await early, await late) == (1, 2)
    assert await table.get(a_call()) == 2


async def test_what_is_forgotten_is_loaded_anew() -> None:
    source = Source()
    table = source.table()
    await table.get(a_call())
    table.forget()
    assert [await table.get(a_call()), await table.get(a_call())] == [2, 2]


async def test_the_first_callers_cancellation_fails_nobody() -> None:
    source = Source()
    source.gate.clear()
    table = source.table()
    first = asyncio.ensure_future(table.get(a_call()))
    await soon(first)
    others = [asyncio.ensure_future(table.get(a_call())) for _ in range(3)]
    await soon(others)
    first.cancel()
    await soon(first)
    assert first.cancelled()
    source.gate.set()
    assert await asyncio.gather(*others) == [1, 1, 1]
    assert source.cancelled == 0


async def test_a_load_whose_callers_have_all_left_still_counts() -> None:
    source = Source()
    source.gate.clear()
    table = source.table()
    only = asyncio.ensure_future(table.get(a_call()))
    await soon(only)
    only.cancel()
    source.gate.set()
    await soon(only)
    assert await table.get(a_call()) == 1


async def test_each_waiters_deadline_is_his_own() -> None:
    source = Source()
    source.gate.clear()
    table = source.table()
    patient = asyncio.ensure_future(table.get(a_call(seconds=5)))
    with pytest.raises(DeadlineExceeded):
        await table.get(a_call(seconds=0.05))
    source.gate.set()
    assert await patient == 1


async def test_a_call_whose_time_is_over_begins_nothing() -> None:
    source = Source()
    with pytest.raises(DeadlineExceeded):
        await source.table().get(a_call(seconds=-1))
    assert source.loads == []


async def test_a_load_has_its_own_deadline_and_no_persons_identity(monkeypatch: pytest.MonkeyPatch) -> None:
    source = Source()
    call = CallContext.within(0.5, person="me", max_age=1.0, once=True, priority=Priority.BACKGROUND)
    await source.table().get(call)
    own = source.loads[0]
    assert (own.person, own.max_age, own.once, own.priority) == (None, None, False, Priority.BROWSE)
    assert own.deadline > time.monotonic() + 10
    source.gate.clear()
    monkeypatch.setattr(tables, "LOAD_SECONDS", 0.05)
    with pytest.raises(DeadlineExceeded):
        await source.table().get(a_call())


async def test_a_checkout_that_loads_keeps_its_lane() -> None:
    source = Source()
    await source.table().get(a_call(priority=Priority.CHECKOUT))
    assert source.loads[0].priority is Priority.CHECKOUT


async def test_closing_ends_what_is_under_way_with_an_error_of_ours() -> None:
    source = Source()
    source.gate.clear()
    table = source.table()
    waiting = asyncio.ensure_future(table.get(a_call()))
    await soon(waiting)
    await table.close()
    with pytest.raises(Unavailable):
        await waiting
    assert source.cancelled == 1


async def test_each_key_has_a_table_of_its_own_and_the_longest_unused_is_forgotten() -> None:
    loads: list[str] = []

    async def load(key: str, call: CallContext) -> str:
        loads.append(key)
        return key.upper()

    many: Tables[str, str] = Tables(load, 60, lambda: datetime(2026, 7, 1, tzinfo=UTC), most=2)
    assert [await many.get(key, a_call()) for key in "abac"] == ["A", "B", "A", "C"]
    assert (loads, len(many)) == (["a", "b", "c"], 2)
    assert await many.get("a", a_call()) == "A"
    assert loads == ["a", "b", "c"]
    many.forget()
    await many.get("a", a_call())
    assert loads == ["a", "b", "c", "a"]
    await many.close()
