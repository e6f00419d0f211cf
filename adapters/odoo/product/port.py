"""CatalogPort: templates with their variants, for retailers whose Odoo is the product's system of record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from adapters.odoo.product.rows import CategoryRow, TemplateRow, Texts, product_of, template_row
from adapters.odoo.values import link, record_id, text
from adapters.odoo.variants import OdooBackend, chunks
from gateway.errors import AdapterError, AmbiguousKey, InvalidCursor
from gateway.model.catalog import (
    Category,
    Product,
    ProductKey,
    ProductKeyKind,
    ProductPage,
    ProductQuery,
)
from gateway.model.context import CallContext, ContextView
from gateway.model.identity import gtin14, gtin_forms, same_slug
from gateway.model.operation import MEBIBYTE
from gateway.model.text import Text

GET_PRODUCTS = "product.get_products"
LIST_PRODUCTS = "product.list_products"
LIST_CATEGORIES = "product.list_categories"
PRODUCTS_SIZE = 8 * MEBIBYTE
KEYS_A_REQUEST = 100


class OdooProducts(OdooBackend):
    async def get_products(
        self, keys: Sequence[ProductKey], context: ContextView, call: CallContext
    ) -> Mapping[ProductKey, Product | AdapterError]:
        """One request for 100 keys of any kind."""
        answers: dict[ProductKey, Product | AdapterError] = {}
        for chunk in chunks(keys, KEYS_A_REQUEST):
            terms = self._terms(chunk, await self._codes_of(chunk, call))
            if not terms:
                continue
            domain = [*self._sold(), *["|"] * (len(terms) - 1), *terms]
            found = await self._read(domain, context, call, GET_PRODUCTS)
            for key in chunk:
                same = [product for product, row in found if self._meets(key, product, row)]
                bearers = sum(self._bearers(key, product) for product in same)
                if bearers > 1:
                    answers[key] = AmbiguousKey(source=self.name)
                elif same:
                    answers[key] = same[0]
        return answers

    def _sold(self) -> list[Any]:
        """Archived ones are hidden by Odoo itself."""
        published = [["is_published", "=", True]] if self.config.website else []
        return [["sale_ok", "=", True], *published]

    async def _codes_of(self, keys: Sequence[ProductKey], call: CallContext) -> list[str]:
        skus = [key.value for key in keys if key.kind is ProductKeyKind.SKU]
        return await self.codes(skus, call) if skus else []

    def _terms(self, keys: Sequence[ProductKey], skus: Sequence[str]) -> list[Any]:
        barcodes = [form for key in keys if key.kind is ProductKeyKind.BARCODE for form in gtin_forms(key.value)]
        ids = {found for key in keys if (found := self._id_in(key)) is not None}
        terms: list[Any] = []
        if skus:
            terms.append([f"product_variant_ids.{self.sku_field}", "in", list(skus)])
        if barcodes:
            terms.append(["product_variant_ids.barcode", "in", barcodes])
        if ids:
            terms.append(["id", "in", sorted(ids)])
        return terms

    def _id_in(self, key: ProductKey) -> int | None:
        """Also in a slug: `mug-1-100` is template 100. Slugs come with the website module only."""
        if key.kind is ProductKeyKind.NATIVE:
            return record_id(key.value)
        if key.kind is ProductKeyKind.SLUG and self.config.website:
            return record_id(key.value.rpartition("-")[2])
        return None

    def _meets(self, key: ProductKey, product: Product, row: TemplateRow) -> bool:
        match key.kind:
            case ProductKeyKind.NATIVE:
                return product.ref.id == key.value
            case ProductKeyKind.SLUG:
                return same_slug(key.value, product.slug)
            case _:
                return self._bearers(key, product) > 0

    def _bearers(self, key: ProductKey, product: Product) -> int:
        if key.kind is ProductKeyKind.SKU:
            return sum(self.env.key_rule.same(key.value, variant.sku) for variant in product.variants)
        if key.kind is ProductKeyKind.BARCODE:
            return sum((gtin14(key.value) or key.value) in variant.gtins for variant in product.variants)
        return 1

    async def list_products(self, query: ProductQuery, context: ContextView, call: CallContext) -> ProductPage:
        """By id, from the last one on."""
        if query.collection is not None:
            return ProductPage((), (), has_next=False)
        domain = self._sold()
        if query.category is not None:
            category = record_id(query.category)
            if category is None:
                return ProductPage((), (), has_next=False)
            domain.append(["categ_id", "child_of", category])
        if query.after is not None:
            last = record_id(query.after)
            if last is None:
                raise InvalidCursor("this is not a position in a list of products")
            domain.append(["id", ">", last])
        found = await self._read(domain, context, call, LIST_PRODUCTS, limit=query.first + 1)
        page = found[: query.first]
        return ProductPage(
            products=tuple(product for product, _ in page),
            positions=tuple(product.ref.id for product, _ in page),
            has_next=len(found) > query.first,
        )

    async def _read(
        self, domain: list[Any], context: ContextView, call: CallContext, operation: str, limit: int | None = None
    ) -> list[tuple[Product, TemplateRow]]:
        """In another language than the records', they are read twice: Odoo fills in missing translations without a
        word, and only the comparison tells which texts are translated."""
        asked = self.config.odoo_language(context.language)
        row = template_row(website=self.config.website, images=self.config.images)

        async def read(language: str) -> tuple[TemplateRow, ...]:
            return await self.client.search(
                row,
                "product.template",
                domain,
                call,
                operation=operation,
                order="id",
                limit=limit,
                context={"lang": language, "bin_size": True},
                max_response_bytes=PRODUCTS_SIZE,
            )

        rows = await read(asked)
        own = {one.id: one for one in (await read(self.config.language) if asked != self.config.language else rows)}
        texts = Texts(self.config.language_tag(asked), self.config.language_tag(self.config.language))
        freshness = self.freshness()
        address = self.env.url if self.config.images else None
        return [
            (product_of(one, own.get(one.id, one), texts, self.name, freshness, self.sku_field, address), one)
            for one in rows
        ]

    async def list_categories(self, query: None, context: ContextView, call: CallContext) -> tuple[Category, ...]:
        """Read twice in another language than the records', as products are."""
        asked = self.config.odoo_language(context.language)

        async def read(language: str) -> tuple[CategoryRow, ...]:
            return await self.client.search(
                CategoryRow, "product.category", [], call, operation=LIST_CATEGORIES, context={"lang": language}
            )

        rows = await read(asked)
        own = {one.id: one for one in (await read(self.config.language) if asked != self.config.language else rows)}
        texts = Texts(self.config.language_tag(asked), self.config.language_tag(self.config.language))
        freshness = self.freshness()
        return tuple(
            Category(
                key=str(row.id),
                name=texts.of(text(row.name), text(own.get(row.id, row).name)) or Text("", texts.own),
                freshness=freshness,
                parent=str(parent) if (parent := link(row.parent_id)) is not None else None,
                position=place,
            )
            for place, row in enumerate(rows)
        )
