"""A client that may not see the schema cannot guess it from what is wrong with its documents, on any transport."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest

Ask = Callable[[aiohttp.ClientSession, str, dict[str, str], dict[str, Any]], Awaitable[list[dict[str, Any]]]]
MANY = " ".join(f"guess{number}" for number in range(100))
TWO = "query ($a: Int, $b: Int) { products(first: $a) { sku } b: products(first: $b) { sku } }"
GUESSES: dict[str, tuple[str, dict[str, Any]]] = {
    "one field that is not there": ("{ prodct(sku: 1) { sku } }", {}),
    "a hundred fields of which one is there": (f"{{ products {{ sku {MANY} }} }}", {}),
    "arguments of which some are there": ('{ product(sku: "a", guess: 1, other: 2) { sku more } }', {}),
    "types that are not there": ("{ ... on Guess { a } ... on Product { sku } }", {}),
    "a value that does not fit": ('{ products(first: "x") { sku } }', {}),
    "a syntax error far behind": ("{ products { sku } }" + "\n" * 50 + "}", {}),
    "variables of which none fits": (TWO, {"a": "x", "b": "y"}),
}


async def over_http(
    session: aiohttp.ClientSession, url: str, headers: dict[str, str], body: dict[str, Any]
) -> list[dict[str, Any]]:
    async with session.post(url, json=body, headers=headers) as answer:
        return (await answer.json(content_type=None))["errors"]


async def over_events(
    session: aiohttp.ClientSession, url: str, headers: dict[str, str], body: dict[str, Any]
) -> list[dict[str, Any]]:
    async with session.post(url, json=body, headers={**headers, "accept": "text/event-stream"}) as answer:
        text = await answer.text()
    return json.loads(text.split("data: ")[1].partition("\n")[0])["errors"]


async def over_a_socket(
    session: aiohttp.ClientSession, url: str, headers: dict[str, str], body: dict[str, Any]
) -> list[dict[str, Any]]:
    async with session.ws_connect(url, protocols=("graphql-transport-ws",)) as socket:
        await socket.send_json({"type": "connection_init", "payload": headers})
        assert (await socket.receive_json())["type"] == "connection_ack"
        await socket.send_json({"type": "subscribe", "id": "1", "payload": body})
        return (await socket.receive_json())["payload"]


@pytest.mark.parametrize("ask", [over_http, over_events, over_a_socket])
@pytest.mark.parametrize("guess", GUESSES)
async def test_a_wrong_document_is_one_error_without_a_place(
    served: Any, session: aiohttp.ClientSession, guess: str, ask: Ask
) -> None:
    query, variables = GUESSES[guess]
    headers = {"Authorization": f"Bearer {served.customers.token('alice', client_profile='private')}"}
    errors = await ask(session, served.graphql, headers, {"query": query, "variables": variables})
    assert len(errors) == 1
    assert errors[0].keys() == {"message", "extensions"}
    assert errors[0]["message"] in ("The document is not valid.", "A value is not valid.")
    assert errors[0]["extensions"].keys() <= {"code", "traceId"}


async def test_who_may_see_the_schema_is_told_all_of_it(served: Any, session: aiohttp.ClientSession) -> None:
    query = "{ products { guess sku other } }"
    errors = await over_http(session, served.graphql, {}, {"query": query})
    assert [error["locations"] for error in errors] == [[{"line": 1, "column": 14}], [{"line": 1, "column": 24}]]


async def test_what_a_field_answers_keeps_its_place(served: Any, session: aiohttp.ClientSession) -> None:
    headers = {"Authorization": f"Bearer {served.customers.token('alice', client_profile='private')}"}
    query = "{ a: refused b: refused }"
    errors = await over_http(session, served.graphql, headers, {"query": query})
    assert {tuple(error["path"]) for error in errors} == {("a",), ("b",)}
