"""Whatever a client sends ends in an answer, a 4xx or a typed null, through every door, and leaves no failure in the
log: values at the edges for every argument of the schema, by all adapters of the demo."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from extremes import Case, Extremes
from structlog.testing import capture_logs

from gateway.demo.run import RunningDemo
from gateway.execution.declare.checks import graphql_schema
from schema import build_schema

pytestmark = pytest.mark.asyncio(loop_scope="package")
EXTREMES = Extremes(
    graphql_schema(build_schema()),
    {"by": '{sku: "MUG-HAR-S"}', "CustomerBy": '{email: "ada@example.com"}', "query": '"mug"'},
    {
        "Store": "{ stores(first: 2) { nodes { @ } } }",
        "Variant": '{ product(by: {slug: "harbour-stoneware-mug"}) { variants { @ } } }',
        "Money": '{ product(by: {slug: "harbour-stoneware-mug"}) { variants { price { current { gross { @ } } } } } }',
        "Customer": "{ me { @ } }",
        "LoyaltyAccount": "{ me { loyalty { nodes { @ } } } }",
    },
)
CASES = sorted(EXTREMES.cases())
GRAPHQL = {"content-type": "application/json", "accept": "application/graphql-response+json"}
Send = Callable[[aiohttp.ClientSession, str, Case, dict[str, str]], Awaitable[tuple[int, bytes]]]


async def by_post(session: aiohttp.ClientSession, url: str, case: Case, headers: dict[str, str]) -> tuple[int, bytes]:
    async with session.post(url, data=case.body(), headers={**GRAPHQL, **headers}) as answer:
        return answer.status, await answer.read()


async def by_get(session: aiohttp.ClientSession, url: str, case: Case, headers: dict[str, str]) -> tuple[int, bytes]:
    query = {"query": case.query.encode("utf-8", "replace").decode(), "variables": case.variables}
    async with session.get(url, params=query, headers={**headers, "x-commerce-client": "test"}) as answer:
        return answer.status, await answer.read()


async def by_events(session: aiohttp.ClientSession, url: str, case: Case, headers: dict[str, str]) -> tuple[int, bytes]:
    wanted = {**GRAPHQL, "accept": "text/event-stream", **headers}
    async with session.post(url, data=case.body(), headers=wanted) as answer:
        return answer.status, await answer.read()


def subscribing(body: bytes) -> str:
    return (b'{"type":"subscribe","id":"1","payload":%s}' % body).decode()


async def by_socket(session: aiohttp.ClientSession, url: str, case: Case, headers: dict[str, str]) -> tuple[int, bytes]:
    async with session.ws_connect(url, protocols=("graphql-transport-ws",), max_msg_size=0) as socket:
        await socket.send_json({"type": "connection_init", "payload": headers})
        await socket.receive()
        await socket.send_str(subscribing(case.body()))
        message = await socket.receive(10)
        if message.type is aiohttp.WSMsgType.TEXT:
            return 200, message.data.encode()
        assert message.type is aiohttp.WSMsgType.CLOSE
        assert 4400 <= message.data < 4500 or message.data == 1009
        return 400, b""


@pytest_asyncio.fixture(loop_scope="package")
async def session() -> AsyncGenerator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as opened:
        yield opened


async def survive(demo: RunningDemo, session: aiohttp.ClientSession, cases: Sequence[Case], send: Send) -> None:
    """Fails with all cases that were no client's fault."""
    signed = ({"authorization": f"Bearer {token}"} for token in (demo.tokens.shopper, demo.tokens.staff))
    callers: tuple[dict[str, str], ...] = ({}, *signed)
    failed: list[str] = []
    with capture_logs() as logs:
        for number, case in enumerate(cases):
            status, body = await send(session, f"{demo.url}/graphql", case, callers[number % 3])
            if status >= 500 or b'"INTERNAL"' in body:
                failed.append(f"{status} {case.name}: {body[:200]!r}")
    assert not failed, "\n".join(failed)
    said = Counter(str(line["event"]) for line in logs if line["log_level"] in ("error", "critical"))
    assert not said


def some(seed: int, count: int) -> list[Case]:
    return random.Random(seed).sample(CASES, count)


async def test_every_argument_is_tried_with_enough() -> None:
    places = list(EXTREMES.places())
    assert len(places) > 45
    assert len(CASES) > 700 * len(places)


@pytest.mark.parametrize("send", [by_post, by_get, by_events, by_socket])
async def test_no_value_makes_a_failure(demo: RunningDemo, session: aiohttp.ClientSession, send: Send) -> None:
    await survive(demo, session, some(7, 250 if send is by_post else 60), send)


async def test_no_instant_makes_a_failure(demo: RunningDemo, session: aiohttp.ClientSession) -> None:
    chosen = [case for case in CASES if case.name.startswith("Store.openAt") and "T" in case.name]
    await survive(demo, session, random.Random(3).sample(chosen, 120), by_post)


async def test_no_number_makes_a_failure(demo: RunningDemo, session: aiohttp.ClientSession) -> None:
    chosen = [case for case in CASES if " number " in case.name]
    await survive(demo, session, random.Random(5).sample(chosen, 200), by_post)


