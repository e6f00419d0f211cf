"""`CatalogPort`, through the admin API, which alone finds SKUs; listings by category come from the search index."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from adapters.vendure.ids import ids_among, is_id
from adapters.vendure.product.index import search_index
from adapters.vendure.product.records import product
from adapters.vendure.product.rows import ProductsData, WireProduct, products_query
from adapters.vendure.shop import PAGE, Shop, Where
from adapters.vendure.variants import written
from gateway.errors import AdapterError, InvalidCursor
from gateway.kit.keyed import answered, by_kind, one_of
from gateway.model.catalog import Product, ProductKey, ProductKeyKind, ProductPage, ProductQuery
from gateway.model.context import CallContext, ContextView
from gateway.model.identity import gtin14, gtin_forms, same_slug, slug_key


class Products:
    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._config = shop.config

    async def get_products(
        self, keys: Sequence[ProductKey], context: ContextView, call: CallContext
    ) -> Mapping[ProductKey, Product | AdapterError]:
        """One request, whatever mixture of keys."""
        if not keys:
            return {}
        where = await self._shop.where(context, call)
        wire = await self._read(keys, where, call)
        reading = self._shop.reading()
        return answered(
            keys,
            lambda key: one_of(self._matching(wire, key, where.language), self._shop.env.name),
            lambda _, found: product(found, where.language, where.facts, self._config, reading),
        )

    async def list_products(self, query: ProductQuery, context: ContextView, call: CallContext) -> ProductPage:
        """By id; within a category or collection by name, in the order of the search index."""
        where = await self._shop.where(context, call)
        skip = offset(query.after)
        if query.category is not None or query.collection is not None:
            collection = self._listed(query)
            if collection is None:
                return ProductPage((), (), has_next=False)
            wanted = {"collectionId": collection, "skip": skip, "take": query.first, "sort": {"name": "ASC"}}
            index = await search_index(self._shop, wanted, where, call, collection=collection)
            asked, total = [hit.product_id for hit in index.items], index.total_items
            products, positions = await self.page(asked, skip, where, call)
        else:
            options = {"filter": {"enabled": {"eq": True}}, "sort": {"id": "ASC"}, "skip": skip, "take": query.first}
            data = (await self._products(where, call, options=options)).products
            asked, total = [each.id for each in data.items], data.total_items
            products, positions = self._placed(asked, data.items, skip, where)
        return ProductPage(products, positions, has_next=bool(products) and skip + len(asked) < total, total=total)

    async def page(
        self, asked: Sequence[str], skip: int, where: Where, call: CallContext
    ) -> tuple[tuple[Product, ...], tuple[str, ...]]:
        """Products that an index found, and their positions."""
        keys = [ProductKey(ProductKeyKind.NATIVE, each) for each in asked]
        return self._placed(asked, await self._read(keys, where, call), skip, where)

    def _placed(
        self, asked: Sequence[str], wire: Sequence[WireProduct], skip: int, where: Where
    ) -> tuple[tuple[Product, ...], tuple[str, ...]]:
        """An index may name a product that is gone: it is left out, and its place is kept in the positions."""
        reading, known = self._shop.reading(), {each.id: each for each in wire}
        there = [(index, known[each]) for index, each in enumerate(asked) if each in known]
        products = tuple(product(each, where.language, where.facts, self._config, reading) for _, each in there)
        return products, tuple(str(skip + index + 1) for index, _ in there)

    def _listed(self, query: ProductQuery) -> str | None:
        """The Vendure collection that is asked for; None where a category is asked as a merchandised set or the other
        way round, and for what is no id."""
        key = query.category or query.collection or ""
        merchandised = key in self._config.merchandised
        fits = (query.category is None or not merchandised) and (query.collection is None or merchandised)
        return key if fits and is_id(key) else None

    async def _read(self, keys: Sequence[ProductKey], where: Where, call: CallContext) -> list[WireProduct]:
        values = by_kind(keys)
        wanted: list[Mapping[str, object]] = [
            {field: {"in": found}}
            for field, found in (
                ("slug", sorted({form for slug in values[ProductKeyKind.SLUG] for form in (slug, slug_key(slug))})),
                ("sku", written(values[ProductKeyKind.SKU], self._shop.env.key_rule)),
                ("id", ids_among(values[ProductKeyKind.NATIVE])),
            )
            if found
        ]
        forms = [form for gtin in values[ProductKeyKind.BARCODE] for form in gtin_forms(gtin)]
        options = {"filter": {"_or": wanted}, "take": PAGE} if wanted else None
        field = self._config.barcode_field
        barcodes = {"filter": {field: {"in": forms}}, "take": PAGE} if field and forms else None
        if options is None and barcodes is None:
            return []
        data = await self._products(where, call, options=options, barcodes=barcodes)
        found = [*data.products.items, *(entry.product for entry in data.barcodes.items)]
        return [each for each in {each.id: each for each in found}.values() if each.enabled]

    async def _products(
        self,
        where: Where,
        call: CallContext,
        *,
        options: Mapping[str, object] | None,
        barcodes: Mapping[str, object] | None = None,
    ) -> ProductsData:
        wanted = {
            "options": options,
            "byKey": options is not None,
            "barcodes": barcodes,
            "byBarcode": barcodes is not None,
        }
        document = products_query(self._config.barcode_field)
        return await self._shop.client.ask(
            document, ProductsData, call, wanted, channel=where.channel, language=where.language
        )

    def _matching(self, wire: Sequence[WireProduct], key: ProductKey, language: str) -> list[WireProduct]:
        """Products that bear this key; one product twice where two of its variants do."""
        if key.kind is ProductKeyKind.NATIVE:
            return [product for product in wire if product.id == key.value]
        if key.kind is ProductKeyKind.SLUG:
            return _by_slug(wire, key.value, language)
        on_sale = [(product, variant) for product in wire for variant in product.variants if variant.enabled]
        if key.kind is ProductKeyKind.SKU:
            return [product for product, variant in on_sale if self._shop.env.key_rule.same(key.value, variant.sku)]
        return [product for product, variant in on_sale if gtin14(variant.custom_fields.barcode or "") == key.value]


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
