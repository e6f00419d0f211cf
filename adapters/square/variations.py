"""SKUs and ids to whole variations as they are now, with their items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from adapters.square.catalog import CatalogObject, ItemData, retrieved
from adapters.square.client import SquareClient
from adapters.square.identifiers import Identifiers
from gateway.errors import AdapterError
from gateway.model.context import CallContext
from gateway.model.identity import VariantKey, skus_among


class Known(Struct, frozen=True):
    """A living variation and the item it belongs to."""

    variation: CatalogObject
    item: ItemData | None


async def read_variations(
    variants: Sequence[VariantKey], client: SquareClient, identifiers: Identifiers, call: CallContext
) -> Mapping[VariantKey, Known | AdapterError]:
    """One request per 1,000 variations when their ids are cached. An id whose variation has been deleted or bears
    another SKU by now is looked up once more, so an old entry costs a request but never a wrong price."""
    found = await _attempt(variants, client, identifiers, call)
    outdated = skus_among(key for key, known in found.items() if known is None)
    if outdated:
        await identifiers.forget(outdated)
        found.update(await _attempt(outdated, client, identifiers, call))
    return {key: known for key, known in found.items() if known is not None}


async def _attempt(
    variants: Sequence[VariantKey], client: SquareClient, identifiers: Identifiers, call: CallContext
) -> dict[VariantKey, Known | AdapterError | None]:
    ids = await identifiers.by_key(variants, call)
    wanted = list(dict.fromkeys(entry.id for entry in ids.values() if not isinstance(entry, AdapterError)))
    objects, related = await retrieved(client, wanted, call, related=True, deleted=True)
    found: dict[VariantKey, Known | AdapterError | None] = {}
    for key, entry in ids.items():
        if isinstance(entry, AdapterError):
            found[key] = entry
            continue
        variation = objects.get(entry.id)
        data = variation.item_variation_data if variation else None
        bears = identifiers.same(key, data) if isinstance(key, str) else data is not None
        if variation is None or variation.is_deleted or not bears:
            found[key] = None
        else:
            item = related.get((data.item_id if data else None) or "")
            found[key] = Known(variation, item.item_data if item else None)
    return found
