"""Nothing is taken from where it does not belong: trailers are no headers, what must stand once stands once, and nobody
says for whom they ask but a trusted proxy."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest

ME = b'{"query":"{ me { subject } where { country } }"}'
STOCKED = {"anonymous": {"touchpoint": "web", "default_country": "GB", "requests_per_minute": 3}}


class Raw:
    """One connection, bytes for bytes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def to(cls, served: Any) -> Raw:
        address = urlsplit(str(served.url))
        return cls(*await asyncio.open_connection(address.hostname, address.port))

    async def answer(self) -> tuple[int, bytes]:
        async with asyncio.timeout(10):
            head = (await self.reader.readuntil(b"\r\n\r\n")).lower()
            length = int(head.partition(b"content-length: ")[2].split(b"\r\n")[0])
            return int(head.split()[1]), await self.reader.readexactly(length)

    async def answer_status(self) -> int:
        async with asyncio.timeout(10):
            return int((await self.reader.readuntil(b"\r\n\r\n")).split()[1])

    async def ended(self) -> bool:
        async with asyncio.timeout(10):
            try:
                return await self.reader.read() == b""
            except ConnectionError:
                return True

    def close(self) -> None:
        self.writer.close()


async def ask(served: Any, request: bytes) -> tuple[int, bytes]:
    raw = await Raw.to(served)
    try:
        raw.writer.write(request)
        return await raw.answer()
    finally:
        raw.close()


def post(*headers: bytes, body: bytes = ME, host: bytes = b"Host: x\r\n") -> bytes:
    lines = b"".join(header + b"\r\n" for header in headers)
    return (
        b"POST /graphql HTTP/1.1\r\n"
        + host
        + b"Content-Type: application/json\r\nContent-Length: %d\r\n" % len(body)
        + lines
        + b"\r\n"
        + body
    )


def chunked(*trailers: bytes, body: bytes = ME, extension: bytes = b"") -> bytes:
    return (
        b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        b"Transfer-Encoding: chunked\r\nTrailer: Authorization\r\n\r\n"
        + b"%x%s\r\n%s\r\n0\r\n" % (len(body), extension, body)
        + b"".join(trailer + b"\r\n" for trailer in trailers)
        + b"\r\n"
    )


async def test_a_token_in_a_trailer_is_nobodys(served: Any, storefront_key: str) -> None:
    bearer = b"Authorization: Bearer " + served.customers.token("alice").encode()
    status, body = await ask(served, post(bearer))
    assert (status, b'"alice"' in body) == (200, True)
    for trailer in (bearer, b"X-Api-Key: wrong", b"X-Commerce-Country: IE", b"Host: y"):
        status, body = await ask(served, chunked(trailer))
        assert status == 200, trailer
        assert b'"me":null' in body, trailer
        assert b'"GB"' in body, trailer


async def test_a_trailer_does_not_reach_the_next_request(served: Any) -> None:
    raw = await Raw.to(served)
    bearer = b"Authorization: Bearer " + served.customers.token("alice").encode()
    raw.writer.write(chunked(bearer) + post())
    for _ in range(2):
        status, body = await raw.answer()
        assert (status, b'"me":null' in body) == (200, True)
    raw.close()


@pytest.mark.parametrize(
    "headers",
    [
        (b"Authorization: Bearer a", b"Authorization: Bearer b"),
        (b"X-Api-Key: a", b"X-Api-Key: b"),
        (b"Host: y",),
        (b"Content-Type: application/json",),
        (b"Content-Length: 3",),
        (b"Transfer-Encoding: chunked",),
        (b"Origin: https://a.example", b"Origin: https://b.example"),
    ],
)
async def test_what_stands_once_and_stands_twice_is_refused(served: Any, headers: tuple[bytes, ...]) -> None:
    assert (await ask(served, post(*headers)))[0] == 400


async def test_a_request_names_its_host(served: Any) -> None:
    assert (await ask(served, post(host=b"")))[0] == 400
    assert (await ask(served, post(host=b"").replace(b"HTTP/1.1", b"HTTP/1.0")))[0] == 200


