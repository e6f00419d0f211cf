"""SKUs and ids to whole variations as they are now, with their items: what prices and identities are read from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from adapters.square.client import SquareClient
from adapters.square.identifiers import OBJECTS_PER_READ, Identifiers
from adapters.square.wire.catalog import CatalogAnswer, CatalogObject, ItemData, VariationData
from gateway.errors import AdapterError
from gateway.kit.keyed import chunks
from gateway.model.context import CallContext
from gateway.model.identity import VariantKey, skus_among


class Known(Struct, frozen=True):
    """A living variation and the item it belongs to."""

    variation: CatalogObject
    item: ItemData | None


class Variations:
    def __init__(self, name: str, client: SquareClient, identifiers: Identifiers) -> None:
        self._name = name
        self._client = client
        self._identifiers = identifiers

    async def read(
        self, variants: Sequence[VariantKey], operation: str, call: CallContext
    ) -> Mapping[VariantKey, Known | AdapterError]:
        """One request per 1,000 variations when their ids are cached. An id whose variation has been deleted or bears
        another SKU by now is looked up once more, so an old entry costs a request but never a wrong price."""
        found = await self._attempt(variants, operation, call)
        outdated = skus_among(key for key, known in found.items() if known is None)
        if outdated:
            await self._identifiers.forget(outdated)
            found.update(await self._attempt(outdated, operation, call))
        return {key: known for key, known in found.items() if known is not None}

    async def _attempt(
        self, variants: Sequence[VariantKey], operation: str, call: CallContext
    ) -> dict[VariantKey, Known | AdapterError | None]:
        ids = await self._identifiers.by_key(self._name, variants, operation, call)
        wanted = list(dict.fromkeys(entry.id for entry in ids.values() if not isinstance(entry, AdapterError)))
        objects, items = await self.objects(wanted, operation, call)
        found: dict[VariantKey, Known | AdapterError | None] = {}
        for key, entry in ids.items():
            if isinstance(entry, AdapterError):
                found[key] = entry
                continue
            variation = objects.get(entry.id)
            data = variation.item_variation_data if variation else None
            if variation is None or variation.is_deleted or not self._bears(key, data):
                found[key] = None
            else:
                found[key] = Known(variation, items.get((data.item_id if data else None) or ""))
        return found

    def _bears(self, key: VariantKey, data: VariationData | None) -> bool:
        return self._identifiers.same(key, data) if isinstance(key, str) else data is not None

    async def objects(
        self, ids: Sequence[str], operation: str, call: CallContext, *, related: bool = True
    ) -> tuple[Mapping[str, CatalogObject], Mapping[str, ItemData]]:
        """Variations by id, deleted ones too (so that they can be told from unknown ones), and their items by id."""
        objects: dict[str, CatalogObject] = {}
        items: dict[str, ItemData] = {}
        for batch in chunks(ids, OBJECTS_PER_READ):
            body = {"object_ids": batch, "include_related_objects": related, "include_deleted_objects": True}
            answer = await self._client.post("/v2/catalog/batch-retrieve", body, CatalogAnswer, operation, call)
            objects.update({each.id: each for each in answer.objects or ()})
            items.update({each.id: each.item_data for each in answer.related_objects or () if each.item_data})
        return objects, items
