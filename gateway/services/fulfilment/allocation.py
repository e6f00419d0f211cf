"""Which pieces come from which place, for plans and for reservations alike: all lines at once, so that lines that share
stock are counted together before anything is held. Pure: what is free is told, and is the caller's to have found.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import floor

from msgspec import Struct

from gateway.model.checkouts import Allotment
from gateway.model.identity import VariantKey, canonical_key
from gateway.model.stock import StockLevel, Tracking
from gateway.ownership import LocationPlan
from gateway.ports.order import Placement
from gateway.state.ledger import StockSpot


class Want(Struct, frozen=True):
    """Pieces of a line, and the places they may come from, the preferred one first."""

    line: str
    variant: VariantKey
    pieces: int
    places: Sequence[LocationPlan]


class Shelves(Struct, frozen=True):
    """What may still be sold where, after safety stock and everybody's holds. `untracked`: sold without counting. A
    spot in neither could not be heard."""

    free: dict[StockSpot, int]
    untracked: set[StockSpot]

    def heard(self, spot: StockSpot) -> bool:
        return spot in self.free or spot in self.untracked

    def with_more(self, pieces: Mapping[StockSpot, int]) -> Shelves:
        """If so many came back."""
        return Shelves({spot: free + pieces.get(spot, 0) for spot, free in self.free.items()}, self.untracked)


class Lack(Struct, frozen=True):
    """A line that cannot be had. `available` of its pieces could be, had they been enough. `unheard`: a place that may
    have more could not be heard."""

    line: str
    wanted: int
    available: int
    unheard: bool


class Allocation(Struct, frozen=True):
    """Each line is whole in `allotments`, or it is in `lacking`."""

    allotments: tuple[Allotment, ...]
    lacking: tuple[Lack, ...] = ()


def spot_of(plan: LocationPlan, variant: VariantKey) -> StockSpot:
    item = canonical_key(variant) if isinstance(variant, str) else variant.id
    return StockSpot(plan.backend, item, plan.ref)


def counted_at(plan: LocationPlan, variant: VariantKey) -> bool:
    """Whether the system that counts there knows what is meant: it reads no reference of another's."""
    return isinstance(variant, str) or variant.backend == plan.backend


def saleable(level: StockLevel, plan: LocationPlan) -> int | None:
    """Pieces a reading leaves to be sold there, below zero where it is oversold; None: it is sold without counting.
    What the owner has given to orders is out of `available` already, and what merely lies there counts for nothing."""
    if level.tracking is Tracking.UNTRACKED:
        return None
    if level.tracking is Tracking.NOT_STOCKED or level.available is None:
        return 0
    return floor(level.available) - plan.safety_stock


def allocate(wants: Sequence[Want], shelves: Shelves, placement: Placement, *, together: bool = True) -> Allocation:
    """One place for everything where there is any: fewest parcels, and every owner can be told. Else each line whole
    from the first place that has it, and in pieces only where the order's owner takes a place for each line; never from
    several where it takes one an order. `together` False: it is known that no one place has everything."""
    rows = [_row(want) for want in wants]
    alone = placement is Placement.PER_ORDER
    best: Allocation | None = None
    for name in dict.fromkeys(name for row in rows for name in row.sources) if together or alone else ():
        narrowed = [_Row(row.want, {name: row.sources[name]} if name in row.sources else {}) for row in rows]
        found = _taken(narrowed, shelves, split=False, or_none=not alone)
        if found is not None and not found.lacking:
            return found
        if found is not None and (best is None or len(found.lacking) < len(best.lacking)):
            best = found
    if best is not None:
        return best
    found = _taken(rows, shelves, split=placement is Placement.PER_LINE, or_none=False)
    return Allocation(()) if found is None else found


def scattered(wants: Sequence[Want], shelves: Shelves, placement: Placement) -> Allocation:
    """What one order cannot be told, as several could: lacking where one order may come from several places anyway."""
    apart = placement is Placement.PER_ORDER
    return allocate(wants, shelves, Placement.PER_LINE if apart else placement)


class _Row(Struct, frozen=True, gc=False):
    """A want with the spots of the places it may come from, by their names."""

    want: Want
    sources: dict[str, StockSpot]


def _row(want: Want) -> _Row:
    """Each place once: what lies there is there once."""
    variant = want.variant
    return _Row(want, {plan.name: spot_of(plan, variant) for plan in want.places if counted_at(plan, variant)})


def _taken(rows: Sequence[_Row], shelves: Shelves, *, split: bool, or_none: bool) -> Allocation | None:
    """Lines with fewer places to choose from go first, else in their order. `or_none`: as soon as one is lacking."""
    if or_none and any(not row.sources for row in rows):
        return None
    free = dict(shelves.free)
    allotments: list[Allotment] = []
    lacking: list[Lack] = []
    for row in sorted(rows, key=lambda row: len(row.sources)):
        found = _take(row, free, shelves, split=split)
        if found is not None:
            allotments += found
            continue
        if or_none:
            return None
        lacking.append(_lack(row, free, shelves, split=split))
    return Allocation(tuple(allotments), tuple(lacking))


def _lack(row: _Row, free: dict[StockSpot, int], shelves: Shelves, *, split: bool) -> Lack:
    left = [max(0, free.get(spot, 0)) for spot in row.sources.values()]
    available = sum(left) if split else max(left, default=0)
    unheard = any(not shelves.heard(spot) for spot in row.sources.values())
    return Lack(row.want.line, row.want.pieces, min(available, row.want.pieces), unheard)


def _take(row: _Row, free: dict[StockSpot, int], shelves: Shelves, *, split: bool) -> list[Allotment] | None:
    wanted = row.want.pieces
    for name, spot in row.sources.items():
        if spot in shelves.untracked:
            return [_allotment(row, name, spot, wanted, held=False)]
        if free.get(spot, 0) >= wanted:
            free[spot] -= wanted
            return [_allotment(row, name, spot, wanted)]
    taken: list[Allotment] = []
    for name, spot in row.sources.items() if split else ():
        pieces = min(wanted, max(0, free.get(spot, 0)))
        if pieces:
            taken.append(_allotment(row, name, spot, pieces))
            wanted -= pieces
        if not wanted:
            for each in taken:
                free[StockSpot(each.backend, each.item, each.place)] -= each.quantity
            return taken
    return None


def _allotment(row: _Row, name: str, spot: StockSpot, pieces: int, *, held: bool = True) -> Allotment:
    return Allotment(row.want.line, name, pieces, spot.backend, spot.item, spot.place, held)


def pieces_by_spot(allotments: Iterable[Allotment]) -> dict[StockSpot, int]:
    """What the ledger keeps back of each stock item at each place: the demand of all lines together."""
    wanted: dict[StockSpot, int] = {}
    for each in allotments:
        if each.held:
            spot = StockSpot(each.backend, each.item, each.place)
            wanted[spot] = wanted.get(spot, 0) + each.quantity
    return wanted