@pytest.mark.parametrize(
    "request_",
    [
        post().replace(b"Content-Length: ", b"Content-Length: +"),
        post().replace(b"Content-Length", b"Content-Length "),
        post().replace(b"Host", b" Host"),
        chunked().replace(b"chunked\r\n", b"xchunked\r\n"),
        chunked().replace(b"chunked\r\n", b"chunked, identity\r\n"),
        chunked().replace(b"Transfer-Encoding: chunked\r\n", b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"),
        chunked(b"Authorization : Bearer x"),
        chunked(b" folded"),
        chunked().replace(b"\r\n0\r\n", b"\r\n-0\r\n"),
    ],
)
async def test_framing_that_two_readers_could_read_differently_is_refused(served: Any, request_: bytes) -> None:
    assert (await ask(served, request_))[0] == 400


async def test_trailers_and_chunk_extensions_have_an_end(served: Any) -> None:
    for flood in (
        chunked(*[b"A%d: %s" % (n, b"x" * 1_000) for n in range(300)]),
        chunked(extension=b";a=" + b"x" * 300_000),
    ):
        raw = await Raw.to(served)
        raw.writer.write(flood)
        assert await raw.answer_status() in (413, 431)
        raw.close()


async def test_a_forwarded_address_is_believed_from_nobody_by_default(serve_with: Any) -> None:
    async with serve_with(profiles=STOCKED, api_keys={}) as served:
        statuses = [(await ask(served, post(b"X-Forwarded-For: 198.51.100.%d" % n)))[0] for n in range(6)]
        assert statuses == [200, 200, 200, 429, 429, 429]


async def test_a_trusted_proxys_clients_are_counted_each(serve_with: Any) -> None:
    async with serve_with(profiles=STOCKED, api_keys={}, server={"trusted_proxies": ["127.0.0.0/8"]}) as served:
        for client in (b"198.51.100.1", b"2001:db8:0:1::1"):
            statuses = [(await ask(served, post(b"X-Forwarded-For: 1.1.1.%d, %s" % (n, client))))[0] for n in range(5)]
            assert statuses == [200, 200, 200, 429, 429]
        assert (await ask(served, post(b"X-Forwarded-For: 2001:db8:0:1::ffff")))[0] == 429, "the same /64"
        assert (await ask(served, post(b"X-Forwarded-For: 2001:db8:0:2::1")))[0] == 200


@pytest.mark.parametrize(
    "header", [{"authorization": "Bearer a.b.c"}, {"x-api-key": "guess"}, {"authorization": "Basic YTpi"}]
)
async def test_guesses_are_counted_and_good_credentials_go_on_working(
    serve_with: Any, session: aiohttp.ClientSession, storefront_key: str, header: dict[str, str]
) -> None:
    async with serve_with(limits={"failures_per_minute": 5}) as served:
        statuses = [(await served.post(session, "{ deadline }", headers=header))[0] for _ in range(8)]
        assert statuses == [401] * 5 + [429] * 3
        async with session.post(served.graphql, json={"query": "{ deadline }"}, headers=header) as answer:
            assert 1 <= int(answer.headers["retry-after"]) <= 60
        for good in ({"x-api-key": storefront_key}, {"authorization": f"Bearer {served.customers.token('alice')}"}, {}):
            assert (await served.post(session, "{ deadline }", headers=good))[0] == 200
        expired = {"authorization": f"Bearer {served.customers.token('alice', exp=1)}"}
        assert (await served.post(session, "{ deadline }", headers=expired))[0] == 401, (
            "no guess: it asks for a new one"
        )


async def test_guesses_count_as_requests_of_a_stranger(serve_with: Any, session: aiohttp.ClientSession) -> None:
    async with serve_with(profiles=STOCKED, api_keys={}) as served:
        wrong = {"authorization": "Bearer a.b.c"}
        statuses = [(await served.post(session, "{ deadline }", headers=wrong))[0] for _ in range(5)]
        assert statuses == [401, 401, 401, 429, 429]
        assert (await served.post(session, "{ deadline }"))[0] == 429


async def test_guesses_over_a_socket_are_counted(serve_with: Any, session: aiohttp.ClientSession) -> None:
    async with serve_with(limits={"failures_per_minute": 2}) as served:
        codes: list[int | None] = []
        for _ in range(4):
            async with session.ws_connect(served.graphql, protocols=("graphql-transport-ws",)) as socket:
                await socket.send_json({"type": "connection_init", "payload": {"X-Api-Key": "guess"}})
                await socket.receive()
                codes.append(socket.close_code)
        assert codes == [4403, 4403, 1013, 1013]
