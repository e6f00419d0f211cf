"""The assortment: forty kinds in five series, three variants each, with codes, texts and media."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache

from msgspec import Struct
from msgspec.structs import replace

from gateway.demo.retailer import disagreements as planted
from gateway.demo.retailer.vocabulary import AXES, CATEGORIES, KINDS, LANGUAGES, SERIES, Axis, description, title
from gateway.model.catalog import (
    Category,
    Collection,
    Image,
    Measurement,
    Media,
    Model3d,
    Model3dSource,
    Product,
    ProductOption,
    SelectedOption,
    Variant,
    Video,
)
from gateway.model.freshness import Freshness
from gateway.model.identity import NativeRef, gtin14
from gateway.model.text import Text
from gateway.testing.sandbox import SeedTranslation

SEED = "northlight-2026"
"""The one seed of everything that is drawn."""
NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
"""The retailer's idea of today: orders and movements lie before it."""
SEEN = Freshness("seed", NOW)
MEDIA_HOST = "http://127.0.0.1:8000"
"""Where pictures are drawn, unless somebody knows better: what serves `gateway.demo.site.media_routes`."""
FIRST_VARIANT = 42001
REFERENCE = {"g": 100, "mL": 100}


class Item(Struct, frozen=True):
    """One variant as the retailer's buyers think of it, before any system has got it wrong. `number` counts from 0 over
    all variants; `gross` is the price in pounds with tax."""

    number: int
    sku: str
    product: str
    title: str
    slug: str
    gross: Decimal


class Assortment(Struct, frozen=True):
    items: tuple[Item, ...]
    products: tuple[Product, ...]
    translations: tuple[SeedTranslation, ...]
    categories: tuple[Category, ...]
    collections: tuple[Collection, ...]


@cache
def assortment(media_host: str = MEDIA_HOST) -> Assortment:
    """`media_host` is the origin of every picture's address."""
    at = f"{media_host}/demo/media"
    items: list[Item] = []
    products: list[Product] = []
    translations: list[SeedTranslation] = []
    for row, kind in enumerate(KINDS):
        axis = AXES[kind.axis]
        for column, series in enumerate(SERIES):
            index = row * len(SERIES) + column
            name = title(kind, series, "en")
            slug = name.lower().replace("'", "").replace(" ", "-")
            product = str(7001 + index)
            step = Decimal(kind.price) * (100 + 4 * column) / 100
            for place, ((code, label), factor) in enumerate(zip(axis.values, axis.factors, strict=True)):
                gross = charm(step * Decimal(factor))
                items.append(
                    Item(
                        index * 3 + place, f"{kind.code}-{series.code}-{code}", product, f"{name} {label}", slug, gross
                    )
                )
            products.append(
                Product(
                    NativeRef("seed", product),
                    Text(name, "en"),
                    SEEN,
                    slug=slug,
                    description=Text(description(kind, series, "en"), "en"),
                    brand=kind.brand,
                    product_type=kind.name.en,
                    tags=(series.name.en.lower(), kind.category),
                    options=(ProductOption(axis.option, tuple(label for _, label in axis.values)),),
                    variants=_variants(items[-3:], product, axis),
                    media=_media(at, slug, name, index),
                    category_keys=(kind.category,),
                    collection_keys=(series.name.en.lower(),),
                    updated_at=NOW - timedelta(hours=index),
                )
            )
            translations += (
                SeedTranslation(product, language, title(kind, series, language), description(kind, series, language))
                for language in LANGUAGES
                if language != "en"
            )
    return Assortment(
        tuple(items),
        tuple(products),
        tuple(translations),
        tuple(
            Category(key, Text(name.en, "en"), SEEN, slug=key, parent=parent, position=place)
            for place, (key, (parent, name)) in enumerate(CATEGORIES.items())
        ),
        tuple(
            Collection(
                series.name.en.lower(),
                Text(series.name.en, "en"),
                SEEN,
                slug=series.name.en.lower(),
                description=Text(series.mood.en, "en"),
                image=Image(f"{at}/{series.name.en.lower()}.svg", series.name.en, 800, 800),
            )
            for series in SERIES
        ),
    )


@cache
def sold_items() -> tuple[Item, ...]:
    """Items by the codes the retailer really wrote; the one without a code is priced and counted nowhere."""
    written = {
        int(variant.ref.id) - FIRST_VARIANT: variant.sku
        for product in assortment().products
        for variant in product.variants
    }
    return tuple(replace(item, sku=sku) for item in assortment().items if (sku := written[item.number]) is not None)


def charm(amount: Decimal) -> Decimal:
    """The price on the tag: steps of fifty pence, at least fifty."""
    return max((amount * 2).quantize(Decimal(1)) / 2, Decimal("0.50")).quantize(Decimal("0.01"))


def gtin(number: int) -> str:
    """GTIN-13 in the range GS1 keeps for codes that leave no company (prefix 20 to 29), as 14 digits."""
    body = f"29{number + 1:010}"
    return next(code for digit in "0123456789" if (code := gtin14(body + digit)) is not None)


def _variants(items: list[Item], product: str, axis: Axis) -> tuple[Variant, ...]:
    return tuple(
        Variant(
            NativeRef("seed", str(FIRST_VARIANT + item.number)),
            NativeRef("seed", product),
            _sku(item),
            Text(label, "en"),
            SEEN,
            options=(SelectedOption(axis.option, label),),
            gtins=(gtin(item.number),),
            measurement=_measurement(axis, place),
            taxable=True,
        )
        for place, (item, (_, label)) in enumerate(zip(items, axis.values, strict=True))
    )


def _sku(item: Item) -> str | None:
    """As the retailer wrote it: one variant got no code at all, another's differs from its sister's only by case."""
    if item.slug == planted.MISSING_SKU_PRODUCT and item.sku.endswith("P6"):
        return None
    return planted.CASE_LOWER_SKU if item.sku == "PUZ-FRO-M" else item.sku


def _measurement(axis: Axis, place: int) -> Measurement | None:
    if not axis.contents:
        return None
    return Measurement(Decimal(axis.contents[place]), axis.unit, Decimal(REFERENCE[axis.unit]), axis.unit)


def _media(at: str, slug: str, name: str, index: int) -> tuple[Media, ...]:
    """A picture each; every tenth product has a film, every twentieth a model for augmented reality."""
    media: list[Media] = [Image(f"{at}/{slug}.svg", name, 800, 800)]
    if index % 10 == 0:
        media.append(Video(f"{at}/{slug}.mp4", f"{name}, turning", "video/mp4"))
    if index % 20 == 0:
        sources = (
            Model3dSource(f"{at}/{slug}.glb", "model/gltf-binary"),
            Model3dSource(f"{at}/{slug}.usdz", "model/vnd.usdz+zip"),
        )
        media.append(Model3d(f"{name} in your room", sources))
    return tuple(media)
