"""CatalogPort over Admin, for a shop without a Storefront token: active, published products in the shop's own language.
No translations, no category menu, no search. Admin prices every query, so nested pages are cut to what fits, and what
they leave out comes with one more request for all products."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from adapters.shopify.client import Client, Document
from adapters.shopify.config import ShopifyConfig
from adapters.shopify.errors import TooCostly
from adapters.shopify.identifiers import Identifiers
from adapters.shopify.product import documents as storefront
from adapters.shopify.product import records as mapping
from adapters.shopify.product import rows as answers
from adapters.shopify.product.keys import KeyedProducts
from adapters.shopify.product.rows import Edges, Node, Page
from gateway.errors import BadInput, InvalidAnswer
from gateway.model.catalog import Category, Collection, Product, ProductPage, ProductQuery
from gateway.model.context import CallContext, ContextView
from gateway.model.freshness import Freshness
from gateway.model.identity import slug_key
from gateway.model.text import Text
from gateway.ports.manifest import AdapterEnvironment

PRODUCT_POINTS = 14
"""A product without variants: itself, options and their values, three media, five collections."""
VARIANT_POINTS = 3
KEYED_VARIANTS = 10
LISTED_VARIANTS = 10
FEWEST_VARIANTS = 2
ROUNDS = 12

_PRODUCT = """
fragment P on Product{id handle title description status publishedAt vendor productType tags updatedAt
 options{name optionValues{name}}
 media(first:3){nodes{__typename alt ...on MediaImage{image{url altText width height}}
 ...on Model3d{sources{url mimeType}} ...on Video{sources{url mimeType}}}}
 collections(first:5){nodes{handle}} variants(first:$vn){pageInfo{hasNextPage endCursor} nodes{...V}}}
