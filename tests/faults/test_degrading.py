"""What the shopper sees and what the backend feels while a fault goes on."""

from __future__ import annotations

import asyncio
import time
import tracemalloc

import pytest
from structlog.testing import capture_logs

from gateway.model.operation import OperationSpec
from gateway.settings import PolicyNumbers
from gateway.testing.faults import Fault

from .conftest import NUMBERS, Retailer, outcome

CACHED = OperationSpec(time_to_live=0.05, stale_for=60.0)
NEVER_OPENS = PolicyNumbers(timeout=5.0, breaker_failure_rate=2.0)


async def test_when_everything_fails_a_tenth_more_reaches_the_backend_at_most(retailer: Retailer) -> None:
    await retailer.open(erp=NEVER_OPENS)
    await retailer.fault("erp", Fault.ERROR_503)
    for number in range(100):
        await retailer.read("erp", f"k{number}")
    assert 100 < retailer.proxies["erp"].requests <= 110


async def test_half_of_failures_is_mostly_hidden_within_the_budget(retailer: Retailer) -> None:
    await retailer.open(erp=NEVER_OPENS)
    for number in range(200):
        await retailer.read("erp", f"good{number}")
    await retailer.fault("erp", Fault.HALF_500)
    answers = [await retailer.read("erp", f"k{number}") for number in range(10)]
    assert [outcome(item) for answer in answers for item in answer.values()] == ["ok"] * 10


async def test_nobody_asks_again_before_the_vendor_allows_it(retailer: Retailer) -> None:
    await retailer.open()
    retailer.proxies["erp"].retry_after = 1
    await retailer.fault("erp", Fault.RATE_LIMITED_FOR)
    await retailer.read("erp", "a")
    ends = time.monotonic() + 1.0
    await retailer.proxies["erp"].set(Fault.NONE)
    retailer.proxies["erp"].forget()
    while time.monotonic() < ends - 0.3:
        answer = (await retailer.read("erp", "b", seconds=0.05))["b"]
        assert outcome(answer) == "BACKEND_RATE_LIMITED"
        assert retailer.proxies["erp"].requests == 0
        await asyncio.sleep(0.02)
    await asyncio.sleep(max(0.0, ends - time.monotonic()) + 0.05)
    assert outcome((await retailer.read("erp", "c"))["c"]) == "ok"


@pytest.mark.parametrize("fault", [Fault.REFUSE, Fault.ERROR_503, Fault.MALFORMED, Fault.TRUNCATED, Fault.RATE_LIMITED])
async def test_an_older_answer_stands_in_and_says_so(retailer: Retailer, fault: Fault) -> None:
    await retailer.open(spec=CACHED)
    first = (await retailer.read("erp", "a"))["a"]
    await retailer.fault("erp", fault)
    await asyncio.sleep(0.1)
    await retailer.read("erp", "a")
    served = (await retailer.read("erp", "a"))["a"]
    assert served.current == first.current
    assert served.freshness.as_of == first.freshness.as_of
    assert served.freshness.stale
    assert outcome((await retailer.read("erp", "never seen"))["never seen"]) != "ok"
    assert outcome((await retailer.read("erp", "a", fresh=True))["a"]) != "ok"


@pytest.mark.parametrize("fault", [Fault.MALFORMED, Fault.WRONG_TYPES, Fault.MISSING_KEYS, Fault.NULLS, Fault.EMPTY])
async def test_an_answer_that_makes_no_sense_is_never_kept(retailer: Retailer, fault: Fault) -> None:
    await retailer.open(spec=OperationSpec(time_to_live=60.0, stale_for=60.0))
    await retailer.fault("erp", fault)
    assert outcome((await retailer.read("erp", "a"))["a"]) == "BACKEND_INVALID"
    await retailer.proxies["erp"].set(Fault.NONE)
    assert outcome((await retailer.read("erp", "a"))["a"]) == "ok"


