from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from structlog.testing import capture_logs

from gateway.errors import (
    AdapterError,
    CredentialsRefused,
    InternalError,
    LimitExceeded,
    RequestRefused,
    Unauthenticated,
    Unavailable,
)
from gateway.logs import failures
from gateway.logs.failures import BURST, FailureLog


class Time:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Time:
    return Time()


@pytest.fixture
def log(clock: Time) -> FailureLog:
    return FailureLog(clock)


@pytest.fixture
def lines() -> Iterator[list[Any]]:
    with capture_logs() as captured:
        yield captured


def fail(log: FailureLog, error: AdapterError, trace_id: str = "t1") -> None:
    log.backend_failed(error.located("erp", "price"), backend="erp", operation="price.get_prices", trace_id=trace_id)


def test_a_failed_call_is_one_line_with_the_vendors_words(log: FailureLog, lines: list[Any]) -> None:
    error = RequestRefused(detail="Cannot query field 'lokation' for ada@example.com")
    fail(log, error)
    log.told(error, "t1")
    (line,) = lines
    assert line == {
        "event": "backend_call_failed",
        "log_level": "warning",
        "code": "BACKEND_REFUSED",
        "backend": "erp",
        "operation": "price.get_prices",
        "domain": "price",
        "trace_id": "t1",
        "detail": "Cannot query field 'lokation' for [email]",
    }


def test_whoever_shared_the_call_finds_his_own_trace(log: FailureLog, lines: list[Any]) -> None:
    error = Unavailable(detail="HTTP 503")
    fail(log, error)
    log.told(error.fresh(), "t2")
    assert [(line["event"], line["trace_id"]) for line in lines] == [
        ("backend_call_failed", "t1"),
        ("answer_failed", "t2"),
    ]
    assert lines[1]["operation"] == "price.get_prices"


def test_a_refused_key_is_told_although_nobody_waits(log: FailureLog, lines: list[Any]) -> None:
    fail(log, CredentialsRefused(detail="login refused"), trace_id="")
    assert lines[0]["code"] == "BACKEND_CREDENTIALS"
    assert "trace_id" not in lines[0]


def test_a_refused_token_says_why_and_nothing_of_it(log: FailureLog, lines: list[Any]) -> None:
    error = Unauthenticated("The access token is not valid.")
    error.__cause__ = ValueError("expired: eyJhbGciOi ada@example.com")
    log.told(error, "t1")
    assert lines == [
        {
            "event": "request_failed",
            "log_level": "info",
            "code": "UNAUTHENTICATED",
            "reason": "ValueError",
            "trace_id": "t1",
        }
    ]


@pytest.mark.parametrize("error", [KeyError("ada@example.com"), InternalError("ada@example.com")])
def test_an_exception_of_our_own_has_its_type_and_place(log: FailureLog, lines: list[Any], error: Exception) -> None:
    try:
        raise error
    except Exception as caught:
        log.told(caught, "t1")
    assert (lines[0]["event"], lines[0]["reason"]) == ("unexpected failure", type(error).__name__)
    assert "test_failures.py" in lines[0]["at"][-1]
    assert "example" not in str(lines)


def test_in_a_storm_a_few_lines_are_written_and_the_others_counted(
    log: FailureLog, lines: list[Any], clock: Time
) -> None:
    for number in range(10_000):
        fail(log, Unavailable(detail="HTTP 503"), f"t{number}")
        log.told(LimitExceeded("too deep"), f"c{number}")
    assert len(lines) == 2 * BURST
    clock.now = 1.0
    fail(log, Unavailable(detail="HTTP 503"), "last")
    assert lines[-1]["suppressed"] == 10_000 - BURST
    log.flush()
    assert lines[-1] == {
        "event": "lines_suppressed",
        "log_level": "warning",
        "of": "request_failed",
        "cause": "LIMIT_EXCEEDED",
        "suppressed": 10_000 - BURST,
    }
    log.flush()
    assert lines[-1]["suppressed"] == 10_000 - BURST, "said once"
    assert len(lines) == 2 * BURST + 2


def test_one_cause_takes_no_line_from_another(log: FailureLog, lines: list[Any]) -> None:
    for _ in range(1_000):
        fail(log, Unavailable())
    fail(log, CredentialsRefused())
    assert lines[-1]["code"] == "BACKEND_CREDENTIALS"


def test_all_causes_together_are_bounded_and_every_line_is_written_or_counted(
    log: FailureLog, lines: list[Any]
) -> None:
    for number in range(5_000):
        log.told(Unavailable(source=f"backend{number}"), f"t{number}")
    written = len(lines)
    assert written <= failures.BURST_OF_ALL
    log.flush()
    assert written + sum(line["suppressed"] for line in lines[written:]) == 5_000
    assert len(log._causes) <= failures.MOST_CAUSES  # pyright: ignore[reportPrivateUsage]


async def test_what_was_counted_is_told_although_no_line_follows(
    log: FailureLog, lines: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(failures, "FLUSH_SECONDS", 0.01)
    for number in range(30):
        fail(log, Unavailable(), f"t{number}")
    async with asyncio.timeout(5.0):
        while lines[-1]["event"] != "lines_suppressed":  # noqa: ASYNC110  a timer of the log's own
            await asyncio.sleep(0.01)
    assert lines[-1]["suppressed"] == 30 - BURST


def test_a_call_whose_line_was_left_out_is_not_taken_for_written(log: FailureLog, lines: list[Any]) -> None:
    for number in range(30):
        error = Unavailable()
        fail(log, error, f"t{number}")
        log.told(error, f"t{number}")
    found = {line["trace_id"] for line in lines}
    assert found == {f"t{number}" for number in range(30)}
