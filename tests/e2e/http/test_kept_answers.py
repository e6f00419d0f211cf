"""Public answers are kept as bytes, personal ones never, and none outlives a change."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp

QUERY = '{ kept(sku: "a") { sku title cents } }'


async def ask(
    served: Any, session: aiohttp.ClientSession, query: str = QUERY, headers: dict[str, str] | None = None, **parts: Any
) -> tuple[Any, str]:
    """The answer's data and its Cache-Control."""
    async with session.post(served.graphql, json={"query": query, **parts}, headers=headers) as answer:
        return (await answer.json())["data"], answer.headers["cache-control"]


async def test_a_public_answer_is_made_once(served: Any, session: aiohttp.ClientSession) -> None:
    first, control = await ask(served, session)
    assert control == "public, no-cache"
    for _ in range(5):
        assert await ask(served, session) == (first, control)
    assert served.opener.calls == {"kept": 1}


async def test_a_change_is_seen_by_the_next_request(served: Any, session: aiohttp.ClientSession) -> None:
    assert (await ask(served, session))[0]["kept"]["cents"] == 1999
    served.opener.price = 5
    assert (await ask(served, session))[0]["kept"]["cents"] == 1999
    assert served.doors.cache.invalidate(["price:other", "stock:a"]) == 0
    assert served.doors.cache.invalidate(["price:a"]) == 1
    assert (await ask(served, session))[0]["kept"]["cents"] == 5


async def test_an_answer_that_was_overtaken_is_not_kept(served: Any, session: aiohttp.ClientSession) -> None:
    served.opener.pause = 0.2
    asking = asyncio.ensure_future(ask(served, session))
    while "kept" not in served.opener.calls:  # noqa: ASYNC110  it is counted, not announced
        await asyncio.sleep(0.005)
    served.opener.price = 5
    served.doors.cache.invalidate(["price:a"])
    assert (await asking)[0]["kept"]["cents"] == 1999
    assert (await ask(served, session))[0]["kept"]["cents"] == 5


async def test_the_context_and_the_profile_are_part_of_the_key(
    served: Any, session: aiohttp.ClientSession, storefront_key: str
) -> None:
    asked: tuple[dict[str, str], ...] = (
        {},
        {"x-commerce-country": "IE"},
        {"accept-language": "ja"},
        {"x-api-key": storefront_key},
    )
    told = [(await ask(served, session, headers=headers))[0]["kept"]["title"] for headers in asked]
    assert told == ["GB en 100", "IE en 100", "GB ja 100", "GB en 100"]
    assert served.opener.calls == {"kept": 4}


async def test_variables_and_operation_names_are_part_of_the_key(served: Any, session: aiohttp.ClientSession) -> None:
    query = "query A($s: String!) { kept(sku: $s) { sku } } query B($s: String!) { kept(sku: $s) { title } }"
    seen: set[str] = set()
    for name in ("A", "B"):
        for sku in ("a", "b"):
            data, _ = await ask(served, session, query, operationName=name, variables={"s": sku})
            seen.add(str(data))
            if name == "A":
                assert data == {"kept": {"sku": sku}}
    assert len(seen) == 3
    assert served.opener.calls == {"kept": 4}


async def test_who_signed_in_is_never_answered_from_it(served: Any, session: aiohttp.ClientSession) -> None:
    headers = {"authorization": f"Bearer {served.customers.token('alice')}"}
    await ask(served, session)
    for _ in range(3):
        assert (await ask(served, session, headers=headers))[1] == "private, no-store"
    assert served.opener.calls == {"kept": 4}


async def test_what_is_private_degraded_or_without_a_hint_is_not_kept(
    served: Any, session: aiohttp.ClientSession
) -> None:
    for query in (
        '{ kept(sku: "a") { sku } me { subject } }',
        '{ kept(sku: "a") { sku } where { country } }',
        '{ kept(sku: "a") { sku stock } }',
        "{ degraded { sku } }",
        "mutation { setPrice(cents: 5) }",
    ):
        for _ in range(2):
            assert (await ask(served, session, query))[1] == "private, no-store"
    assert len(served.doors.cache) == 0
    assert served.opener.calls == {"kept": 6, "me": 2, "degraded": 2}


async def test_a_client_that_has_the_answer_is_told_so(served: Any, session: aiohttp.ClientSession) -> None:
    headers = {"x-commerce-client": "test"}
    async with session.get(served.graphql, params={"query": QUERY}, headers=headers) as answer:
        tag = answer.headers["etag"]
        body = await answer.read()
    for header, status in ((tag, 304), (f'"x", W/{tag}', 304), ("*", 304), ('"x"', 200)):
        wanted = {**headers, "if-none-match": header}
        async with session.get(served.graphql, params={"query": QUERY}, headers=wanted) as answer:
            assert (answer.status, await answer.read()) == (status, b"" if status == 304 else body)
    served.opener.price = 5
    served.doors.cache.invalidate(["price"])
    wanted = {**headers, "if-none-match": tag}
    async with session.get(served.graphql, params={"query": QUERY}, headers=wanted) as answer:
        assert answer.status == 200


async def test_a_client_may_refuse_an_older_answer(served: Any, session: aiohttp.ClientSession) -> None:
    await ask(served, session)
    served.opener.price = 5
    assert (await ask(served, session, headers={"x-commerce-max-age": "60"}))[0]["kept"]["cents"] == 1999
    assert (await ask(served, session, headers={"x-commerce-max-age": "0"}))[0]["kept"]["cents"] == 5