async def test_a_version_never_goes_back(retailer: Retailer) -> None:
    await retailer.open(spec=OperationSpec(time_to_live=0.001, stale_for=0.0))
    proxy = retailer.proxies["shop"]
    await retailer.read("shop", "a")  # the fault server remembers version 1
    retailer.upstream.version = 2
    newer = (await retailer.read("shop", "a", fresh=True))["a"]
    await proxy.set(Fault.STALE)
    for fresh in (False, True):
        await asyncio.sleep(0.005)
        served = (await retailer.read("shop", "a", fresh=fresh))["a"]
        assert served.updated_at == newer.updated_at
        assert served.freshness.stale
        assert served.freshness.reason == "OLDER_ANSWER_REFUSED"
    await proxy.set(Fault.NONE)
    retailer.upstream.version = 3
    assert not (await retailer.read("shop", "a", fresh=True))["a"].freshness.stale


async def test_a_backend_that_is_back_is_found_by_one_probe_and_both_are_logged_once(retailer: Retailer) -> None:
    quick = PolicyNumbers(timeout=5.0, breaker_open_for=0.2)
    await retailer.open(erp=quick)
    with capture_logs() as logs:
        await retailer.fault("erp", Fault.ERROR_503)
        for number in range(30):
            await retailer.read("erp", f"k{number}")
        await retailer.proxies["erp"].set(Fault.SLOW)
        retailer.proxies["erp"].delay = 0.1
        retailer.proxies["erp"].forget()
        await asyncio.sleep(0.25)
        answers = await asyncio.gather(*(retailer.read("erp", f"p{number}") for number in range(20)))
        assert retailer.proxies["erp"].requests == 1
        found = [outcome(item) for answer in answers for item in answer.values()]
        assert sorted(set(found)) == ["BACKEND_CIRCUIT_OPEN", "ok"]
        assert found.count("ok") == 1
        for number in range(5):
            assert outcome((await retailer.read("erp", f"n{number}"))[f"n{number}"]) == "ok"
    told = [entry["event"] for entry in logs if entry["event"] not in ("backend_call_failed", "answer_failed")]
    assert told == ["backend_down", "backend_back"]


async def test_every_failed_read_is_one_line_with_what_the_vendor_said(retailer: Retailer) -> None:
    await retailer.open(erp=PolicyNumbers(timeout=5.0, retries=0))
    for fault, code, detail in (
        (Fault.ERROR_503, "BACKEND_UNAVAILABLE", "HTTP 503"),
        (Fault.AUTH_EXPIRED, "BACKEND_CREDENTIALS", None),
        (Fault.WRONG_TYPES, "BACKEND_INVALID", "Expected"),
    ):
        await retailer.fault("erp", fault)
        with capture_logs() as logs:
            await retailer.read("erp", "a")
        (line,) = [entry for entry in logs if entry["event"] == "backend_call_failed"]
        assert (line["backend"], line["operation"], line["code"]) == ("erp", "price.get_prices", code)
        assert detail is None or detail in line["detail"]


async def test_a_key_that_is_refused_while_older_answers_stand_in_leaves_a_line(retailer: Retailer) -> None:
    await retailer.open(spec=CACHED)
    await retailer.read("erp", "a")
    await retailer.fault("erp", Fault.AUTH_EXPIRED)
    await asyncio.sleep(0.1)
    with capture_logs() as logs:
        assert outcome((await retailer.read("erp", "a"))["a"]) == "ok", "nobody is told"
        async with asyncio.timeout(5.0):
            while not logs:  # noqa: ASYNC110  it happens on the other side of a socket
                await asyncio.sleep(0.01)
    assert [(entry["event"], entry["code"]) for entry in logs] == [("backend_call_failed", "BACKEND_CREDENTIALS")]


