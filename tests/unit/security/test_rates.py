"""Per-principal limits, counted by each worker or over Redis."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import TooManyRequests
from gateway.model.principal import ClientProfile, Principal, Touchpoint
from gateway.security.rates import RateLimits
from gateway.security.windows import Windows

PROFILE = ClientProfile(touchpoint=Touchpoint.WEB, requests_per_minute=5)
ALICE = Principal(subject="alice", issuer="test")
BOB = Principal(subject="bob", issuer="test")


async def allowed(limits: RateLimits, principal: Principal, times: int, address: str = "192.0.2.1") -> int:
    """How many of so many requests are served; the others are told when to come again."""
    waits: list[float | None] = []
    for _ in range(times):
        try:
            await limits.check(principal, PROFILE, address)
        except TooManyRequests as refused:
            waits.append(refused.retry_after)
    assert all(wait is not None and 1 <= wait <= 60 for wait in waits)
    return times - len(waits)


async def test_each_caller_has_a_limit_of_its_own() -> None:
    limits = RateLimits()
    assert await allowed(limits, ALICE, 9) == 5
    assert await allowed(limits, BOB, 9) == 5
    anonymous = Principal()
    assert await allowed(limits, anonymous, 9, "192.0.2.1") == 5
    assert await allowed(limits, anonymous, 9, "192.0.2.2") == 5


async def test_a_profile_without_a_limit_has_none() -> None:
    limits = RateLimits()
    for _ in range(100):
        await limits.check(ALICE, ClientProfile(touchpoint=Touchpoint.WEB), "")


async def test_a_redis_that_is_not_there_costs_no_correct_answer() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as unused:
        port = unused.getsockname()[1]
    limits = RateLimits(f"redis://127.0.0.1:{port}/0")
    assert await allowed(limits, ALICE, 9) == 5
    await limits.close()


async def refused(limits: RateLimits, times: int, address: str = "192.0.2.1", *, guessed: bool = True) -> int:
    """How many of so many refused credentials are told to wait."""
    waits = 0
    for _ in range(times):
        try:
            await limits.failed(address, guessed=guessed)
        except TooManyRequests:
            waits += 1
    return waits


async def test_failures_are_counted_by_address() -> None:
    limits = RateLimits(failures=4)
    assert await refused(limits, 10) == 6
    assert await refused(limits, 10, "192.0.2.2") == 6
    assert await refused(limits, 10, "192.0.2.3", guessed=False) == 0


async def test_who_has_a_wrong_credential_is_counted_as_the_stranger_they_are() -> None:
    limits = RateLimits(anonymous=PROFILE)
    assert await refused(limits, 3, guessed=False) == 0
    assert await allowed(limits, Principal(), 9) == 2


async def test_failures_without_a_limit_have_none() -> None:
    assert await refused(RateLimits(), 1_000) == 0


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@given(st.integers(1, 20), st.lists(st.floats(0.0, 90.0), min_size=1, max_size=60))
def test_who_waits_as_long_as_told_is_served(allowed: int, pauses: list[float]) -> None:
    clock = Clock()
    windows = Windows(clock=clock)
    for pause in pauses:
        clock.now += pause
        wait = windows.hit("a", allowed)
        assert 0.0 <= wait <= 60.0
    clock.now += 120.0
    assert windows.hit("a", allowed) == 0.0


def test_a_burst_is_all_that_a_minute_allows() -> None:
    clock = Clock()
    windows = Windows(clock=clock)
    for _ in range(5):
        assert [windows.hit("a", 10) for _ in range(30)].count(0.0) in (10, 0)
        clock.now += 1.0
    clock.now += 120.0
    assert windows.hit("a", 10) == 0.0


def test_callers_are_remembered_in_bounded_memory() -> None:
    windows = Windows(most=100)
    for number in range(10_000):
        windows.hit(f"caller {number}" * 50, 5)
    assert len(windows) == 100


@asynccontextmanager
async def redis() -> AsyncGenerator[tuple[str, asyncio.subprocess.Process]]:
    program = shutil.which("redis-server")
    if program is None:
        message = "the tests of shared limits need redis-server"
        if os.environ.get("GATEWAY_TESTS_STRICT") == "1":
            pytest.fail(message, pytrace=False)
        pytest.skip(message)
    folder = tempfile.mkdtemp()
    with closing(socket.create_server(("127.0.0.1", 0))) as unused:
        port = unused.getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        program,
        "--port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--dir",
        folder,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(20):
            while b"Ready to accept connections" not in await process.stdout.readline():
                pass
        yield f"redis://127.0.0.1:{port}/0", process
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()
        shutil.rmtree(folder)


@pytest.mark.redis
async def test_workers_share_a_limit_over_redis_and_go_on_without_it() -> None:
    async with redis() as (url, process):
        first, second = RateLimits(url), RateLimits(url)
        assert await allowed(first, ALICE, 3) == 3
        assert await allowed(second, ALICE, 9) == 2
        process.kill()
        await process.wait()
        assert await allowed(first, BOB, 9) == 5
        assert await allowed(second, BOB, 9) == 5
        await first.close()
        await second.close()
