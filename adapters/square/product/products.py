"""`CatalogPort`: items with their variations, by SKU, barcode or id, and in pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from msgspec import Struct

from adapters.square.catalog import CatalogAnswer, CatalogObject, ItemsAnswer, Objects, retrieved, searched
from adapters.square.client import SquareClient
from adapters.square.config import SquareConfig
from adapters.square.errors import CursorRefused
from adapters.square.identifiers import Identifiers, Lookup
from adapters.square.ids import is_id
from adapters.square.product.categories import Categories
from adapters.square.product.records import Options, image_ids, option_names, product
from gateway.errors import AdapterError, InvalidCursor
from gateway.kit.keyed import by_kind
from gateway.kit.readings import Reading
from gateway.kit.tables import Table
from gateway.model.catalog import Product, ProductKey, ProductKeyKind, ProductPage, ProductQuery
from gateway.model.context import CallContext, ContextView
from gateway.model.identity import gtin14
from gateway.ports.manifest import AdapterEnvironment

ITEMS_PER_PAGE = 100


class Place(Struct, frozen=True, array_like=True):
    """Where a page starts: Square's cursor of a page, its size, and how many of its rows to skip. Square's cursors
    point at pages, so a place inside one reads that page again."""

    cursor: str | None
    size: int
    skip: int


class Products:
    def __init__(
        self,
        env: AdapterEnvironment[SquareConfig],
        client: SquareClient,
        identifiers: Identifiers,
        categories: Categories,
    ) -> None:
        self._env = env
        self._client = client
        self._identifiers = identifiers
        self._categories = categories
        self.options: Table[Options] = Table(self._load_options, env.config.table_seconds, env.clock)

    async def get_products(
        self, keys: Sequence[ProductKey], context: ContextView, call: CallContext
    ) -> Mapping[ProductKey, Product | AdapterError]:
        """One request per 1,000 products, identifiers and option names cached. Square has no slugs. Archived items are
        absent. A kept id that leads elsewhere by now is looked up once more."""
        answers = await self._attempt(keys, call)
        outdated = [key for key, found in answers.items() if found is None]
        if outdated:
            await self._identifiers.forget([key.value for key in outdated if key.kind is ProductKeyKind.SKU])
            await self._identifiers.forget_gtins([key.value for key in outdated if key.kind is ProductKeyKind.BARCODE])
            answers.update(await self._attempt(outdated, call))
        return {key: found for key, found in answers.items() if found is not None}

    async def list_products(self, query: ProductQuery, context: ContextView, call: CallContext) -> ProductPage:
        """One request a page, one more for images where a category narrows it, with all that is below it; what is below
        is kept for a while. Square has no collections."""
        if query.collection is not None or query.first < 1:
            return ProductPage((), (), False)
        if query.category is not None and not is_id(query.category):
            return ProductPage((), (), False)
        categories = None if query.category is None else await self._categories.below(query.category, call)
        place = _place(query.after) or Place(None, min(query.first, ITEMS_PER_PAGE), 0)
        shown: list[CatalogObject] = []
        places: list[Place] = []
        related: Objects = {}
        more = True
        while more and len(shown) < query.first:
            try:
                rows, images, cursor = await self._page(categories, place, call)
            except CursorRefused:
                raise InvalidCursor("This position is no longer known; start again from the first page.") from None
            related.update(images)
            used = min(place.skip, len(rows))
            for entry in rows[place.skip :]:
                if len(shown) == query.first:
                    break
                used += 1
                if entry.item_data and not entry.item_data.is_archived:
                    shown.append(entry)
                    here = msgspec.structs.replace(place, skip=used)
                    places.append(Place(cursor, place.size, 0) if cursor and used == len(rows) else here)
            more = used < len(rows) or cursor is not None
            if used == len(rows) and cursor:
                place = Place(cursor, place.size, 0)
        found = await self._mapped(shown, related, call)
        positions = tuple(msgspec.json.encode(each).decode() for each in places)
        return ProductPage(tuple(found), positions, more)

    async def _attempt(
        self, keys: Sequence[ProductKey], call: CallContext
    ) -> dict[ProductKey, Product | AdapterError | None]:
        """None: the id the key led to is not that key's any more."""
        ids = await self._ids(keys, call)
        wanted = list(dict.fromkeys(each for each in ids.values() if isinstance(each, str)))
        objects, related = await retrieved(self._client, wanted, call, related=True)
        items = [each for each in objects.values() if each.item_data]
        archived = {each.id for each in items if each.item_data and each.item_data.is_archived}
        mapped = {each.ref.id: each for each in await self._mapped(items, related, call)}
        answers: dict[ProductKey, Product | AdapterError | None] = {}
        for key, item in ids.items():
            if isinstance(item, AdapterError):
                answers[key] = item
            elif item in mapped and self._bears(mapped[item], key):
                answers[key] = mapped[item]
            elif key.kind is not ProductKeyKind.NATIVE:
                answers[key] = None
            if item in archived:
                answers.pop(key, None)
        return answers

    async def _ids(self, keys: Sequence[ProductKey], call: CallContext) -> Mapping[ProductKey, str | AdapterError]:
        values = by_kind(keys)
        skus, gtins = values[ProductKeyKind.SKU], values[ProductKeyKind.BARCODE]
        tables: dict[ProductKeyKind, Lookup] = {
            ProductKeyKind.SKU: await self._identifiers.by_sku(skus, call) if skus else {},
            ProductKeyKind.BARCODE: await self._identifiers.by_gtin(gtins, call) if gtins else {},
        }
        ids: dict[ProductKey, str | AdapterError] = {}
        for key in keys:
            if key.kind is ProductKeyKind.NATIVE:
                if is_id(key.value):
                    ids[key] = key.value
            elif found := tables.get(key.kind, {}).get(key.value):
                ids[key] = found if isinstance(found, AdapterError) else found.item
        return ids

    def _bears(self, product: Product, key: ProductKey) -> bool:
        if key.kind is ProductKeyKind.SKU and self._identifiers.field == "sku":
            return any(self._env.key_rule.same(key.value, each.sku) for each in product.variants)
        if key.kind is ProductKeyKind.BARCODE:
            return any(gtin14(key.value) in each.gtins for each in product.variants)
        return True

    async def _page(
        self, categories: Sequence[str] | None, place: Place, call: CallContext
    ) -> tuple[Sequence[CatalogObject], Objects, str | None]:
        """The rows of one page, what they refer to, and the next page's cursor."""
        start: dict[str, object] = {"limit": place.size}
        if place.cursor:
            start["cursor"] = place.cursor
        if categories is None:
            body = {"object_types": ["ITEM"], "include_related_objects": True, **start}
            answer = await self._client.post("/v2/catalog/search", body, CatalogAnswer, call)
            return answer.objects or (), {each.id: each for each in answer.related_objects or ()}, answer.cursor
        body = {"category_ids": categories, **start}
        found = await self._client.post("/v2/catalog/search-catalog-items", body, ItemsAnswer, call)
        rows = found.items or ()
        images, _ = await retrieved(self._client, image_ids(rows), call)
        return rows, images, found.cursor

    async def _mapped(
        self, items: Sequence[CatalogObject], related: Mapping[str, CatalogObject], call: CallContext
    ) -> list[Product]:
        named = any(each.item_data and each.item_data.item_options for each in items)
        options: Options = await self.options.get(call) if named else {}
        freshness = Reading.now(self._env).freshness
        return [product(each, related, options, self._env.config.language, freshness) for each in items]

    async def _load_options(self, call: CallContext) -> Options:
        named = ((each.id, option_names(each)) for each in await searched(self._client, "ITEM_OPTION", call))
        return {option: names for option, names in named if names}


def _place(after: str | None) -> Place | None:
    if after is None:
        return None
    try:
        place = msgspec.json.decode(after, type=Place)
    except msgspec.DecodeError:
        raise InvalidCursor("not a position of this list") from None
    if not 1 <= place.size <= ITEMS_PER_PAGE or place.skip < 0:
        raise InvalidCursor("not a position of this list")
    return place
