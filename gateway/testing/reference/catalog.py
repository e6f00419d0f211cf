"""Products, variants, categories, collections and identity of the reference adapter, from the seed's records."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cached_property

from msgspec.structs import replace

from gateway.errors import AdapterError, AmbiguousKey, InvalidCursor
from gateway.model.catalog import (
    Category,
    Collection,
    Product,
    ProductKey,
    ProductKeyKind,
    ProductPage,
    ProductQuery,
    ProductStatus,
    Variant,
)
from gateway.model.context import CallContext, ContextView
from gateway.model.identity import INT32, NativeRef, VariantKey, canonical_key, record_number, slug_key
from gateway.model.languages import lookup
from gateway.model.text import Text
from gateway.ports.backend import Probe
from gateway.ports.identity import IdentityAudit
from gateway.ports.product import GET_PRODUCTS, LIST_CATEGORIES, LIST_COLLECTIONS, LIST_PRODUCTS
from gateway.testing.reference.controls import Controls
from gateway.testing.sandbox import SeedTranslation


class Catalog(Controls):
    """CatalogPort and IdentityPort."""

    async def probe(self, call: CallContext) -> Probe:
        await self._request("probe")
        return Probe(version="reference", notes=(f"{len(self.seed.products)} products",))

    async def close(self) -> None:
        """Holds nothing open."""

    async def get_products(
        self, keys: Sequence[ProductKey], context: ContextView, call: CallContext
    ) -> Mapping[ProductKey, Product | AdapterError]:
        await self._request(GET_PRODUCTS.name, keys)
        answer: dict[ProductKey, Product | AdapterError] = {}
        for key in keys:
            failure = self._failure(key.value, "product")
            found = () if failure else self._bearers(key)
            if failure is not None:
                answer[key] = failure
            elif len(found) > 1:
                answer[key] = AmbiguousKey(source=self.name, domain="product")
            elif found:
                answer[key] = self._shown(found[0], context.language)
        return answer

    async def list_products(self, query: ProductQuery, context: ContextView, call: CallContext) -> ProductPage:
        await self._request(LIST_PRODUCTS.name, (query,))
        matching = [
            product
            for product in self._active
            if (query.collection is None or query.collection in product.collection_keys)
            and (query.category is None or not self._below(query.category).isdisjoint(product.category_keys))
        ]
        start = position(query.after)
        page = matching[start : start + query.first]
        return ProductPage(
            products=tuple(self._shown(product, context.language) for product in page),
            positions=tuple(str(start + index + 1) for index in range(len(page))),
            has_next=start + len(page) < len(matching),
            total=len(matching),
        )

    async def list_categories(self, query: None, context: ContextView, call: CallContext) -> tuple[Category, ...]:
        await self._request(LIST_CATEGORIES.name)
        freshness = self._freshness()
        return tuple(replace(category, freshness=freshness) for category in self.seed.categories)

    async def list_collections(self, query: None, context: ContextView, call: CallContext) -> tuple[Collection, ...]:
        await self._request(LIST_COLLECTIONS.name)
        freshness = self._freshness()
        return tuple(replace(collection, freshness=freshness) for collection in self.seed.collections)

    async def resolve(
        self, keys: Sequence[str], context: ContextView, call: CallContext
    ) -> Mapping[str, NativeRef | AdapterError]:
        await self._request("identity.resolve", keys)
        answer: dict[str, NativeRef | AdapterError] = {}
        for key in keys:
            variants = self._variants_by_sku.get(self.key_rule.written(key), ())
            if failure := self._failure(key, "identity"):
                answer[key] = failure
            elif len(variants) > 1:
                answer[key] = AmbiguousKey(source=self.name, domain="identity")
            elif variants:
                answer[key] = self._own(variants[0].ref)
        return answer

    async def audit(self, call: CallContext) -> IdentityAudit:
        await self._request("identity.audit")
        variants = [variant for product in self.seed.products for variant in product.variants]
        return IdentityAudit(
            records=len(variants),
            missing=sum(1 for variant in variants if not variant.sku),
            duplicates=tuple(sorted(sku for sku, bearers in self._variants_by_sku.items() if len(bearers) > 1)),
        )

    # --- the seed, indexed once -------------------------------------------------------------------------------------

    @cached_property
    def _active(self) -> tuple[Product, ...]:
        return tuple(product for product in self.seed.products if product.status is ProductStatus.ACTIVE)

    @cached_property
    def _variants_by_sku(self) -> Mapping[str, tuple[Variant, ...]]:
        """Every variant but the archived ones, by SKU as this backend writes it."""
        found: defaultdict[str, list[Variant]] = defaultdict(list)
        for product in self.seed.products:
            if product.status is not ProductStatus.ARCHIVED:
                for variant in product.variants:
                    if variant.sku:
                        found[self.key_rule.written(variant.sku)].append(variant)
        return {sku: tuple(variants) for sku, variants in found.items()}

    def _bearing(self, variant: VariantKey) -> Sequence[Variant]:
        """The variants that are meant: by a reference the one, archived or not at all."""
        if isinstance(variant, str):
            return self._variants_by_sku.get(self.key_rule.written(variant), ())
        known = self._variants_by_ref.get(variant)
        return () if known is None else (known,)

    @cached_property
    def _variants_by_ref(self) -> Mapping[NativeRef, Variant]:
        return {
            self._own(variant.ref): variant
            for product in self.seed.products
            if product.status is not ProductStatus.ARCHIVED
            for variant in product.variants
        }

    @cached_property
    def _products_by_key(self) -> Mapping[tuple[ProductKeyKind, str], tuple[Product, ...]]:
        """One entry for each bearer of a key, so that two variants of one product with one SKU are two."""
        found: defaultdict[tuple[ProductKeyKind, str], list[Product]] = defaultdict(list)
        for product in self._active:
            found[ProductKeyKind.NATIVE, product.ref.id].append(product)
            if product.slug:
                found[ProductKeyKind.SLUG, slug_key(product.slug)].append(product)
            for variant in product.variants:
                if variant.sku:
                    found[ProductKeyKind.SKU, self.key_rule.written(variant.sku)].append(product)
                for code in variant.gtins:
                    found[ProductKeyKind.BARCODE, code].append(product)
        return {key: tuple(products) for key, products in found.items()}

    @cached_property
    def _translations(self) -> Mapping[str, Mapping[str, SeedTranslation]]:
        """By product and language."""
        found: defaultdict[str, dict[str, SeedTranslation]] = defaultdict(dict)
        for entry in self.seed.translations:
            found[entry.product][entry.language] = entry
        return dict(found)

    def _bearers(self, key: ProductKey) -> Sequence[Product]:
        value = self.key_rule.written(key.value) if key.kind is ProductKeyKind.SKU else key.value
        if key.kind is ProductKeyKind.SLUG:
            value = slug_key(value)
        return self._products_by_key.get((key.kind, value), ())

    def _below(self, category: str) -> set[str]:
        """The category and everything under it."""
        keys = {category}
        grown = True
        while grown:
            more = {entry.key for entry in self.seed.categories if entry.parent in keys} - keys
            keys |= more
            grown = bool(more)
        return keys

    def _shown(self, product: Product, language: str) -> Product:
        """The product under this backend's name, in the language where there is a translation, else in its own."""
        freshness = self._freshness()
        ref = self._own(product.ref)
        translated = self._translations.get(product.ref.id, {})
        translation = translated.get(lookup(language, tuple(translated)) or "")
        title, description = product.title, product.description
        if translation is not None:
            title = Text(translation.title, translation.language)
            if translation.description:
                description = Text(translation.description, translation.language)
        return replace(
            product,
            ref=ref,
            title=title,
            description=description,
            freshness=freshness,
            variants=tuple(
                replace(
                    variant,
                    ref=self._own(variant.ref),
                    product=ref,
                    sku=canonical_key(variant.sku or "") or None,
                    freshness=freshness,
                )
                for variant in product.variants
            ),
        )


def position(after: str | None) -> int:
    """An opaque position back as the number of records before the page. Raises InvalidCursor."""
    if after is None:
        return 0
    start = record_number(after, INT32)
    if start is None:
        raise InvalidCursor("this position was never given out")
    return start
