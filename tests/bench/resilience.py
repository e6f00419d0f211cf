"""Bad days, as ratios: goodput at three times what a backend can do, bystanders while another backend is sick, and what
the response cache saves."""

from __future__ import annotations

import asyncio
import contextlib
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import orjson

from gateway.testing.faults import Fault, FaultProxy
from tests.bench.contenders import BARE, GATEWAY, running
from tests.bench.load import ask_once, measure
from tests.bench.queries import QUERIES, VARIABLES
from tests.bench.report import Report
from tests.bench.upstream import await_port, free_port

CAPACITY = 100
"""Requests a second that the overloaded backend can do, one after the other."""
PATIENCE = 0.5
"""Seconds after which an answer is of no use to anybody."""
SECONDS = 6
PRICES = """query($quantity: Int!) { product(by: {slug: "mug-0"}) { variants {
  price(quantity: $quantity) { current { gross { amount } } } } } }"""
BYSTANDER = QUERIES["Q4"].replace("first: 100", "first: 24")


async def resilience(upstream: str, report: Report) -> None:
    await goodput(upstream, report)
    await bystanders(upstream, report)
    await cached(upstream, report)


# --- overload ---------------------------------------------------------------------------------------------------------


async def goodput(upstream: str, report: Report) -> None:
    """Useful answers a second at three times the capacity: with the pipeline's defaults, and with every guard open."""
    for name, guarded in (("protected", "1"), ("unprotected", "")):
        async with _weak_backend(upstream) as weak:
            with running(GATEWAY, upstream, cpu=None, PRICES=weak, GUARDED=guarded) as (url, _):
                report.goodput[name] = await _storm(url, CAPACITY * 3, SECONDS) / CAPACITY


async def _storm(url: str, rate: float, seconds: float) -> float:
    """Open loop: as many requests as come, whether or not the last ones were answered. Useful answers a second."""
    useful = 0
    headers = {"content-type": "application/json", "x-commerce-deadline-ms": str(int(PATIENCE * 1000))}

    async def one(session: aiohttp.ClientSession, number: int) -> None:
        nonlocal useful
        body = orjson.dumps({"query": PRICES, "variables": {"quantity": number + 1}})  # no two can share an answer
        started = time.perf_counter()
        with contextlib.suppress(aiohttp.ClientError, TimeoutError):
            async with session.post(url, data=body, headers=headers) as response:
                answer = orjson.loads(await response.read())
                in_time = time.perf_counter() - started <= PATIENCE
                useful += in_time and "errors" not in answer

    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(10)) as session:
        tasks: list[asyncio.Task[None]] = []
        start = time.perf_counter()
        for number in range(int(rate * seconds)):
            delay = start + number / rate - time.perf_counter()
            if delay > 0:
                await asyncio.sleep(delay)
            tasks.append(asyncio.create_task(one(session, number)))
        await asyncio.gather(*tasks)
    return useful / seconds


@asynccontextmanager
async def _weak_backend(upstream: str) -> AsyncGenerator[str]:
    """A backend that answers one request at a time, and answers even those nobody waits for any more."""
    port = free_port()
    command = [sys.executable, "-m", "tests.bench.weak_backend", str(port), upstream, str(1 / CAPACITY)]
    process = subprocess.Popen(command)  # noqa: ASYNC220
    try:
        await_port(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


# --- bystanders -------------------------------------------------------------------------------------------------------


async def bystanders(upstream: str, report: Report) -> None:
    """p99 of requests that need nothing of the sick backend, while others ask it all the time; over the healthy p99."""
    proxy = FaultProxy(upstream)
    await proxy.start()
    try:
        with running(GATEWAY, upstream, cpu=None, PRICES=proxy.url, GUARDED="1") as (url, pid):
            healthy: list[float] = []
            for fault in Fault:
                if fault in (Fault.NONE, Fault.DNS, Fault.TLS, Fault.STALE):
                    continue  # the address itself, or no fault at all: nothing a running proxy can change
                await proxy.set(Fault.NONE)
                healthy.append(await _bystander(url, pid))
                await proxy.set(fault)
                sick = await _bystander(url, pid)
                report.bystanders[fault.name.lower()] = sick / healthy[-1]
    finally:
        await proxy.stop()


async def _bystander(url: str, pid: int) -> float:
    stop = asyncio.Event()

    async def ask_the_sick() -> None:
        body = orjson.dumps({"query": PRICES, "variables": {"quantity": 1}})
        headers = {"content-type": "application/json", "x-commerce-deadline-ms": "300"}
        async with aiohttp.ClientSession() as session:
            while not stop.is_set():
                with contextlib.suppress(aiohttp.ClientError):
                    async with session.post(url, data=body, headers=headers) as response:
                        await response.read()
                await asyncio.sleep(0.01)

    others = [asyncio.create_task(ask_the_sick()) for _ in range(4)]
    body = orjson.dumps({"query": BYSTANDER})
    sample = await measure(url, pid, body, connections=2, requests=120)
    stop.set()
    await asyncio.gather(*others)
    return sample.percentile(0.95)


# --- the response cache -----------------------------------------------------------------------------------------------


async def cached(upstream: str, report: Report) -> None:
    """CPU of Q3 answered anew, from the response cache, and by bare ASGI; in the same rounds."""
    body = orjson.dumps({"query": QUERIES["Q3"], "variables": VARIABLES["Q3"]})
    with contextlib.ExitStack() as stack:
        bodies = stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-bodies-"))
        with running(GATEWAY, upstream) as (url, _):
            answer = await ask_once(url, body)
        await asyncio.to_thread((Path(bodies) / f"{len(body)}.json").write_bytes, answer)
        anew = stack.enter_context(running(GATEWAY, upstream))
        kept = stack.enter_context(running(GATEWAY, upstream, CACHED="1"))
        bare = stack.enter_context(running(BARE, upstream, BODIES=bodies))
        figures: dict[str, list[float]] = {}
        for number in range(5):
            for name, (url, pid) in (("anew", anew), ("kept", kept), ("bare", bare)):
                sample = await measure(url, pid, body, connections=4, requests=200)
                if number:
                    figures.setdefault(name, []).append(sample.cpu)
    report.cached = {name: statistics.median(values) for name, values in figures.items()}
