"""The direct way to the door and the one in messages: the same bytes for the same bytes, and the same care."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import re
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
import uvloop
from conftest import doors_of, listening, serving, settings_of
from raw_shapes import LAST, ORIGIN, Pieces, shapes
from shop_schema import Opener
from test_smuggling import Raw, post

from gateway.entry.refusal import Header
from gateway.http.app import Doors
from gateway.http.direct import DirectExchange, DirectHttp
from gateway.http.protocol import PatientHttp
from gateway.http.wire import Receive, Reply, Send

AT_ONCE = 12
PAUSE = 0.01
_CHANGING = re.compile(rb"(?<=date: )[^\r]+|\b[0-9a-f]{32}\b|(?<=age: )\d+")


class Direct(PatientHttp):
    head_seconds = 0.6


class InMessages(Direct):
    direct = False


@asynccontextmanager
async def two(folder: Path, **sections: Any) -> AsyncGenerator[tuple[Any, Any]]:
    """The same gateway twice: over the direct way, and in messages."""
    async with contextlib.AsyncExitStack() as stack:
        pair: list[Any] = []
        for protocol in (Direct, InMessages):
            own = folder / protocol.__name__
            own.mkdir()
            options = {"http": protocol, "timeout_keep_alive": 1}
            more = {"body_seconds": 0.6}
            pair.append(await stack.enter_async_context(serving(own, more=more, server_options=options, **sections)))
        yield pair[0], pair[1]


async def said(served: Any, pieces: Pieces) -> bytes:
    """All that is answered until the connection ends, but for what changes from one to the next."""
    address = urlsplit(str(served.url))
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    heard = bytearray()

    async def listen() -> None:
        with contextlib.suppress(ConnectionError):
            while part := await reader.read(1 << 16):
                heard.extend(part)

    async with asyncio.timeout(20):
        listening = asyncio.ensure_future(listen())
        with contextlib.suppress(ConnectionError):
            for number, piece in enumerate(pieces):
                if number:
                    await asyncio.sleep(PAUSE)
                writer.write(piece)
                await writer.drain()
        await listening
    writer.close()
    return _CHANGING.sub(b"*", bytes(heard))


def test_there_are_many_shapes() -> None:
    names = [name for name, _ in shapes()]
    assert len(set(names)) == len(names)
    assert len(names) >= 700


@pytest.mark.parametrize(
    ("loop", "server"),
    [
        (uvloop.new_event_loop, {"cors_origins": [ORIGIN]}),
        (asyncio.new_event_loop, {"cors_origins": [ORIGIN]}),
        (uvloop.new_event_loop, {"cors_origins": ["*"], "trusted_proxies": ["127.0.0.0/8"]}),
        (uvloop.new_event_loop, {"operations": 0}),
    ],
    ids=["an origin", "asyncio's transports", "any origin, behind proxies", "overloaded"],
)
def test_every_shape_is_answered_alike(
    tmp_path: Path,
    loop: Callable[[], asyncio.AbstractEventLoop],
    server: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    taken: list[int] = []
    answer = DirectExchange.answer

    async def told(self: DirectExchange, reply: Reply, added: tuple[Header, ...]) -> None:
        taken.append(reply.status)
        await answer(self, reply, added)

    monkeypatch.setattr(DirectExchange, "answer", told)
    with asyncio.Runner(loop_factory=loop) as runner:
        assert runner.run(_differences(tmp_path, {"connections_per_address": 64, **server})) == []
    assert len(taken) > 500


async def _differences(folder: Path, server: dict[str, Any]) -> list[str]:
    places = asyncio.Semaphore(AT_ONCE)
    async with two(folder, server=server, limits={"failures_per_minute": 1_000_000}) as (direct, in_messages):

        async def compare(name: str, pieces: Pieces) -> list[str]:
            async with places:
                both = await said(direct, pieces), await said(in_messages, pieces)
            if both[0] == both[1] and both[0]:
                return []
            return [f"{name}: {both[0][:600]!r} is not {both[1][:600]!r}"]

        told = await asyncio.gather(*(compare(name, pieces) for name, pieces in shapes()))
        assert direct.opener.calls == in_messages.opener.calls
        return [difference for differences in told for difference in differences]


class Counted:
    """A transport, and what was written to it."""

    def __init__(self, transport: Any) -> None:
        self._transport = transport
        self.written: list[bytes] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        self.written.append(data)
        self._transport.write(data)


@pytest.mark.parametrize(("direct", "writes"), [(True, 1), (False, 2)])
async def test_an_answer_is_one_write_the_direct_way(serve_with: Any, direct: bool, writes: int) -> None:
    made: list[Counted] = []

    class Counting(PatientHttp):
        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            self.transport = Counted(transport)  # type: ignore[assignment]
            made.append(self.transport)  # type: ignore[arg-type]

    Counting.direct = direct
    async with serve_with(server_options={"http": Counting}) as served:
        raw = await Raw.to(served)
        for number in range(1, 4):
            raw.writer.write(post())
            assert (await raw.answer())[0] == 200
            assert len(made[0].written) == writes * number
        raw.close()


class Stamping:
    """An application with something around it, as instrumentation puts there."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors
        self.heard = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._doors, name)

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        async def hear() -> Any:
            self.heard += 1
            return await receive()

        async def stamp(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"x-stamp", b"1")]
            await send(message)

        await self._doors(scope, hear, stamp)


