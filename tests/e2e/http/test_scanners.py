"""The probes that common GraphQL scanners send. One binary: nothing to see without a credential, everything with the
development one."""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest

CLOSED = {
    "touchpoint": "web",
    "default_country": "GB",
    "introspection": False,
    "allow_get": False,
    "free_documents": False,
    "operations": ["trusted.json"],
}
PROFILES = {"anonymous": CLOSED, "web": {"touchpoint": "web", "default_country": "GB"}}
INTROSPECTION = "query IntrospectionQuery { __schema { types { name fields { name } } } }"
NAMES = (
    "product",
    "products",
    "me",
    "where",
    "sku",
    "title",
    "cents",
    "related",
    "subject",
    "email",
    "Product",
    "Query",
)


class Scanner:
    def __init__(self, url: str, session: aiohttp.ClientSession, headers: dict[str, str]) -> None:
        self.url = url
        self.session = session
        self.headers = headers

    async def post(self, **body: Any) -> Any:
        async with self.session.post(self.url, json=body, headers=self.headers) as answer:
            return await answer.json()

    async def get(self, query: str) -> str:
        headers = {**self.headers, "x-requested-with": "scanner"}
        async with self.session.get(self.url, params={"query": query}, headers=headers) as answer:
            return await answer.text()

    async def introspection(self) -> bool:
        return "__schema" in str((await self.post(query=INTROSPECTION)).get("data"))

    async def introspection_by_get(self) -> bool:
        return "fields" in await self.get(INTROSPECTION)

    async def a_single_type(self) -> bool:
        return bool((await self.post(query='{ __type(name: "Product") { name } }')).get("data"))

    async def circular_introspection(self) -> bool:
        nested = "fields { type { " * 3 + "name" + " } }" * 3
        return bool((await self.post(query=f"{{ __schema {{ types {{ {nested} }} }} }}")).get("data"))

    async def suggestions(self) -> bool:
        told = [await self.post(query=f"{{ {name}x }}") for name in NAMES]
        return "Did you mean" in str(told)

    async def names_in_errors(self) -> bool:
        """Guessing word by word, as clairvoyance does: errors that differ tell which words exist."""
        told: set[str] = set()
        for name in (*NAMES, "nonsense", "zzz"):
            answer = await self.post(query=f"query {{ {name} {{ zzz }} }}")
            errors = [{**error, "extensions": {**error["extensions"], "traceId": ""}} for error in answer["errors"]]
            told.add(str(errors))
        return len(told) > 1

    async def the_kind_of_server(self) -> bool:
        """Each engine has its own words for what is wrong, as graphw00f knows."""
        asked = [
            "query { __typename @deprecated }",
            "query @skip { __typename }",
            "{ a(",
            "subscription { __typename }",
        ]
        told = [(await self.post(query=query))["errors"][0]["message"] for query in asked]
        return len(set(told)) > 1 or "Syntax" in str(told)

    async def the_typename(self) -> bool:
        return bool((await self.post(query="{ __typename }")).get("data"))

    async def an_explorer(self) -> bool:
        root = self.url.removesuffix("/graphql")
        for path, accept in itertools.product(
            ("/graphql", "/graphiql", "/playground", "/console", "/altair", "/graphql/explorer/explorer.js"),
            ("text/html", "*/*"),
        ):
            async with self.session.get(root + path, headers={"accept": accept}) as answer:
                if answer.status == 200:
                    return True
        return False

    async def many_aliases(self) -> bool:
        aliases = " ".join(f"a{number}: __typename" for number in range(50))
        return bool((await self.post(query=f"{{ {aliases} }}")).get("data"))

    async def a_batch(self) -> bool:
        async with self.session.post(self.url, json=[{"query": "{ __typename }"}] * 10, headers=self.headers) as answer:
            return answer.status == 200

    async def traces_and_details(self) -> bool:
        headers = {**self.headers, "x-commerce-explain": "1", "apollo-tracing": "1", "x-commerce-cost": "1"}
        async with self.session.post(self.url, json={"query": "{ broken }"}, headers=headers) as answer:
            told = await answer.json()
        return "extensions" in told or "exception" in str(told) or "RuntimeError" in str(told)

    async def a_form(self) -> bool:
        async with self.session.post(self.url, data={"query": "{ __typename }"}, headers=self.headers) as answer:
            return answer.status == 200


Probe = Callable[[Scanner], Awaitable[bool]]
PROBES: dict[str, Probe] = {
    "introspection": Scanner.introspection,
    "introspection by GET": Scanner.introspection_by_get,
    "a single type": Scanner.a_single_type,
    "circular introspection": Scanner.circular_introspection,
    "suggestions": Scanner.suggestions,
    "names in errors": Scanner.names_in_errors,
    "the kind of server": Scanner.the_kind_of_server,
    "the type name": Scanner.the_typename,
    "an explorer": Scanner.an_explorer,
    "many aliases": Scanner.many_aliases,
    "a batch": Scanner.a_batch,
    "traces and details": Scanner.traces_and_details,
    "a form": Scanner.a_form,
}
NEVER = {"circular introspection", "a batch", "a form", "many aliases", "an explorer"}
"""What even the development credential is refused, or is not given by a credential at all."""


@pytest.mark.parametrize("probe", PROBES)
async def test_a_closed_gateway_shows_a_scanner_nothing(
    serve_with: Any, session: aiohttp.ClientSession, probe: str
) -> None:
    async with serve_with(profiles=PROFILES, issuers={}) as served:
        assert not await PROBES[probe](Scanner(served.graphql, session, {}))
        assert served.opener.calls == {}


async def test_the_same_gateway_shows_a_developer_what_there_is(
    serve_with: Any, session: aiohttp.ClientSession, storefront_key: str
) -> None:
    async with serve_with(profiles=PROFILES, issuers={}) as served:
        developer = Scanner(served.graphql, session, {"x-api-key": storefront_key})
        shown = {name for name, probe in PROBES.items() if await probe(developer)}
    assert shown == PROBES.keys() - NEVER
