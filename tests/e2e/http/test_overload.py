"""More than a gateway can answer: what it takes on is answered in time, and the rest is told so at once."""

from __future__ import annotations

import asyncio
import json
import statistics
import time
from typing import Any

import aiohttp
import pytest
from shop_process import shop

SLOW = "{ slow(seconds: 0.4) }"
EVENTS = {"accept": "text/event-stream"}


async def test_what_is_beyond_the_ceiling_is_refused_at_once(serve_with: Any, session: aiohttp.ClientSession) -> None:
    async with serve_with(server={"operations": 3, "cors_origins": ["https://shop.example"]}) as served:
        under_way = [asyncio.ensure_future(served.post(session, SLOW)) for _ in range(3)]
        await served.opener.started.wait()
        await asyncio.sleep(0.1)
        asked = {"query": "{ deadline }"}
        headers = {"accept": "application/graphql-response+json", "origin": "https://shop.example"}
        async with session.post(served.graphql, json=asked, headers=headers) as answer:
            assert (answer.status, answer.headers["retry-after"]) == (503, "1")
            assert answer.headers["access-control-allow-origin"] == "https://shop.example"
            told = (await answer.json(content_type=None))["errors"][0]
            assert (
                told["extensions"].items() >= {"code": "GATEWAY_OVERLOADED", "retryable": True, "retryAfter": 1}.items()
            )
        for path in ("/healthz", "/readyz", "/metrics"):
            async with session.get(f"{served.url}{path}") as answer:
                assert answer.status == 200
        assert [status for status, _ in await asyncio.gather(*under_way)] == [200] * 3
        assert (await served.post(session, "{ deadline }"))[0] == 200


async def test_streams_and_sockets_share_the_ceiling_but_for_what_has_no_end(
    serve_with: Any, session: aiohttp.ClientSession
) -> None:
    async with (
        serve_with(server={"operations": 1}) as served,
        session.ws_connect(served.graphql, protocols=("graphql-transport-ws",)) as socket,
    ):
        await socket.send_json({"type": "connection_init"})
        await socket.receive_json()
        for name, query in (("1", "subscription { counter(to: 2, pause: 0.5) }"), ("2", SLOW), ("3", "{ deadline }")):
            await socket.send_json({"type": "subscribe", "id": name, "payload": {"query": query}})
        refused = await socket.receive_json()
        assert (refused["type"], refused["id"]) == ("error", "3")
        assert refused["payload"][0]["extensions"]["code"] == "GATEWAY_OVERLOADED"
        async with session.post(served.graphql, json={"query": "{ deadline }"}, headers=EVENTS) as stream:
            assert stream.status == 503, "nothing has been said yet, so it is said in the status"
        told = [await socket.receive_json() for _ in range(5)]
        assert [entry["id"] for entry in told if entry["type"] == "complete"] == ["2", "1"]


HEAVY = json.dumps(
    {"query": "{ products(first: 400) { sku title cents related { sku title related { sku } } } }"}
).encode()
JSON = {"content-type": "application/json"}


async def answered(session: aiohttp.ClientSession, url: str) -> tuple[int, float]:
    began = time.perf_counter()
    async with session.post(f"{url}/graphql", data=HEAVY, headers=JSON) as answer:
        await answer.read()
        return answer.status, time.perf_counter() - began


async def closed_loop(
    session: aiohttp.ClientSession, url: str, clients: int, seconds: float
) -> list[tuple[int, float]]:
    until = time.perf_counter() + seconds
    fates: list[tuple[int, float]] = []

    async def client() -> None:
        while time.perf_counter() < until:
            fates.append(await answered(session, url))

    await asyncio.gather(*(client() for _ in range(clients)))
    return fates


async def open_loop(session: aiohttp.ClientSession, url: str, rate: float, seconds: float) -> list[tuple[int, float]]:
    began = time.perf_counter()
    asked: list[asyncio.Task[tuple[int, float]]] = []
    for number in range(int(rate * seconds)):
        await asyncio.sleep(max(0.0, began + number / rate - time.perf_counter()))
        asked.append(asyncio.ensure_future(answered(session, url)))
    return list(await asyncio.gather(*asked))


@pytest.mark.full
async def test_at_three_times_the_capacity_what_is_served_is_served_in_time() -> None:
    """Times are compared with those of the same run, but its load is made on the same machine, so generously."""
    connector = aiohttp.TCPConnector(limit=0)
    async with shop(1) as running, aiohttp.ClientSession(connector=connector) as session:
        await closed_loop(session, running.url, 4, 1.0)
        alone = await closed_loop(session, running.url, 8, 4.0)
        capacity = len(alone) / 4.0
        own = statistics.median(seconds for _, seconds in alone)
        fates = await open_loop(session, running.url, capacity * 3, 8.0)
        served = [seconds for status, seconds in fates if status == 200]
        refused = [seconds for status, seconds in fates if status in (429, 503)]
        print(
            f"capacity {capacity:.0f}/s, p50 {own * 1e3:.0f} ms; at three times: {len(served) / 8:.0f}/s served, "
            f"p50 {statistics.median(served) * 1e3:.0f} ms, p95 {statistics.quantiles(served, n=20)[-1] * 1e3:.0f} ms, "
            f"{len(refused)} refused, p50 {statistics.median(refused) * 1e3:.0f} ms"
        )
        assert len(served) + len(refused) == len(fates)
        # How fast and how many is printed: the load is made on the same cores, so no figure is held here.
        assert served
        assert refused
