"""SKUs to whole variations as they are now, with their items: what prices and identities are read from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from adapters.square.client import SquareClient
from adapters.square.identifiers import OBJECTS_PER_READ, Identifiers, chunks
from adapters.square.wire.catalog import CatalogAnswer, CatalogObject, ItemData
from gateway.errors import AdapterError
from gateway.model.context import CallContext


class Known(Struct, frozen=True):
    """A living variation and the item it belongs to."""

    variation: CatalogObject
    item: ItemData | None


class Variations:
    def __init__(self, client: SquareClient, identifiers: Identifiers) -> None:
        self._client = client
        self._identifiers = identifiers

    async def read(self, skus: Sequence[str], operation: str, call: CallContext) -> Mapping[str, Known | AdapterError]:
        """One request per 1,000 SKUs when their ids are cached. An id whose variation has been deleted or bears
        another SKU by now is looked up once more, so an old entry costs a request but never a wrong price."""
        found = await self._attempt(skus, operation, call)
        outdated = [sku for sku, known in found.items() if known is None]
        if outdated:
            await self._identifiers.forget(outdated)
            found.update(await self._attempt(outdated, operation, call))
        return {sku: known for sku, known in found.items() if known is not None}

    async def _attempt(
        self, skus: Sequence[str], operation: str, call: CallContext
    ) -> dict[str, Known | AdapterError | None]:
        ids = await self._identifiers.by_sku(skus, operation, call)
        wanted = list(dict.fromkeys(entry.id for entry in ids.values() if not isinstance(entry, AdapterError)))
        objects, items = await self.objects(wanted, operation, call)
        found: dict[str, Known | AdapterError | None] = {}
        for sku, entry in ids.items():
            if isinstance(entry, AdapterError):
                found[sku] = entry
                continue
            variation = objects.get(entry.id)
            data = variation.item_variation_data if variation else None
            if variation is None or variation.is_deleted or not self._identifiers.same(sku, data):
                found[sku] = None
            else:
                found[sku] = Known(variation, items.get((data.item_id if data else None) or ""))
        return found

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
