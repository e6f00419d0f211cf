"""`CatalogPort` of a Vendure shop, through the admin API, the only one that finds SKUs; listings by category come from
the search index."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from adapters.vendure import documents, mapping
from adapters.vendure.client import SHOP
from adapters.vendure.facts import ChannelFacts
from adapters.vendure.ids import ids_among, is_id
from adapters.vendure.reader import PAGE, Reader
from adapters.vendure.wire.catalogue import (
    CollectionsData,
    ProductsData,
    SearchData,
    SearchResult,
    WireCollection,
    WireProduct,
)
from gateway.errors import AdapterError, InvalidCursor
from gateway.kit.keyed import answered, by_kind, one_of
from gateway.model.catalog import Category, Collection, Product, ProductKey, ProductKeyKind, ProductPage, ProductQuery
from gateway.model.context import CallContext, ContextView
from gateway.model.identity import gtin14, gtin_forms, same_slug, slug_key
from gateway.model.operation import MEBIBYTE

PRODUCTS_BYTES = 8 * MEBIBYTE


class CatalogueReader(Reader):
    async def get_products(
        self, keys: Sequence[ProductKey], context: ContextView, call: CallContext
    ) -> Mapping[ProductKey, Product | AdapterError]:
        """One request, whatever mixture of keys."""
        if not keys:
            return {}
        language, facts = await self.language_of(context, call)
        wire = await self._read(keys, self.channel_of(context), language, call)
        reading = self.reading()
        return answered(
            keys,
            lambda key: one_of(self._matching(wire, key, language), self.name),
            lambda _, found: mapping.product(found, language, facts, self.config, reading),
        )

    async def list_products(self, query: ProductQuery, context: ContextView, call: CallContext) -> ProductPage:
        """By id; within a category or collection by name, in the order of the search index."""
        language, facts = await self.language_of(context, call)
        channel = self.channel_of(context)
        skip = offset(query.after)
        if query.category is not None or query.collection is not None:
            collection = self._listed(query)
            if collection is None:
                return ProductPage((), (), has_next=False)
            index = await self.search_index(
                {"collectionId": collection, "skip": skip, "take": query.first, "sort": {"name": "ASC"}},
                channel,
                language,
                call,
                collection=collection,
            )
            wire = await self.by_ids([hit.product_id for hit in index.items], channel, language, call)
            asked, total = [hit.product_id for hit in index.items], index.total_items
        else:
            options = {
                "filter": {"enabled": {"eq": True}},
                "sort": {"id": "ASC"},
                "skip": skip,
                "take": query.first,
            }
            data = await self._products(channel, language, call, options=options)
            wire = {product.id: product for product in data.products.items}
            asked, total = list(wire), data.products.total_items
        products, positions = self.page(asked, wire, skip, language, facts)
        return ProductPage(products, positions, has_next=bool(products) and skip + len(asked) < total, total=total)

    def _listed(self, query: ProductQuery) -> str | None:
        """The Vendure collection that is asked for; None where a category is asked as a merchandised set or the other
        way round, and for what is no id."""
        key = query.category or query.collection or ""
        merchandised = key in self.config.merchandised
        fits = (query.category is None or not merchandised) and (query.collection is None or merchandised)
        return key if fits and is_id(key) else None

    async def list_categories(self, query: None, context: ContextView, call: CallContext) -> tuple[Category, ...]:
        language, facts = await self.language_of(context, call)
        wire = [
            entry
            for entry in await self._collections(self.channel_of(context), language, call)
            if entry.id not in self.config.merchandised
        ]
        known = frozenset(entry.id for entry in wire)
        reading = self.reading()
        return tuple(mapping.category(entry, known, facts, reading) for entry in wire)

    async def list_collections(self, query: None, context: ContextView, call: CallContext) -> tuple[Collection, ...]:
        language, facts = await self.language_of(context, call)
        wire = await self._collections(self.channel_of(context), language, call)
        reading = self.reading()
        return tuple(
            mapping.collection(entry, facts, reading) for entry in wire if entry.id in self.config.merchandised
        )

    # --- requests -------------------------------------------------------------------------------------------------

    async def _read(
        self, keys: Sequence[ProductKey], channel: str, language: str, call: CallContext
    ) -> list[WireProduct]:
        values = by_kind(keys)
        wanted: list[Mapping[str, object]] = [
            {field: {"in": found}}
            for field, found in (
                ("slug", sorted({form for slug in values[ProductKeyKind.SLUG] for form in (slug, slug_key(slug))})),
                ("sku", self.written(values[ProductKeyKind.SKU])),
                ("id", ids_among(values[ProductKeyKind.NATIVE])),
            )
            if found
        ]
        forms = [form for gtin in values[ProductKeyKind.BARCODE] for form in gtin_forms(gtin)]
        options = {"filter": {"_or": wanted}, "take": PAGE} if wanted else None
        field = self.config.barcode_field
        barcodes = {"filter": {field: {"in": forms}}, "take": PAGE} if field and forms else None
        if options is None and barcodes is None:
            return []
        data = await self._products(channel, language, call, options=options, barcodes=barcodes)
        found = [*data.products.items, *(entry.product for entry in data.barcodes.items)]
        return [product for product in {product.id: product for product in found}.values() if product.enabled]

    async def _products(
        self,
        channel: str,
        language: str,
        call: CallContext,
        *,
        options: Mapping[str, object] | None,
        barcodes: Mapping[str, object] | None = None,
    ) -> ProductsData:
        return await self.ask(
            documents.products(self.config.barcode_field),
            ProductsData,
            call,
            operation="product.get_products",
            channel=channel,
            variables={
                "options": options,
                "byKey": options is not None,
                "barcodes": barcodes,
                "byBarcode": barcodes is not None,
            },
            language=language,
            max_response_bytes=PRODUCTS_BYTES,
        )

    async def by_ids(
        self, ids: Sequence[str], channel: str, language: str, call: CallContext
    ) -> dict[str, WireProduct]:
        keys = [ProductKey(ProductKeyKind.NATIVE, id) for id in ids]  # noqa: A001
        return {product.id: product for product in await self._read(keys, channel, language, call)}

    async def search_index(
        self,
        request: Mapping[str, object],
        channel: str,
        language: str,
        call: CallContext,
        *,
        collection: str | None = None,
    ) -> SearchResult:
        """Nothing where shoppers may not see the collection."""
        wanted: dict[str, object] = {"input": {"groupByProduct": True, **request}}
        data = await self.ask(
            documents.SEARCH if collection is None else documents.COLLECTION,
            SearchData,
            call,
            operation="search.search",
            channel=channel,
            variables=wanted if collection is None else {**wanted, "collection": collection},
            language=language,
            path=SHOP,
        )
        hidden = collection is not None and data.collection is None
        return SearchResult(0, ()) if hidden else data.search

    async def _collections(self, channel: str, language: str, call: CallContext) -> list[WireCollection]:
        async def page(skip: int) -> tuple[Sequence[WireCollection], int]:
            data = await self.ask(
                documents.COLLECTIONS,
                CollectionsData,
                call,
                operation="product.list_categories",
                channel=channel,
                variables={"options": {"sort": {"position": "ASC"}, "skip": skip, "take": PAGE}},
                language=language,
                max_response_bytes=PRODUCTS_BYTES,
            )
            return data.collections.items, data.collections.total_items

        return [entry for entry in await self.pages(page) if not entry.is_private]

    # --- matching -------------------------------------------------------------------------------------------------

    def _matching(self, wire: Sequence[WireProduct], key: ProductKey, language: str) -> list[WireProduct]:
        """Products that bear this key; one product twice where two of its variants do."""
        if key.kind is ProductKeyKind.NATIVE:
            return [product for product in wire if product.id == key.value]
        if key.kind is ProductKeyKind.SLUG:
            return _by_slug(wire, key.value, language)
        on_sale = [(product, variant) for product in wire for variant in product.variants if variant.enabled]
        if key.kind is ProductKeyKind.SKU:
            return [product for product, variant in on_sale if self.key_rule.same(key.value, variant.sku)]
        return [product for product, variant in on_sale if gtin14(variant.custom_fields.barcode or "") == key.value]

    def page(
        self,
        asked: Sequence[str],
        wire: Mapping[str, WireProduct],
        skip: int,
        language: str,
        facts: ChannelFacts,
    ) -> tuple[tuple[Product, ...], tuple[str, ...]]:
        """An index may name a product that is gone: it is left out, and its place is kept in the positions."""
        reading = self.reading()
        there = [(index, wire[id]) for index, id in enumerate(asked) if id in wire]  # noqa: A001
        products = tuple(mapping.product(entry, language, facts, self.config, reading) for _, entry in there)
        return products, tuple(str(skip + index + 1) for index, _ in there)


def _by_slug(wire: Sequence[WireProduct], slug: str, language: str) -> list[WireProduct]:
    """A slug is unique within a language only: the context's language decides between two products."""
    bearing = [(product, entry) for product in wire for entry in product.translations if same_slug(slug, entry.slug)]
    exact = [product for product, entry in bearing if entry.language_code == language]
    return exact or list({product.id: product for product, _ in bearing}.values())


def offset(after: str | None) -> int:
    if after is None:
        return 0
    if not (after.isascii() and after.isdigit() and len(after) < 10):
        raise InvalidCursor("not a position of this catalogue")
    return int(after)
