"""The transport over a real server: what reaches it, what comes back, what is counted."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator, Callable
from typing import get_args

import msgspec
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from gateway.calls.attempt.transport import AioTransport, build_transport
from gateway.calls.metrics import CallMetrics
from gateway.calls.wire.bodies import read_capped, without_halves
from gateway.calls.wire.errors import BadTransfer
from gateway.errors import DeadlineExceeded, InvalidAnswer, Overloaded, RateLimited, Unavailable
from gateway.model.context import CallContext, Priority
from gateway.model.operation import OperationSpec
from gateway.ports.manifest import AdapterConfig, Manifest
from gateway.ports.transport import Request, Response, ThrottleSignal
from gateway.runtime import tracing
from gateway.settings import HttpClient, PolicyNumbers


class Server:
    """Answers with `answers` in turn, the last one again and again."""

    def __init__(self) -> None:
        self.url = ""
        self.seen: list[web.Request] = []
        self.bodies: list[bytes] = []
        self.answers: list[web.Response | float] = []

    async def handle(self, request: web.Request) -> web.Response:
        self.seen.append(request)
        self.bodies.append(await request.read())
        waiting = self.answers[min(len(self.seen), len(self.answers)) - 1] if self.answers else 0.0
        if not isinstance(waiting, web.Response):
            await asyncio.sleep(waiting)
            waiting = web.Response(text="{}")
        copy = web.Response(status=waiting.status, body=waiting.body, headers=waiting.headers)
        copy.headers.pop("Content-Length", None)
        return copy


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    served = Server()
    app = web.Application(client_max_size=1 << 24)
    app.router.add_route("*", "/{path:.*}", served.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    served.url = f"http://127.0.0.1:{runner.addresses[0][1]}/base"
    yield served
    await runner.cleanup()


def points(response: Response) -> ThrottleSignal | None:
    """A vendor that says what is left in a header, and refuses inside a 200."""
    if "x-left" not in response.headers:
        return None
    left = float(response.headers["x-left"])
    return ThrottleSignal(limited=left < 0, remaining=max(left, 0.0), capacity=100.0, restore_rate=10.0)


class Opened:
    """Transports made in a test, closed after it."""

    def __init__(self, url: str, client: HttpClient) -> None:
        self.url = url
        self.client: HttpClient = client
        self.metrics = CallMetrics()
        self.made: list[AioTransport] = []

    def __call__(
        self,
        numbers: PolicyNumbers | None = None,
        throttle: Callable[[Response], ThrottleSignal | None] = points,
        **spec: float,
    ) -> AioTransport:
        manifest = Manifest(
            name="x",
            title="X",
            api_version="1",
            config=AdapterConfig,
            create=lambda _: None,  # type: ignore[arg-type,return-value]
            operations={"price.get_prices": OperationSpec(**spec)},  # type: ignore[arg-type]
            throttle=throttle,
        )
        numbers = replace(numbers or PolicyNumbers(), client=self.client)
        made = build_transport("erp", self.url, manifest, numbers, allow_private_network=True, metrics=self.metrics)
        self.made.append(made)
        return made

    def policy(self, policy: str, outcome: str) -> float:
        labels = {"backend": "erp", "policy": policy, "outcome": outcome}
        return self.metrics.registry.get_sample_value("gateway_backend_policy_total", labels) or 0.0


@pytest.fixture(params=get_args(HttpClient))
def client(request: pytest.FixtureRequest) -> HttpClient:
    return request.param


@pytest.fixture
async def opened(server: Server, client: HttpClient) -> AsyncIterator[Opened]:
    made = Opened(server.url, client)
    yield made
    for transport in made.made:
        await transport.close()


def ask(**parts: object) -> Request:
    return Request(**{"method": "POST", "path": "/rpc", "operation": "price.get_prices"} | parts)  # type: ignore[arg-type]


def soon() -> CallContext:
    return CallContext.within(10.0)


async def test_a_request_arrives_as_the_adapter_wrote_it(server: Server, opened: Opened) -> None:
    request = ask(path="items/a b", query={"q": "x&y"}, headers={"X-Key": "secret"}, body=b'{"a": 1}')
    response = await opened().send(request, soon())
    assert (response.status, response.body) == (200, b"{}")
    assert response.headers["content-type"].startswith("text/plain")
    seen = server.seen[0]
    assert (seen.method, seen.path, dict(seen.query)) == ("POST", "/base/items/a b", {"q": "x&y"})
    assert seen.headers["X-Key"] == "secret"
    assert server.bodies == [b'{"a": 1}']


async def test_no_cookie_of_one_person_is_sent_for_another(server: Server, opened: Opened) -> None:
    server.answers = [web.Response(text="{}", headers={"set-cookie": "session=ann; Path=/"})]
    opened.url = server.url.replace("127.0.0.1", "localhost")
    transport = opened()
    for _ in range(2):
        await transport.send(ask(), soon())
    assert [dict(request.cookies) for request in server.seen] == [{}, {}]


async def test_a_probe_that_was_shed_is_no_answer_and_another_may_go(server: Server, opened: Opened) -> None:
    server.answers = [*[web.Response(text="{}")] * 10, 5.0, 5.0, web.Response(text="{}")]
    numbers = PolicyNumbers(timeout=30.0, retries=0, concurrency_limit=2, breaker_open_for=0.05, slow_call=60.0)
    transport = opened(numbers)
    for _ in range(10):
        assert (await transport.send(ask(), soon())).status == 200
    slow = [asyncio.create_task(transport.send(ask(), CallContext.within(30.0))) for _ in range(2)]
    while len(server.seen) < 12:  # noqa: ASYNC110  it happens on the other side of a socket
        await asyncio.sleep(0.01)
    for _ in range(10):
        transport.count_invalid("BACKEND_INVALID")
    await asyncio.sleep(0.1)
    with pytest.raises(Overloaded):
        await transport.send(ask(), CallContext.within(0.1, priority=Priority.BACKGROUND))
    slow[0].cancel()
    await asyncio.gather(slow[0], return_exceptions=True)
    assert (await transport.send(ask(), soon())).status == 200
    slow[1].cancel()
    await asyncio.gather(*slow, return_exceptions=True)


async def test_client_errors_come_back_and_are_no_failure(server: Server, opened: Opened) -> None:
    server.answers = [web.Response(status=404, text="no")]
    transport = opened()
    for _ in range(30):
        assert (await transport.send(ask(), soon())).status == 404
    assert transport.health.is_up
    assert len(server.seen) == 30


async def test_a_read_is_tried_again_and_a_write_is_not(server: Server, opened: Opened) -> None:
    server.answers = [web.Response(status=503), web.Response(text="{}")]
    assert (await opened().send(ask(), soon())).status == 200
    assert len(server.seen) == 2
    server.seen.clear()
    assert (await opened().send(ask(idempotent=False), soon())).status == 503
    assert len(server.seen) == 1
    assert opened.policy("retry", "again") == 1


async def test_a_connection_that_was_closed_meanwhile_is_a_failure_like_others(client: HttpClient) -> None:
    """The HTTP library would silently send such a request again, and no budget would know."""
    requests = 0

    async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal requests
        for answer in (b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}", b""):
            if not await reader.readline():
                break
            while await reader.readline() not in (b"\r\n", b""):
                pass
            requests += 1
            writer.write(answer)
        writer.close()

    listening = await asyncio.start_server(once, "127.0.0.1", 0)
    opened = Opened(f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}", client)
    transport = opened(PolicyNumbers(retries=0))
    assert (await transport.send(ask(method="GET"), soon())).status == 200
    with pytest.raises(Unavailable):
        await transport.send(ask(method="GET"), soon())
    assert requests == 2
    await transport.close()
    listening.close()


async def test_it_is_not_tried_again_when_there_is_no_time(server: Server, opened: Opened) -> None:
    server.answers = [0.5]
    with pytest.raises(DeadlineExceeded):
        await opened().send(ask(timeout=5.0), CallContext.within(0.05))
    assert len(server.seen) == 1


async def test_the_operations_timeout_holds_and_the_requests_own_before_it(server: Server, opened: Opened) -> None:
    server.answers = [0.5]
    transport = opened(PolicyNumbers(timeout=5.0, retries=0), timeout=0.05)
    with pytest.raises(DeadlineExceeded):
        await transport.send(ask(), soon())
    assert (await transport.send(ask(timeout=5.0), soon())).status == 200


async def test_a_callers_haste_is_not_held_against_the_backend(server: Server, opened: Opened) -> None:
    server.answers = [0.2]
    transport = opened(PolicyNumbers(timeout=5.0))
    for _ in range(12):
        with pytest.raises(DeadlineExceeded):
            await transport.send(ask(), CallContext.within(0.01))
    assert transport.health.is_up


async def test_slow_answers_open_the_breaker_too(server: Server, opened: Opened) -> None:
    transport = opened(PolicyNumbers(slow_call=0.0, breaker_open_for=60.0))
    for _ in range(10):
        assert (await transport.send(ask(), soon())).status == 200
    with pytest.raises(Unavailable):
        await transport.send(ask(), soon())
    assert opened.policy("breaker", "refused") == 1


async def test_a_refusal_inside_a_success_is_understood(server: Server, opened: Opened) -> None:
    server.answers = [web.Response(text="{}", headers={"x-left": "-1"})]
    transport = opened()
    response = await transport.send(ask(cost=50.0), soon())
    assert response.status == 200, "the adapter reads the vendor's own words in it"
    with pytest.raises(RateLimited):
        await transport.send(ask(cost=50.0), soon())
    assert len(server.seen) == 1
    assert opened.policy("rate", "refused") == 1


async def test_a_short_refusal_is_waited_out(server: Server, opened: Opened) -> None:
    refused = web.Response(text="{}", headers={"x-left": "-1"})
    server.answers = [refused, web.Response(text='{"ok": 1}', headers={"x-left": "90"})]

    def soon_over(response: Response) -> ThrottleSignal | None:
        signal = points(response)
        return ThrottleSignal(limited=True, retry_after=0.05) if signal is not None and signal.limited else signal

    transport = opened(throttle=soon_over)
    assert (await transport.send(ask(), soon())).body == b'{"ok": 1}'
    assert len(server.seen) == 2


async def test_a_figure_that_is_none_costs_no_answer(server: Server, opened: Opened) -> None:
    server.answers = [web.Response(text="{}", headers={"x-left": "plenty"})]
    assert (await opened().send(ask(), soon())).status == 200
    assert opened.policy("rate", "unreadable") == 1


@pytest.mark.parametrize("coding", ["gzip", "deflate", "raw-deflate"])
async def test_compressed_answers_are_unpacked(server: Server, opened: Opened, coding: str) -> None:
    body = b'{"price": "9.99"}' * 100
    raw = zlib.compressobj(wbits=-15)
    packed = {
        "gzip": gzip.compress(body),
        "deflate": zlib.compress(body),
        "raw-deflate": raw.compress(body) + raw.flush(),
    }[coding]
    server.answers = [web.Response(body=packed, headers={"content-encoding": coding.removeprefix("raw-")})]
    assert (await opened().send(ask(), soon())).body == body


async def test_the_size_an_operation_declares_is_the_size_allowed(server: Server, opened: Opened) -> None:
    server.answers = [web.Response(body=b" " * 3_000_000)]
    with pytest.raises(InvalidAnswer):
        await opened().send(ask(), soon())
    assert len((await opened(max_response_bytes=4_000_000).send(ask(), soon())).body) == 3_000_000
    assert len((await opened().send(ask(max_response_bytes=4_000_000), soon())).body) == 3_000_000


async def test_attempts_are_counted_by_what_came_of_them(server: Server, opened: Opened) -> None:
    server.answers = [web.Response(status=503), web.Response(text="{}")]
    await opened().send(ask(), soon())
    for outcome in ("503", "200"):
        labels = {"backend": "erp", "outcome": outcome}
        assert opened.metrics.registry.get_sample_value("gateway_backend_attempts_total", labels) == 1
    assert opened.metrics.registry.get_sample_value("gateway_backend_up", {"backend": "erp"}) == 1


async def test_spans_tell_the_backend_and_the_operation_and_nothing_else(
    server: Server, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: provider)
    monkeypatch.setattr(trace, "get_tracer", provider.get_tracer)
    assert tracing.configured()
    await opened().send(ask(path="/customers/ann@example.com", headers={"authorization": "secret"}), soon())
    spans = exporter.get_finished_spans()
    assert [span.name for span in spans] == ["backend.attempt"]
    assert dict(spans[0].attributes or {}) == {"backend": "erp", "operation": "price.get_prices"}
    provider.shutdown()


class Pieces:
    """A body that arrives in pieces."""

    def __init__(self, body: bytes, size: int) -> None:
        self._pieces = [body[start : start + size] for start in range(0, len(body), size)]

    async def readany(self) -> bytes:
        return self._pieces.pop(0) if self._pieces else b""


@given(body=st.binary(max_size=2000), size=st.integers(1, 300), cap=st.integers(1, 1500), packed=st.booleans())
async def test_however_a_body_arrives_it_is_whole_or_refused(body: bytes, size: int, cap: int, packed: bool) -> None:
    sent = gzip.compress(body) if packed else body
    try:
        read = await read_capped(Pieces(sent, size), "gzip" if packed else "", cap)
    except BadTransfer:
        assert len(body) > cap
    else:
        assert read == body
        assert len(body) <= cap


@given(body=st.binary(min_size=1, max_size=300), cut=st.integers(1, 30))
async def test_a_compressed_body_that_is_cut_short_is_refused(body: bytes, cut: int) -> None:
    packed = gzip.compress(body)
    with pytest.raises(BadTransfer):
        await read_capped(Pieces(packed[: max(1, len(packed) - cut)], 64), "gzip", 10_000)


@given(junk=st.binary(min_size=1, max_size=200))
async def test_junk_is_refused_and_never_an_unknown_error(junk: bytes) -> None:
    for coding in ("gzip", "deflate", "br"):
        try:
            await read_capped(Pieces(junk, 50), coding, 100)
        except BadTransfer:
            continue


async def test_a_title_cut_in_the_middle_of_a_character_leaves_the_rest_readable(
    server: Server, opened: Opened
) -> None:
    written = rb'{"a": "Mug \ud83d", "b": "\ud83d\ude00", "c": "\\ud83d", "d": "\ude00"}'
    server.answers = [web.Response(body=written, content_type="application/json")]
    request = Request(method="GET", path="/", operation="price.get_prices")
    answer = await opened().send(request, CallContext.within(5))
    assert msgspec.json.decode(answer.body) == {"a": "Mug \ufffd", "b": "😀", "c": "\\ud83d", "d": "\ufffd"}


@given(st.lists(st.sampled_from([r"\ud83d", r"\ude00", r"\ud83d\ude00", r"\\", r"\n", "a", "é", r"\u00e9"])))
def test_whatever_halves_there_are_a_text_is_readable_and_whole_ones_stay(parts: list[str]) -> None:
    text = "".join(parts)
    mended = without_halves(f'"{text}"'.encode())
    assert isinstance(msgspec.json.decode(mended), str)
    if "\\ud" not in text.replace(r"\ud83d\ude00", "").replace(r"\\", ""):
        assert mended == f'"{text}"'.encode()