async def test_what_nothing_uses_makes_no_failure(demo: RunningDemo, session: aiohttp.ClientSession) -> None:
    chosen = [case for case in CASES if case.name.startswith(("unused", "declared"))]
    await survive(demo, session, random.Random(9).sample(chosen, 150), by_post)


@pytest.mark.full
@pytest.mark.timeout(900)
async def test_none_of_three_thousand_values_makes_a_failure(demo: RunningDemo, session: aiohttp.ClientSession) -> None:
    await survive(demo, session, some(13, 3_000), by_post)
    for send in (by_get, by_events, by_socket):
        await survive(demo, session, some(13, 300), send)


@pytest.mark.soak
@pytest.mark.timeout(7_200)
async def test_no_value_at_all_makes_a_failure(demo: RunningDemo, session: aiohttp.ClientSession) -> None:
    await survive(demo, session, CASES, by_post)
    for send in (by_get, by_events, by_socket):
        await survive(demo, session, some(11, 3_000), send)


def bodies() -> Iterator[bytes]:
    """What is wrong with a request beside its variables."""
    for depth in (100, 300, 5_000, 60_000):
        nested = b"[" * depth + b"]" * depth
        for name in (b"extensions", b"variables", b"operationName", b"documentId", b"query", b"unknown"):
            yield b'{"query":"{ __typename }","%s":%s}' % (name, nested)
            yield b'{"query":"{ __typename }","%s":{"a":%s}}' % (name, nested)
        yield nested
    for value in (
        b'"\\u0000"',
        b'"\\ud800"',
        b'"' + b"x" * 100_000 + b'"',
        b"9" * 5_000,
        b"1e400",
        b"null",
        b"true",
        b'""',
    ):
        for name in (b"extensions", b"variables", b"operationName", b"documentId", b"query"):
            yield b'{"query":"{ __typename }","%s":%s}' % (name, value)
        yield b'{"query":"{ __typename }","extensions":{"persistedQuery":%s}}' % value
        yield b'{"query":"{ __typename }","extensions":{"persistedQuery":{"version":1,"sha256Hash":%s}}}' % value
        yield b'{"query":"{ __typename }","extensions":{"persistedQuery":{"version":%s,"sha256Hash":"a"}}}' % value


async def test_no_request_makes_a_failure(demo: RunningDemo, session: aiohttp.ClientSession) -> None:
    with capture_logs() as logs:
        for body in bodies():
            for accept in ("application/graphql-response+json", "text/event-stream"):
                headers = {**GRAPHQL, "accept": accept}
                async with session.post(f"{demo.url}/graphql", data=body, headers=headers) as answer:
                    assert answer.status < 500, body[:100]
                    assert b'"INTERNAL"' not in await answer.read(), body[:100]
    assert [line for line in logs if line["log_level"] == "error"] == []


async def test_no_message_on_a_socket_makes_a_failure(demo: RunningDemo, session: aiohttp.ClientSession) -> None:
    with capture_logs() as logs:
        for body in [body for body in bodies() if len(body) < 100_000][::3]:
            for message in (body.decode(), subscribing(body), subscribing(body).replace("subscribe", "ping")):
                async with session.ws_connect(f"{demo.url}/graphql", protocols=("graphql-transport-ws",)) as socket:
                    await socket.send_json({"type": "connection_init"})
                    await socket.receive()
                    await socket.send_str(message)
                    told: Any = await socket.receive(10)
                    if told.type is aiohttp.WSMsgType.CLOSE:
                        assert 4400 <= told.data < 4500 or told.data in (1009, 1007), body[:100]
                    else:
                        assert "INTERNAL" not in told.data
    assert [line for line in logs if line["log_level"] == "error"] == []


async def test_a_hostile_delivery_is_refused_at_every_backends_door(
    demo: RunningDemo, session: aiohttp.ClientSession
) -> None:
    for backend in (*demo.sandboxes.running, "nobody", "²0", "a" * 3_000):
        for body in (b"[" * 5_000 + b"]" * 5_000, b'{"a":' * 5_000, b"\xff", b"", b"9" * 5_000):
            async with session.post(f"{demo.url}/webhooks/{backend}", data=body) as answer:
                assert 400 <= answer.status < 500, (backend, body[:20])


async def test_values_of_no_use_are_told_as_such(demo: RunningDemo, session: aiohttp.ClientSession) -> None:
    """The answers, not only their absence of failures."""
    told: dict[str, str | None] = {}
    for name, case in {
        "long number": Case("", f"{{ products(first: {'9' * 4_301}) {{ totalCount }} }}", "{}"),
        "beyond 64 bits": Case("", "query ($v: Int) { products(first: $v) { totalCount } }", f'{{"v":{2**64}}}'),
        "260 lists": Case("", "{ context { country } }", '{"unused":' + "[" * 260 + "]" * 260 + "}"),
        "not a number": Case("", "query ($v: Int) { __typename }", '{"v":NaN}'),
    }.items():
        status, body = await by_post(session, f"{demo.url}/graphql", case, {})
        assert status == 400
        told[name] = json.loads(body)["errors"][0]["extensions"]["code"]
    assert told == {
        "long number": "GRAPHQL_VALIDATION_FAILED",
        "beyond 64 bits": "BAD_USER_INPUT",
        "260 lists": "LIMIT_EXCEEDED",
        "not a number": "BAD_REQUEST",
    }
