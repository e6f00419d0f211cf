"""What Odoo answers about templates and variants, and the products they stand for."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from html import unescape
from typing import Any

from msgspec import Struct, defstruct

from adapters.odoo.values import Empty, moment, record, text
from adapters.odoo.variants import CodeRow, Variants
from gateway.kit.readings import Reading
from gateway.model.catalog import Image, Product, ProductOption, SelectedOption, Variant
from gateway.model.identity import canonical_key, gtin14
from gateway.model.text import Text

_MARKUP = re.compile(r"<[^>]*>")


class _Named(Struct, frozen=True):
    id: int
    name: str | Empty


class _AttributeValue(Struct, frozen=True):
    id: int
    name: str | Empty
    attribute_id: _Named | Empty


class _AttributeLine(Struct, frozen=True):
    id: int
    attribute_id: _Named | Empty
    value_ids: tuple[_Named, ...]


class _VariantRow(CodeRow, frozen=True):
    product_template_attribute_value_ids: tuple[_AttributeValue, ...]


class TemplateRow(Struct, frozen=True):
    id: int
    name: str | Empty
    description_sale: str | Empty
    categ_id: int | Empty
    write_date: str | Empty
    taxes_id: tuple[int, ...]
    product_tag_ids: tuple[_Named, ...]
    attribute_line_ids: tuple[_AttributeLine, ...]
    product_variant_ids: tuple[_VariantRow, ...]


class CategoryRow(Struct, frozen=True):
    id: int
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


def product_of(
    row: TemplateRow, own: TemplateRow, texts: Texts, reading: Reading, variants: Variants, image_address: str | None
) -> Product:
    """`own`: the same as it was written; `image_address`: where pictures are served, if they are."""
    ref = reading.ref(str(row.id))
    title = texts.of(text(row.name), text(own.name)) or Text("", texts.own)
    as_written = {variant.id: variant for variant in own.product_variant_ids}
    website = text(getattr(row, "website_url", False))
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
        slug=website.rpartition("/")[2] if website else None,
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


def _name(named: _Named | None) -> str:
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
