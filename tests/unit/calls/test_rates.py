from __future__ import annotations

import asyncio

import pytest

from gateway.calls.attempt.rates import RateBudget
from gateway.errors import RateLimited
from gateway.model.context import CallContext, Priority
from gateway.ports.transport import ThrottleSignal


class Time:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def call(priority: Priority = Priority.BROWSE, seconds: float = 10.0) -> CallContext:
    return CallContext.within(seconds, priority=priority)


def points(remaining: float, *, capacity: float = 100.0, restore: float = 50.0) -> ThrottleSignal:
    return ThrottleSignal(remaining=remaining, capacity=capacity, restore_rate=restore)


async def test_a_backend_that_says_nothing_is_never_held_back() -> None:
    budget = RateBudget("shop", clock=Time())
    for _ in range(1000):
        assert await budget.take(100.0, call()) is False


async def test_nobody_asks_before_the_vendor_allows_it() -> None:
    clock = Time()
    budget = RateBudget("shop", clock=clock)
    await budget.take(1.0, call())
    budget.learn(ThrottleSignal(limited=True, retry_after=7.0), 1.0)
    for priority in Priority:
        with pytest.raises(RateLimited) as refused:
            await budget.take(1.0, call(priority))
        assert refused.value.retry_after == pytest.approx(7.0)
    clock.now = 7.0
    assert await budget.take(1.0, call()) is False


async def test_refusals_without_a_time_pause_longer_and_longer() -> None:
    clock = Time()
    budget = RateBudget("shop", clock=clock)
    pauses: list[float] = []
    for _ in range(9):
        await budget.take(1.0, call())
        budget.learn(ThrottleSignal(limited=True), 1.0)
        pauses.append(budget.retry_after())
        clock.now += pauses[-1]
    assert pauses[:4] == [1.0, 2.0, 4.0, 8.0]
    assert pauses[-1] == 60.0
    await budget.take(1.0, call())
    budget.learn(None, 1.0)
    await budget.take(1.0, call())
    budget.learn(ThrottleSignal(limited=True), 1.0)
    assert budget.retry_after() == 1.0


async def test_a_price_in_points_is_waited_for_exactly() -> None:
    budget = RateBudget("shop", clock=Time())
    await budget.take(80.0, call())
    signal = ThrottleSignal(limited=True, remaining=20.0, capacity=100.0, restore_rate=50.0, cost=80.0)
    budget.learn(signal, 80.0)
    assert budget.retry_after() == pytest.approx(1.2)


async def test_each_lane_leaves_something_to_those_above() -> None:
    allowed: dict[Priority, bool] = {}
    for priority in Priority:
        budget = RateBudget("shop", clock=Time())
        await budget.take(0.0, call())
        budget.learn(points(8.0, restore=1.0), 0.0)
        try:
            await budget.take(2.0, call(priority))
            allowed[priority] = True
        except RateLimited:
            allowed[priority] = False
    assert allowed == {
        Priority.CHECKOUT: True,
        Priority.CART: True,
        Priority.BROWSE: False,
        Priority.BACKGROUND: False,
    }


async def test_checkouts_overtake_browsers_in_the_queue() -> None:
    clock = Time()
    budget = RateBudget("shop", clock=clock)
    await budget.take(0.0, call())
    budget.learn(points(0.0, capacity=100.0, restore=500.0), 0.0)
    served: list[Priority] = []

    async def take(priority: Priority) -> None:
        await budget.take(20.0, call(priority))
        served.append(priority)

    lanes = [Priority.BROWSE, Priority.BROWSE, Priority.CART, Priority.CHECKOUT]
    tasks: list[asyncio.Task[None]] = []
    for priority in lanes:
        tasks.append(asyncio.create_task(take(priority)))
        await asyncio.sleep(0)
    assert served == []
    clock.now += 10.0
    await asyncio.gather(*tasks)
    assert served == sorted(lanes)
    await budget.close()


async def test_what_was_spent_restores_at_the_vendors_rate() -> None:
    clock = Time()
    budget = RateBudget("shop", clock=clock)
    await budget.take(0.0, call())
    budget.learn(points(100.0, restore=10.0), 0.0)
    spent = 0
    for _ in range(100):
        try:
            await budget.take(10.0, call(Priority.CHECKOUT, 0.5))
            spent += 1
        except RateLimited:
            break
    assert spent == 10
    clock.now += 2.0
    for _ in range(2):
        await budget.take(10.0, call(Priority.CHECKOUT, 0.5))
    with pytest.raises(RateLimited):
        await budget.take(10.0, call(Priority.CHECKOUT, 0.5))


async def test_what_is_under_way_is_not_spent_twice() -> None:
    budget = RateBudget("shop", clock=Time())
    for _ in range(5):
        await budget.take(10.0, call())
    budget.learn(points(50.0, restore=0.001), 10.0)  # the vendor has seen one of the five
    with pytest.raises(RateLimited):
        await budget.take(11.0, call(Priority.CHECKOUT))
    await budget.take(10.0, call(Priority.CHECKOUT))


async def test_somebody_who_leaves_the_queue_holds_up_nobody() -> None:
    budget = RateBudget("shop")
    await budget.take(0.0, call())
    budget.learn(points(0.0, capacity=100.0, restore=400.0), 0.0)
    impatient = asyncio.create_task(budget.take(20.0, call(Priority.CHECKOUT)))
    patient = asyncio.create_task(budget.take(20.0, call(Priority.CART)))
    await asyncio.sleep(0)
    impatient.cancel()
    await asyncio.gather(impatient, return_exceptions=True)
    assert await patient is True
    await budget.close()


async def test_a_wait_longer_than_the_deadline_is_refused_at_once() -> None:
    budget = RateBudget("shop", clock=Time())
    await budget.take(0.0, call())
    budget.learn(points(0.0, restore=50.0), 0.0)
    with pytest.raises(RateLimited):
        await budget.take(20.0, call(seconds=0.1))