"""
_PAGE = "pageInfo{hasNextPage endCursor} edges{cursor node{...P}}"
_TAIL = f"{_PRODUCT}{storefront.ADMIN_VARIANT}"

PRODUCTS = Document(
    "admin",
    "AdminProducts",
    "query AdminProducts($first:Int! $after:String $vn:Int!)"
    f'{{products(first:$first after:$after query:"status:active" sortKey:ID){{{_PAGE}}}}}{_TAIL}',
)
COLLECTION_PRODUCTS = Document(
    "admin",
    "AdminCollectionProducts",
    "query AdminCollectionProducts($handle:String! $first:Int! $after:String $vn:Int!)"
    "{collectionByIdentifier(identifier:{handle:$handle})"
    f"{{products(first:$first after:$after sortKey:ID){{{_PAGE}}}}}}}{_TAIL}",
)
COLLECTIONS = Document(
    "admin",
    "AdminCollections",
    "query AdminCollections($after:String){collections(first:250 after:$after sortKey:ID)"
    "{pageInfo{hasNextPage endCursor} nodes{handle title description image{url altText width height}}}}",
)


@lru_cache(maxsize=64)
def products_by_key(keys: int) -> Document:
    """One alias for each key, a handle or an id."""
    parameters = "".join(f" $k{i}:ProductIdentifierInput!" for i in range(keys))
    aliases = " ".join(f"k{i}:productByIdentifier(identifier:$k{i}){{...P}}" for i in range(keys))
    return Document(
        "admin", "AdminProductsByKey", f"query AdminProductsByKey($vn:Int!{parameters}){{{aliases}}}{_TAIL}"
    )


class _List(Node, frozen=True, kw_only=True):
    products: Edges[answers.Product]


class _InCollection(Node, frozen=True, kw_only=True):
    collection_by_identifier: _List | None


class _Collections(Node, frozen=True, kw_only=True):
    collections: Page[answers.Collection]


class AdminCatalog(KeyedProducts):
    def __init__(
        self, env: AdapterEnvironment, client: Client, config: ShopifyConfig, identifiers: Identifiers
    ) -> None:
        super().__init__(env, identifiers)
        self._clock = env.clock
        self._client = client
        self._language = config.language

    async def read(
        self, handles: Sequence[str], ids: Sequence[str], context: ContextView, call: CallContext, operation: str
    ) -> dict[str, Product]:
        found: dict[str, answers.Product] = {}
        keys = [("handle", handle) for handle in handles] + [("id", native) for native in ids]
        points = PRODUCT_POINTS + KEYED_VARIANTS * VARIANT_POINTS

        async def send(piece: Sequence[tuple[str, str]]) -> None:
            answer = await self._client.ask(
                products_by_key(len(piece)),
                {"vn": KEYED_VARIANTS, **{f"k{i}": {kind: value} for i, (kind, value) in enumerate(piece)}},
                dict[str, answers.Product | None],
                operation=operation,
                call=call,
                points=float(points * len(piece)),
            )
            for place, (_, value) in enumerate(piece):
                product = answer.get(f"k{place}")
                if product is not None and published(product):
                    found[value] = product

        await self._client.costs.in_pieces("AdminProductsByKey", keys, points, 100, send)
        whole = await self._whole(list(found.values()), call, operation)
        return dict(zip(found, whole, strict=True))

    async def list_products(self, query: ProductQuery, context: ContextView, call: CallContext) -> ProductPage:
        if query.category and query.collection:
            raise BadInput("Ask for a category or for a collection, not for both.")
        named = query.category if query.category is not None else query.collection
        handle = None if named is None else slug_key(named)
        if handle == "":  # blanks alone name nothing
            return ProductPage((), (), False)
        rows: list[answers.Edge[answers.Product]] = []
        after, has_next = query.after, True
        while has_next and len(rows) < query.first:
            page = await self._page(handle, query.first - len(rows), after, call)
            if page is None:
                return ProductPage((), (), False)
            rows.extend(edge for edge in page.edges if published(edge.node))
            after, has_next = page.page_info.end_cursor, page.page_info.has_next_page
        products = await self._whole([row.node for row in rows], call, "product.list_products")
        return ProductPage(tuple(products), tuple(row.cursor for row in rows), has_next)

    async def _page(
        self, handle: str | None, rows: int, after: str | None, call: CallContext
    ) -> Edges[answers.Product] | None:
        """As many rows as one query may cost, with as many variants each as fit beside them."""
        document = COLLECTION_PRODUCTS if handle else PRODUCTS
        costs = self._client.costs
        while True:
            first = costs.pieces(document.name, PRODUCT_POINTS + FEWEST_VARIANTS * VARIANT_POINTS, rows)
            variants = LISTED_VARIANTS
            while variants > FEWEST_VARIANTS and (
                costs.pieces(document.name, PRODUCT_POINTS + variants * VARIANT_POINTS, first) < first
            ):
                variants -= 1
            points = PRODUCT_POINTS + variants * VARIANT_POINTS
            variables: dict[str, Any] = {"first": first, "after": after, "vn": variants}
            try:
                if handle is None:
                    return (await self._ask(document, variables, _List, call, points * first)).products
                variables["handle"] = handle
                answer = await self._ask(document, variables, _InCollection, call, points * first)
                return answer.collection_by_identifier.products if answer.collection_by_identifier else None
            except TooCostly as error:
                if first == 1 and variants == FEWEST_VARIANTS:
                    raise
                costs.learn(document.name, error.cost, first, points)

    async def _ask(
        self, document: Document, variables: Mapping[str, Any], shape: type[Any], call: CallContext, points: int
    ) -> Any:
        return await self._client.ask(
            document, variables, shape, operation="product.list_products", call=call, points=float(points)
        )

    async def _whole(self, nodes: Sequence[answers.Product], call: CallContext, operation: str) -> list[Product]:
        variants = {node.id: list(node.variants.nodes) for node in nodes}
        pages = {node.id: node.variants.page_info for node in nodes}
        for _ in range(ROUNDS):
            pending = [(native, page.end_cursor or "") for native, page in pages.items() if page.has_next_page]
            if not pending:
                break
            each = self._client.costs.nested("MoreVariants", len(pending), VARIANT_POINTS, 250)
            points = 1 + each * VARIANT_POINTS

            async def send(piece: Sequence[tuple[str, str]], each: int = each, points: int = points) -> None:
                variables: dict[str, Any] = {"vn": each}
                for place, (native, after) in enumerate(piece):
                    variables |= {f"i{place}": native, f"a{place}": after}
                answer = await self._client.ask(
                    storefront.more_variants(len(piece), "admin"),
                    variables,
                    dict[str, answers.MoreVariants | None],
                    operation=operation,
                    call=call,
                    points=float(len(piece) * points),
                )
                for place, (native, _) in enumerate(piece):
                    if more := answer.get(f"n{place}"):
                        variants[native].extend(more.variants.nodes)
                        pages[native] = more.variants.page_info

            await self._client.costs.in_pieces("MoreVariants", pending, points, len(pending), send)
        else:
            raise InvalidAnswer(detail="MoreVariants: more variants than the vendor allows a product")
        freshness = Freshness(self.name, self._clock())
        return [
            mapping.product(
                node,
                variants[node.id],
                backend=self.name,
                language=self._language,
                freshness=freshness,
                categories={},
            )
            for node in nodes
        ]

    async def list_categories(self, query: None, context: ContextView, call: CallContext) -> tuple[Category, ...]:
        """None: the category menu is Storefront's."""
        return ()

    async def list_collections(self, query: None, context: ContextView, call: CallContext) -> tuple[Collection, ...]:
        found: list[answers.Collection] = []
        after: str | None = None
        while True:
            answer = await self._client.ask(
                COLLECTIONS, {"after": after}, _Collections, operation="product.list_collections", call=call, points=500
            )
            found.extend(answer.collections.nodes)
            after = answer.collections.page_info.end_cursor
            if not answer.collections.page_info.has_next_page or after is None:
                break
        freshness = Freshness(self.name, self._clock())
        return tuple(
            Collection(
                key=node.handle,
                name=Text(node.title, self._language),
                freshness=freshness,
                slug=node.handle,
                description=Text(node.description, self._language) if node.description else None,
                image=mapping.image(node.image),
            )
            for node in found
        )


def published(product: answers.Product) -> bool:
    return product.status == "ACTIVE" and product.published_at is not None
