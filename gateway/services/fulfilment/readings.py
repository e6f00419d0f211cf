"""What plans count with: readings as everybody is shown them, less what the ledger keeps back. A reservation reads
afresh and asks the ledger's own row; the two share the allocation, not the reading.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from gateway.errors import AdapterError
from gateway.model.identity import VariantKey
from gateway.model.stock import StockLevels
from gateway.ownership import LocationPlan
from gateway.services.counting import Shelf
from gateway.services.fulfilment.allocation import Shelves
from gateway.services.stock_items import Need, counted_at, counted_in, needs_of, saleable, spot_of
from gateway.state.ledger import Ledger, StockSpot

_NEVER = (datetime.min.replace(tzinfo=UTC), 0)


class Readings(Struct, frozen=True):
    """`sure`: all were heard, and lately. `complete`: all were heard."""

    shelves: Shelves
    sure: bool
    complete: bool


async def read(
    variants: Sequence[VariantKey],
    shelves: Sequence[Shelf],
    places: Mapping[str, LocationPlan],
    ledger: Ledger,
    now: datetime,
) -> Readings:
    """Of an item that several answers tell of the youngest counts, of two as young the lower one. A checkout's reading
    in the ledger counts where it is the younger one and says less. A hold counts against either, also against a reading
    that knows of its order already: for a moment too few are offered, never too many.
    Raises the AdapterError of a system where none at all could be heard."""
    untracked: set[StockSpot] = set()
    made: dict[StockSpot, tuple[Need, ...]] = {}
    seen: dict[StockSpot, tuple[datetime, int]] = {}
    sure = complete = True
    failure: AdapterError | None = None
    for shelf in shelves:
        plan = places[shelf.name]
        for variant, answer in zip(variants, shelf.answers, strict=True):
            if not counted_at(plan, variant):
                continue
            if not isinstance(answer, StockLevels):
                sure = complete = False
                failure = answer or failure
                continue
            if answer.parts:
                made[spot_of(plan, variant)] = needs_of(plan, answer)
            for spot, level in counted_in(plan, variant, answer):
                if level is None:
                    sure = complete = False
                    continue
                sure = sure and not level.freshness.stale
                pieces = saleable(level, plan)
                if pieces is None:
                    untracked.add(spot)
                elif (told := (level.freshness.as_of, -pieces)) > seen.get(spot, _NEVER):
                    seen[spot] = told
    if failure is not None and not seen and not untracked:
        raise failure
    free = {spot: -less for spot, (_, less) in seen.items()}
    for spot, standing in (await ledger.standing(seen)).items():
        younger = now - timedelta(seconds=standing.age) > seen[spot][0]
        free[spot] = (min(standing.reading, free[spot]) if younger else free[spot]) - standing.held
    return Readings(Shelves(free, untracked, made), sure, complete)
