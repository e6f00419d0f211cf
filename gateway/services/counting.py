"""Stock of variants over some places: each place once, from its own system; what could not be heard is never zero."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import floor
from typing import TypeVar

from msgspec import Struct

from gateway.errors import AdapterError
from gateway.model.freshness import Freshness
from gateway.model.identity import KeyRule
from gateway.model.stock import AvailabilityStatus, StockLevels, Tracking
from gateway.settings import ChannelSection

IN_STOCK, LOW_STOCK = AvailabilityStatus.IN_STOCK, AvailabilityStatus.LOW_STOCK
OUT_OF_STOCK, UNKNOWN = AvailabilityStatus.OUT_OF_STOCK, AvailabilityStatus.UNKNOWN
UNTRACKED = Tracking.UNTRACKED

Made = TypeVar("Made")


class Shelf(Struct, frozen=True):
    """A place in one operation: `answers` are what its system, `backend`, said of each asked variant, in their order.
    The safety stock is never sold. `kits` are the positions of those answers that come with parts; `key_rule` is how
    its system writes SKUs."""

    name: str
    ref: str
    safety_stock: int
    answers: Sequence[StockLevels | AdapterError | None]
    backend: str = ""
    kits: Sequence[int] = ()
    key_rule: KeyRule = KeyRule()


class CountedShelf(Struct, frozen=True):
    """What a shelf adds of each asked variant, in whole pieces, as one answer of its system says (`freshness`). None in
    `pieces` where that is not all there is to say: not heard, never counted, sold without counting, or told by another
    answer."""

    shelf: Shelf
    pieces: Sequence[int | None]
    freshness: Freshness | None

    @classmethod
    def of(cls, shelf: Shelf) -> CountedShelf:
        ref, safety = shelf.ref, shelf.safety_stock
        seen: Freshness | None = None
        counted: list[int | None] = []
        for answer in shelf.answers:
            level = answer.levels.get(ref) if isinstance(answer, StockLevels) else None
            if level is None or level.tracking is UNTRACKED:
                counted.append(None)
                continue
            if level.freshness is not seen and level.freshness != seen:
                if seen is not None:
                    counted.append(None)
                    continue
                seen = level.freshness
            pieces = 0 if level.available is None else int(level.available) - safety
            counted.append(pieces if pieces > 0 else 0)
        return cls(shelf, counted, seen)


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


def counted(
    places: Sequence[CountedShelf], asked: int, limits: ChannelSection, make: Callable[[StockCount], Made]
) -> list[Made]:
    """What is made of the count of each of so many variants over these places. Most variants are told by the sum of
    their pieces alone, and of equal sums it is made once; `count` has the others."""
    shelves = [place.shelf for place in places]
    freshness: tuple[Freshness, ...] = ()
    sure = True
    for place in places:
        if place.freshness is not None and place.freshness not in freshness:
            freshness += (place.freshness,)
            sure = sure and not place.freshness.stale
    known: dict[int | None, Made] = {}
    found: list[Made] = []
    for position, pieces in enumerate(_sums(places, asked)):
        if pieces is None:
            found.append(make(count(position, shelves, limits)))
            continue
        made = known.get(pieces)
        if made is None:
            made = known[pieces] = make(_summed(pieces, limits, 0, sure, freshness, None, heard=True))
        found.append(made)
    return found


def _sums(places: Sequence[CountedShelf], asked: int) -> Sequence[int | None]:
    if len(places) == 1:
        return places[0].pieces
    if not places:
        return [None] * asked
    rows = zip(*[place.pieces for place in places], strict=True)
    if any(None in place.pieces for place in places):
        return [None if None in row else sum(row) for row in rows]  # pyright: ignore[reportArgumentType]
    return [*map(sum, rows)]  # pyright: ignore[reportArgumentType, reportCallIssue]


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
    return _summed(total, limits, unknown, sure, freshness, failure, heard=unknown < len(shelves))


def _summed(
    total: int,
    limits: ChannelSection,
    unknown: int,
    sure: bool,
    freshness: tuple[Freshness, ...],
    failure: AdapterError | None,
    *,
    heard: bool,
) -> StockCount:
    cap = limits.quantity_cap
    if total:
        status = LOW_STOCK if total <= limits.low_stock else IN_STOCK
        capped = total > cap
        return StockCount(status, cap if capped else total, capped, unknown, sure, freshness, failure)
    status = UNKNOWN if unknown or not heard else OUT_OF_STOCK
    return StockCount(status, 0 if heard else None, False, unknown, sure, freshness, failure)
