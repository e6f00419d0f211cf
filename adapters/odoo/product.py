"""CatalogPort and CategoryPort: templates with their variants, for retailers whose Odoo is the product's system of
record."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from html import unescape
from typing import Any, TypeVar

from msgspec import Struct, defstruct

from adapters.odoo.client import OdooClient
from adapters.odoo.config import OdooConfig
from adapters.odoo.values import CodeRow, Empty, Named, Row, any_of, link, moment, record, record_id, text
from adapters.odoo.variants import Variants
from gateway.errors import AdapterError, AmbiguousKey, InvalidCursor
from gateway.kit.concurrency import in_chunks
from gateway.kit.keyed import by_kind
from gateway.kit.readings import Reading
from gateway.model.catalog import (
    Category,
    Image,
    Product,
    ProductKey,
    ProductKeyKind,
    ProductOption,
    ProductPage,
    ProductQuery,
    SelectedOption,
    Variant,
)
from gateway.model.context import CallContext, ContextView
from gateway.model.identity import canonical_key, gtin14, gtin_forms, same_slug
from gateway.model.text import Text
from gateway.ports.manifest import AdapterEnvironment

KEYS_A_REQUEST = 100
_MARKUP = re.compile(r"<[^>]*>")


class _AttributeValue(Row, frozen=True):
    name: str | Empty
    attribute_id: Named | Empty


class _AttributeLine(Row, frozen=True):
    attribute_id: Named | Empty
    value_ids: tuple[Named, ...]


class _VariantRow(CodeRow, frozen=True):
    product_template_attribute_value_ids: tuple[_AttributeValue, ...]


class TemplateRow(Row, frozen=True):
    name: str | Empty
    description_sale: str | Empty
    categ_id: int | Empty
    write_date: str | Empty
    taxes_id: tuple[int, ...]
    product_tag_ids: tuple[Named, ...]
    attribute_line_ids: tuple[_AttributeLine, ...]
    product_variant_ids: tuple[_VariantRow, ...]


class CategoryRow(Row, frozen=True):
    name: str | Empty
    parent_id: int | Empty


@lru_cache(maxsize=4)
def template_row(*, website: bool, images: bool) -> type[TemplateRow]:
    """With the fields of what is installed: asking for another is an error of the whole call."""
    more: list[tuple[str, Any]] = []
    if website:
        more.append(("website_url", str | Empty))
    if images:
        more.append(("image_1920", str | Empty))  # with `bin_size` in the context, its size in words
    return defstruct("TemplateRow", more, bases=(TemplateRow,), frozen=True)  # pyright: ignore[reportReturnType]


class Texts(Struct, frozen=True):
    """The asked language and the records' own, as BCP 47 tags."""

    asked: str
    own: str

    def of(self, asked: str | None, own: str | None) -> Text | None:
        """A text that equals the original is the original: Odoo does not say which texts it translated."""
        if asked is None:
            return None
        return Text(asked, self.asked if asked != own or self.asked == self.own else self.own)


R = TypeVar("R", TemplateRow, CategoryRow)


