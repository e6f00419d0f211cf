"""CatalogPort over Storefront: products as a shopper sees them. A SKU or a barcode is first looked up in Admin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from msgspec import Raw

from adapters.shopify.client import whole_lists
from adapters.shopify.product import documents, rows
from adapters.shopify.product.keys import ProductKeys, listed_handle
from adapters.shopify.product.records import Texts, product
from adapters.shopify.shapes import Edges, Node, Nodes
from adapters.shopify.shopfront import Head, Shopfront, Shown
from gateway.errors import AdapterError, InvalidAnswer
from gateway.kit.decoding import decoded
from gateway.kit.graphql import RelayNodes
from gateway.kit.keyed import chunks
from gateway.model.catalog import Product, ProductKey, ProductPage, ProductQuery
from gateway.model.context import CallContext, ContextView
from gateway.ports.manifest import AdapterEnvironment

T = TypeVar("T")
KEYS_PER_REQUEST = 100
VARIANTS_PER_PRODUCT = 100
MORE_VARIANTS = 250
ROUNDS = 10


class _List(Head, frozen=True, kw_only=True):
    products: Edges[rows.Product]


class _OfCollection(Node, frozen=True, kw_only=True):
    products: Edges[rows.Product]


class _InCollection(Head, frozen=True, kw_only=True):
    collection: _OfCollection | None


class ShopperProducts:
    def __init__(self, env: AdapterEnvironment, shopfront: Shopfront, keys: ProductKeys) -> None:
        self._name = env.name
        self._shopfront = shopfront
        self._keys = keys

    async def get_products(
        self, keys: Sequence[ProductKey], context: ContextView, call: CallContext
    ) -> Mapping[ProductKey, Product | AdapterError]:
        async def read(handles: Sequence[str], ids: Sequence[str]) -> dict[str, Product]:
            """A hundred in one request; unpublished and unknown ones are absent."""
            found: dict[str, Product] = {}
            for chunk in chunks([*((handle, "") for handle in handles), *(("", id_) for id_ in ids)], KEYS_PER_REQUEST):
                slugs = [handle for handle, _ in chunk if handle]
                natives = [native for _, native in chunk if native]
                document = documents.products_by_key(len(slugs))
                variables: dict[str, Any] = {f"h{place}": slug for place, slug in enumerate(slugs)}
                variables |= {"ids": natives, "vn": VARIANTS_PER_PRODUCT}
                raw, shown = await self._shopfront.ask_raw(document, variables, context, call)
                nodes = decoded(raw, Nodes[rows.Product | None], document.name).nodes
                named = _aliased(raw, "h", len(slugs), rows.Product, document.name)
                keyed = [(key, node) for key, node in zip([*natives, *slugs], [*nodes, *named], strict=False) if node]
                whole = await self.whole([node for _, node in keyed], shown, context, call)
                found.update({key: each for (key, _), each in zip(keyed, whole, strict=True)})
            return found

        return await self._keys.products(keys, read, call)

    async def list_products(self, query: ProductQuery, context: ContextView, call: CallContext) -> ProductPage:
        variables = {"first": query.first, "after": query.after, "vn": VARIANTS_PER_PRODUCT}
        handle = listed_handle(query)
        ask = self._shopfront.ask
        if handle is None:
            answer, shown = await ask(documents.PRODUCTS, variables, _List, context, call)
            page = answer.products
        elif handle:
            variables["handle"] = handle
            found, shown = await ask(documents.COLLECTION_PRODUCTS, variables, _InCollection, context, call)
            if found.collection is None:
                return ProductPage((), (), False)
            page = found.collection.products
        else:
            return ProductPage((), (), False)
        products = await self.whole([edge.node for edge in page.edges], shown, context, call)
        return ProductPage(tuple(products), tuple(edge.cursor for edge in page.edges), page.page_info.has_next_page)

    async def whole(
        self, nodes: Sequence[rows.Product], shown: Shown, context: ContextView, call: CallContext
    ) -> list[Product]:
        """Records with all their variants: one more request for all products that have more than the nested page, and
        one for their texts in the shop's own language where another was asked."""
        originals = await self._originals([node.id for node in nodes], shown, call)

        async def more(pending: Sequence[tuple[str, str]]) -> dict[tuple[str, str], RelayNodes[rows.Variant]]:
            variables: dict[str, Any] = {"vn": MORE_VARIANTS}
            for place, (native, after) in enumerate(pending):
                variables |= {f"i{place}": native, f"a{place}": after}
            document = documents.more_variants(len(pending))
            raw, _ = await self._shopfront.ask_raw(document, variables, context, call)
            answers = _aliased(raw, "k", len(pending), rows.MoreVariants, document.name)
            return {at: answer.variants for at, answer in zip(pending, answers, strict=True) if answer}

        variants, cut = await whole_lists({node.id: node.variants for node in nodes}, more, ROUNDS)
        if cut:
            raise InvalidAnswer(detail="MoreVariants: more variants than the vendor allows a product")
        return [
            product(
                node,
                variants[node.id],
                backend=self._name,
                texts=Texts.beside(shown.language, self._shopfront.own_language, originals.get(node.id)),
                freshness=shown.freshness,
                categories=self._shopfront.category_parents,
            )
            for node in nodes
        ]

    async def _originals(self, ids: Sequence[str], shown: Shown, call: CallContext) -> dict[str, rows.ProductTexts]:
        """What the products say in the shop's own language; nothing where they are shown in it."""
        found: dict[str, rows.ProductTexts] = {}
        if shown.language != self._shopfront.own_language:
            for chunk in chunks(list(dict.fromkeys(ids)), KEYS_PER_REQUEST):
                raw, _ = await self._shopfront.ask_raw(documents.PRODUCT_TEXTS, {"ids": chunk}, None, call)
                nodes = decoded(raw, Nodes[rows.ProductTexts | None], documents.PRODUCT_TEXTS.name).nodes
                found |= {node.id: node for node in nodes if node is not None}
        return found


def _aliased(raw: Raw, letter: str, count: int, shape: type[T], what: str) -> list[T | None]:
    """What the aliases hold: `letter` with 0, 1, ..."""
    parts = decoded(raw, dict[str, Raw], what)
    kind: Any = shape | None
    try:
        return [decoded(parts[f"{letter}{place}"], kind, what) for place in range(count)]
    except KeyError:
        raise InvalidAnswer(detail=f"{what}: an alias is missing") from None
