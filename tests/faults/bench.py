"""`python -m tests.faults.bench`: what the protection is worth, as ratios within one run.

Whether a backend that answers unevenly loses readers to the limit; goodput at three times the load a backend can bear,
with the transport's policies and without; and how long a healthy backend's readers wait while another backend has each
of the faults, against no fault at all.
"""

from __future__ import annotations

import asyncio
import contextlib
import statistics
import time
from collections.abc import Awaitable, Callable

import aiohttp
import structlog
import uvloop
from aiohttp import web

from gateway.calls.attempt.transport import build_transport
from gateway.errors import AdapterError
from gateway.model.context import CallContext
from gateway.model.operation import OperationSpec
from gateway.ports.price import GET_PRICES
from gateway.ports.transport import Request
from gateway.settings import PolicyNumbers
from gateway.testing.faults import Fault

from .conftest import Retailer, Upstream, manifest
from .jitter import jitter, overload

WORKERS, SERVICE, PATIENCE, SECONDS, WARM_UP = 10, 0.05, 0.5, 6.0, 1.0
CAPACITY = WORKERS / SERVICE
READS = 300
NAMES = ("p50", "p90", "p99")


async def serve(app: web.Application) -> tuple[web.AppRunner, str]:
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=4096).start()
    return runner, f"http://127.0.0.1:{runner.addresses[0][1]}"


async def overloaded(send: Callable[[], Awaitable[object]], arrivals: float) -> tuple[float, float]:
    """Useful answers a second (of those asked after the warm-up), and their p99 in milliseconds."""
    useful: list[float] = []
    loop = asyncio.get_running_loop()
    began = loop.time()

    async def one() -> None:
        started = loop.time()
        with contextlib.suppress(AdapterError, aiohttp.ClientError, TimeoutError):
            await send()
            if loop.time() - started <= PATIENCE and started - began >= WARM_UP:
                useful.append(loop.time() - started)

    tasks: list[asyncio.Task[None]] = []
    number = 0
    while (now := loop.time()) - began < SECONDS:
        while number < (now - began) * arrivals:
            tasks.append(loop.create_task(one()))
            number += 1
        await asyncio.sleep(0.005)
    await asyncio.gather(*tasks)
    p99 = statistics.quantiles(useful, n=100)[98] * 1000 if len(useful) > 1 else float("nan")
    return len(useful) / (SECONDS - WARM_UP), p99


async def goodput() -> None:
    free = asyncio.Semaphore(WORKERS)

    async def work(request: web.Request) -> web.Response:
        async with free:  # first come first served, whether the client still waits or not
            await asyncio.sleep(SERVICE)
        return web.Response(text="{}")

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", work)
    print(f"Overload: a backend that can do {CAPACITY:.0f} a second is asked {3 * CAPACITY:.0f}; patience {PATIENCE} s")
    for protected in (False, True):
        runner, url = await serve(app)
        request = Request(method="GET", path="/", operation=GET_PRICES.name)
        numbers = PolicyNumbers(timeout=PATIENCE, connections=1000)
        transport = build_transport(
            "erp", url, manifest({GET_PRICES.name: OperationSpec()}), numbers, allow_private_network=True
        )
        bare = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=1000), timeout=aiohttp.ClientTimeout(total=PATIENCE)
        )

        async def through_policies() -> object:
            return await transport.send(request, CallContext.within(PATIENCE))  # noqa: B023

        async def unprotected() -> object:
            async with bare.get(url) as answer:  # noqa: B023
                return await answer.read()

        rate, p99 = await overloaded(through_policies if protected else unprotected, 3 * CAPACITY)
        name = "with the policies" if protected else "unprotected      "
        print(f"  {name}  {rate:6.0f} useful a second ({rate / CAPACITY:4.0%} of capacity), p99 {p99:4.0f} ms")
        await transport.close()
        await bare.close()
        await asyncio.sleep(2 * PATIENCE)
        await runner.cleanup()


async def bystanders() -> None:
    upstream = Upstream()
    app = web.Application()
    app.router.add_post("/items", upstream.handle)
    runner, url = await serve(app)
    print("Bystanders: reads of a healthy backend while another, asked by 30 readers at once, has a fault")
    base: tuple[float, float, float] | None = None
    for fault in Fault:
        retailer = Retailer(upstream, url)
        await retailer.open(erp=PolicyNumbers(timeout=0.5))
        await retailer.fault("erp", fault)

        async def crowd(retailer: Retailer = retailer) -> None:
            number = 0
            while True:
                number += 1
                await retailer.read("erp", f"k{number % 1000}", seconds=1.0)
                await asyncio.sleep(0.03)

        readers = [asyncio.create_task(crowd()) for _ in range(30)]
        await asyncio.sleep(0.2)
        waits: list[float] = []
        for number in range(READS):
            started = time.perf_counter()
            await retailer.read("shop", f"k{number}")
            waits.append(time.perf_counter() - started)
        for reader in readers:
            reader.cancel()
        await asyncio.gather(*readers, return_exceptions=True)
        await retailer.close()
        cuts = statistics.quantiles(waits, n=100)
        found = cuts[49] * 1000, cuts[89] * 1000, cuts[98] * 1000
        base = base or found
        figures = [
            f"{name} {now:7.2f} ms x{now / before:4.2f}" for name, now, before in zip(NAMES, found, base, strict=True)
        ]
        print(f"  {fault.value:18} {'   '.join(figures)}")
    await runner.cleanup()


async def main() -> None:
    await goodput()
    await bystanders()


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    jitter()
    overload()
    uvloop.run(main())
