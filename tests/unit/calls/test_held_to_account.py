"""What a backend is held to account for: its own silence, faults and nonsense; never for what is ours, whoever made it
happen, and never for a request that nobody sent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any, get_args

import pytest
from aiohttp import web

from gateway.calls.attempt.transport import AioTransport, build_transport
from gateway.calls.operation.bound import BoundBackend
from gateway.calls.operation.caller import BackendCaller
from gateway.calls.wire.clients import wire_of
from gateway.errors import AdapterError, CircuitOpen, DeadlineExceeded, InvalidAnswer
from gateway.model.context import CallContext, ContextView
from gateway.model.operation import OperationSpec
from gateway.model.pricing import PriceKey
from gateway.ports.backend import Backend
from gateway.ports.manifest import AdapterConfig, Manifest
from gateway.ports.price import GET_PRICES
from gateway.ports.transport import Request
from gateway.settings import HttpClient, PolicyNumbers

from .conftest import GB, keys

Act = Callable[[AioTransport, CallContext], Awaitable[None]]
ASKED = Request(method="POST", path="/rpc", operation=GET_PRICES.name)
MANIFEST = Manifest(
    name="x",
    title="X",
    api_version="1",
    config=AdapterConfig,
    create=lambda _: None,  # type: ignore[arg-type,return-value]
    operations={GET_PRICES.name: OperationSpec()},
)


class Vendor:
    """An adapter that does what a test says before it answers nothing."""

    name = "erp"

    def __init__(self, transport: AioTransport, act: Act) -> None:
        self._transport = transport
        self._act = act

    async def get_prices(self, keys: Sequence[PriceKey], context: ContextView, call: CallContext) -> Mapping[Any, Any]:
        await self._act(self._transport, call)
        return {}


@pytest.fixture
async def url() -> AsyncIterator[str]:
    async def handle(request: web.Request) -> web.Response:
        await asyncio.sleep(float(request.headers.get("x-wait", "0")))
        return web.json_response({})

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.fixture(params=get_args(HttpClient))
async def transport(url: str, request: pytest.FixtureRequest) -> AsyncIterator[AioTransport]:
    numbers = PolicyNumbers(client=request.param, breaker_minimum=4, breaker_window=4, connections=1, retries=0)
    made = build_transport("erp", url, MANIFEST, numbers, allow_private_network=True)
    yield made
    await made.close()


async def answers_to(transport: AioTransport, act: Act, times: int = 12) -> list[AdapterError | None]:
    """What so many calls one after the other end in."""
    adapter: Any = Vendor(transport, act)
    bound = BoundBackend(
        name="erp",
        alias="erp",
        backend=Backend(ports=(adapter,), probe=adapter),
        manifest=MANIFEST,
        transport=transport,
    )
    caller = BackendCaller({"erp": bound})
    found = [
        (await caller.keyed("erp", GET_PRICES, keys(f"S{number}"), GB, CallContext.within(5.0))).get(
            PriceKey(f"S{number}")
        )
        for number in range(times)
    ]
    await caller.close()
    return [answer if isinstance(answer, AdapterError) else None for answer in found]


@pytest.mark.parametrize("mistake", [ValueError("²"), TypeError(), KeyError("amount"), UnicodeError(), OverflowError()])
@pytest.mark.parametrize("asked_before", [False, True])
async def test_a_mistake_of_ours_opens_no_breaker(
    transport: AioTransport, mistake: Exception, asked_before: bool
) -> None:
    async def act(transport: AioTransport, call: CallContext) -> None:
        if asked_before:
            await transport.send(ASKED, call)
        raise mistake

    answers = await answers_to(transport, act)
    assert {type(answer) for answer in answers} == {InvalidAnswer}
    assert (await transport.send(ASKED, CallContext.within(5.0))).status == 200
    assert transport.health.is_up


async def test_nonsense_that_no_answer_brought_opens_no_breaker(transport: AioTransport) -> None:
    for _ in range(4):  # good answers that somebody else got
        await transport.send(ASKED, CallContext.within(5.0))

    async def act(transport: AioTransport, call: CallContext) -> None:
        raise InvalidAnswer(detail="it was never asked")

    await answers_to(transport, act)
    assert (await transport.send(ASKED, CallContext.within(5.0))).status == 200


async def test_nonsense_in_an_answer_opens_the_breaker(transport: AioTransport) -> None:
    async def act(transport: AioTransport, call: CallContext) -> None:
        await asyncio.create_task(transport.send(ASKED, call))  # a task of the call counts too
        raise InvalidAnswer(detail="amount is a text")

    answers = await answers_to(transport, act)
    assert isinstance(answers[-1], CircuitOpen)


async def test_a_request_that_cannot_be_written_opens_no_breaker(transport: AioTransport) -> None:
    hostile = [
        Request(method="GET", path="/rpc/\ud800"),
        Request(method="GET", path="/rpc", query={"q": "\ud800"}),
        Request(method="GET", path="/rpc", headers={"x": "a\r\nb: c"}),
        Request(method="GET", path="/rpc/../admin"),
        Request(method="GET", path="/rpc/%2e%2E/admin"),
        Request(method="GET", path="/rpc?all=true"),
        Request(method="GET", path="/rpc#x"),
    ]
    for request in hostile * 3:
        with pytest.raises(AdapterError) as refused:
            await transport.send(request, CallContext.within(5.0))
        assert refused.value.code == "BACKEND_REFUSED"
    assert (await transport.send(ASKED, CallContext.within(5.0))).status == 200


@pytest.mark.parametrize("client", get_args(HttpClient))
async def test_waiting_for_a_connection_of_our_own_says_nothing_of_the_backend(url: str, client: HttpClient) -> None:
    """One connection, and a request on it for longer than those behind it may wait."""
    wire = wire_of(client, url, connections=1, allow_private_network=True)
    slow = Request(method="POST", path="/rpc", headers={"x-wait": "0.6"})
    held = asyncio.create_task(wire.exchange(slow, CallContext.within(5.0), 5.0, 1_000))
    await asyncio.sleep(0.05)
    behind = await asyncio.gather(
        *(wire.exchange(ASKED, CallContext.within(5.0), 0.2, 1_000) for _ in range(3)), return_exceptions=True
    )
    for answer in behind:
        assert isinstance(answer, DeadlineExceeded)
        assert (answer.counts_against_backend, answer.unsent) == (False, True)
    assert (await held).status == 200
    assert (await wire.exchange(ASKED, CallContext.within(5.0), 5.0, 1_000)).status == 200, "its place is free again"
    await wire.close()


async def test_those_who_wait_for_others_of_ours_until_their_time_is_over_open_no_breaker(
    transport: AioTransport,
) -> None:
    slow = Request(method="POST", path="/rpc", headers={"x-wait": "0.8"}, timeout=5.0)
    held = asyncio.create_task(transport.send(slow, CallContext.within(5.0)))
    await asyncio.sleep(0.05)
    behind = await asyncio.gather(
        *(transport.send(ASKED, CallContext.within(0.3)) for _ in range(8)), return_exceptions=True
    )
    assert {isinstance(answer, AdapterError) for answer in behind} == {True}
    assert (await held).status == 200
    assert (await transport.send(ASKED, CallContext.within(5.0))).status == 200


async def test_a_cancelled_call_says_nothing_of_the_backend(transport: AioTransport) -> None:
    slow = Request(method="POST", path="/rpc", headers={"x-wait": "5"}, timeout=9.0)
    for _ in range(6):
        task = asyncio.create_task(transport.send(slow, CallContext.within(9.0)))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert (await transport.send(ASKED, CallContext.within(5.0))).status == 200
