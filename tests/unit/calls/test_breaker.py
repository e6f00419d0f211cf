from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from gateway.calls.attempt.breaker import Breaker


class Time:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def breaker(clock: Time, *, minimum: int = 10) -> Breaker:
    return Breaker(window=20, failure_rate=0.5, minimum=minimum, open_for=5.0, clock=clock)


def fail(breaker: Breaker, times: int) -> None:
    for _ in range(times):
        ticket = breaker.admit()
        if ticket is not None:
            breaker.record(ticket, ok=False)


def test_it_stays_closed_before_the_minimum() -> None:
    tested = breaker(Time())
    fail(tested, 9)
    assert not tested.is_open
    fail(tested, 1)
    assert tested.is_open


@given(st.integers(min_value=0, max_value=2**32))
@settings(max_examples=50)
def test_it_opens_at_a_steady_half_of_failures(seed: int) -> None:
    """The window slides, so the order of failures does not matter: an alternating backend opens it in ten attempts."""
    tested = breaker(Time())
    order = [True, False] * 10
    random.Random(seed).shuffle(order)
    for ok in order:
        ticket = tested.admit()
        if ticket is None:
            break
        tested.record(ticket, ok=ok)
    assert tested.is_open


def test_a_tenth_of_failures_never_opens_it() -> None:
    tested = breaker(Time())
    for number in range(1000):
        ticket = tested.admit()
        assert ticket is not None
        tested.record(ticket, ok=number % 10 != 0)


def test_one_of_many_callers_probes() -> None:
    clock = Time()
    tested = breaker(clock)
    fail(tested, 10)
    assert [tested.admit() for _ in range(20)] == [None] * 20
    clock.now += 5.0
    assert sum(tested.admit() is not None for _ in range(20)) == 1


def test_a_probe_that_fails_keeps_it_open_for_another_while() -> None:
    clock = Time()
    tested = breaker(clock)
    fail(tested, 10)
    clock.now += 5.0
    fail(tested, 1)
    assert tested.admit() is None
    assert tested.retry_after() == 5.0


def test_a_probe_that_succeeds_closes_it_with_a_clean_window() -> None:
    clock = Time()
    tested = breaker(clock)
    fail(tested, 10)
    clock.now += 5.0
    ticket = tested.admit()
    assert ticket is not None
    tested.record(ticket, ok=True)
    assert not tested.is_open
    fail(tested, 9)
    assert not tested.is_open


def test_a_probe_that_was_abandoned_lets_another_go() -> None:
    clock = Time()
    tested = breaker(clock)
    fail(tested, 10)
    clock.now += 5.0
    ticket = tested.admit()
    assert ticket is not None
    tested.abandon(ticket)
    assert tested.admit() is not None


def test_a_straggler_from_before_it_opened_changes_nothing() -> None:
    clock = Time()
    tested = breaker(clock)
    early = tested.admit()
    assert early is not None
    fail(tested, 10)
    tested.record(early, ok=True)
    assert tested.is_open
    clock.now += 5.0
    assert tested.admit() is not None
    tested.record(early, ok=True)
    assert tested.is_open, "the straggler passed for the probe"


def test_answers_that_make_no_sense_count_although_they_arrived() -> None:
    tested = breaker(Time())
    for _ in range(20):
        ticket = tested.admit()
        if ticket is None:
            break
        tested.record(ticket, ok=True)
        tested.count_invalid()
    assert tested.is_open


class AnySequence(RuleBasedStateMachine):
    """Whatever happens in whatever order: one probe at most, and never an attempt while it is open."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = Time()
        self.breaker = breaker(self.clock, minimum=3)
        self.flying: list[int] = []
        self.probes: list[int] = []
        self.opened_at: float | None = None

    @rule()
    def ask(self) -> None:
        was_open = self.breaker.is_open
        waited = self.breaker.retry_after() == 0
        ticket = self.breaker.admit()
        if was_open:
            assert (ticket is not None) == (waited and not self.probes)
        else:
            assert ticket is not None
        if ticket is not None:
            (self.probes if was_open else self.flying).append(ticket)

    @precondition(lambda self: bool(self.flying or self.probes))
    @rule(choice=st.randoms(use_true_random=False), ok=st.booleans(), known=st.booleans())
    def answer(self, choice: random.Random, ok: bool, known: bool) -> None:
        source = choice.choice([tickets for tickets in (self.flying, self.probes) if tickets])
        ticket = source.pop(choice.randrange(len(source)))
        if known:
            self.breaker.record(ticket, ok=ok)
        else:
            self.breaker.abandon(ticket)

    @rule(seconds=st.sampled_from([0.1, 2.0, 5.0]))
    def wait(self, seconds: float) -> None:
        self.clock.now += seconds

    @invariant()
    def at_most_one_probe(self) -> None:
        assert len(self.probes) <= 1


AnySequence.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestAnySequence = AnySequence.TestCase