async def test_nobody_around_the_application_is_passed_by(tmp_path: Path) -> None:
    profiles = {"anonymous": {"touchpoint": "web", "default_country": "GB"}}
    stamping = Stamping(doors_of(settings_of(tmp_path, issuers={}, profiles=profiles, api_keys={}), Opener()))
    async with (
        listening(stamping) as url,  # type: ignore[arg-type]
        aiohttp.ClientSession() as session,
        session.post(f"{url}/graphql", json={"query": "{ deadline }"}) as answer,
    ):
        assert (answer.status, answer.headers["x-stamp"]) == (200, "1")
    assert stamping.heard == 1


async def test_a_log_of_answers_is_complete(serve_with: Any, caplog: pytest.LogCaptureFixture) -> None:
    async with serve_with(server_options={"access_log": True}) as served:
        with caplog.at_level("INFO", "uvicorn.access"):
            raw = await Raw.to(served)
            raw.writer.write(post())
            assert (await raw.answer())[0] == 200
            raw.close()
    assert [record.getMessage().partition(" - ")[2] for record in caplog.records] == ['"POST /graphql HTTP/1.1" 200']


async def test_no_request_is_left_to_the_collector(served: Any) -> None:
    gc.collect()
    gc.disable()
    try:
        raw = await Raw.to(served)
        for request in (post(), post(b"Accept: text/event-stream"), post(b"Accept: image/png"), LAST):
            raw.writer.write(request)
        async with asyncio.timeout(5):
            await raw.reader.read()
        assert await raw.ended()
        raw.close()
        await asyncio.sleep(0.05)
        assert [each for each in gc.get_objects() if type(each) is DirectExchange] == []
    finally:
        gc.enable()


async def test_the_direct_way_is_the_one_that_is_shipped() -> None:
    assert PatientHttp.direct
    assert issubclass(PatientHttp, DirectHttp)


def slow(kind: str, seconds: float) -> bytes:
    return post(body=json.dumps({"query": f"{kind}(seconds: {seconds}) }}"}).encode())


async def test_a_query_is_cancelled_when_its_client_leaves_whatever_waits_behind_it(served: Any) -> None:
    raw = await Raw.to(served)
    raw.writer.write(slow("{ slow", 30) + post() + post())
    async with asyncio.timeout(5):
        await served.opener.started.wait()
        raw.close()
        await served.opener.cancelled.wait()


async def test_a_mutation_is_not_cut_short_whatever_waits_behind_it(served: Any) -> None:
    raw = await Raw.to(served)
    raw.writer.write(slow("mutation { slowNote", 0.3) + post())
    async with asyncio.timeout(5):
        await served.opener.started.wait()
        raw.close()
        while "slowNote" not in served.opener.calls:  # noqa: ASYNC110  it is counted, not announced
            await asyncio.sleep(0.02)
    assert not served.opener.cancelled.is_set()


async def test_nothing_of_a_request_is_left_when_its_client_has_gone(served: Any) -> None:
    for request in (slow("{ slow", 30), slow("mutation { slowNote", 0.1), post()[:-5]):
        raw = await Raw.to(served)
        raw.writer.write(request)
        await asyncio.sleep(0.1)
        raw.close()
    async with asyncio.timeout(5):
        while served.doors.gate.inside:  # noqa: ASYNC110  a number, not an event
            await asyncio.sleep(0.02)
    assert served.doors.figures._capacity.under_way == 0


async def test_a_body_that_cannot_be_read_spoils_no_answer_before_it(
    served: Any, caplog: pytest.LogCaptureFixture
) -> None:
    broken = b"POST /graphql HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n"
    for before in (1, 2):
        raw = await Raw.to(served)
        raw.writer.write(slow("{ slow", 0.1) * before + broken)
        for number in range(before):
            async with asyncio.timeout(5):
                head = await raw.reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200")
            assert (b"connection: close" in head) == (number == before - 1)
            assert await raw.reader.readexactly(len(b'{"data":{"slow":"done"}}')) == b'{"data":{"slow":"done"}}'
        assert await raw.ended()
        raw.close()
    assert [record.getMessage() for record in caplog.records if record.levelname in ("WARNING", "ERROR")] == []
