"""A gateway that is told to stop loses nobody: balancers hear of it first, and who has connected is answered."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import socket
import sys
from collections import Counter
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest

from gateway.http.serve import Server, server_config

sys.path.insert(0, str(Path(__file__).parent))
from served_shop import doors_of, settings_of
from shop_process import Shop, shop
from shop_schema import Opener

POLL_SECONDS = 0.1
DRAIN = {"drain_accept_seconds": 2.0, "drain_seconds": 8.0, "overload_lag": 2.0}
"""Patient: a busy machine must not look like overload, nor a stop come before it is seen."""
QUESTION = {"query": "{ slow(seconds: 0.002) }"}


class Upstream:
    """One gateway as a balancer sees it, with kept connections of its own."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.ready = True
        self.session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=64))


class Balancer:
    """Sends each request to a gateway whose last answer to `/readyz` was 200, once, and never again elsewhere."""

    def __init__(self) -> None:
        self.upstreams: list[Upstream] = []
        self.fates: Counter[str] = Counter()
        self._turn = 0

    async def join(self, url: str) -> Upstream:
        upstream = Upstream(url)
        self.upstreams.append(upstream)
        return upstream

    async def watch(self) -> None:
        while True:
            for upstream in list(self.upstreams):
                try:
                    async with upstream.session.get(f"{upstream.url}/readyz") as answer:
                        upstream.ready = answer.status == 200
                except aiohttp.ClientError:
                    upstream.ready = False
            await asyncio.sleep(POLL_SECONDS)

    async def ask(self) -> None:
        ready = [upstream for upstream in self.upstreams if upstream.ready]
        if not ready:
            self.fates["nobody is ready"] += 1
            await asyncio.sleep(POLL_SECONDS)
            return
        self._turn += 1
        upstream = ready[self._turn % len(ready)]
        try:
            async with upstream.session.post(f"{upstream.url}/graphql", json=QUESTION) as answer:
                good = answer.status == 200 and (await answer.json()) == {"data": {"slow": "done"}}
                self.fates["answered" if good else f"status {answer.status}"] += 1
        except aiohttp.ClientError as error:
            self.fates[type(error).__name__] += 1

    async def close(self) -> None:
        for upstream in self.upstreams:
            await upstream.session.close()


@contextlib.asynccontextmanager
async def balancing() -> AsyncGenerator[Balancer]:
    balancer = Balancer()
    watching = asyncio.ensure_future(balancer.watch())
    try:
        yield balancer
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        await balancer.close()


async def fates_of(least: int, workers: int, stops: int) -> Counter[str]:
    """What became of every request while one of two gateways at a time is told to stop and another one started."""
    async with contextlib.AsyncExitStack() as stack:
        balancer = await stack.enter_async_context(balancing())
        running: list[tuple[Shop, Upstream]] = []
        for _ in range(2):
            started = await stack.enter_async_context(shop(workers, **DRAIN))
            running.append((started, await balancer.join(started.url)))
        over = asyncio.Event()

        async def client() -> None:
            while not over.is_set() or balancer.fates["answered"] < least:
                await balancer.ask()

        clients = [asyncio.ensure_future(client()) for _ in range(16)]
        for number in range(1, stops + 1):
            wanted = least * number // (stops + 1)
            await running[0][0].until(lambda wanted=wanted: balancer.fates["answered"] >= wanted)
            leaving, upstream = running.pop(0)
            leaving.process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(60):
                assert await leaving.process.wait() in (0, -signal.SIGTERM)
            balancer.upstreams.remove(upstream)
            await upstream.session.close()
            started = await stack.enter_async_context(shop(workers, **DRAIN))
            running.append((started, await balancer.join(started.url)))
        over.set()
        await asyncio.gather(*clients)
        return balancer.fates


@pytest.mark.parametrize("workers", [1, pytest.param(2, marks=pytest.mark.full)])
async def test_no_request_through_a_balancer_is_lost_when_a_gateway_stops(workers: int) -> None:
    fates = await fates_of(600, workers, 1)
    assert set(fates) == {"answered"}


@pytest.mark.full
@pytest.mark.timeout(900)
async def test_ten_thousand_requests_through_a_balancer_survive_four_stops() -> None:
    fates = await fates_of(10_000, 2, 4)
    assert set(fates) == {"answered"}
    assert fates["answered"] >= 10_000


async def said(reader: asyncio.StreamReader) -> bytes:
    """One answer's head."""
    async with asyncio.timeout(10):
        head = await reader.readuntil(b"\r\n\r\n")
    body = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
    await reader.readexactly(body)
    return head.lower()


def http_get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()


