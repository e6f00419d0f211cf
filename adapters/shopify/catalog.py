"""CatalogPort over Storefront: products as a shopper sees them. A SKU or a barcode is first looked up in Admin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Raw

from adapters.shopify import answers, mapping, storefront
from adapters.shopify.identifiers import Identifiers, in_chunks
from adapters.shopify.products import KeyedProducts
from adapters.shopify.shopfront import Shopfront, Shown, categories_of
from gateway.errors import BadInput, InvalidAnswer
from gateway.model.catalog import (
    Category,
    Collection,
    Product,
    ProductPage,
    ProductQuery,
)
from gateway.model.context import CallContext, ContextView
from gateway.model.text import Text
from gateway.ports.manifest import AdapterEnvironment

KEYS_PER_REQUEST = 100
VARIANTS_PER_PRODUCT = 100
MORE_VARIANTS = 250
ROUNDS = 10


class Catalog(KeyedProducts):
    def __init__(self, env: AdapterEnvironment, shopfront: Shopfront, identifiers: Identifiers) -> None:
        super().__init__(env, identifiers)
        self._shopfront = shopfront

    async def read(
        self, handles: Sequence[str], ids: Sequence[str], context: ContextView, call: CallContext, operation: str
    ) -> dict[str, Product]:
        """Products by handle and by id, a hundred in one request; unpublished and unknown ones are absent."""
        read: dict[str, Product] = {}
        targets = [(handle, "") for handle in handles] + [("", native) for native in ids]
        for chunk in in_chunks(targets, KEYS_PER_REQUEST):
            slugs = [handle for handle, _ in chunk if handle]
            natives = [native for _, native in chunk if native]
            raw, _, shown = await self._shopfront.ask_raw(
                storefront.products_by_key(len(slugs)),
                {"ids": natives, "vn": VARIANTS_PER_PRODUCT, **{f"h{i}": slug for i, slug in enumerate(slugs)}},
                context,
                call,
                operation,
            )
            try:
                parts = msgspec.json.decode(raw, type=dict[str, Raw])
                nodes = msgspec.json.decode(parts["nodes"], type=list[answers.Product | None])
                named = [msgspec.json.decode(parts[f"h{i}"], type=answers.Product | None) for i in range(len(slugs))]
            except (msgspec.ValidationError, KeyError) as error:
                raise InvalidAnswer(detail=f"ProductsByKey: {error}") from None
            keyed = [(key, node) for key, node in zip([*natives, *slugs], [*nodes, *named], strict=False) if node]
            whole = await self.whole([node for _, node in keyed], shown, context, call, operation)
            read.update({key: product for (key, _), product in zip(keyed, whole, strict=True)})
        return read

    async def whole(
        self,
        nodes: Sequence[answers.Product],
        shown: Shown,
        context: ContextView,
        call: CallContext,
        operation: str,
    ) -> list[Product]:
        """Records with all their variants: one more request for all products that have more than the nested page."""
        variants = {node.id: list(node.variants.nodes) for node in nodes}
        open_pages = {
            node.id: node.variants.page_info.end_cursor or "" for node in nodes if node.variants.page_info.has_next_page
        }
        for _ in range(ROUNDS):
            if not open_pages:
                break
            pending = list(open_pages.items())
            open_pages = {}
            variables: dict[str, Any] = {"vn": MORE_VARIANTS}
            for place, (native, after) in enumerate(pending):
                variables |= {f"i{place}": native, f"a{place}": after}
            raw, _, _ = await self._shopfront.ask_raw(
                storefront.more_variants(len(pending)), variables, context, call, operation
            )
            try:
                parts = msgspec.json.decode(raw, type=dict[str, Raw])
                more = [
                    msgspec.json.decode(parts[f"n{place}"], type=answers.MoreVariants | None)
                    for place in range(len(pending))
                ]
            except (msgspec.ValidationError, KeyError) as error:
                raise InvalidAnswer(detail=f"MoreVariants: {error}") from None
            for (native, _), answer in zip(pending, more, strict=True):
                if answer is None:
                    continue
                variants[native].extend(answer.variants.nodes)
                if answer.variants.page_info.has_next_page:
                    open_pages[native] = answer.variants.page_info.end_cursor or ""
        if open_pages:
            raise InvalidAnswer(detail="MoreVariants: more variants than the vendor allows a product")
        return [
            mapping.product(
                node,
                variants[node.id],
                backend=self.name,
                language=shown.language,
                freshness=shown.freshness,
                categories=self._shopfront.category_parents,
            )
            for node in nodes
        ]

    async def list_products(self, query: ProductQuery, context: ContextView, call: CallContext) -> ProductPage:
        operation = "product.list_products"
        if query.category and query.collection:
            raise BadInput("Ask for a category or for a collection, not for both.")
        variables = {"first": query.first, "after": query.after, "vn": VARIANTS_PER_PRODUCT}
        handle = query.category or query.collection
        if handle:
            found, shown = await self._shopfront.ask(
                storefront.COLLECTION_PRODUCTS,
                {**variables, "handle": handle},
                answers.CollectionList,
                context,
                call,
                operation,
            )
            if found.collection is None:
                return ProductPage((), (), False)
            page = found.collection.products
        else:
            answer, shown = await self._shopfront.ask(
                storefront.PRODUCTS, variables, answers.ProductList, context, call, operation
            )
            page = answer.products
        products = await self.whole([edge.node for edge in page.edges], shown, context, call, operation)
        return ProductPage(tuple(products), tuple(edge.cursor for edge in page.edges), page.page_info.has_next_page)

    async def list_categories(self, query: None, context: ContextView, call: CallContext) -> tuple[Category, ...]:
        _, head, shown = await self._shopfront.ask_raw(
            storefront.SHOPFRONT, {}, context, call, "product.list_categories", menu=True
        )
        return tuple(
            Category(
                key=item.handle,
                name=Text(item.title, shown.language),
                freshness=shown.freshness,
                slug=item.handle,
                parent=item.parent,
                position=item.position,
            )
            for item in categories_of(head.menu)
        )

    async def list_collections(self, query: None, context: ContextView, call: CallContext) -> tuple[Collection, ...]:
        found: list[Collection] = []
        after: str | None = None
        while True:
            answer, shown = await self._shopfront.ask(
                storefront.COLLECTIONS, {"after": after}, answers.Collections, context, call, "product.list_collections"
            )
            found.extend(
                Collection(
                    key=node.handle,
                    name=Text(node.title, shown.language),
                    freshness=shown.freshness,
                    slug=node.handle,
                    description=Text(node.description, shown.language) if node.description else None,
                    image=mapping.image(node.image),
                )
                for node in answer.collections.nodes
                if node.handle not in self._shopfront.category_parents
            )
            after = answer.collections.page_info.end_cursor
            if not answer.collections.page_info.has_next_page or after is None:
                return tuple(found)
