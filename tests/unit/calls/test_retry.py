from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.calls.attempt.retry import RetryBudget, delay, worth_retrying
from gateway.errors import CircuitOpen, DeadlineExceeded, InvalidAnswer, Overloaded, RateLimited, Unavailable


@given(requests=st.integers(min_value=10, max_value=3000), part=st.sampled_from([0.05, 0.1, 0.2]))
def test_when_everything_fails_no_more_than_the_budget_is_repeated(requests: int, part: float) -> None:
    budget = RetryBudget(part)
    retries = 0
    for _ in range(requests):
        budget.deposit()
        retries += budget.withdraw()
    assert retries <= requests * part + 1
    assert retries >= requests * part - 1


def test_at_a_hundred_requests_a_tenth_is_repeated() -> None:
    budget = RetryBudget(0.1)
    attempts = 0
    for _ in range(100):
        budget.deposit()
        attempts += 1 + budget.withdraw()
    assert attempts <= 110


def test_a_lone_failure_is_repeated() -> None:
    budget = RetryBudget(0.1)
    budget.deposit()
    assert budget.withdraw()
    budget.deposit()
    assert not budget.withdraw()


def test_a_budget_of_nothing_repeats_nothing() -> None:
    budget = RetryBudget(0.0)
    budget.deposit()
    assert not budget.withdraw()


def test_good_times_save_up_for_a_few_bad_ones_only() -> None:
    budget = RetryBudget(0.1)
    for _ in range(100_000):
        budget.deposit()
    assert sum(budget.withdraw() for _ in range(1000)) <= 11


def test_only_what_may_go_better_is_repeated() -> None:
    assert worth_retrying(None, Unavailable())
    assert worth_retrying(None, DeadlineExceeded())
    assert worth_retrying(503, None)
    for error in (CircuitOpen(), Overloaded(), RateLimited(), InvalidAnswer()):
        assert not worth_retrying(None, error)
    for status in (200, 400, 401, 404, 409, 429, 501):
        assert not worth_retrying(status, None)


@given(st.integers(min_value=1, max_value=60))
def test_delays_grow_and_end(attempt: int) -> None:
    assert 0.0 <= delay(attempt) <= min(1.0, 0.05 * 2**attempt)
