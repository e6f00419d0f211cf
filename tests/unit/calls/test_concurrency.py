"""The limit against a simulated backend in virtual time: no sleeping, the same answer every run."""

from __future__ import annotations

import heapq
import itertools
import random

import pytest

from gateway.calls.concurrency import GradientLimit
from gateway.model.context import Priority

SETTLED = 5.0
"""Seconds after which a limit that began much too high has come down."""


class Time:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Outcome:
    def __init__(self) -> None:
        self.useful = dict.fromkeys(Priority, 0)
        self.asked = dict.fromkeys(Priority, 0)
        self.seconds: list[float] = []


def overload(
    limit: GradientLimit | None,
    clock: Time,
    *,
    arrivals: float,
    seconds: float,
    workers: int = 20,
    service: float = 0.1,
    patience: float = 1.0,
    checkout_part: float = 0.0,
) -> Outcome:
    """`workers` serve one attempt each in `service` seconds, first come first served; whoever waited longer than
    `patience` is gone, but is served all the same (as a backend that does not notice would)."""
    generator = random.Random(7)
    outcome, order = Outcome(), itertools.count()
    events: list[tuple[float, int, str, tuple[float, Priority]]] = []
    free = [0.0] * workers
    heapq.heapify(free)

    def arrive(at: float) -> None:
        priority = Priority.CHECKOUT if generator.random() < checkout_part else Priority.BROWSE
        heapq.heappush(events, (at, next(order), "arrival", (at, priority)))

    arrive(0.0)
    while events:
        clock.now, _, kind, (began, priority) = heapq.heappop(events)
        if kind == "arrival":
            if clock.now < seconds:
                arrive(clock.now + generator.expovariate(arrivals))
            outcome.asked[priority] += 1
            if limit is None or limit.admit(priority):
                start = max(clock.now, heapq.heappop(free))
                done = start + service * generator.uniform(0.8, 1.2)
                heapq.heappush(free, done)
                heapq.heappush(events, (done, next(order), "done", (clock.now, priority)))
        else:
            took = clock.now - began
            if took <= patience:
                outcome.useful[priority] += 1
                if began >= SETTLED:
                    outcome.seconds.append(took)
            if limit is not None:
                limit.release("price.get_prices", took if took <= patience else None, dropped=took > patience)
    return outcome


def test_at_three_times_the_load_goodput_stays_and_answers_stay_quick() -> None:
    clock = Time()
    seconds = 60.0
    protected = overload(GradientLimit(200, clock=clock), clock, arrivals=600, seconds=seconds)
    capacity = 20 / 0.1
    assert sum(protected.useful.values()) / seconds >= 0.95 * capacity
    assert sorted(protected.seconds)[int(len(protected.seconds) * 0.99)] <= 0.35
    bare = overload(None, Time(), arrivals=600, seconds=seconds)
    assert sum(bare.useful.values()) < sum(protected.useful.values()) / 5


def test_a_long_overload_does_not_come_to_look_normal() -> None:
    clock = Time()
    limit = GradientLimit(200, clock=clock)
    overload(limit, clock, arrivals=600, seconds=300.0)
    assert limit.limit < 60


def test_checkouts_get_through_when_browsing_is_shed() -> None:
    clock = Time()
    outcome = overload(GradientLimit(64, clock=clock), clock, arrivals=600, seconds=60.0, checkout_part=0.1)
    assert outcome.useful[Priority.CHECKOUT] >= 0.999 * outcome.asked[Priority.CHECKOUT]
    assert outcome.useful[Priority.BROWSE] < outcome.asked[Priority.BROWSE]


def test_within_capacity_nobody_is_shed() -> None:
    clock = Time()
    outcome = overload(GradientLimit(64, clock=clock), clock, arrivals=100, seconds=60.0)
    assert outcome.useful == outcome.asked


def test_the_limit_grows_again_when_the_backend_recovers() -> None:
    clock = Time()
    limit = GradientLimit(64, clock=clock)
    overload(limit, clock, arrivals=600, seconds=20.0, workers=5)
    low = limit.limit
    began = clock.now
    clock.now = began
    for _ in range(400):
        clock.now += 0.1
        admitted = sum(limit.admit(Priority.CHECKOUT) for _ in range(64))
        for _ in range(admitted):
            limit.release("price.get_prices", 0.1)
    assert limit.limit > low


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (Priority.BACKGROUND, Priority.BROWSE),
        (Priority.BROWSE, Priority.CART),
        (Priority.CART, Priority.CHECKOUT),
    ],
)
def test_lower_classes_are_turned_away_first(first: Priority, second: Priority) -> None:
    limit = GradientLimit(40)
    while limit.admit(first):
        pass
    assert limit.admit(second)


def test_every_class_has_a_place_in_an_idle_backend() -> None:
    for priority in Priority:
        assert GradientLimit(1).admit(priority)


def test_silence_lowers_the_limit_and_leaving_does_not() -> None:
    limit = GradientLimit(40)
    limit.admit(Priority.BROWSE)
    limit.release("x", None)
    assert limit.limit == 40
    limit.admit(Priority.BROWSE)
    limit.release("x", None, dropped=True)
    assert limit.limit < 40
    assert limit.in_flight == 0
