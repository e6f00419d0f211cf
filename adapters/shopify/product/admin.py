"""The catalogue over Admin, for a shop without a Storefront token: active, published products in the shop's own
language. No translations, no category menu, no search. Admin prices every query, so nested pages are cut to what fits,
and what they leave out comes with one more request for all products."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from adapters.shopify.client import Client, whole_lists
from adapters.shopify.config import ShopifyConfig
from adapters.shopify.product import documents, rows
from adapters.shopify.product.keys import ProductKeys, listed_handle
from adapters.shopify.product.records import Texts, collection, product
from adapters.shopify.shapes import Edge, Edges, Node
from gateway.errors import AdapterError, InvalidAnswer
from gateway.kit.graphql import CursorInfo, RelayNodes
from gateway.kit.pages import cursor_pages
from gateway.kit.readings import Reading
from gateway.model.catalog import Category, Collection, Product, ProductKey, ProductPage, ProductQuery
from gateway.model.context import CallContext, ContextView
from gateway.ports.manifest import AdapterEnvironment

PRODUCT_POINTS = 14
"""A product without variants: itself, options and their values, three media, five collections."""
VARIANT_POINTS = 3
KEYED_VARIANTS = 10
LISTED = range(2, 11)
"""Variants beside each product of a page."""
ROUNDS = 12
NOTHING = Edges[rows.Product](page_info=CursorInfo(False), edges=[])


class _List(Node, frozen=True, kw_only=True):
    products: Edges[rows.Product]


class _InCollection(Node, frozen=True, kw_only=True):
    collection_by_identifier: _List | None


class _Collections(Node, frozen=True, kw_only=True):
    collections: RelayNodes[rows.Collection]


class AdminProducts:
    def __init__(self, env: AdapterEnvironment[ShopifyConfig], client: Client, keys: ProductKeys) -> None:
        self._env = env
        self._client = client
        self._keys = keys
        self._texts = Texts(env.config.language, env.config.language)

    async def get_products(
        self, keys: Sequence[ProductKey], context: ContextView, call: CallContext
    ) -> Mapping[ProductKey, Product | AdapterError]:
        async def read(handles: Sequence[str], ids: Sequence[str]) -> dict[str, Product]:
            found = await self._client.by_alias(
                documents.admin_products_by_key,
                [*(("handle", handle) for handle in handles), *(("id", native) for native in ids)],
                lambda place, key: {f"k{place}": {key[0]: key[1]}},
                rows.Product,
                call,
                points=PRODUCT_POINTS + KEYED_VARIANTS * VARIANT_POINTS,
                most=100,
                beside={"vn": KEYED_VARIANTS},
            )
            shown = {value: node for (_, value), node in found.items() if published(node)}
            return dict(zip(shown, await self._whole(list(shown.values()), call), strict=True))

        return await self._keys.products(keys, read, call)

    async def list_products(self, query: ProductQuery, context: ContextView, call: CallContext) -> ProductPage:
        handle = listed_handle(query)
        found: list[Edge[rows.Product]] = []
        has_next = False

        async def ask(after: str | None) -> Edges[rows.Product]:
            return await self._page(handle, query.first - len(found), after, call)

        async for page in cursor_pages(ask, lambda page: page.following, what="AdminProducts", after=query.after):
            found.extend(edge for edge in page.edges if published(edge.node))
            has_next = page.page_info.has_next_page
            if len(found) >= query.first:
                break
        products = await self._whole([edge.node for edge in found], call)
        return ProductPage(tuple(products), tuple(edge.cursor for edge in found), has_next)

    async def list_categories(self, query: None, context: ContextView, call: CallContext) -> tuple[Category, ...]:
        """None: the category menu is Storefront's."""
        return ()

    async def list_collections(self, query: None, context: ContextView, call: CallContext) -> tuple[Collection, ...]:
        found = await self._client.every(
            documents.ADMIN_COLLECTIONS, {}, _Collections, lambda answer: answer.collections, call, points=2, first=250
        )
        freshness = Reading.now(self._env).freshness
        return tuple(collection(node, self._texts, freshness) for node in found)

    async def _page(self, handle: str | None, most: int, after: str | None, call: CallContext) -> Edges[rows.Product]:
        """As many rows as one query may cost, with as many variants each as fit beside them. Of a collection that is
        none, nothing."""
        if handle == "":
            return NOTHING
        document = documents.ADMIN_COLLECTION_PRODUCTS if handle else documents.ADMIN_PRODUCTS

        async def send(first: int, variants: int, points: float) -> Edges[rows.Product]:
            variables: dict[str, Any] = {"first": first, "after": after, "vn": variants}
            if handle is None:
                return (await self._client.ask(document, variables, _List, call, points)).products
            variables["handle"] = handle
            answer = await self._client.ask(document, variables, _InCollection, call, points)
            return answer.collection_by_identifier.products if answer.collection_by_identifier else NOTHING

        return await self._client.costs.page(document.name, most, PRODUCT_POINTS, VARIANT_POINTS, LISTED, send)

    async def _whole(self, nodes: Sequence[rows.Product], call: CallContext) -> list[Product]:
        async def more(pending: Sequence[tuple[str, str]]) -> dict[tuple[str, str], RelayNodes[rows.Variant]]:
            each = self._client.costs.nested("MoreVariants", len(pending), VARIANT_POINTS, 250)
            found = await self._client.by_alias(
                documents.admin_more_variants,
                pending,
                lambda place, at: {f"i{place}": at[0], f"a{place}": at[1]},
                rows.MoreVariants,
                call,
                points=1 + each * VARIANT_POINTS,
                most=len(pending),
                beside={"vn": each},
            )
            return {at: answer.variants for at, answer in found.items()}

        variants, cut = await whole_lists({node.id: node.variants for node in nodes}, more, ROUNDS)
        if cut:
            raise InvalidAnswer(detail="MoreVariants: more variants than the vendor allows a product")
        freshness = Reading.now(self._env).freshness
        return [
            product(
                node, variants[node.id], backend=self._env.name, texts=self._texts, freshness=freshness, categories={}
            )
            for node in nodes
        ]


def published(node: rows.Product) -> bool:
    return node.status == "ACTIVE" and node.published_at is not None
