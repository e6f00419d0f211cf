"""SKU to variation and back, cached in the injected identifier cache. Every read by SKU passes here first.

Square's `set_query` takes 250 values and ignores case, so what comes back is compared exactly with what was asked. A
SKU is not unique in Square: two living variations with one SKU are `AmbiguousKey`, never the first. Unknown SKUs are
remembered for a short while, or each would cost a request every time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from cachetools import LRUCache
from msgspec import Struct

from adapters.square.catalog import CatalogObject, VariationData, retrieved, searched
from adapters.square.client import SquareClient
from adapters.square.config import SquareConfig
from adapters.square.ids import ids_among
from adapters.square.marks import Facts, facts
from gateway.errors import AdapterError, ConfigurationError
from gateway.kit.identifiers import KeptIdentifiers
from gateway.kit.keyed import chunks, grouped
from gateway.model.context import CallContext
from gateway.model.identity import (
    NativeRef,
    VariantKey,
    canonical_key,
    gtin14,
    gtin_forms,
    natives_among,
    skus_among,
    stored_forms,
)
from gateway.ports.manifest import AdapterEnvironment

VALUES_PER_QUERY = 250
FIELDS = ("sku", "upc")

_REMEMBERED = 50_000


T = TypeVar("T")


class Variation(Struct, frozen=True):
    """Where a SKU leads: the variation and the item it belongs to."""

    id: str
    item: str


Lookup = Mapping[str, Variation | AdapterError]
"""By the asked key; a key that is absent is unknown to Square."""
Named = Mapping[VariantKey, Variation | AdapterError]
"""The same, variations without a SKU among them."""


class Identifiers:
    def __init__(self, env: AdapterEnvironment[SquareConfig], client: SquareClient) -> None:
        config = env.config
        self._name = env.name
        self._client = client
        self._rule = env.key_rule
        self.field = env.key_rule.field or "sku"
        if self.field not in FIELDS:
            raise ConfigurationError(f"a key's field is one of {', '.join(FIELDS)}", place="identity")

        def kept(space: str, kind: type[T], seconds: float) -> KeptIdentifiers[T]:
            briefly = config.missing_seconds
            return KeptIdentifiers(env.identifiers, space, kind, seconds=seconds, briefly=briefly, source=env.name)

        self._skus = kept("sku", Variation, config.identifier_seconds)
        self._gtins = kept("upc", Variation, config.identifier_seconds)
        self._way_back = kept("variation", str, config.identifier_seconds)
        self.facts = kept("facts", Facts, config.facts_seconds)
        self._seen: LRUCache[str, str] = LRUCache(_REMEMBERED)
        self._versions = 0
        """Of the catalogue, as far as webhooks told of them; `_forgotten` is the last one that was forgotten for."""
        self._forgotten = 0

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
        self._versions += 1

    async def by_sku(self, skus: Sequence[str], call: CallContext) -> Lookup:
        """At most one request per 250 SKUs that are not cached; of more than 83, one more for every 125 that are not
        found."""
        await self._forget_if_outdated()
        written = {sku: self._rule.written(sku) for sku in skus}
        found = await self._skus.resolve(written.values(), lambda keys: self._look_up(keys, call), call)
        self._seen.update((each.id, key) for key, each in found.items() if isinstance(each, Variation))
        return {sku: found[key] for sku, key in written.items() if key in found}

    async def by_key(self, variants: Sequence[VariantKey], call: CallContext) -> Named:
        """Also variations without a SKU, which are named by their own id: whether there is one, its reader finds."""
        found: dict[VariantKey, Variation | AdapterError] = {
            NativeRef(self._name, native): Variation(native, "")
            for native in ids_among(natives_among(variants, self._name))
        }
        skus = skus_among(variants)
        if skus:
            found.update(await self.by_sku(skus, call))
        return found

    async def by_gtin(self, gtins: Sequence[str], call: CallContext) -> Lookup:
        """By 14-digit GTIN; Square may keep it with 8, 12, 13 or 14 digits, so all forms are asked."""
        await self._forget_if_outdated()

        async def look_up(unknown: Sequence[str]) -> Mapping[str, Sequence[Variation]]:
            forms = [form for gtin in unknown for form in gtin_forms(gtin)]
            found = await self._search("upc", forms, call)
            return grouped(
                (gtin14((each.item_variation_data or VariationData()).upc or ""), _led_to(each)) for each in found
            )

        return await self._gtins.resolve(gtins, look_up, call)

    async def skus_of(self, variations: Sequence[str], call: CallContext) -> Mapping[str, str]:
        """Variation id to SKU, deleted variations included: old receipts name them. Without a SKU: absent."""

        async def look_up(unknown: Sequence[str]) -> Mapping[str, Sequence[str]]:
            found, _ = await retrieved(self._client, unknown, call, deleted=True)
            return grouped((native, key) for native, each in found.items() if (key := self._key_in(each)))

        found = await self._way_back.resolve(variations, look_up, call)
        return {variation: sku for variation, sku in found.items() if isinstance(sku, str)}

    async def forget(self, skus: Sequence[str]) -> None:
        """Drop what turned out to be wrong: a variation that was deleted or given another SKU."""
        await self._skus.forget([self._rule.written(sku) for sku in skus])

    async def forget_gtins(self, gtins: Sequence[str]) -> None:
        await self._gtins.forget(gtins)

    async def _forget_if_outdated(self) -> None:
        version = self._versions
        if self._forgotten < version:
            for kept in (self._skus, self._gtins, self.facts):
                await kept.forget()
            self._forgotten = max(version, self._forgotten)  # not before: whoever began may be cancelled

    async def _look_up(self, keys: Sequence[str], call: CallContext) -> Mapping[str, Sequence[Variation]]:
        """The look-up brings whole variations, so it fills the way back and the tracking marks too."""
        found = {each.id: (key, each) for each in await self._bearers(keys, call) if (key := self._key_in(each))}
        await self._way_back.keep({native: key for native, (key, _) in found.items()})
        await self.facts.keep({native: facts(each, key) for native, (key, each) in found.items()})
        return grouped((self._rule.written(key), _led_to(each)) for key, each in found.values())

    async def _bearers(self, keys: Sequence[str], call: CallContext) -> Sequence[CatalogObject]:
        """Variations that bear one of the keys, with a blank at an end too: in one request where all forms fit into it,
        else those that are not found are asked once more."""
        if len(keys) * 3 <= VALUES_PER_QUERY:
            forms = [form for key in keys for form in stored_forms(key)]
            return await self._search(self.field, forms, call)
        found = list(await self._search(self.field, keys, call))
        exact = {self._rule.written(key) for each in found if (key := self._key_in(each))}
        blank = [form for key in keys if key not in exact for form in stored_forms(key)[1:]]
        return [*found, *await self._search(self.field, blank, call)]

    async def _search(self, field: str, values: Sequence[str], call: CallContext) -> Sequence[CatalogObject]:
        found: dict[str, CatalogObject] = {}
        for batch in chunks(values, VALUES_PER_QUERY):
            query = {"set_query": {"attribute_name": field, "attribute_values": batch}}
            rows = await searched(self._client, "ITEM_VARIATION", call, query)
            found.update({each.id: each for each in rows if not each.is_deleted})
        return list(found.values())

    def _key_in(self, found: CatalogObject) -> str | None:
        return self.key_of(found.item_variation_data)


def _led_to(found: CatalogObject) -> Variation:
    return Variation(found.id, (found.item_variation_data.item_id if found.item_variation_data else None) or "")
