"""CatalogPort: items with their variations, by SKU, barcode or id, and in pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from msgspec import Struct

from adapters.square.client import SquareClient
from adapters.square.config import SquareConfig
from adapters.square.errors import CursorRefused
from adapters.square.identifiers import OBJECTS_PER_READ, Identifiers, Lookup
from adapters.square.ids import is_id
from adapters.square.mapping import products
from adapters.square.mapping.products import OptionNames, Options
from adapters.square.wire.catalog import CatalogAnswer, CatalogObject, ItemsAnswer
from gateway.errors import AdapterError, InvalidCursor
from gateway.kit.keyed import by_kind, chunks
from gateway.kit.readings import Reading
from gateway.kit.tables import Table
from gateway.model.catalog import Category, Collection, Product, ProductKey, ProductKeyKind, ProductPage, ProductQuery
from gateway.model.context import CallContext, ContextView
from gateway.model.identity import gtin14
from gateway.ports.manifest import AdapterEnvironment

GET = "product.get_products"
LIST = "product.list_products"
CATEGORIES = "product.list_categories"
ITEMS_PER_PAGE = 100
CATEGORIES_PER_SEARCH = 1000


class Place(Struct, frozen=True, array_like=True):
    """Where a page starts: Square's cursor of a page, its size, and how many of its rows to skip. Square's cursors
    point at pages, so a place inside one reads that page again."""

    cursor: str | None
    size: int
    skip: int


class Catalog:
    def __init__(
        self, env: AdapterEnvironment, config: SquareConfig, client: SquareClient, identifiers: Identifiers
    ) -> None:
        self._env = env
        self._config = config
        self._client = client
        self._identifiers = identifiers
        self.options: Table[Options] = Table(self._load_options, config.table_seconds, env.clock)
        self.parents: Table[Mapping[str, str]] = Table(self._load_parents, config.table_seconds, env.clock)

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
        categories = None if query.category is None else await self._below(query.category, call)
        place = _place(query.after) or Place(None, min(query.first, ITEMS_PER_PAGE), 0)
        shown: list[CatalogObject] = []
        places: list[Place] = []
        related: dict[str, CatalogObject] = {}
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
        found = await self._mapped(shown, related, LIST, call)
        positions = tuple(msgspec.json.encode(each).decode() for each in places)
        return ProductPage(tuple(found), positions, more)

    async def list_categories(self, query: None, context: ContextView, call: CallContext) -> tuple[Category, ...]:
        return await self._categories(CATEGORIES, call)

    async def _categories(self, operation: str, call: CallContext) -> tuple[Category, ...]:
        freshness = Reading.now(self._env).freshness
        found: list[Category] = []
        body = {"object_types": ["CATEGORY"], "limit": 1000}
        async for page in self._client.pages("/v2/catalog/search", body, CatalogAnswer, operation, call):
            entries = (products.category(each, self._config.language, freshness) for each in page.objects or ())
            found.extend(each for each in entries if each)
        return tuple(found)

    async def list_collections(self, query: None, context: ContextView, call: CallContext) -> tuple[Collection, ...]:
        """Square has none."""
        return ()

    async def _attempt(
        self, keys: Sequence[ProductKey], call: CallContext
    ) -> dict[ProductKey, Product | AdapterError | None]:
        """None: the id the key led to is not that key's any more."""
        ids = await self._ids(keys, call)
        wanted = list(dict.fromkeys(each for each in ids.values() if isinstance(each, str)))
        items: list[CatalogObject] = []
        related: dict[str, CatalogObject] = {}
        for batch in chunks(wanted, OBJECTS_PER_READ):
            body = {"object_ids": batch, "include_related_objects": True}
            answer = await self._client.post("/v2/catalog/batch-retrieve", body, CatalogAnswer, GET, call)
            items.extend(each for each in answer.objects or () if each.item_data)
            related.update({each.id: each for each in answer.related_objects or ()})
        mapped = {each.ref.id: each for each in await self._mapped(items, related, GET, call)}
        archived = {each.id for each in items if each.item_data and each.item_data.is_archived}
        answers: dict[ProductKey, Product | AdapterError | None] = {}
        for key, item in ids.items():
            if isinstance(item, AdapterError):
                answers[key] = item
            elif item in mapped:
                if self._bears(mapped[item], key):
                    answers[key] = mapped[item]
                elif key.kind is not ProductKeyKind.NATIVE:
                    answers[key] = None
                if item in archived:
                    answers.pop(key, None)
            elif key.kind is not ProductKeyKind.NATIVE:
                answers[key] = None
        return answers

    async def _ids(self, keys: Sequence[ProductKey], call: CallContext) -> Mapping[ProductKey, str | AdapterError]:
        values = by_kind(keys)
        skus, gtins = values[ProductKeyKind.SKU], values[ProductKeyKind.BARCODE]
        by_sku: Lookup = await self._identifiers.by_sku(skus, GET, call) if skus else {}
        by_gtin: Lookup = await self._identifiers.by_gtin(gtins, GET, call) if gtins else {}
        ids: dict[ProductKey, str | AdapterError] = {}
        for key in keys:
            if key.kind is ProductKeyKind.NATIVE:
                if is_id(key.value):
                    ids[key] = key.value
                continue
            table = {ProductKeyKind.SKU: by_sku, ProductKeyKind.BARCODE: by_gtin}.get(key.kind, {})
            found = table.get(key.value)
            if found is not None:
                ids[key] = found if isinstance(found, AdapterError) else found.item
        return ids

    def _bears(self, product: Product, key: ProductKey) -> bool:
        if key.kind is ProductKeyKind.SKU and self._identifiers.field == "sku":
            return any(self._env.key_rule.same(key.value, each.sku) for each in product.variants)
        if key.kind is ProductKeyKind.BARCODE:
            return any(gtin14(key.value) in each.gtins for each in product.variants)
        return True

    async def _below(self, category: str, call: CallContext) -> list[str]:
        """The category and everything under it: Square's search takes no tree."""
        parents = await self.parents.get(call)
        found = {category: None}
        for _ in parents:
            grown = {key: None for key, parent in parents.items() if parent in found and key not in found}
            if not grown:
                break
            found.update(grown)
        return list(found)[:CATEGORIES_PER_SEARCH]

    async def _load_parents(self, call: CallContext) -> Mapping[str, str]:
        """Of each category below another."""
        entries = await self._categories(LIST, call)
        return {entry.key: entry.parent for entry in entries if entry.parent is not None}

    async def _page(
        self, categories: Sequence[str] | None, place: Place, call: CallContext
    ) -> tuple[Sequence[CatalogObject], Mapping[str, CatalogObject], str | None]:
        """The rows of one page, what they refer to, and the next page's cursor."""
        start: dict[str, object] = {"limit": place.size}
        if place.cursor:
            start["cursor"] = place.cursor
        if categories is None:
            body = {"object_types": ["ITEM"], "include_related_objects": True, **start}
            answer = await self._client.post("/v2/catalog/search", body, CatalogAnswer, LIST, call)
            return answer.objects or (), {each.id: each for each in answer.related_objects or ()}, answer.cursor
        body = {"category_ids": categories, **start}
        found = await self._client.post("/v2/catalog/search-catalog-items", body, ItemsAnswer, LIST, call)
        rows = found.items or ()
        images = products.image_ids(rows)
        related: dict[str, CatalogObject] = {}
        for batch in chunks(images, OBJECTS_PER_READ):
            answer = await self._client.post(
                "/v2/catalog/batch-retrieve", {"object_ids": batch}, CatalogAnswer, LIST, call
            )
            related.update({each.id: each for each in answer.objects or ()})
        return rows, related, found.cursor

    async def _mapped(
        self, items: Sequence[CatalogObject], related: Mapping[str, CatalogObject], operation: str, call: CallContext
    ) -> list[Product]:
        named = any(each.item_data and each.item_data.item_options for each in items)
        options: Options = await self.options.get(call) if named else {}
        freshness = Reading.now(self._env).freshness
        return [products.product(each, related, options, self._config.language, freshness) for each in items]

    async def _load_options(self, call: CallContext) -> Options:
        options: dict[str, OptionNames] = {}
        body = {"object_types": ["ITEM_OPTION"], "limit": 1000}
        async for page in self._client.pages("/v2/catalog/search", body, CatalogAnswer, GET, call):
            named = ((each.id, products.option_names(each)) for each in page.objects or ())
            options.update({option: names for option, names in named if names})
        return options


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
