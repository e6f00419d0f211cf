"""One shop's two GraphQL endpoints: sends a document through the injected transport, decodes the answer strictly."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

from msgspec import Struct

from adapters.shopify.config import ShopifyConfig
from adapters.shopify.cost import CostBook
from adapters.shopify.errors import Cost, failure, refusal
from gateway.errors import InvalidAnswer
from gateway.kit.decoding import decoded
from gateway.kit.graphql import RelayNodes, connection_pages, envelope, request_body
from gateway.kit.pages import MOST_PAGES
from gateway.model.context import CallContext
from gateway.model.operation import MEBIBYTE
from gateway.ports.manifest import AdapterEnvironment
from gateway.ports.transport import Request

API_VERSION = "2026-10"
A = TypeVar("A")
K = TypeVar("K")
N = TypeVar("N")

STOREFRONT_HEADERS = {
    "private": "shopify-storefront-private-token",
    "public": "x-shopify-storefront-access-token",
}


class Document(Struct, frozen=True):
    """A GraphQL document with one operation. `api` is `admin` or `storefront`."""

    api: str
    name: str
    text: str


class Client:
    def __init__(self, env: AdapterEnvironment[ShopifyConfig]) -> None:
        config = env.config
        self._transport = env.transport
        self._credentials = {"admin": {"x-shopify-access-token": config.admin_token.reveal()}}
        self.has_storefront = config.storefront_token is not None
        if config.storefront_token is not None:
            header = STOREFRONT_HEADERS[config.storefront_token_kind]
            self._credentials["storefront"] = {header: config.storefront_token.reveal()}
        self.costs = CostBook(config.query_cost_limit, config.cost_scale)

    async def ask(
        self, document: Document, variables: Mapping[str, Any], shape: type[A], call: CallContext, points: float = 1.0
    ) -> A:
        """The answer's `data` as `shape`. `points` is what the query is expected to cost (Storefront has no such
        budget). Raises AdapterError; an answer with any error is no answer."""
        admin = document.api == "admin"
        response = await self._transport.send(
            Request(
                method="POST",
                path=f"{'/admin' if admin else ''}/api/{API_VERSION}/graphql.json",
                headers={
                    **self._credentials.get(document.api, {}),
                    "content-type": "application/json",
                    "accept": "application/json",
                },
                body=request_body(document.text, variables, document.name),
                max_response_bytes=8 * MEBIBYTE,
                cost=points if admin else 0.0,
            ),
            call,
        )
        if response.status != 200:
            raise refusal(response)
        answer = envelope(response.body, document.name)
        return decoded(
            answer.whole(lambda errors: failure(errors, answer.extension("cost", Cost))), shape, document.name
        )

    async def by_alias(
        self,
        document: Callable[[int], Document],
        items: Sequence[K],
        variables: Callable[[int, K], Mapping[str, Any]],
        shape: type[A],
        call: CallContext,
        *,
        points: int,
        most: int,
        beside: Mapping[str, Any] | None = None,
    ) -> dict[K, A]:
        """What each item's alias (`k0`, `k1`, ...) holds, as many of `points` in one query as fit; null is absent."""
        found: dict[K, A] = {}
        name = document(1).name

        async def send(piece: Sequence[K]) -> None:
            given = dict(beside or {})
            for place, item in enumerate(piece):
                given |= variables(place, item)
            kind: Any = dict[str, shape | None]
            answer: dict[str, A | None] = await self.ask(
                document(len(piece)), given, kind, call, float(points * len(piece))
            )
            for place, item in enumerate(piece):
                if f"k{place}" not in answer:
                    raise InvalidAnswer(detail=f"{name}: no `k{place}`")
                if (node := answer[f"k{place}"]) is not None:
                    found[item] = node

        await self.costs.in_pieces(name, items, points, most, send)
        return found

    async def every(
        self,
        document: Document,
        variables: Mapping[str, Any],
        shape: type[A],
        connection: Callable[[A], RelayNodes[N]],
        call: CallContext,
        *,
        points: int,
        first: int,
        most: int = MOST_PAGES,
    ) -> list[N]:
        """All nodes of a connection, `first` at a time or as many of `points` as fit in one query."""
        found: list[N] = []

        async def page(after: str | None) -> RelayNodes[N]:
            rows = self.costs.pieces(document.name, points, first)
            asked = {**variables, "first": rows, "after": after}
            return connection(await self.ask(document, asked, shape, call, float(points * rows)))

        async for nodes in connection_pages(page, most=most, what=document.name):
            found.extend(nodes)
        return found


async def whole_lists(
    lists: Mapping[str, RelayNodes[N]],
    more: Callable[[Sequence[tuple[str, str]]], Awaitable[Mapping[tuple[str, str], RelayNodes[N]]]],
    rounds: int,
) -> tuple[dict[str, list[N]], set[str]]:
    """The nested lists of several nodes beyond the first page, by their owners' ids; and whose are still not whole
    after so many rounds. `more` is asked for owners and cursors to go on from; an owner that is gone has no more."""
    rows = {owner: list(page.nodes) for owner, page in lists.items()}
    pages = {owner: page.page_info for owner, page in lists.items() if page.page_info.has_next_page}
    for _ in range(rounds):
        if not pages:
            break
        found = await more([(owner, page.end_cursor or "") for owner, page in pages.items()])
        for (owner, _), page in found.items():
            rows[owner].extend(page.nodes)
        pages = {owner: page.page_info for (owner, _), page in found.items() if page.page_info.has_next_page}
    return rows, set(pages)
