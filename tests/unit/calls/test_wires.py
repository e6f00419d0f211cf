"""Both HTTP clients before a server that speaks whatever HTTP/1.1 a test writes, byte by byte."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, get_args

import pytest
from msgspec.structs import force_setattr

from gateway.calls.wire import pool
from gateway.calls.wire.clients import wire_of
from gateway.calls.wire.errors import BadTransfer
from gateway.calls.wire.exchange import Wire
from gateway.errors import AdapterError, DeadlineExceeded, RequestRefused, Unavailable
from gateway.model.context import CallContext
from gateway.ports.transport import Request, Response
from gateway.settings import HttpClient

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"
Say = Callable[[asyncio.StreamWriter], Awaitable[None]]


class Server:
    """Answers each request with the next of `answers`, the last one ever again: bytes, or a function that writes."""

    def __init__(self) -> None:
        self.port = 0
        self.answers: list[bytes | Say] = [OK]
        self.connections = 0
        self.heads: list[bytes] = []
        self.ended = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                self.heads.append(await reader.readuntil(b"\r\n\r\n"))
                answer = self.answers[min(len(self.heads), len(self.answers)) - 1]
                if isinstance(answer, bytes):
                    writer.write(answer)
                else:
                    await answer(writer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            self.ended.set()
        finally:
            writer.close()


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    made = Server()
    listening = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = listening.sockets[0].getsockname()[1]
    yield made
    listening.close()


@pytest.fixture(params=get_args(HttpClient))
def client(request: pytest.FixtureRequest) -> HttpClient:
    return request.param


@pytest.fixture
async def wire(server: Server, client: HttpClient) -> AsyncIterator[Wire]:
    url = f"http://127.0.0.1:{server.port}/base"
    made = wire_of(client, url, connections=4, allow_private_network=True)
    yield made
    await made.close()


async def ask(
    wire: Wire, *, seconds: float = 5.0, cap: int = 10_000, call: CallContext | None = None, **parts: Any
) -> Response:
    """As the transport does: at once where a connection is kept."""
    given: dict[str, Any] = {"method": "GET", "path": "/x", "operation": "x", **parts}
    request, call = Request(**given), call or CallContext.within(10.0)
    exchange = wire.begin(request, call, seconds, cap)
    if exchange is None:
        return await wire.exchange(request, call, seconds, cap)
    try:
        return await exchange.answer
    finally:
        exchange.ended()


async def test_one_connection_serves_one_request_after_the_other(server: Server, wire: Wire) -> None:
    for _ in range(5):
        assert (await ask(wire)).body == b"{}"
    assert server.connections == 1


async def test_as_many_connections_as_are_allowed(server: Server, wire: Wire) -> None:
    async def slowly(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.05)
        writer.write(OK)

    server.answers = [slowly]
    await asyncio.gather(*(ask(wire) for _ in range(12)))
    assert server.connections == 4


async def test_waiting_for_a_connection_takes_of_the_attempts_time(server: Server, wire: Wire) -> None:
    async def never(writer: asyncio.StreamWriter) -> None:
        return None

    server.answers = [never]
    taking = [asyncio.ensure_future(ask(wire)) for _ in range(4)]
    while len(server.heads) < 4:  # noqa: ASYNC110  it happens on the other side of a socket
        await asyncio.sleep(0.005)
    with pytest.raises(DeadlineExceeded):
        await ask(wire, seconds=0.05)
    server.answers = [OK]
    for one in taking:
        one.cancel()
    await asyncio.gather(*taking, return_exceptions=True)
    assert (await ask(wire)).body == b"{}"


async def test_a_server_that_wants_to_close_is_not_asked_again_on_that_connection(server: Server, wire: Wire) -> None:
    server.answers = [b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}"]
    for _ in range(2):
        assert (await ask(wire)).body == b"{}"
    assert server.connections == 2


async def test_bytes_that_nobody_asked_for_reach_nobody(server: Server, wire: Wire) -> None:
    """A second answer on a kept-alive connection would be taken for the answer to the next request."""
    forged = b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nforged"
    server.answers = [OK + forged, OK]
    assert (await ask(wire)).body == b"{}"
    await asyncio.sleep(0.01)
    with contextlib.suppress(AdapterError):  # a client may also refuse the connection when it notices
        assert (await ask(wire)).body == b"{}"
    assert (await ask(wire)).body == b"{}"


async def test_interim_answers_are_passed_over(server: Server, wire: Wire) -> None:
    server.answers = [
        b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 201 Created\r\ncontent-length: 1\r\n\r\n1"
    ]
    answer = await ask(wire)
    assert (answer.status, answer.body, "link" in answer.headers) == (201, b"1", False)


async def test_chunks_are_put_together_and_trailers_left_out(server: Server, wire: Wire) -> None:
    head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
    server.answers = [head + b"3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\nx-late: 1\r\n\r\n"]
    for _ in range(2):
        answer = await ask(wire)
        assert (answer.body, "x-late" in answer.headers) == (b"abcdefg", False)
    assert server.connections == 1


async def test_a_body_may_end_with_the_connection(server: Server, wire: Wire) -> None:
    async def until_the_end(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\nall of it")
        await writer.drain()
        writer.close()

    server.answers = [until_the_end]
    assert (await ask(wire)).body == b"all of it"


async def test_an_answer_to_head_has_no_body_whatever_it_says(server: Server, wire: Wire) -> None:
    server.answers = [b"HTTP/1.1 200 OK\r\ncontent-length: 200\r\n\r\n"]
    answer = await ask(wire, method="HEAD")
    assert (answer.status, answer.body) == (200, b"")
    server.answers = [OK]
    assert (await ask(wire)).body == b"{}"


async def test_an_answer_without_a_body_ends_with_its_head(server: Server, wire: Wire) -> None:
    server.answers = [b"HTTP/1.1 204 No Content\r\n\r\n"]
    for _ in range(2):
        assert (await ask(wire)).status == 204


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nx" + b"y" * 20_000 + b": 1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nx: " + b"y" * 20_000 + b"\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 500 + b"content-length: 0\r\n\r\n",
        b"SMTP ready\r\n\r\n",
    ],
)
async def test_what_is_no_answer_is_refused(server: Server, wire: Wire, answer: bytes) -> None:
    async def and_close(writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        await writer.drain()
        writer.close()

    server.answers = [and_close]
    with pytest.raises((BadTransfer, Unavailable)):
        await ask(wire, seconds=2.0)


@pytest.mark.parametrize(
    "beginning",
    [b"HTTP/1.1 200 OK\r\nx: ", b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nx-late: "],
    ids=["head", "trailer"],
)
async def test_a_field_without_end_ends_soon(server: Server, wire: Wire, beginning: bytes) -> None:
    written = 0

    async def endlessly(writer: asyncio.StreamWriter) -> None:
        nonlocal written
        writer.write(beginning)
        while written < 50_000_000:
            writer.write(b"y" * 10_000)
            written += 10_000
            await writer.drain()

    server.answers = [endlessly]
    with pytest.raises((BadTransfer, Unavailable)):
        await ask(wire, seconds=5.0)
    assert written < 20_000_000, "sockets hold some, but nobody reads on"


async def test_leaving_ends_the_connection(server: Server, wire: Wire) -> None:
    async def never(writer: asyncio.StreamWriter) -> None:
        return None

    server.answers = [never]
    asking = asyncio.ensure_future(ask(wire))
    while not server.heads:  # noqa: ASYNC110  it happens on the other side of a socket
        await asyncio.sleep(0.005)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    await asyncio.wait_for(server.ended.wait(), 2)


async def test_a_deadline_that_moves_later_is_kept(server: Server, wire: Wire) -> None:
    async def slowly(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.15)
        writer.write(OK)

    server.answers = [slowly]
    for _ in ("on a new connection", "on a kept one"):
        call = CallContext.within(0.05)
        asking = asyncio.ensure_future(ask(wire, call=call))
        await asyncio.sleep(0.01)
        force_setattr(call, "deadline", call.deadline + 5)
        assert (await asking).status == 200
    assert server.connections == 1


async def test_a_server_that_closes_idle_connections_costs_no_request(server: Server, wire: Wire) -> None:
    async def and_close(writer: asyncio.StreamWriter) -> None:
        writer.write(OK)
        await writer.drain()
        writer.close()

    server.answers = [and_close]
    for _ in range(3):
        assert (await ask(wire)).body == b"{}"
        await asyncio.sleep(0.02)
    assert server.connections == 3


async def test_old_connections_are_left(server: Server, wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "IDLE_SECONDS", 0.05)
    await ask(wire)
    await asyncio.sleep(0.1)
    await ask(wire)
    assert server.connections == 2


async def test_a_kept_connection_is_used_at_once(server: Server, wire: Wire) -> None:
    call, request = CallContext.within(10.0), Request(method="GET", path="/x")
    assert wire.begin(request, call, 5.0, 1000) is None, "there is none yet"
    await ask(wire)
    begun = [wire.begin(request, call, 5.0, 1000) for _ in range(2)]
    assert begun[1] is None, "the only one is in use"
    assert begun[0] is not None
    assert (await begun[0].answer).body == b"{}"
    begun[0].ended()
    assert len(server.heads) == 2
    assert server.connections == 1


async def test_what_was_begun_and_given_up_is_not_read_by_the_next(server: Server, wire: Wire) -> None:
    async def late(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.05)
        writer.write(OK.replace(b"{}", b"[]"))

    await ask(wire)
    server.answers = [OK, late, OK]
    asking = asyncio.ensure_future(ask(wire))
    await asyncio.sleep(0.02)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert (await ask(wire)).body == b"{}"
    assert server.connections == 2


async def test_places_are_given_up_whatever_becomes_of_an_attempt(server: Server, wire: Wire) -> None:
    server.answers = [b"HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n"]
    for _ in range(6):
        with pytest.raises(BadTransfer):
            await ask(wire)
    server.answers = [OK]
    answers = await asyncio.gather(*(ask(wire) for _ in range(20)))
    assert {answer.status for answer in answers} == {200}


@pytest.mark.parametrize(
    "parts",
    [
        {"headers": {"x-a": "b\r\nx-c: d"}},
        {"headers": {"x-a: b\r\nx-c": "d"}},
        {"headers": {"content-length": "0"}, "method": "POST", "body": b"{}"},
        {"headers": {"transfer-encoding": "chunked"}, "method": "POST", "body": b"{}"},
        {"headers": {"host": "elsewhere"}},
        {"method": "GET / HTTP/1.1\r\nx: y\r\n\r\nGET"},
    ],
)
async def test_no_request_says_more_than_it_should(server: Server, wire: Wire, parts: dict[str, Any]) -> None:
    with pytest.raises(RequestRefused):
        await ask(wire, **parts)
    assert server.heads == []


async def test_a_path_stays_a_path(server: Server, wire: Wire) -> None:
    await ask(wire, path="a b/%3Fc", query={"q": "1 2\r\nx: y"})
    (head,) = server.heads
    assert head.startswith(b"GET /base/a%20b/%3Fc?q=1+2%0D%0Ax:+y HTTP/1.1\r\n"), head
    assert head.count(b"\r\n") == head.count(b": ") + 2, head
    for elsewhere in ("a/\r\nx: y", "a?b", "a#b", "a/../b", "..", "a/./b", "a/%2e%2E/b", "a\\b", "a\ud800"):
        with pytest.raises(RequestRefused):
            await ask(wire, path=elsewhere)


async def test_nothing_is_sent_without_time(server: Server, wire: Wire) -> None:
    with pytest.raises(DeadlineExceeded):
        await wire.exchange(Request(method="GET", path="/"), CallContext.within(-1), 5.0, 1000)
    assert server.heads == []