async def test_a_gateway_that_was_told_to_stop_still_serves_and_says_so_on_every_answer() -> None:
    async with shop(1, drain_accept_seconds=2.0, drain_seconds=5.0) as running:
        address = urlsplit(running.url)
        kept = [await asyncio.open_connection(address.hostname, address.port) for _ in range(4)]
        for reader, writer in kept:
            writer.write(http_get("/healthz"))
            assert b"connection: close" not in await said(reader)
        running.process.send_signal(signal.SIGTERM)
        async with aiohttp.ClientSession() as session, asyncio.timeout(10):
            while True:
                async with session.get(f"{running.url}/readyz") as answer:
                    if answer.status == 503:
                        break
                await asyncio.sleep(0.02)
        new = await asyncio.open_connection(address.hostname, address.port)
        for (reader, writer), path in zip(
            (*kept, new), ("/healthz", "/graphql", "/nowhere", "/metrics", "/healthz"), strict=True
        ):
            writer.write(http_get(path))
            assert b"connection: close" in await said(reader), path
            assert await reader.read() == b""
            writer.close()


async def test_an_answer_under_way_when_the_stop_comes_is_its_connections_last() -> None:
    async with shop(1, drain_accept_seconds=0.5, drain_seconds=5.0) as running:
        address = urlsplit(running.url)
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        body = b'{"query":"{ slow(seconds: 1) }"}'
        head = b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        writer.write(head % len(body) + body)
        await asyncio.sleep(0.3)
        running.process.send_signal(signal.SIGTERM)
        answer = await said(reader)
        assert answer.startswith(b"http/1.1 200")
        assert b"connection: close" in answer
        writer.close()


async def test_who_waits_in_the_listeners_queue_is_answered_before_it_closes(tmp_path: Path) -> None:
    """The server is told to stop before it has accepted anybody."""
    listener = socket.create_server(("127.0.0.1", 0))
    host, port = listener.getsockname()
    waiting = [await asyncio.open_connection(host, port) for _ in range(20)]
    for _, writer in waiting:
        writer.write(http_get("/healthz"))
    doors = doors_of(
        settings_of(tmp_path, issuers={}, profiles={"anonymous": {"touchpoint": "web"}}, api_keys={}), Opener()
    )

    def stop() -> None:
        server.should_exit = True

    server = Server(doors, server_config(doors, lifespan="off"), 5.0, stop, accept_seconds=0.0)
    serving = asyncio.ensure_future(server.serve(sockets=[listener]))
    for reader, _ in waiting:
        assert b"connection: close" in await said(reader)
    async with asyncio.timeout(10):
        await serving
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(host, port)
    for _, writer in waiting:
        writer.close()


async def next_of(stream: aiohttp.StreamReader) -> tuple[str, Any]:
    """One server-sent event: its name and its data."""
    async with asyncio.timeout(5):
        name = (await stream.readline()).decode().removeprefix("event: ").strip()
        data = (await stream.readline()).decode().removeprefix("data: ").strip()
        await stream.readline()
    return name, json.loads(data) if data else None


async def test_an_endless_stream_is_told_why_it_ends(served: Any, session: aiohttp.ClientSession) -> None:
    endless = {"query": "subscription { counter(to: 1000000, pause: 0.05) }"}
    async with session.post(served.graphql, json=endless, headers={"accept": "text/event-stream"}) as answer:
        assert await next_of(answer.content) == ("next", {"data": {"counter": 1}})
        served.doors.gate.stop()
        events = [await next_of(answer.content)]
        while events[-1][0] != "complete":
            events.append(await next_of(answer.content))
        extensions = events[-2][1]["errors"][0]["extensions"]
        assert (extensions["code"], extensions["retryable"]) == ("GATEWAY_STOPPING", True)
        assert await answer.content.read() == b""
    assert served.opener.cancelled.is_set()


async def test_a_query_and_a_mutation_under_way_on_a_stream_are_finished(
    served: Any, session: aiohttp.ClientSession
) -> None:
    for asked, told in (
        ("{ slow(seconds: 0.3) }", {"slow": "done"}),
        ("mutation { slowNote(seconds: 0.3) }", {"slowNote": "kept"}),
    ):
        async with session.post(
            served.graphql, json={"query": asked}, headers={"accept": "text/event-stream"}
        ) as answer:
            served.doors.gate.stop()
            assert await next_of(answer.content) == ("next", {"data": told})
            assert await next_of(answer.content) == ("complete", None)
    assert not served.opener.cancelled.is_set()


async def test_a_socket_ends_when_what_it_asked_is_answered(served: Any, session: aiohttp.ClientSession) -> None:
    async with session.ws_connect(served.graphql, protocols=("graphql-transport-ws",)) as socket:
        await socket.send_json({"type": "connection_init"})
        await socket.receive_json()
        for name, query in (
            ("1", "mutation { slowNote(seconds: 0.3) }"),
            ("2", "subscription { counter(to: 1000000, pause: 10) }"),
        ):
            await socket.send_json({"type": "subscribe", "id": name, "payload": {"query": query}})
        await served.opener.started.wait()
        served.doors.gate.stop()
        async with asyncio.timeout(5):
            assert await socket.receive_json() == {"type": "next", "id": "1", "payload": {"data": {"slowNote": "kept"}}}
            assert await socket.receive_json() == {"type": "complete", "id": "1"}
            message = await socket.receive()
        assert (message.type, socket.close_code) == (aiohttp.WSMsgType.CLOSE, 1001)
