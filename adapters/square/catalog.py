"""Catalogue objects, and the requests that find them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from adapters.square.client import SquareClient
from adapters.square.rows import Answer, Instant, WireMoney
from gateway.kit.keyed import chunks
from gateway.model.context import CallContext

OBJECTS_PER_READ = 1_000


class LocationOverride(Struct, frozen=True):
    """What differs at one location. No `price_money` under VARIABLE_PRICING."""

    location_id: str | None = None
    price_money: WireMoney | None = None
    pricing_type: str | None = None
    track_inventory: bool | None = None
    sold_out: bool | None = None
    sold_out_valid_until: Instant | None = None


class ChosenOption(Struct, frozen=True):
    item_option_id: str | None = None
    item_option_value_id: str | None = None


class VariationData(Struct, frozen=True):
    item_id: str | None = None
    name: str | None = None
    sku: str | None = None
    upc: str | None = None
    ordinal: int | None = None
    pricing_type: str | None = None
    price_money: WireMoney | None = None
    location_overrides: tuple[LocationOverride, ...] | None = None
    track_inventory: bool | None = None
    item_option_values: tuple[ChosenOption, ...] | None = None
    image_ids: tuple[str, ...] | None = None


class CategoryRef(Struct, frozen=True):
    id: str | None = None
    ordinal: int | None = None


class ItemData(Struct, frozen=True):
    """`category_id` is the older, single category."""

    name: str | None = None
    description_plaintext: str | None = None
    description: str | None = None
    is_taxable: bool | None = None
    tax_ids: tuple[str, ...] | None = None
    categories: tuple[CategoryRef, ...] | None = None
    category_id: str | None = None
    variations: tuple[CatalogObject, ...] | None = None
    item_options: tuple[ChosenOption, ...] | None = None
    image_ids: tuple[str, ...] | None = None
    is_archived: bool | None = None


class CategoryData(Struct, frozen=True):
    name: str | None = None
    category_type: str | None = None
    parent_category: CategoryRef | None = None


class TaxData(Struct, frozen=True):
    inclusion_type: str | None = None
    enabled: bool | None = None


class ImageData(Struct, frozen=True):
    url: str | None = None
    caption: str | None = None


class OptionData(Struct, frozen=True):
    name: str | None = None
    display_name: str | None = None
    values: tuple[CatalogObject, ...] | None = None


class OptionValueData(Struct, frozen=True):
    name: str | None = None
    ordinal: int | None = None


class CatalogObject(Struct, frozen=True):
    """`present_at_all_locations` is true unless said otherwise."""

    type: str
    id: str
    updated_at: Instant | None = None
    is_deleted: bool | None = None
    present_at_all_locations: bool | None = None
    present_at_location_ids: tuple[str, ...] | None = None
    absent_at_location_ids: tuple[str, ...] | None = None
    item_data: ItemData | None = None
    item_variation_data: VariationData | None = None
    category_data: CategoryData | None = None
    tax_data: TaxData | None = None
    image_data: ImageData | None = None
    item_option_data: OptionData | None = None
    item_option_value_data: OptionValueData | None = None

    def present_at(self, location: str) -> bool:
        """Whether this object is sold at that location at all."""
        if self.present_at_all_locations is False:
            return location in (self.present_at_location_ids or ())
        return location not in (self.absent_at_location_ids or ())


class CatalogAnswer(Answer, frozen=True, kw_only=True):
    """Of catalog/search, catalog/batch-retrieve and catalog/list."""

    objects: tuple[CatalogObject, ...] | None = None
    related_objects: tuple[CatalogObject, ...] | None = None


class ItemsAnswer(Answer, frozen=True, kw_only=True):
    """Of catalog/search-catalog-items."""

    items: tuple[CatalogObject, ...] | None = None


Objects = dict[str, CatalogObject]
"""By id."""


async def retrieved(
    client: SquareClient, ids: Sequence[str], call: CallContext, *, related: bool = False, deleted: bool = False
) -> tuple[Objects, Objects]:
    """Objects, and what they are `related` to (items of variations, images of items); `deleted` ones too, so that they
    can be told from unknown ones."""
    found: Objects = {}
    around: Objects = {}
    for batch in chunks(ids, OBJECTS_PER_READ):
        body = {"object_ids": batch, "include_related_objects": related, "include_deleted_objects": deleted}
        answer = await client.post("/v2/catalog/batch-retrieve", body, CatalogAnswer, call)
        found.update({each.id: each for each in answer.objects or ()})
        around.update({each.id: each for each in answer.related_objects or ()})
    return found, around


async def searched(
    client: SquareClient, kind: str, call: CallContext, query: Mapping[str, object] | None = None
) -> list[CatalogObject]:
    """Every object of a kind, a thousand at a time."""
    body: dict[str, object] = {"object_types": [kind], "limit": 1000, **({"query": query} if query else {})}
    found: list[CatalogObject] = []
    async for page in client.pages("/v2/catalog/search", body, CatalogAnswer, call):
        found.extend(page.objects or ())
    return found
