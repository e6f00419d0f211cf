"""StockPort: what tills have counted, by location."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from adapters.square.client import SquareClient
from adapters.square.identifiers import Identifiers, Named, Variation
from adapters.square.mapping.stock import Facts, facts, level, marked_until
from adapters.square.reads.variations import Variations
from adapters.square.wire.places import Count, CountsAnswer
from gateway.errors import AdapterError
from gateway.kit.keyed import answered
from gateway.kit.readings import Reading
from gateway.model.context import CallContext, ContextView
from gateway.model.identity import VariantKey
from gateway.model.stock import StockKey, StockLevels
from gateway.ports.manifest import AdapterEnvironment

OPERATION = "stock.get_stock"
ROWS_PER_PAGE = 1_000
NOTHING_SAID = Facts()


class Stock:
    def __init__(
        self,
        env: AdapterEnvironment,
        client: SquareClient,
        identifiers: Identifiers,
        variations: Variations,
    ) -> None:
        self._env = env
        self._client = client
        self._identifiers = identifiers
        self._kept = identifiers.facts
        self._variations = variations

    async def get_stock(
        self, keys: Sequence[StockKey], context: ContextView, call: CallContext
    ) -> Mapping[StockKey, StockLevels | AdapterError]:
        """ceil(SKUs x locations / 1000) requests, identifiers and tracking marks cached. A page that fails fails the
        call: Square sorts counts by time, so a part of the pages is a part of every SKU."""
        ids, marks = await self._known(list(dict.fromkeys(key.variant for key in keys)), call)
        by_places: dict[tuple[str, ...], list[str]] = {}
        for key in keys:
            entry = ids.get(key.variant)
            if entry is not None and not isinstance(entry, AdapterError) and key.locations:
                by_places.setdefault(key.locations, []).append(entry.id)
        counts: dict[tuple[str, str], Count] = {}
        for places, variations in by_places.items():
            await self._count(list(dict.fromkeys(variations)), places, counts, call)
        freshness = Reading.now(self._env).freshness

        def levels(key: StockKey, found: Variation) -> StockLevels:
            known, now = marks.get(found.id, NOTHING_SAID), freshness.as_of
            each = ((at, level(at, known, counts.get((found.id, at)), now, freshness)) for at in key.locations)
            return StockLevels(
                {at: one for at, one in each if one is not None}, marked_until(key.locations, known, now)
            )

        return answered(keys, lambda key: ids.get(key.variant), levels)

    async def _count(
        self,
        variations: Sequence[str],
        places: Sequence[str],
        counts: dict[tuple[str, str], Count],
        call: CallContext,
    ) -> None:
        """Only IN_STOCK, or fourteen states multiply the rows. A row that changes while pages are read moves to the
        front and may come twice: the later one is right."""
        body = {
            "catalog_object_ids": variations,
            "location_ids": places,
            "states": ["IN_STOCK"],
            "limit": ROWS_PER_PAGE,
        }
        path = "/v2/inventory/counts/batch-retrieve"
        async for page in self._client.pages(path, body, CountsAnswer, OPERATION, call):
            for row in page.counts or ():
                if row.state != "IN_STOCK":
                    continue
                earlier = counts.get((row.catalog_object_id, row.location_id))
                if earlier is None or earlier.calculated_at <= row.calculated_at:
                    counts[row.catalog_object_id, row.location_id] = row

    async def _known(self, variants: Sequence[VariantKey], call: CallContext) -> tuple[Named, Mapping[str, Facts]]:
        """Variations by SKU or id, and what they say of themselves. A kept id that turns out to be of a deleted
        variation, or of one that bears another SKU by now, is looked up once more."""
        ids = dict(await self._identifiers.by_key(self._env.name, variants, OPERATION, call))
        marks = await self._facts([each.id for each in ids.values() if not isinstance(each, AdapterError)], call)
        ids = {key: each for key, each in ids.items() if isinstance(key, str) or _lives(each, marks)}
        outdated = [
            sku
            for sku, each in ids.items()
            if isinstance(sku, str)
            and not isinstance(each, AdapterError)
            and not self._env.key_rule.same(sku, marks.get(each.id, NOTHING_SAID).key)
        ]
        if outdated:
            await self._identifiers.forget(outdated)
            again = await self._identifiers.by_sku(outdated, OPERATION, call)
            ids = {key: each for key, each in ids.items() if key not in outdated} | dict(again)
            marks |= await self._facts([each.id for each in again.values() if not isinstance(each, AdapterError)], call)
        return ids, marks

    async def _facts(self, variations: Sequence[str], call: CallContext) -> dict[str, Facts]:
        """Tracking and sold-out marks, from the cache unless the call asks for fresh facts."""
        kept, missing = ({}, list(dict.fromkeys(variations))) if call.fresh else await self._kept.known(variations)
        known = {variation: each for variation, each in kept.items() if isinstance(each, Facts)}
        if missing:
            objects, _ = await self._variations.objects(missing, OPERATION, call, related=False)
            fetched = {
                variation: facts(found, self._identifiers.key_of(found.item_variation_data))
                for variation, found in objects.items()
                if found.item_variation_data is not None
            }
            await self._kept.keep(fetched)
            known.update(fetched)
        return known


def _lives(named: Variation | AdapterError, marks: Mapping[str, Facts]) -> bool:
    """Whether there is such a variation: an id proves nothing."""
    known = None if isinstance(named, AdapterError) else marks.get(named.id)
    return known is not None and not known.gone