class Catalog:
    def __init__(self, env: AdapterEnvironment[OdooConfig], client: OdooClient, variants: Variants) -> None:
        self._env = env
        self._config = env.config
        self._client = client
        self._variants = variants

    def forget(self, tags: Sequence[str]) -> None:
        self._variants.forget(tags)

    async def get_products(
        self, keys: Sequence[ProductKey], context: ContextView, call: CallContext
    ) -> Mapping[ProductKey, Product | AdapterError]:
        """One request for 100 keys of any kind."""

        async def ask(some: Sequence[ProductKey]) -> Mapping[ProductKey, Product | AdapterError]:
            terms = await self._terms(some, call)
            products = await self._read([*self._sold(), *any_of(terms)], context, call) if terms else []
            answers: dict[ProductKey, Product | AdapterError] = {}
            for key in some:
                borne = [(product, times) for product, own in products if (times := self._bearers(key, product, own))]
                if sum(times for _, times in borne) > 1:
                    answers[key] = AmbiguousKey(source=self._env.name)
                elif borne:
                    answers[key] = borne[0][0]
            return answers

        return await in_chunks(keys, KEYS_A_REQUEST, ask)

    def _sold(self) -> list[Any]:
        """Archived ones are hidden by Odoo itself."""
        published = [["is_published", "=", True]] if self._config.website else []
        return [["sale_ok", "=", True], *published]

    async def _terms(self, keys: Sequence[ProductKey], call: CallContext) -> list[Any]:
        asked = by_kind(keys)
        wanted = asked[ProductKeyKind.SKU]
        skus = await self._variants.codes(wanted, call) if wanted else []
        barcodes = [form for barcode in asked[ProductKeyKind.BARCODE] for form in gtin_forms(barcode)]
        ids = {found for key in keys if (found := self._id_in(key)) is not None}
        terms = (
            (f"product_variant_ids.{self._variants.sku_field}", skus),
            ("product_variant_ids.barcode", barcodes),
            ("id", sorted(ids)),
        )
        return [[field, "in", values] for field, values in terms if values]

    def _id_in(self, key: ProductKey) -> int | None:
        """Also in a slug: `mug-1-100` is template 100. Slugs come with the website module only."""
        if key.kind is ProductKeyKind.NATIVE:
            return record_id(key.value)
        if key.kind is ProductKeyKind.SLUG and self._config.website:
            return record_id(key.value.rpartition("-")[2])
        return None

    def _bearers(self, key: ProductKey, product: Product, own_slug: str | None) -> int:
        """How often the product bears the key: by each of its variants, or itself. Odoo makes a slug of the name in
        each language; the one of the name as it was written leads there in all of them."""
        match key.kind:
            case ProductKeyKind.SKU:
                return sum(self._env.key_rule.same(key.value, variant.sku) for variant in product.variants)
            case ProductKeyKind.BARCODE:
                return sum((gtin14(key.value) or key.value) in variant.gtins for variant in product.variants)
            case ProductKeyKind.NATIVE:
                return int(product.ref.id == key.value)
            case ProductKeyKind.SLUG:
                return int(same_slug(key.value, product.slug, own_slug))

    async def list_products(self, query: ProductQuery, context: ContextView, call: CallContext) -> ProductPage:
        """By id, from the last one on."""
        category = record_id(query.category) if query.category is not None else None
        if query.collection is not None or (query.category is not None and category is None):
            return ProductPage((), (), has_next=False)
        domain = self._sold()
        if category is not None:
            domain.append(["categ_id", "child_of", category])
        if query.after is not None:
            last = record_id(query.after)
            if last is None:
                raise InvalidCursor("this is not a position in a list of products")
            domain.append(["id", ">", last])
        found = await self._read(domain, context, call, limit=query.first + 1)
        page = tuple(product for product, _ in found[: query.first])
        return ProductPage(page, tuple(product.ref.id for product in page), has_next=len(found) > query.first)

    async def _read(
        self, domain: list[Any], context: ContextView, call: CallContext, limit: int | None = None
    ) -> list[tuple[Product, str | None]]:
        """Each with the slug of its name as it was written."""
        row = template_row(website=self._config.website, images=self._config.images)
        rows, texts = await self._twice(row, "product.template", domain, context, call, order="id", limit=limit)
        reading = Reading.now(self._env)
        address = self._env.url if self._config.images else None
        return [(product_of(one, own, texts, reading, self._variants, address), slug_in(own)) for one, own in rows]

    async def list_categories(self, query: None, context: ContextView, call: CallContext) -> tuple[Category, ...]:
        rows, texts = await self._twice(CategoryRow, "product.category", [], context, call)
        freshness = Reading.now(self._env).freshness
        return tuple(
            Category(
                key=str(row.id),
                name=texts.of(text(row.name), text(own.name)) or Text("", texts.own),
                freshness=freshness,
                parent=str(parent) if (parent := link(row.parent_id)) is not None else None,
                position=place,
            )
            for place, (row, own) in enumerate(rows)
        )

    async def _twice(
        self, row: type[R], model: str, domain: list[Any], context: ContextView, call: CallContext, **how: Any
    ) -> tuple[list[tuple[R, R]], Texts]:
        """Each in the asked language, and as it was written. In another language than the records', they are read
        twice: Odoo fills in missing translations without a word, and only the comparison tells which texts are
        translated."""
        asked, written = self._config.odoo_language(context.language), self._config.language

        async def read(language: str) -> tuple[R, ...]:
            said = {"lang": language, "bin_size": True}
            return await self._client.search(row, model, domain, call, context=said, **how)

        rows = await read(asked)
        own = {one.id: one for one in (await read(written) if asked != written else rows)}
        texts = Texts(self._config.language_tag(asked), self._config.language_tag(written))
        return [(one, own.get(one.id, one)) for one in rows], texts


