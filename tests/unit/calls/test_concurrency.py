"""Who waits for a place, who is turned away, and that no place is ever lost."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import force_setattr

from gateway.calls.attempt.concurrency import BEGUN, Begun, GradientLimit
from gateway.calls.attempt.lanes import MOST_WAITING
from gateway.errors import AdapterError, DeadlineExceeded, Overloaded
from gateway.model.context import CallContext, Priority
from gateway.model.operation import OperationSpec
from gateway.ports.transport import Request
from gateway.settings import PolicyNumbers

from .simulated import Independent, Load, Pool, in_virtual_time

KIND = ("price.get_prices", 3, 3)


def call(seconds: float = 10.0, priority: Priority = Priority.BROWSE) -> CallContext:
    return CallContext.within(seconds, priority=priority)


async def full(places: int, takes: float = 0.1) -> GradientLimit:
    """A limit all of whose places are taken, that knows how long an answer takes."""
    limit = GradientLimit(places)
    for _ in range(40):
        limit.release(limit.admit(), KIND, takes)
    for _ in range(places):
        assert limit.admit()
    return limit


async def test_where_there_is_room_nobody_waits() -> None:
    limit = GradientLimit(3)
    assert [limit.admit() for _ in range(4)] == [1, 2, 3, 0]
    assert limit.in_flight == 3


def test_every_class_has_a_place_in_an_idle_backend() -> None:
    for _ in Priority:
        assert GradientLimit(1).admit()


async def test_whoever_waits_is_served_when_a_place_is_free() -> None:
    limit = await full(1)
    waiting = asyncio.create_task(limit.wait(call(), None))
    await asyncio.sleep(0)
    assert limit.waiting == 1
    limit.release(1, KIND, 0.1)
    assert await waiting == 1
    assert (limit.in_flight, limit.waiting) == (1, 0)


async def test_nobody_overtakes_those_who_wait() -> None:
    limit = await full(1)
    waiting = asyncio.create_task(limit.wait(call(), None))
    await asyncio.sleep(0)
    limit.release(1, KIND, 0.1)
    assert limit.admit() == 0
    await waiting


@given(lanes=st.lists(st.sampled_from(Priority), min_size=1, max_size=12))
@settings(max_examples=40)
async def test_the_higher_class_goes_first_and_inside_a_class_who_came_first(lanes: list[Priority]) -> None:
    limit = await full(1, takes=0.001)
    served: list[tuple[Priority, int]] = []

    async def one(number: int, priority: Priority) -> None:
        place = await limit.wait(call(priority=priority), None)
        served.append((priority, number))
        limit.release(place, None, None)

    tasks: list[asyncio.Task[None]] = []
    for number, priority in enumerate(lanes):
        tasks.append(asyncio.create_task(one(number, priority)))
        await asyncio.sleep(0)
    limit.release(1, None, None)
    await asyncio.gather(*tasks)
    assert served == sorted(served)
    assert (limit.in_flight, limit.waiting) == (0, 0)


async def test_who_cannot_be_served_in_time_is_told_at_once() -> None:
    limit = await full(2, takes=1.0)
    with pytest.raises(Overloaded) as told:
        await asyncio.wait_for(limit.wait(call(seconds=1.0), None), 0.05)
    assert told.value.retry_after is not None
    assert told.value.retry_after >= 1.0
    assert (limit.in_flight, limit.waiting) == (2, 0)


def test_a_wait_in_vain_ends_inside_the_deadline() -> None:
    async def run() -> float:
        limit = await full(1, takes=0.01)
        began = asyncio.get_running_loop().time()
        with pytest.raises(Overloaded):
            await limit.wait(call(seconds=2.0), None)
        assert limit.waiting == 0
        return asyncio.get_running_loop().time() - began

    assert 1.0 <= in_virtual_time(run) <= 1.6


def test_a_burst_waits_its_turn_and_is_served_whole() -> None:
    async def run() -> Load:
        load = Load(Independent(lambda _: 0.5), PolicyNumbers(concurrency_limit=8, connections=8))
        await asyncio.gather(*(load.ask(10.0) for _ in range(100)))
        return load

    load = in_virtual_time(run)
    assert load.count("ok") == 100
    assert max(load.most_by_second()) == 8


async def test_the_line_is_bounded_and_background_gives_up_its_place() -> None:
    limit = await full(4, takes=0.000001)
    waiting = [asyncio.create_task(limit.wait(call(100.0, Priority.BACKGROUND), None)) for _ in range(MOST_WAITING)]
    await asyncio.sleep(0)
    assert limit.waiting == MOST_WAITING
    with pytest.raises(Overloaded):
        await limit.wait(call(100.0, Priority.BACKGROUND), None)
    browsing = asyncio.create_task(limit.wait(call(100.0), None))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert limit.waiting == MOST_WAITING
    assert isinstance(waiting[-1].exception(), Overloaded), "the last who came"
    for task in [*waiting, browsing]:
        task.cancel()
    await asyncio.gather(*waiting, browsing, return_exceptions=True)
    assert (limit.in_flight, limit.waiting) == (4, 0)


async def test_whoever_leaves_the_line_takes_no_place_along() -> None:
    limit = await full(1)
    first, second = (asyncio.create_task(limit.wait(call(), None)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    assert limit.waiting == 1
    limit.release(1, None, None)
    assert await second == 1


async def test_whoever_leaves_in_the_moment_of_his_turn_gives_the_place_to_the_next() -> None:
    limit = await full(1)
    first, second = (asyncio.create_task(limit.wait(call(), None)) for _ in range(2))
    await asyncio.sleep(0)
    limit.release(1, None, None)  # it is the first one's turn, which he does not know yet
    first.cancel()
    assert await second == 1
    assert first.cancelled()
    assert (limit.in_flight, limit.waiting) == (1, 0)


@given(seed=st.integers(0, 2**32))
@settings(max_examples=15, deadline=None)
def test_whatever_is_cancelled_or_fails_no_place_is_lost(seed: int) -> None:
    dice = random.Random(seed)

    async def run() -> Load:
        load = Load(Pool(3, lambda _: dice.uniform(0.01, 0.3)), PolicyNumbers(concurrency_limit=8, connections=8))
        tasks: list[asyncio.Task[str]] = []
        for _ in range(300):
            tasks.append(asyncio.create_task(load.ask(dice.uniform(0.05, 1.5), dice.choice(list(Priority)))))
            await asyncio.sleep(dice.expovariate(40.0))
            if dice.random() < 0.4:
                dice.choice(tasks).cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return load

    load = in_virtual_time(run)
    assert load.in_flight == 0
    assert load.waiting == 0
    assert load.wire.flying == 0


def test_a_call_that_gets_more_time_while_it_waits_waits_on() -> None:
    """As a renewal in the background does when a shopper joins its flight."""

    async def run() -> int:
        limit = await full(1, takes=0.01)
        shared = call(seconds=1.0, priority=Priority.BACKGROUND)
        waiting = asyncio.create_task(limit.wait(shared, None))
        await asyncio.sleep(0.1)
        force_setattr(shared, "deadline", shared.deadline + 5.0)
        force_setattr(shared, "priority", Priority.BROWSE)
        await asyncio.sleep(2.0)
        limit.release(1, None, None)
        return await waiting

    assert in_virtual_time(run) == 1


# --- what one call of an adapter needs --------------------------------------------------------------------------------


def operation(load: Load, attempts: int, seconds: float = 2.0, **parts: object) -> Callable[[], Awaitable[set[str]]]:
    """One call of an adapter that needs several attempts at once, and then as many again."""

    async def one() -> set[str]:
        token = BEGUN.set(Begun())
        terms = CallContext.within(seconds, **parts)
        request = Request(method="POST", path="/", operation="price.get_prices")

        async def attempt() -> str:
            try:
                await load.transport.send(request, terms)
            except AdapterError as error:
                return error.code
            return "ok"

        found = set(await asyncio.gather(*(attempt() for _ in range(attempts))))
        if found == {"ok"}:
            found |= set(await asyncio.gather(*(attempt() for _ in range(attempts))))
        BEGUN.reset(token)
        return found

    return one


def test_what_an_adapter_needs_at_once_is_more_than_the_limit_and_is_served() -> None:
    async def run() -> set[str]:
        load = Load(Independent(lambda _: 0.02), PolicyNumbers(concurrency_limit=4, connections=4))
        return await operation(load, 12)()

    assert in_virtual_time(run) == {"ok"}


def test_in_an_overload_an_operation_is_turned_away_as_a_whole_or_not_at_all() -> None:
    dice = random.Random(3)

    async def run() -> list[set[str]]:
        load = Load(Pool(10, lambda _: 0.05 * dice.uniform(0.8, 1.2)), PolicyNumbers(timeout=5.0))
        outcomes: list[set[str]] = []

        async def one() -> None:
            outcomes.append(await operation(load, 6, 5.0)())

        await load.arrivals(3 * 200 / 12, 20.0, dice, one)
        return outcomes

    outcomes = in_virtual_time(run)
    begun = [found for found in outcomes if found != {"BACKEND_OVERLOADED"}]
    assert 100 < len(begun) < len(outcomes)
    assert [found for found in begun if "BACKEND_OVERLOADED" in found] == []


def test_a_part_of_a_call_that_has_begun_goes_before_calls_that_have_not() -> None:
    async def run() -> list[str]:
        limit = await full(1, takes=0.001)
        served: list[str] = []
        begun = Begun()
        begun.admitted = True

        async def one(name: str, part_of: Begun | None) -> None:
            limit.release(await limit.wait(call(), part_of), None, None)
            served.append(name)

        tasks = [asyncio.create_task(one(name, part)) for name, part in (("new", None), ("part", begun))]
        await asyncio.sleep(0)
        limit.release(1, None, None)
        await asyncio.gather(*tasks)
        return served

    assert in_virtual_time(run) == ["part", "new"]


def test_a_part_of_a_call_that_has_begun_ends_by_its_deadline_alone() -> None:
    async def run() -> float:
        limit = await full(1, takes=1.0)
        begun = Begun()
        begun.admitted = True
        began = asyncio.get_running_loop().time()
        with pytest.raises(DeadlineExceeded):
            await limit.wait(call(seconds=1.5), begun)
        return asyncio.get_running_loop().time() - began

    assert 1.5 <= in_virtual_time(run) < 1.6


# --- with the other policies ------------------------------------------------------------------------------------------


def test_an_operation_that_is_given_more_time_is_not_called_slow_for_using_it() -> None:
    specs = {"order.export": OperationSpec(timeout=30.0), "price.get_prices": OperationSpec()}

    async def run() -> Load:
        load = Load(Independent(lambda _: 8.0), PolicyNumbers(), specs)
        for _ in range(20):
            await load.ask(30.0, request=Request(method="POST", path="/", operation="order.export"))
        return load

    assert in_virtual_time(run).count("ok") == 20


def test_callers_in_a_hurry_do_not_make_a_slow_operation_a_sick_backend() -> None:
    """It takes two seconds as it always did, and its callers have one and a half left."""
    request = Request(method="POST", path="/", operation="order.list_orders")

    async def run() -> Load:
        load = Load(
            Independent(lambda _: 2.0), PolicyNumbers(retries=0), {"order.list_orders": OperationSpec(timeout=20.0)}
        )
        for patience in (20.0,) * 10 + (1.5,) * 30 + (20.0,):
            await load.ask(patience, request=request)
        return load

    load = in_virtual_time(run)
    assert (load.count("ok"), load.count("BACKEND_TIMEOUT")) == (11, 30)


def test_those_who_wait_are_let_go_when_the_breaker_opens() -> None:
    async def run() -> Load:
        load = Load(
            Independent(lambda _: 100.0), PolicyNumbers(concurrency_limit=20, connections=20, timeout=1.0, retries=0)
        )
        await asyncio.gather(*(load.ask(10.0) for _ in range(60)))
        return load

    load = in_virtual_time(run)
    assert load.count("BACKEND_CIRCUIT_OPEN") == 40
    assert load.wire.requests == 20
    assert load.waiting == 0


def test_what_has_no_connection_waits_in_the_line_and_not_inside_the_client() -> None:
    async def run() -> Load:
        load = Load(Independent(lambda _: 0.1), PolicyNumbers(connections=5))
        await asyncio.gather(*(load.ask(10.0) for _ in range(30)))
        return load

    load = in_virtual_time(run)
    assert max(load.most_by_second()) == 5
    assert load.count("ok") == 30
