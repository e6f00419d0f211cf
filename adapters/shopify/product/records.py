"""Catalogue answers to the gateway's records. Pure functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from adapters.shopify.product import rows
from adapters.shopify.shapes import measurement
from gateway.kit.moments import utc
from gateway.model.catalog import (
    Collection,
    Image,
    Media,
    Model3d,
    Model3dSource,
    Product,
    ProductOption,
    ProductStatus,
    SelectedOption,
    Variant,
    Video,
)
from gateway.model.freshness import Freshness
from gateway.model.identity import NativeRef, canonical_key, gtin14
from gateway.model.text import Text

DEFAULT_OPTION = "Title"
DEFAULT_VALUE = "Default Title"
"""What the vendor writes for a product without options."""

_STATUS = {"ACTIVE": ProductStatus.ACTIVE, "DRAFT": ProductStatus.DRAFT, "ARCHIVED": ProductStatus.ARCHIVED}


def image(found: rows.Image | None, alt: str | None = None) -> Image | None:
    return Image(found.url, found.alt_text or alt, found.width, found.height) if found else None


def _media(found: rows.Media) -> Media | None:
    alt = found.alt or None
    if found.kind == "MediaImage":
        return image(found.image, alt)
    if found.kind == "Model3d":
        return Model3d(alt, tuple(Model3dSource(source.url, source.mime_type) for source in found.sources))
    if found.kind == "Video" and found.sources:
        return Video(found.sources[0].url, alt, found.sources[0].mime_type)
    return None


class Texts(Struct, frozen=True):
    """The language a product is shown in, and its texts in the shop's `own`: a text that equals its original is the
    original, because the vendor fills in for missing translations without a word."""

    shown: str
    own: str
    originals: frozenset[str] = frozenset()

    @classmethod
    def beside(cls, shown: str, own: str, texts: rows.ProductTexts | None) -> Texts:
        """`texts` are the originals; None where it is shown in the shop's own language."""
        if texts is None:
            return cls(shown, shown)
        values = (value.name for option in texts.options for value in option.option_values)
        return cls(shown, own, frozenset((texts.title, texts.description, *values)))

    def of(self, text: str) -> Text:
        return Text(text, self.own if text in self.originals else self.shown)

    def of_options(self, title: str, options: Sequence[SelectedOption]) -> Text:
        return Text(title, self.own if all(option.value in self.originals for option in options) else self.shown)


def variant(found: rows.Variant, parent: rows.Product, backend: str, texts: Texts, freshness: Freshness) -> Variant:
    options = tuple(
        SelectedOption(option.name, option.value)
        for option in found.selected_options
        if (option.name, option.value) != (DEFAULT_OPTION, DEFAULT_VALUE)
    )
    gtin = gtin14(found.barcode) if found.barcode else None
    own_image, rule = image(found.image), found.quantity_rule
    return Variant(
        ref=NativeRef(backend, found.id),
        product=NativeRef(backend, parent.id),
        sku=canonical_key(found.sku or "") or None,
        title=texts.of_options(found.title, options) if options else texts.of(parent.title),
        freshness=freshness,
        options=options,
        gtins=(gtin,) if gtin else (),
        media=(own_image,) if own_image else (),
        measurement=measurement(found.unit_price_measurement),
        taxable=found.taxable,
        least=rule.minimum if rule is not None and rule.minimum > 1 else None,
        most=None if rule is None else rule.maximum,
    )


def product(
    found: rows.Product,
    variants: Sequence[rows.Variant],
    *,
    backend: str,
    texts: Texts,
    freshness: Freshness,
    categories: Mapping[str, str | None],
) -> Product:
    """`variants` are all of them, also those beyond the first page; `categories` the handles in the category menu with
    their parents: a product in Mugs and in Kitchen above it is in Mugs."""
    handles = [collection.handle for collection in found.collections.nodes]
    above = {parent for handle in handles for parent in _above(handle, categories)}
    options = tuple(
        ProductOption(option.name, tuple(value.name for value in option.option_values))
        for option in found.options
        if [value.name for value in option.option_values] != [DEFAULT_VALUE]
    )
    return Product(
        ref=NativeRef(backend, found.id),
        title=texts.of(found.title),
        freshness=freshness,
        slug=found.handle,
        description=texts.of(found.description) if found.description else None,
        brand=found.vendor or None,
        product_type=found.product_type or None,
        tags=tuple(found.tags),
        options=options,
        variants=tuple(variant(each, found, backend, texts, freshness) for each in variants),
        media=tuple(media for each in found.media.nodes if (media := _media(each))),
        category_keys=tuple(handle for handle in handles if handle in categories and handle not in above),
        collection_keys=tuple(handle for handle in handles if handle not in categories),
        status=_STATUS.get(found.status, ProductStatus.ACTIVE),
        updated_at=utc(found.updated_at),
    )


def _above(handle: str, categories: Mapping[str, str | None]) -> Iterator[str]:
    """A menu is a tree in which every collection stands once, so this ends."""
    parent = categories.get(handle)
    while parent is not None:
        yield parent
        parent = categories.get(parent)


def collection(found: rows.Collection, texts: Texts, freshness: Freshness) -> Collection:
    return Collection(
        key=found.handle,
        name=texts.of(found.title),
        freshness=freshness,
        slug=found.handle,
        description=texts.of(found.description) if found.description else None,
        image=image(found.image),
    )
