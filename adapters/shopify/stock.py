"""StockPort: pieces at the asked places, one `inventoryLevel(locationId:)` each. No level at a place means the item is
not kept there, which is not zero; an item that is not tracked never runs out; `available` may be negative."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import cast

import msgspec
from msgspec import Raw, Struct

from adapters.shopify.client import Document
from adapters.shopify.shapes import Node
from adapters.shopify.variants import Plan, Variants
from gateway.errors import AdapterError
from gateway.kit.decoding import decoded
from gateway.kit.keyed import answered
from gateway.kit.readings import Reading
from gateway.model.context import CallContext, ContextView
from gateway.model.freshness import Freshness
from gateway.model.identity import VariantKey
from gateway.model.stock import StockKey, StockLevel, StockLevels, Tracking
from gateway.ports.manifest import AdapterEnvironment

LEVEL_POINTS = 2
SEARCHED = 2


def item_points(locations: int) -> int:
    """One item's objects: itself, and a level with its quantities for each place."""
    return 1 + LEVEL_POINTS * locations


@lru_cache(maxsize=64)
def documents(locations: int) -> tuple[Document, Document, Document]:
    """By item id, by SKU, and by the ids of items and variants together, for so many places."""
    parameters = "".join(f" $l{i}:ID!" for i in range(locations))
    levels = "".join(
        f" l{i}:inventoryLevel(locationId:$l{i})"
        '{quantities(names:["available","on_hand","incoming"]){name quantity}}'
        for i in range(locations)
    )
    fragment = f"fragment I on InventoryItem{{id sku tracked{levels}}}"
    return (
        Document(
            "admin",
            "StockByItem",
            f"query StockByItem($ids:[ID!]!{parameters}){{nodes(ids:$ids){{...I}}}}{fragment}",
        ),
        Document(
            "admin",
            "StockBySku",
            f"query StockBySku($q:String! $first:Int! $after:String{parameters})"
            "{productVariants(first:$first after:$after query:$q sortKey:ID)"
            "{pageInfo{hasNextPage endCursor} nodes{id sku product{id status} inventoryItem{...I}}}}"
            f"{fragment}",
        ),
        Document(
            "admin",
            "StockByAnyId",
            f"query StockByAnyId($ids:[ID!]!{parameters})"
            f"{{nodes(ids:$ids){{...I ...on ProductVariant{{inventoryItem{{...I}}}}}}}}{fragment}",
        ),
    )


class _Quantity(Node, frozen=True, kw_only=True):
    name: str
    quantity: int


class _Level(Node, frozen=True, kw_only=True):
    quantities: list[_Quantity]


class _Item(Node, frozen=True, kw_only=True):
    id: str
    tracked: bool
    sku: str | None = None


@lru_cache(maxsize=64)
def _item_at(places: int) -> type[_Item]:
    """An item with its level at each of so many places, as the documents ask for them."""
    levels = [(f"l{place}", _Level | None, None) for place in range(places)]
    return cast("type[_Item]", msgspec.defstruct("_ItemAt", levels, bases=(_Item,), frozen=True, kw_only=True))


class _Either(Node, frozen=True, kw_only=True):
    """A variant with its item, or an item itself."""

    inventory_item: Raw = Raw()


class Stocked(Struct, frozen=True):
    """One item, by its own id; `levels` by the asked places, None where it is not kept."""

    item: str
    sku: str | None
    tracked: bool
    levels: Mapping[str, _Level | None]

    def tracking(self, place: str) -> Tracking:
        if self.levels[place] is None:
            return Tracking.NOT_STOCKED
        return Tracking.TRACKED if self.tracked else Tracking.UNTRACKED


class Stock:
    def __init__(self, env: AdapterEnvironment, variants: Variants) -> None:
        self._env = env
        self._variants = variants

    async def get_stock(
        self, keys: Sequence[StockKey], context: ContextView, call: CallContext
    ) -> Mapping[StockKey, StockLevels | AdapterError]:
        places = sorted({place for key in keys for place in key.locations})
        items = await self.stocked(list(dict.fromkeys(key.variant for key in keys)), places, call)
        freshness = Reading.now(self._env).freshness
        return answered(
            keys,
            lambda key: items.get(key.variant),
            lambda key, found: StockLevels({at: _level(at, found, freshness) for at in key.locations}),
        )

    async def stocked(
        self, variants: Sequence[VariantKey], places: Sequence[str], call: CallContext
    ) -> Mapping[VariantKey, Stocked | AdapterError]:
        """As they are now: only ids are remembered."""
        by_id, by_sku, by_any_id = documents(len(places))
        shape = _item_at(len(places))

        def item(raw: Raw) -> Stocked:
            inside = decoded(raw, _Either, by_any_id.name).inventory_item
            known = decoded(inside if bytes(inside) else raw, shape, by_id.name)
            levels = {at: getattr(known, f"l{n}") for n, at in enumerate(places)}
            return Stocked(known.id, known.sku, known.tracked, levels)

        plan: Plan[Stocked] = Plan(
            by_id=by_id,
            by_sku=by_sku,
            by_any_id=by_any_id,
            id_points=item_points(len(places)),
            sku_points=item_points(len(places)) + SEARCHED,
            variables={f"l{place}": native for place, native in enumerate(places)},
            id_of=lambda found: found.item,
            fact_of=item,
        )
        return await self._variants.read(variants, plan, call)


def _level(place: str, found: Stocked, freshness: Freshness) -> StockLevel:
    level, tracking = found.levels[place], found.tracking(place)
    if level is None or tracking is not Tracking.TRACKED:
        return StockLevel(place, tracking, freshness)
    pieces = {quantity.name: Decimal(quantity.quantity) for quantity in level.quantities}
    return StockLevel(
        place,
        Tracking.TRACKED,
        freshness,
        available=pieces.get("available"),
        on_hand=pieces.get("on_hand"),
        incoming=pieces.get("incoming"),
    )