def product_of(
    row: TemplateRow, own: TemplateRow, texts: Texts, reading: Reading, variants: Variants, image_address: str | None
) -> Product:
    """`own`: the same as it was written; `image_address`: where pictures are served, if they are."""
    ref = reading.ref(str(row.id))
    title = texts.of(text(row.name), text(own.name)) or Text("", texts.own)
    as_written = {variant.id: variant for variant in own.product_variant_ids}
    has_image = image_address is not None and bool(text(getattr(row, "image_1920", False)))
    image = Image(f"{image_address}/web/image/product.template/{row.id}/image_1920") if has_image else None

    def variant_of(variant: _VariantRow) -> Variant:
        barcode = text(variant.barcode)
        gtin = gtin14(barcode) if barcode else None
        return Variant(
            ref=reading.ref(str(variant.id)),
            product=ref,
            sku=canonical_key(variants.sku_of(variant) or "") or None,
            title=texts.of(_chosen(variant), _chosen(as_written.get(variant.id))) or title,
            freshness=reading.freshness,
            options=tuple(
                SelectedOption(_name(record(value.attribute_id)), text(value.name) or "")
                for value in variant.product_template_attribute_value_ids
            ),
            gtins=(gtin,) if gtin else (),
            taxable=bool(row.taxes_id),
        )

    return Product(
        ref=ref,
        title=title,
        freshness=reading.freshness,
        slug=slug_in(row),
        description=texts.of(_plain(row.description_sale), _plain(own.description_sale)),
        tags=tuple(name for tag in row.product_tag_ids if (name := text(tag.name))),
        options=tuple(
            ProductOption(_name(record(line.attribute_id)), tuple(map(_name, line.value_ids)))
            for line in row.attribute_line_ids
        ),
        variants=tuple(map(variant_of, sorted(row.product_variant_ids, key=_display_order(row)))),
        media=(image,) if image is not None else (),
        category_keys=(str(row.categ_id),) if row.categ_id else (),
        updated_at=moment(row.write_date),
    )


def slug_in(row: TemplateRow) -> str | None:
    """The last part of the product's address; None without the website module."""
    address = text(getattr(row, "website_url", False))
    return address.rpartition("/")[2] if address else None


def _name(named: Named | None) -> str:
    return (text(named.name) if named is not None else None) or ""


def _chosen(row: _VariantRow | None) -> str | None:
    """What tells a variant from its siblings, in words; None for the only one."""
    if row is None:
        return None
    return ", ".join(text(value.name) or "" for value in row.product_template_attribute_value_ids) or None


def _display_order(row: TemplateRow) -> Callable[[_VariantRow], tuple[int, ...]]:
    """As the template lists its options' values: Odoo answers variants by code."""
    names = [text(value.name) for line in row.attribute_line_ids for value in line.value_ids]
    places = {name: place for place, name in enumerate(names)}

    def order(variant: _VariantRow) -> tuple[int, ...]:
        chosen = [text(value.name) for value in variant.product_template_attribute_value_ids]
        return tuple(sorted(places.get(name, len(places)) for name in chosen))

    return order


def _plain(value: str | bool) -> str | None:
    written = text(value)
    return unescape(_MARKUP.sub(" ", written)).strip() if written else None
