"""`StockPort`: what tills have counted, by location."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from msgspec import Struct

from adapters.square.catalog import retrieved
from adapters.square.client import SquareClient
from adapters.square.config import SquareConfig
from adapters.square.identifiers import Identifiers, Named, Variation
from adapters.square.marks import Facts, facts, tracking_at
from adapters.square.rows import Answer, Instant
from gateway.errors import AdapterError
from gateway.kit.keyed import answered
from gateway.kit.money import decimal_of
from gateway.kit.readings import Reading
from gateway.model.context import CallContext, ContextView
from gateway.model.freshness import Freshness
from gateway.model.identity import VariantKey
from gateway.model.stock import StockKey, StockLevel, StockLevels, Tracking
from gateway.ports.manifest import AdapterEnvironment

ROWS_PER_PAGE = 1_000
NOTHING_SAID = Facts()
ZERO = Decimal(0)


class Count(Struct, frozen=True):
    """`quantity` is a decimal text and may be negative."""

    catalog_object_id: str
    location_id: str
    state: str
    quantity: str
    calculated_at: Instant


class CountsAnswer(Answer, frozen=True, kw_only=True):
    counts: tuple[Count, ...] | None = None


class Stock:
    def __init__(self, env: AdapterEnvironment[SquareConfig], client: SquareClient, identifiers: Identifiers) -> None:
        self._env = env
        self._client = client
        self._identifiers = identifiers

    async def get_stock(
        self, keys: Sequence[StockKey], context: ContextView, call: CallContext
    ) -> Mapping[StockKey, StockLevels | AdapterError]:
        """ceil(SKUs x locations / 1000) requests, identifiers and tracking marks cached. A page that fails fails the
        call: Square sorts counts by time, so a part of the pages is a part of every SKU."""
        ids, marks = await self.known(list(dict.fromkeys(key.variant for key in keys)), call)
        by_places: dict[tuple[str, ...], list[str]] = {}
        for key in keys:
            entry = ids.get(key.variant)
            if entry is not None and not isinstance(entry, AdapterError) and key.locations:
                by_places.setdefault(key.locations, []).append(entry.id)
        counts: dict[tuple[str, str], Count] = {}
        for places, variations in by_places.items():
            counts |= await self.counted(list(dict.fromkeys(variations)), places, call)
        freshness = Reading.now(self._env).freshness

        def levels(key: StockKey, found: Variation) -> StockLevels:
            known, now = marks.get(found.id, NOTHING_SAID), freshness.as_of
            each = ((at, level(at, known, counts.get((found.id, at)), now, freshness)) for at in key.locations)
            return StockLevels(
                {at: one for at, one in each if one is not None}, marked_until(key.locations, known, now)
            )

        return answered(keys, lambda key: ids.get(key.variant), levels)

    async def counted(
        self, variations: Sequence[str], places: Sequence[str], call: CallContext
    ) -> dict[tuple[str, str], Count]:
        """Only IN_STOCK, or fourteen states multiply the rows. A row that changes while pages are read moves to the
        front and may come twice: the later one is right."""
        body = {
            "catalog_object_ids": variations,
            "location_ids": places,
            "states": ["IN_STOCK"],
            "limit": ROWS_PER_PAGE,
        }
        counts: dict[tuple[str, str], Count] = {}
        path = "/v2/inventory/counts/batch-retrieve"
        async for page in self._client.pages(path, body, CountsAnswer, call):
            for row in page.counts or ():
                if row.state != "IN_STOCK":
                    continue
                earlier = counts.get((row.catalog_object_id, row.location_id))
                if earlier is None or earlier.calculated_at <= row.calculated_at:
                    counts[row.catalog_object_id, row.location_id] = row
        return counts

    async def known(self, variants: Sequence[VariantKey], call: CallContext) -> tuple[Named, Mapping[str, Facts]]:
        """Variations by SKU or id, and what they say of themselves. A kept id that turns out to be of a deleted
        variation, or of one that bears another SKU by now, is looked up once more."""
        ids = dict(await self._identifiers.by_key(variants, call))
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
            again = await self._identifiers.by_sku(outdated, call)
            ids = {key: each for key, each in ids.items() if key not in outdated} | dict(again)
            marks |= await self._facts([each.id for each in again.values() if not isinstance(each, AdapterError)], call)
        return ids, marks

    async def _facts(self, variations: Sequence[str], call: CallContext) -> dict[str, Facts]:
        """Tracking and sold-out marks, from the cache unless the call asks for fresh facts."""
        marks = self._identifiers.facts
        kept, missing = ({}, list(dict.fromkeys(variations))) if call.fresh else await marks.known(variations)
        known = {variation: each for variation, each in kept.items() if isinstance(each, Facts)}
        if missing:
            objects, _ = await retrieved(self._client, missing, call, deleted=True)
            fetched = {
                variation: facts(found, self._identifiers.key_of(found.item_variation_data))
                for variation, found in objects.items()
                if found.item_variation_data is not None
            }
            await marks.keep(fetched)
            known.update(fetched)
        return known


def _lives(named: Variation | AdapterError, marks: Mapping[str, Facts]) -> bool:
    """Whether there is such a variation: an id proves nothing."""
    known = None if isinstance(named, AdapterError) else marks.get(named.id)
    return known is not None and not known.gone


def marked_until(locations: Iterable[str], known: Facts, now: datetime) -> datetime | None:
    """When the first sold-out mark at these places ends that holds now."""
    marks = (known.marks.get(location) for location in locations)
    ends = [mark.sold_out_until for mark in marks if mark and mark.sold_out and mark.sold_out_until]
    return min((end for end in ends if end > now), default=None)


def level(location: str, known: Facts, count: Count | None, now: datetime, freshness: Freshness) -> StockLevel | None:
    """None: never counted there, so unknown. A sold-out mark counts as zero whatever the count says (vendor's text);
    a mark whose time has passed no longer holds. Square counts what can be sold; what lies there reserved is other
    states, which are not asked for, so `on_hand` is unknown."""
    tracking = tracking_at(location, known)
    if tracking is Tracking.NOT_STOCKED:
        return StockLevel(location, tracking, freshness)
    mark = known.marks.get(location)
    if mark and mark.sold_out and (mark.sold_out_until is None or mark.sold_out_until > now):
        return StockLevel(location, Tracking.TRACKED, freshness, available=ZERO)
    if tracking is Tracking.UNTRACKED:
        return StockLevel(location, tracking, freshness)
    if count is None:
        return None
    return StockLevel(location, Tracking.TRACKED, freshness, available=decimal_of(count.quantity, "counts[].quantity"))
