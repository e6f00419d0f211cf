"""What one call of an upstream costs, by HTTP client: aiohttp as its documentation shows it, and the gateway's two
wires (a deadline, a size cap and checks of the answer included). In one process, one call after the other, in turns."""

from __future__ import annotations

import statistics
import time
from collections.abc import Awaitable, Callable

import aiohttp

from gateway.calls.wire.clients import wire_of
from gateway.model.context import CallContext
from gateway.ports.transport import Request
from tests.bench.report import Report

PATH = "/one/prices"
CALLS, ROUNDS = 500, 7


async def clients(upstream: str, report: Report) -> None:
    """CPU seconds of one call, the median of rounds in which the clients take turns."""
    request = Request(method="GET", path=PATH, operation="price.get_prices")
    forever = CallContext.within(600)
    ours = wire_of("aiohttp", upstream, connections=8, allow_private_network=True)
    lean = wire_of("lean", upstream, connections=8, allow_private_network=True)
    async with aiohttp.ClientSession() as session:

        async def by_session() -> object:
            async with session.get(upstream + PATH) as answer:
                return await answer.read()

        asked: dict[str, Callable[[], Awaitable[object]]] = {
            "aiohttp, a session's `get`": by_session,
            'the wire over aiohttp (`client = "aiohttp"`)': lambda: ours.exchange(request, forever, 5.0, 1 << 20),
            'the lean wire (`client = "lean"`)': lambda: lean.exchange(request, forever, 5.0, 1 << 20),
        }
        figures: dict[str, list[float]] = {name: [] for name in asked}
        for number in range(ROUNDS + 1):
            for name, ask in asked.items():
                started = time.process_time()
                for _ in range(CALLS):
                    await ask()
                if number:  # the first round warms up
                    figures[name].append((time.process_time() - started) / CALLS)
    await ours.close()
    await lean.close()
    report.clients = {name: statistics.median(values) for name, values in figures.items()}
