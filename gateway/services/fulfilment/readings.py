"""What plans count with: readings as everybody is shown them, less what the ledger keeps back. A reservation reads
afresh and asks the ledger's own row; the two share the allocation, not the reading.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from gateway.errors import AdapterError
from gateway.model.identity import VariantKey
from gateway.model.stock import StockLevels
from gateway.ownership import LocationPlan
from gateway.services.counting import Shelf
from gateway.services.fulfilment.allocation import Shelves, counted_at, saleable, spot_of
from gateway.state.ledger import Ledger, StockSpot


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
    """A checkout's reading in the ledger counts where it is the younger one and says less. A hold counts against
    either, also against a reading that knows of its order already: for a moment too few are offered, never too many.
    Raises the AdapterError of a system where none at all could be heard."""
    untracked: set[StockSpot] = set()
    shown: dict[StockSpot, tuple[int, datetime]] = {}
    sure = complete = True
    failure: AdapterError | None = None
    for shelf in shelves:
        plan = places[shelf.name]
        for variant, answer in zip(variants, shelf.answers, strict=True):
            if not counted_at(plan, variant):
                continue
            level = answer.levels.get(shelf.ref) if isinstance(answer, StockLevels) else None
            if level is None:
                sure = complete = False
                failure = answer if isinstance(answer, AdapterError) else failure
                continue
            sure = sure and not level.freshness.stale
            pieces = saleable(level, plan)
            if pieces is None:
                untracked.add(spot_of(plan, variant))
            else:
                shown[spot_of(plan, variant)] = (pieces, level.freshness.as_of)
    if failure is not None and not shown and not untracked:
        raise failure
    free = {spot: pieces for spot, (pieces, _) in shown.items()}
    for spot, standing in (await ledger.standing(shown)).items():
        younger = now - timedelta(seconds=standing.age) > shown[spot][1]
        free[spot] = (min(standing.reading, free[spot]) if younger else free[spot]) - standing.held
    return Readings(Shelves(free, untracked), sure, complete)
