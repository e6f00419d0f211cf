"""SKU to variation and back, cached in the injected identifier cache. Every read by SKU passes here first.

Square's `set_query` takes 250 values and ignores case, so what comes back is compared exactly with what was asked. A
SKU is not unique in Square: two living variations with one SKU are `AmbiguousKey`, never the first. Unknown SKUs are
remembered for a short while, or each would cost a request every time."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

import msgspec
from msgspec import Struct

from adapters.square.client import SquareClient
from adapters.square.config import SquareConfig
from adapters.square.mapping.stock import facts
from adapters.square.wire.catalog import CatalogAnswer, CatalogObject, VariationData
from gateway.errors import AmbiguousKey, ConfigurationError
from gateway.model.context import CallContext
from gateway.model.identity import KeyRule, canonical_key, gtin14, gtin_forms, stored_forms
from gateway.ports.identifiers import IdentifierCache

T = TypeVar("T")

VALUES_PER_QUERY = 250
OBJECTS_PER_READ = 1_000
FIELDS = ("sku", "upc")

_ABSENT = ""
_AMBIGUOUS = "!"
_REMEMBERED = 50_000


class Variation(Struct, frozen=True):
    """Where a SKU leads: the variation and the item it belongs to."""

    id: str
    item: str


Lookup = Mapping[str, Variation | AmbiguousKey]
"""By the asked key; a key that is absent is unknown to Square."""


def chunks(values: Sequence[T], size: int) -> Iterable[Sequence[T]]:
    return (values[start : start + size] for start in range(0, len(values), size))


class Identifiers:
    def __init__(self, client: SquareClient, cache: IdentifierCache, rule: KeyRule, config: SquareConfig) -> None:
        self._client = client
        self._cache = cache
        self._rule = rule
        self._config = config
        self.field = rule.field or "sku"
        if self.field not in FIELDS:
            raise ConfigurationError(f"a key's field is one of {', '.join(FIELDS)}", place="identity")
        self._seen: OrderedDict[str, str] = OrderedDict()
        self._outdated = False

    def key_of(self, data: VariationData | None) -> str | None:
        """The business key a variation bears, canonical, or None."""
        raw = (data.upc if self.field == "upc" else data.sku) if data else None
        return canonical_key(raw) or None if raw else None

    def same(self, asked: str, data: VariationData | None) -> bool:
        return self._rule.same(asked, self.key_of(data))

    def seen(self, variation: str) -> str | None:
        """The SKU of a variation this process has met; does no I/O (webhooks ask)."""
        return self._seen.get(variation)

    def catalog_changed(self) -> None:
        """Square says that something changed and not what: the next read forgets. The way back (old receipts) stays."""
        self._outdated = True

    async def by_sku(self, skus: Sequence[str], operation: str, call: CallContext) -> Lookup:
        """At most one request per 250 SKUs that are not cached; of more than 83, one more for every 125 that are not
        found."""
        await self._forget_if_outdated()
        written = {sku: self._rule.written(sku) for sku in skus}
        cached = await self._cache.get_many("sku", list(dict.fromkeys(written.values())))
        found: dict[str, Variation | AmbiguousKey] = {}
        unknown: dict[str, None] = {}
        for sku, key in written.items():
            value = cached.get(key)
            if value is None:
                unknown[key] = None
            elif value == _AMBIGUOUS:
                found[sku] = _ambiguous()
            elif value == _ABSENT:
                continue
            elif (variation := _read(value)) is None:
                unknown[key] = None
            else:
                found[sku] = self._remember(variation, key)
        if unknown:
            fetched = await self._fetch_skus(list(unknown), operation, call)
            for sku, key in written.items():
                if key in fetched:
                    found[sku] = fetched[key]
        return found

    async def by_gtin(self, gtins: Sequence[str], operation: str, call: CallContext) -> Lookup:
        """By 14-digit GTIN; Square may keep it with 8, 12, 13 or 14 digits, so all forms are asked."""
        await self._forget_if_outdated()
        cached = await self._cache.get_many("upc", gtins)
        found: dict[str, Variation | AmbiguousKey] = {}
        unknown: list[str] = []
        for gtin in gtins:
            value = cached.get(gtin)
            if value == _AMBIGUOUS:
                found[gtin] = _ambiguous()
            elif value == _ABSENT:
                continue
            elif value is None or (variation := _read(value)) is None:
                unknown.append(gtin)
            else:
                found[gtin] = variation
        if unknown:
            forms = [form for gtin in unknown for form in gtin_forms(gtin)]
            bearers: dict[str, list[CatalogObject]] = {}
            for variation in await self._search("upc", forms, operation, call):
                upc = variation.item_variation_data.upc if variation.item_variation_data else None
                if code := gtin14(upc or ""):
                    bearers.setdefault(code, []).append(variation)
            found.update(await self._settle("upc", unknown, bearers))
        return found

    async def skus_of(self, variations: Sequence[str], operation: str, call: CallContext) -> Mapping[str, str]:
        """Variation id to SKU, deleted variations included: old receipts name them. Without a SKU: absent."""
        wanted = list(dict.fromkeys(variations))
        known = dict(await self._cache.get_many("variation", wanted))
        missing = [variation for variation in wanted if variation not in known]
        for batch in chunks(missing, OBJECTS_PER_READ):
            body = {"object_ids": batch, "include_deleted_objects": True}
            answer = await self._client.post("/v2/catalog/batch-retrieve", body, CatalogAnswer, operation, call)
            entries = {found.id: self.key_of(found.item_variation_data) or "" for found in answer.objects or ()}
            await self._cache.set_many("variation", entries, self._config.identifier_seconds)
            unknown = {variation: "" for variation in batch if variation not in entries}
            if unknown:
                await self._cache.set_many("variation", unknown, self._config.missing_seconds)
            known.update(entries)
        return {variation: sku for variation, sku in known.items() if sku}

    async def forget(self, skus: Sequence[str]) -> None:
        """Drop what turned out to be wrong: a variation that was deleted or given another SKU."""
        if skus:
            await self._cache.drop("sku", [self._rule.written(sku) for sku in skus])

    async def forget_gtins(self, gtins: Sequence[str]) -> None:
        if gtins:
            await self._cache.drop("upc", gtins)

    async def _forget_if_outdated(self) -> None:
        if self._outdated:
            self._outdated = False
            for space in ("sku", "upc", "facts"):
                await self._cache.drop(space)

    async def _fetch_skus(self, keys: Sequence[str], operation: str, call: CallContext) -> Lookup:
        """The look-up brings whole variations, so it fills the way back and the tracking marks too."""
        bearers: dict[str, list[CatalogObject]] = {}
        reverse: dict[str, str] = {}
        marks: dict[str, str] = {}
        for variation in await self._bearers(keys, operation, call):
            if key := self.key_of(variation.item_variation_data):
                bearers.setdefault(self._rule.written(key), []).append(variation)
                reverse[variation.id] = key
                marks[variation.id] = msgspec.json.encode(facts(variation, key)).decode()
        if reverse:
            await self._cache.set_many("variation", reverse, self._config.identifier_seconds)
            await self._cache.set_many("facts", marks, self._config.facts_seconds)
        return await self._settle("sku", keys, bearers)

    async def _bearers(self, keys: Sequence[str], operation: str, call: CallContext) -> Sequence[CatalogObject]:
        """Variations that bear one of the keys, with a blank at an end too: in one request where all forms fit into it,
        else those that are not found are asked once more."""
        if len(keys) * 3 <= VALUES_PER_QUERY:
            forms = [form for key in keys for form in stored_forms(key)]
            return await self._search(self.field, forms, operation, call)
        found = list(await self._search(self.field, keys, operation, call))
        exact = {self._rule.written(key) for each in found if (key := self.key_of(each.item_variation_data))}
        blank = [form for key in keys if key not in exact for form in stored_forms(key)[1:]]
        return [*found, *await self._search(self.field, blank, operation, call)]

    async def _search(
        self, field: str, values: Sequence[str], operation: str, call: CallContext
    ) -> Sequence[CatalogObject]:
        found: dict[str, CatalogObject] = {}
        for batch in chunks(values, VALUES_PER_QUERY):
            body = {
                "object_types": ["ITEM_VARIATION"],
                "query": {"set_query": {"attribute_name": field, "attribute_values": batch}},
                "limit": 1000,
            }
            async for page in self._client.pages("/v2/catalog/search", body, CatalogAnswer, operation, call):
                found.update({each.id: each for each in page.objects or () if not each.is_deleted})
        return list(found.values())

    async def _settle(self, space: str, keys: Sequence[str], bearers: Mapping[str, Sequence[CatalogObject]]) -> Lookup:
        """One bearer is the answer, several are ambiguous, none is remembered for a short while."""
        settled: dict[str, Variation | AmbiguousKey] = {}
        kept: dict[str, str] = {}
        brief: dict[str, str] = {}
        for key in keys:
            match bearers.get(key, ()):
                case [] | ():
                    brief[key] = _ABSENT
                case [only]:
                    data = only.item_variation_data
                    variation = Variation(only.id, (data.item_id if data else None) or "")
                    kept[key] = msgspec.json.encode(variation).decode()
                    settled[key] = self._remember(variation, key) if space == "sku" else variation
                case _:
                    brief[key] = _AMBIGUOUS
                    settled[key] = _ambiguous()
        if kept:
            await self._cache.set_many(space, kept, self._config.identifier_seconds)
        if brief:
            await self._cache.set_many(space, brief, self._config.missing_seconds)
        return settled

    def _remember(self, variation: Variation, sku: str) -> Variation:
        self._seen[variation.id] = sku
        self._seen.move_to_end(variation.id)
        if len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)
        return variation


def _read(value: str) -> Variation | None:
    """What an older version of this adapter kept in another shape is looked up anew."""
    try:
        return msgspec.json.decode(value, type=Variation)
    except msgspec.DecodeError:
        return None


def _ambiguous() -> AmbiguousKey:
    return AmbiguousKey(domain="product")
