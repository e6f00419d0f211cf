"""CatalogPort over Storefront: products as a shopper sees them. A SKU or a barcode is first looked up in Admin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Raw

from adapters.shopify.identifiers import Identifiers, in_chunks
from adapters.shopify.product import documents as storefront
from adapters.shopify.product import records as mapping
from adapters.shopify.product import rows as answers
from adapters.shopify.product.keys import KeyedProducts
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
from gateway.model.identity import slug_key
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
        """Records with all their variants: one more request for all products that have more than the nested page, and
        one for their texts in the shop's own language where another was asked."""
        originals = await self._originals([node.id for node in nodes], shown, call, operation)
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
                original=originals.get(node.id),
                freshness=shown.freshness,
                categories=self._shopfront.category_parents,
            )
            for node in nodes
        ]

    async def _originals(
        self, ids: Sequence[str], shown: Shown, call: CallContext, operation: str
    ) -> dict[str, mapping.Original]:
        """What the products say in the shop's own language; nothing where they are shown in it."""
        found: dict[str, mapping.Original] = {}
        own = self._shopfront.own_language
        if shown.language == own:
            return found
        for chunk in in_chunks(list(dict.fromkeys(ids)), KEYS_PER_REQUEST):
            raw, _, _ = await self._shopfront.ask_raw(storefront.PRODUCT_TEXTS, {"ids": chunk}, None, call, operation)
            try:
                nodes = msgspec.json.decode(raw, type=answers.TextNodes).nodes
            except msgspec.ValidationError as error:
                raise InvalidAnswer(detail=f"ProductTexts: {error}") from None
            found |= {node.id: mapping.Original(node, own) for node in nodes if node is not None}
        return found

    async def list_products(self, query: ProductQuery, context: ContextView, call: CallContext) -> ProductPage:
        operation = "product.list_products"
        if query.category and query.collection:
            raise BadInput("Ask for a category or for a collection, not for both.")
        variables = {"first": query.first, "after": query.after, "vn": VARIANTS_PER_PRODUCT}
        named = query.category if query.category is not None else query.collection
        handle = None if named is None else slug_key(named)
        if handle == "":  # blanks alone name nothing
            return ProductPage((), (), False)
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
        operation = "product.list_categories"
        _, head, shown = await self._shopfront.ask_raw(storefront.SHOPFRONT, {}, context, call, operation, menu=True)
        originals: set[tuple[str, str]] = set()
        own = self._shopfront.own_language
        if shown.language != own:
            _, home, _ = await self._shopfront.ask_raw(storefront.SHOPFRONT, {}, None, call, operation, menu=True)
            originals = {(item.handle, item.title) for item in categories_of(home.menu)}
        return tuple(
            Category(
                key=item.handle,
                name=Text(item.title, own if (item.handle, item.title) in originals else shown.language),
                freshness=shown.freshness,
                slug=item.handle,
                parent=item.parent,
                position=item.position,
            )
            for item in categories_of(head.menu)
        )

    async def list_collections(self, query: None, context: ContextView, call: CallContext) -> tuple[Collection, ...]:
        nodes, shown = await self._collections(context, call)
        own = self._shopfront.own_language
        originals: dict[str, answers.Collection] = {}
        if shown.language != own:
            at_home, _ = await self._collections(None, call)
            originals = {node.handle: node for node in at_home}

        def text(written: str, original: str | None) -> Text:
            return Text(written, own if written == original else shown.language)

        found: list[Collection] = []
        for node in nodes:
            if node.handle in self._shopfront.category_parents:
                continue
            original = originals.get(node.handle)
            found.append(
                Collection(
                    key=node.handle,
                    name=text(node.title, original.title if original else None),
                    freshness=shown.freshness,
                    slug=node.handle,
                    description=text(node.description, original.description if original else None)
                    if node.description
                    else None,
                    image=mapping.image(node.image),
                )
            )
        return tuple(found)

    async def _collections(
        self, context: ContextView | None, call: CallContext
    ) -> tuple[list[answers.Collection], Shown]:
        """Every page of them; without a context in the shop's own language."""
        nodes: list[answers.Collection] = []
        after: str | None = None
        while True:
            answer, shown = await self._shopfront.ask(
                storefront.COLLECTIONS, {"after": after}, answers.Collections, context, call, "product.list_collections"
            )
            nodes.extend(answer.collections.nodes)
            after = answer.collections.page_info.end_cursor
            if not answer.collections.page_info.has_next_page or after is None:
                return nodes, shown
