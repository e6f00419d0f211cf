"""Items and their variations to products."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct

from adapters.square.catalog import CatalogObject, ItemData, VariationData
from gateway.kit.moments import utc
from gateway.model.catalog import (
    Image,
    Media,
    Product,
    ProductOption,
    ProductStatus,
    SelectedOption,
    Variant,
)
from gateway.model.freshness import Freshness
from gateway.model.identity import NativeRef, canonical_key, gtin14
from gateway.model.text import Text


class OptionNames(Struct, frozen=True):
    """An option's name as customers see it, and its values' names in display order, by id."""

    name: str
    values: dict[str, str]


Options = Mapping[str, OptionNames]


def option_names(entry: CatalogObject) -> OptionNames | None:
    data = entry.item_option_data
    if data is None:
        return None
    values = [(each.id, each.item_option_value_data) for each in data.values or ()]
    ordered = sorted(values, key=lambda pair: (pair[1].ordinal or 0) if pair[1] else 0)
    names = {value_id: value.name or "" for value_id, value in ordered if value}
    return OptionNames(data.display_name or data.name or "", names)


def product(
    entry: CatalogObject,
    images: Mapping[str, CatalogObject],
    options: Options,
    language: str,
    freshness: Freshness,
) -> Product:
    """Square has no slugs, brands or translations; its descriptions come as HTML and as the plain text used here."""
    item = entry.item_data or ItemData()
    ref = NativeRef(freshness.source, entry.id)
    living = [each for each in item.variations or () if not each.is_deleted]
    living.sort(key=lambda each: (each.item_variation_data or VariationData()).ordinal or 0)
    text = item.description_plaintext or item.description
    return Product(
        ref=ref,
        title=Text(item.name or "", language),
        freshness=freshness,
        description=Text(text, language) if text else None,
        options=tuple(_options(item, living, options)),
        variants=tuple(_variant(each, ref, item, images, options, language, freshness) for each in living),
        media=_media(item.image_ids, images),
        category_keys=_categories(item),
        status=ProductStatus.ARCHIVED if item.is_archived else ProductStatus.ACTIVE,
        updated_at=utc(entry.updated_at),
    )


def image_ids(items: Iterable[CatalogObject]) -> list[str]:
    """Every image an item or one of its variations shows."""
    ids: dict[str, None] = {}
    for entry in items:
        item = entry.item_data or ItemData()
        ids.update(dict.fromkeys(item.image_ids or ()))
        for each in item.variations or ():
            ids.update(dict.fromkeys((each.item_variation_data or VariationData()).image_ids or ()))
    return list(ids)


def _variant(
    entry: CatalogObject,
    parent: NativeRef,
    item: ItemData,
    images: Mapping[str, CatalogObject],
    options: Options,
    language: str,
    freshness: Freshness,
) -> Variant:
    data = entry.item_variation_data or VariationData()
    code = gtin14(data.upc) if data.upc else None
    return Variant(
        ref=NativeRef(freshness.source, entry.id),
        product=parent,
        sku=canonical_key(data.sku) or None if data.sku else None,
        title=Text(data.name or "", language),
        freshness=freshness,
        options=tuple(_chosen(data, options)),
        gtins=(code,) if code else (),
        media=_media(data.image_ids, images),
        taxable=item.is_taxable,
    )


def _chosen(data: VariationData, options: Options) -> Iterable[SelectedOption]:
    for each in data.item_option_values or ():
        option = options.get(each.item_option_id or "")
        value = option.values.get(each.item_option_value_id or "") if option else None
        if option and value:
            yield SelectedOption(option.name, value)


def _options(item: ItemData, living: Iterable[CatalogObject], options: Options) -> Iterable[ProductOption]:
    """An option is shared by many items: only the values this item has are shown."""
    used = {
        each.item_option_value_id
        for entry in living
        for each in (entry.item_variation_data or VariationData()).item_option_values or ()
    }
    for each in item.item_options or ():
        option = options.get(each.item_option_id or "")
        if option:
            yield ProductOption(option.name, tuple(name for value, name in option.values.items() if value in used))


def _media(ids: Iterable[str] | None, images: Mapping[str, CatalogObject]) -> tuple[Media, ...]:
    shown = (images[each].image_data for each in ids or () if each in images)
    return tuple(Image(data.url, data.caption) for data in shown if data and data.url)


def _categories(item: ItemData) -> tuple[str, ...]:
    keys = [each.id for each in item.categories or () if each.id]
    return tuple(keys or ([item.category_id] if item.category_id else []))
