"""Which pieces come from which place, for plans and for reservations alike: all lines at once, so that lines that share
stock are counted together before anything is held. Pure: what is free is told, and is the caller's to have found.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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


def allocate(wants: Sequence[Want], shelves: Shelves, placement: Placement) -> Allocation:
    """One place for everything where there is any: fewest parcels, and every owner can be told. Else each line whole
    from the first place that has it, and in pieces only where the order's owner takes a place for each line; never from
    several where it takes one an order."""
    wants = [_possible(want) for want in wants]
    alone = placement is Placement.PER_ORDER
    best: Allocation | None = None
    for name in dict.fromkeys(plan.name for want in wants for plan in want.places):
        found = _taken([_only(want, name) for want in wants], shelves, split=False, or_none=not alone)
        if found is not None and not found.lacking:
            return found
        if found is not None and (best is None or len(found.lacking) < len(best.lacking)):
            best = found
    if best is not None:
        return best
    found = _taken(wants, shelves, split=placement is Placement.PER_LINE, or_none=False)
    return Allocation(()) if found is None else found


def _taken(wants: Sequence[Want], shelves: Shelves, *, split: bool, or_none: bool) -> Allocation | None:
    """Lines with fewer places to choose from go first, else in their order. `or_none`: as soon as one is lacking."""
    free = dict(shelves.free)
    allotments: list[Allotment] = []
    lacking: list[Lack] = []
    for want in sorted(wants, key=lambda want: len(want.places)):
        found = _take(want, free, shelves, split=split)
        if found is not None:
            allotments += found
            continue
        if or_none:
            return None
        lacking.append(_lack(want, free, shelves, split=split))
    return Allocation(tuple(allotments), tuple(lacking))


def _lack(want: Want, free: dict[StockSpot, int], shelves: Shelves, *, split: bool) -> Lack:
    spots = [spot_of(plan, want.variant) for plan in want.places]
    left = [max(0, free.get(spot, 0)) for spot in spots]
    available = sum(left) if split else max(left, default=0)
    unheard = any(not shelves.heard(spot) for spot in spots)
    return Lack(want.line, want.pieces, min(available, want.pieces), unheard)


def _take(want: Want, free: dict[StockSpot, int], shelves: Shelves, *, split: bool) -> list[Allotment] | None:
    for plan in want.places:
        spot = spot_of(plan, want.variant)
        if spot in shelves.untracked:
            return [_allotment(want, plan, spot, want.pieces, held=False)]
        if free.get(spot, 0) >= want.pieces:
            free[spot] -= want.pieces
            return [_allotment(want, plan, spot, want.pieces)]
    taken: list[Allotment] = []
    left = want.pieces
    for plan in want.places if split else ():
        spot = spot_of(plan, want.variant)
        pieces = min(left, max(0, free.get(spot, 0)))
        if pieces:
            taken.append(_allotment(want, plan, spot, pieces))
            left -= pieces
        if not left:
            for each in taken:
                free[StockSpot(each.backend, each.item, each.place)] -= each.quantity
            return taken
    return None


def _possible(want: Want) -> Want:
    """Each place once: what lies there is there once."""
    places = {plan.name: plan for plan in want.places if counted_at(plan, want.variant)}
    return Want(want.line, want.variant, want.pieces, tuple(places.values()))


def _only(want: Want, place: str) -> Want:
    return Want(want.line, want.variant, want.pieces, tuple(plan for plan in want.places if plan.name == place))


def _allotment(want: Want, plan: LocationPlan, spot: StockSpot, pieces: int, *, held: bool = True) -> Allotment:
    return Allotment(want.line, plan.name, pieces, spot.backend, spot.item, spot.place, held)


def pieces_by_spot(allotments: Iterable[Allotment]) -> dict[StockSpot, int]:
    """What the ledger keeps back of each stock item at each place: the demand of all lines together."""
    wanted: dict[StockSpot, int] = {}
    for each in allotments:
        if each.held:
            spot = StockSpot(each.backend, each.item, each.place)
            wanted[spot] = wanted.get(spot, 0) + each.quantity
    return wanted
