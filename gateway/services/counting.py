"""Stock of a variant over some places: each place once, from its own system; what could not be heard is never zero."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor

from msgspec import Struct

from gateway.errors import AdapterError
from gateway.model.freshness import Freshness
from gateway.model.stock import AvailabilityStatus, StockLevels, Tracking
from gateway.settings import ChannelSection

IN_STOCK, LOW_STOCK = AvailabilityStatus.IN_STOCK, AvailabilityStatus.LOW_STOCK
OUT_OF_STOCK, UNKNOWN = AvailabilityStatus.OUT_OF_STOCK, AvailabilityStatus.UNKNOWN
UNTRACKED = Tracking.UNTRACKED


class Shelf(Struct, frozen=True):
    """A place in one operation: `answers` are what its system, `backend`, said of each asked variant, in their order.
    The safety stock is never sold."""

    name: str
    ref: str
    safety_stock: int
    answers: Sequence[StockLevels | AdapterError | None]
    backend: str = ""


class StockCount(Struct, frozen=True):
    """Some places taken together, as customers may know it. `quantity` is None when nothing is counted there or nothing
    was heard; `unknown` places were not heard or never counted it; `sure`: all were heard, and lately."""

    status: AvailabilityStatus
    quantity: int | None
    capped: bool
    unknown: int
    sure: bool
    freshness: tuple[Freshness, ...]
    failure: AdapterError | None

    @property
    def buyable(self) -> bool:
        return self.status is IN_STOCK or self.status is LOW_STOCK


def count(position: int, shelves: Sequence[Shelf], limits: ChannelSection) -> StockCount:
    """The variant at this position of what was asked. An oversold place adds nothing, and takes nothing from others."""
    total, unknown, unlimited, sure = 0, 0, False, True
    freshness: tuple[Freshness, ...] = ()
    failure: AdapterError | None = None
    for shelf in shelves:
        answer = shelf.answers[position]
        level = answer.levels.get(shelf.ref) if isinstance(answer, StockLevels) else None
        if level is None:
            unknown += 1
            sure = False
            if isinstance(answer, AdapterError):
                failure = answer
            continue
        if level.freshness not in freshness:
            freshness += (level.freshness,)
            sure = sure and not level.freshness.stale
        if level.tracking is UNTRACKED:
            unlimited = True
        elif level.available is not None and (pieces := floor(level.available) - shelf.safety_stock) > 0:
            total += pieces
    if unlimited:
        return StockCount(IN_STOCK, None, True, unknown, sure, freshness, failure)
    cap = limits.quantity_cap
    if total:
        status = LOW_STOCK if total <= limits.low_stock else IN_STOCK
        capped = total > cap
        return StockCount(status, cap if capped else total, capped, unknown, sure, freshness, failure)
    heard = unknown < len(shelves)
    status = UNKNOWN if unknown or not heard else OUT_OF_STOCK
    return StockCount(status, 0 if heard else None, False, unknown, sure, freshness, failure)
