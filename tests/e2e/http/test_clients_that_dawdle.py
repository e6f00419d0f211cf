"""Clients that send slowly, leave early, or never say anything."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from gateway.http.serve import PatientHttp


class Hasty(PatientHttp):
    head_seconds = 0.3


async def opened(served: Any) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    address = urlsplit(str(served.url))
    return await asyncio.open_connection(address.hostname, address.port)


async def drip(writer: asyncio.StreamWriter, text: bytes, pause: float) -> None:
    for sign in text:
        writer.write(bytes([sign]))
        await asyncio.sleep(pause)


async def first_line(reader: asyncio.StreamReader) -> bytes:
    async with asyncio.timeout(10):
        return await reader.readline()


async def test_headers_that_trickle_in_are_not_waited_for(serve_with: Any) -> None:
    async with serve_with(server_options={"http": Hasty}) as served:
        reader, writer = await opened(served)
        dripping = asyncio.ensure_future(drip(writer, b"POST /graphql HTTP/1.1\r\n" + b"A: b\r\n" * 1_000, 0.02))
        assert await first_line(reader) == b"HTTP/1.1 408 Request Timeout\r\n"
        dripping.cancel()
        writer.close()


async def test_a_connection_that_says_nothing_is_closed(serve_with: Any) -> None:
    async with serve_with(server_options={"http": Hasty}) as served:
        reader, writer = await opened(served)
        assert b"408" in await first_line(reader)
        writer.close()


async def test_a_second_request_that_trickles_in_is_not_waited_for_either(serve_with: Any) -> None:
    async with serve_with(server_options={"http": Hasty}) as served:
        reader, writer = await opened(served)
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"200" in await first_line(reader)
        dripping = asyncio.ensure_future(drip(writer, b"GET /healthz HTTP/1.1\r\n" + b"A: b\r\n" * 1_000, 0.02))
        async with asyncio.timeout(10):
            await reader.readuntil(b"408 Request Timeout")
        dripping.cancel()
        writer.close()


async def test_a_body_that_trickles_in_is_not_waited_for(serve_with: Any) -> None:
    async with serve_with(more={"body_seconds": 0.3}) as served:
        reader, writer = await opened(served)
        head = b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n"
        writer.write(head)
        dripping = asyncio.ensure_future(drip(writer, b" " * 5_000, 0.02))
        assert await first_line(reader) == b"HTTP/1.1 408 Request Timeout\r\n"
        dripping.cancel()
        writer.close()


async def test_a_query_whose_client_left_is_cancelled(served: Any, session: aiohttp.ClientSession) -> None:
    asking = asyncio.ensure_future(served.post(session, "{ slow(seconds: 30) }"))
    async with asyncio.timeout(5):
        await served.opener.started.wait()
        asking.cancel()
        await served.opener.cancelled.wait()


async def test_a_mutation_whose_client_left_is_not_cut_short(served: Any, session: aiohttp.ClientSession) -> None:
    mutation = "mutation { slowNote(seconds: 0.3) }"
    asking = asyncio.ensure_future(served.post(session, mutation))
    async with asyncio.timeout(5):
        await served.opener.started.wait()
        asking.cancel()
        while "slowNote" not in served.opener.calls:  # noqa: ASYNC110  it is counted, not announced
            await asyncio.sleep(0.02)
    assert not served.opener.cancelled.is_set()
