"""Bounds on what one client, and all of them, can have open: and what is told to who comes after."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
from test_smuggling import Raw, post

from gateway.http import connections

SLOW = json.dumps({"query": "{ slow(seconds: 0.5) }"}).encode()


def get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()


async def crowd(served: Any, number: int) -> list[Raw]:
    """So many connections that have been let in."""
    opened = [await Raw.to(served) for _ in range(number)]
    for raw in opened:
        raw.writer.write(get("/healthz"))
        assert (await raw.answer())[0] == 200
    return opened


async def test_connections_of_one_address_are_bounded(serve_with: Any) -> None:
    async with serve_with(server={"connections_per_address": 5}) as served:
        opened = await crowd(served, 5)
        late = await Raw.to(served)
        late.writer.write(post())
        status, body = await late.answer()
        assert status == 429
        assert json.loads(body)["errors"][0]["extensions"] == {
            "code": "TOO_MANY_REQUESTS",
            "retryable": True,
            "retryAfter": 1,
        }
        assert await late.ended()
        opened.pop().close()
        await asyncio.sleep(0.05)
        opened += await crowd(served, 1)
        for raw in (*opened, late):
            raw.close()


async def test_all_connections_are_bounded_and_health_is_served_even_then(serve_with: Any) -> None:
    async with serve_with(server={"connections": 4}) as served:
        opened = await crowd(served, 4)
        for path, wanted in (("/healthz", 200), ("/readyz", 200), ("/metrics", 503), ("/graphql", 503)):
            late = await Raw.to(served)
            late.writer.write(get(path))
            assert (await late.answer())[0] == wanted, path
            assert await late.ended()
            late.close()
        for raw in opened:
            raw.close()


async def test_who_waits_for_a_place_is_not_waited_for(serve_with: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "SURPLUS", 3)
    async with serve_with(server={"connections": 1}) as served:
        opened = await crowd(served, 1)
        silent = [await Raw.to(served) for _ in range(3)]
        await asyncio.sleep(0.05)
        unheard = await Raw.to(served)
        unheard.writer.write(get("/healthz"))
        assert await unheard.answer() == (503, b"")
        assert await unheard.ended()
        for raw in (*opened, *silent, unheard):
            raw.close()


async def test_sockets_count_as_connections(serve_with: Any, session: aiohttp.ClientSession) -> None:
    async with serve_with(server={"connections_per_address": 2}) as served:
        sockets = [await session.ws_connect(served.graphql, protocols=("graphql-transport-ws",)) for _ in range(2)]
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await session.ws_connect(served.graphql, protocols=("graphql-transport-ws",))
        assert refused.value.status == 429
        for opened in sockets:
            await opened.close()
        async with asyncio.timeout(5):
            while True:
                with contextlib.suppress(aiohttp.WSServerHandshakeError):
                    await (await session.ws_connect(served.graphql, protocols=("graphql-transport-ws",))).close()
                    break
                await asyncio.sleep(0.02)


async def test_behind_a_trusted_proxy_each_client_is_bounded(serve_with: Any) -> None:
    async with serve_with(server={"connections_per_address": 2, "trusted_proxies": ["127.0.0.1"]}) as served:

        async def ask(client: bytes) -> int:
            raw = await Raw.to(served)
            raw.writer.write(post(b"X-Forwarded-For: " + client, body=SLOW))
            status, _ = await raw.answer()
            raw.close()
            return status

        asked = [ask(b"2001:db8::%x" % n) for n in range(4)] + [ask(b"198.51.100.%d" % n) for n in range(4)]
        statuses = await asyncio.gather(*asked)
        assert sorted(statuses[:4]) == [200, 200, 429, 429], "one /64"
        assert statuses[4:] == [200] * 4


async def small_window(served: Any) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, socket.socket]:
    """A client whose kernel keeps little for it."""
    address = urlsplit(str(served.url))
    plain = socket.socket()
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
    plain.setblocking(False)
    await asyncio.get_running_loop().sock_connect(plain, (address.hostname, address.port))
    reader, writer = await asyncio.open_connection(sock=plain, limit=8_192)
    return reader, writer, plain


LARGE = post(body=json.dumps({"query": "{ products(first: 150000) { sku title cents } }"}).encode())
"""Its answer has more bytes than two kernels keep."""
RICH = {"anonymous": {"touchpoint": "web", "default_country": "GB", "cost_limit": 10_000_000}}


async def test_a_client_that_never_reads_is_dropped(serve_with: Any) -> None:
    async with serve_with(server={"write_seconds": 0.3}, profiles=RICH, api_keys={}) as served:
        reader, writer, _ = await small_window(served)
        writer.write(LARGE)
        head = await reader.readuntil(b"\r\n\r\n")
        wanted = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
        assert wanted > 6_000_000
        await asyncio.sleep(1.0)
        read = 0
        with contextlib.suppress(ConnectionError):
            async with asyncio.timeout(20):
                while part := await reader.read(1 << 20):
                    read += len(part)
        assert read < wanted
        writer.close()


async def test_a_client_that_reads_slowly_gets_all_of_it(serve_with: Any) -> None:
    async with serve_with(server={"write_seconds": 0.5}, profiles=RICH, api_keys={}) as served:
        reader, writer, _ = await small_window(served)
        writer.write(LARGE)
        head = await reader.readuntil(b"\r\n\r\n")
        left = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
        assert left > 6_000_000
        async with asyncio.timeout(60):
            while left:
                for _ in range(10):
                    left -= len(await reader.read(left))
                await asyncio.sleep(0.01)
        writer.close()


async def test_a_stream_that_nobody_reads_is_dropped(serve_with: Any) -> None:
    async with serve_with(server={"write_seconds": 0.3}) as served:
        _, writer, _ = await small_window(served)
        body = json.dumps({"query": "subscription { counter(to: 100000000) }"}).encode()
        writer.write(post(b"Accept: text/event-stream", body=body))
        async with asyncio.timeout(20):
            await served.opener.cancelled.wait()
        writer.close()


async def test_pings_that_nobody_reads_the_answers_of_are_read_no_further(serve_with: Any) -> None:
    async with serve_with(server={"write_seconds": 0.3}) as served:
        _, writer, _ = await small_window(served)
        writer.write(
            b"GET /graphql HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
            b"Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
        )
        ping = b"\x89\xfd\0\0\0\0" + b"x" * 125
        sent = 0
        with contextlib.suppress(ConnectionError, TimeoutError):
            async with asyncio.timeout(20):
                while sent < 200_000_000:
                    writer.write(ping * 1_000)
                    sent += len(ping) * 1_000
                    await writer.drain()
        assert sent < 200_000_000
        writer.close()


async def test_requests_in_a_row_are_bounded(served: Any) -> None:
    raw = await Raw.to(served)
    raw.writer.write(post(body=SLOW) + get("/healthz") * 5_000)
    answered = 0
    with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
        while True:
            assert (await raw.answer())[0] == 200
            answered += 1
    assert 1 <= answered <= 40
    raw.close()


async def test_a_second_request_that_cannot_be_parsed_spoils_no_answer(served: Any) -> None:
    raw = await Raw.to(served)
    raw.writer.write(post(body=SLOW))
    await asyncio.sleep(0.1)
    raw.writer.write(b"nonsense\r\n\r\n")
    status, body = await raw.answer()
    assert (status, json.loads(body)) == (200, {"data": {"slow": "done"}})
    assert await raw.ended()
    raw.close()


async def test_a_head_behind_a_slow_request_has_a_size_too(served: Any) -> None:
    raw = await Raw.to(served)
    raw.writer.write(
        post(body=json.dumps({"query": "{ slow(seconds: 1) }"}).encode()) + b"GET / HTTP/1.1\r\nHost: x\r\n"
    )
    sent = 0
    with contextlib.suppress(ConnectionError, TimeoutError):
        async with asyncio.timeout(5):
            while sent < 50_000_000:
                raw.writer.write(b"A: " + b"a" * 10_000 + b"\r\n")
                sent += 10_000
                await raw.writer.drain()
    assert sent < 50_000_000
    raw.close()


async def test_what_clients_send_wrongly_is_not_logged(served: Any, caplog: pytest.LogCaptureFixture) -> None:
    for wrong in (b"nonsense\r\n\r\n", post(b"Upgrade: h2c", b"Connection: Upgrade"), post(b"Host: y")):
        raw = await Raw.to(served)
        raw.writer.write(wrong)
        await raw.answer()
        raw.close()
    raw = await Raw.to(served)
    raw.writer.write(
        b"GET /graphql HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
        b"Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
    )
    await raw.reader.readuntil(b"\r\n\r\n")
    raw.writer.write(b"\x81\x82\0\0\0\0\xff\xfe")
    assert b"\x03\xef" in await raw.reader.read(), "1007: the text is not UTF-8"
    raw.close()
    assert [record.getMessage() for record in caplog.records if record.levelname in ("WARNING", "ERROR")] == []


async def test_an_upgrade_that_is_not_offered_is_declined_and_the_request_answered(served: Any) -> None:
    """Clients that prefer HTTP/2 ask for it so, with the body of their first request."""
    raw = await Raw.to(served)
    offer = (b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABkAAQAAP__", b"Connection: Upgrade, HTTP2-Settings")
    request = post(*offer)
    for part in (request, request[:60], request[60:-10], request[-10:]):
        raw.writer.write(part)
        await asyncio.sleep(0.02)
    for _ in range(2):
        status, body = await raw.answer()
        assert (status, json.loads(body)) == (200, {"data": {"me": None, "where": {"country": "GB"}}})
    raw.close()
