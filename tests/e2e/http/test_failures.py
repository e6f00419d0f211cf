"""Every trace id that a client is given stands in the log, with what went wrong and nothing of what was sent."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Iterator
from typing import Any

import aiohttp
import pytest
from structlog.testing import capture_logs

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.fixture
def lines() -> Iterator[list[Any]]:
    with capture_logs() as captured:
        yield captured


def trace_of(told: dict[str, Any]) -> str:
    return told["errors"][0]["extensions"]["traceId"]


@pytest.mark.parametrize(
    ("request_parts", "code"),
    [
        ({"query": "{ me { email } }", "headers": {"authorization": "Bearer ada@example.com"}}, "UNAUTHENTICATED"),
        ({"query": "{ me { email } }", "headers": {"x-api-key": "ada@example.com"}}, "UNAUTHENTICATED"),
        ({"query": "{ where { country } }", "headers": {"x-commerce-country": "XX"}}, "CONTEXT_NOT_ALLOWED"),
        ({"query": "{ where " * 40 + "}" * 40}, "LIMIT_EXCEEDED"),
        ({"query": "{ where { country } }", "variables": "none"}, "BAD_REQUEST"),
    ],
)
async def test_what_is_refused_at_the_door_is_found_by_its_trace_id(
    served: Any, session: aiohttp.ClientSession, lines: list[Any], request_parts: dict[str, Any], code: str
) -> None:
    _, told = await served.post(session, **request_parts)
    assert told["errors"][0]["extensions"]["code"] == code
    (line,) = [line for line in lines if line.get("trace_id") == trace_of(told)]
    assert line["code"] == code
    assert "ada@example.com" not in str(lines)


async def test_a_body_that_is_too_large_or_none_is_found_too(
    served: Any, session: aiohttp.ClientSession, lines: list[Any]
) -> None:
    for body, code in ((b"{" * 2_000_000, "LIMIT_EXCEEDED"), (b"no json", "BAD_REQUEST")):
        headers = {"content-type": "application/json", "accept": "application/json"}
        async with session.post(served.graphql, data=io.BytesIO(body), headers=headers) as answer:
            told = await answer.json(content_type=None)
        assert told["errors"][0]["extensions"]["code"] == code
        assert [line["code"] for line in lines if line.get("trace_id") == trace_of(told)] == [code]


async def test_an_exception_of_our_own_is_found_by_its_trace_id_with_its_type(
    served: Any, session: aiohttp.ClientSession, lines: list[Any]
) -> None:
    _, told = await served.post(session, "{ broken }", headers={"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"})
    assert trace_of(told) == TRACE
    (line,) = [line for line in lines if line.get("trace_id") == TRACE]
    assert (line["event"], line["reason"]) == ("unexpected failure", "RuntimeError")
    assert "hunter2" not in str(lines)


async def test_a_stream_and_a_socket_are_found_as_well(
    served: Any, session: aiohttp.ClientSession, lines: list[Any]
) -> None:
    headers = {"accept": "text/event-stream", "content-type": "application/json"}
    async with session.post(served.graphql, data=json.dumps({"query": "{ broken }"}), headers=headers) as answer:
        text = await answer.text()
    told = json.loads(text.split("data: ", 1)[1].split("\n", 1)[0])
    assert [line for line in lines if line.get("trace_id") == trace_of(told)]

    async with session.ws_connect(f"{served.url}/graphql", protocols=("graphql-transport-ws",)) as socket:
        await socket.send_json({"type": "connection_init", "payload": {"authorization": "Bearer nonsense"}})
        assert (await socket.receive()).type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED)
    assert lines[-1]["code"] == "UNAUTHENTICATED", "no client is told why, the operator is"


async def test_a_storm_of_refusals_does_not_fill_the_log(
    served: Any, session: aiohttp.ClientSession, lines: list[Any]
) -> None:
    answers = await asyncio.gather(
        *(served.post(session, "{ me { email } }", headers={"x-api-key": f"key{number}"}) for number in range(200))
    )
    assert {status for status, _ in answers} <= {401, 429}
    assert len(lines) <= 60