async def test_a_renewal_that_comes_to_nothing_in_time_leaves_a_line(retailer: Retailer) -> None:
    await retailer.open(spec=OperationSpec(time_to_live=0.05, stale_for=60.0, timeout=0.1))
    await retailer.read("erp", "a")
    await retailer.proxies["erp"].set(Fault.HANG)
    await asyncio.sleep(0.1)
    with capture_logs() as logs:
        await retailer.read("erp", "a")
        async with asyncio.timeout(5.0):
            while not logs:  # noqa: ASYNC110  it happens on the other side of a socket
                await asyncio.sleep(0.01)
    assert {(entry["event"], entry["code"]) for entry in logs} == {("backend_call_failed", "BACKEND_TIMEOUT")}


async def test_a_caller_who_leaves_takes_the_request_along(retailer: Retailer) -> None:
    await retailer.open()
    await retailer.fault("erp", Fault.HANG)
    retailer.bind("erp")
    reading = asyncio.create_task(retailer.read("erp", "a"))
    proxy = retailer.proxies["erp"]
    while not proxy.requests:  # noqa: ASYNC110  it happens on the other side of a socket
        await asyncio.sleep(0.01)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    await asyncio.sleep(0.05)
    assert retailer.figure("in_flight") == 0
    assert proxy.requests == 1


async def test_a_probe_whose_caller_left_is_no_answer_and_another_may_go(retailer: Retailer) -> None:
    await retailer.open(erp=PolicyNumbers(timeout=5.0, breaker_open_for=0.05))
    await retailer.fault("erp", Fault.ERROR_503)
    for number in range(20):
        await retailer.read("erp", f"k{number}")
    proxy = retailer.proxies["erp"]
    await proxy.set(Fault.HANG)
    proxy.forget()
    await asyncio.sleep(0.1)
    probe = asyncio.create_task(retailer.read("erp", "probe"))
    while not proxy.requests:  # noqa: ASYNC110  it happens on the other side of a socket
        await asyncio.sleep(0.01)
    probe.cancel()
    await asyncio.gather(probe, return_exceptions=True)
    await proxy.set(Fault.NONE)
    assert outcome((await retailer.read("erp", "next"))["next"]) == "ok"


async def test_a_backend_that_hangs_takes_nothing_from_the_others(retailer: Retailer) -> None:
    """Counted, not timed: a hundred readers wait for the sick backend's four places; every bystander's request arrives
    and is answered meanwhile; and when the readers go, nothing is left of them."""
    await retailer.open(erp=PolicyNumbers(timeout=30.0, connections=4, concurrency_limit=64))
    await retailer.proxies["erp"].set(Fault.HANG)
    waiting = [asyncio.create_task(retailer.read("erp", f"k{number}", seconds=30.0)) for number in range(100)]
    await asyncio.sleep(0.1)
    for other in ("till", "shop", "crm", "loyalty"):
        answers = await asyncio.gather(*(retailer.read(other, f"k{number}") for number in range(20)))
        assert [outcome(item) for answer in answers for item in answer.values()] == ["ok"] * 20
        assert retailer.proxies[other].requests == 20
    assert retailer.figure("in_flight") == 4
    assert retailer.figure("waiting") == 96
    assert retailer.proxies["erp"].requests == 4
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    await asyncio.sleep(0.05)
    assert (retailer.figure("in_flight"), retailer.figure("waiting")) == (0, 0)


@pytest.mark.parametrize("fault", [Fault.GZIP_BOMB, Fault.HUGE, Fault.HUGE_CHUNKED])
async def test_a_huge_body_costs_a_few_megabytes(retailer: Retailer, fault: Fault) -> None:
    await retailer.open()
    await retailer.fault("erp", fault)
    tracemalloc.start()
    try:
        assert outcome((await retailer.read("erp", "a"))["a"]) == "BACKEND_INVALID"
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 << 20


async def test_numbers_used_here_are_the_defaults_where_it_matters() -> None:
    assert NUMBERS.retry_budget == 0.1
    assert NUMBERS.breaker_minimum == 10
