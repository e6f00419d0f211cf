"""Which pieces come from which place, for plans and for reservations alike: all lines at once, so that lines that share
stock are counted together before anything is held. Pure: what is free is told, and is the caller's to have found.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from gateway.model.checkouts import Allotment, AllottedPart
from gateway.model.identity import VariantKey
from gateway.ownership import LocationPlan
from gateway.ports.order import Placement
from gateway.services.stock_items import Need, counted_at, made_of, spot_of
from gateway.state.ledger import StockSpot


class Want(Struct, frozen=True):
    """Pieces of a line, and the places they may come from, the preferred one first."""

    line: str
    variant: VariantKey
    pieces: int
    places: Sequence[LocationPlan]


class Shelves(Struct, frozen=True):
    """What may still be sold where, after safety stock and everybody's holds. `untracked`: sold without counting. A
    spot in neither could not be heard. `made`: spots of what is no stock item itself, and what it takes of which."""

    free: dict[StockSpot, int]
    untracked: set[StockSpot]
    made: dict[StockSpot, tuple[Need, ...]] = {}

    def heard(self, spot: StockSpot) -> bool:
        if needs := self.made.get(spot):
            return all(need.spot in self.free or need.spot in self.untracked for need in needs)
        return spot in self.free or spot in self.untracked

    def left(self, spot: StockSpot, free: Mapping[StockSpot, int]) -> int | None:
        """Pieces that can be had there while so much is free; None: it is sold without counting."""
        if needs := self.made.get(spot):
            return made_of(needs, free, self.untracked)
        return None if spot in self.untracked else free.get(spot, 0)

    def with_more(self, pieces: Mapping[StockSpot, int]) -> Shelves:
        """If so many came back."""
        return replace(self, free={spot: free + pieces.get(spot, 0) for spot, free in self.free.items()})


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


def allocate(
    wants: Sequence[Want],
    shelves: Shelves,
    placement: Placement,
    *,
    together: bool = True,
    orders: int = 1,
    whole: bool = False,
) -> Allocation:
    """One place for everything where there is any: fewest parcels, and every owner can be told. Else each line whole
    from the first place that has it, and in pieces only where the order's owner takes a place for each line; from no
    more than `orders` places where it takes one an order, because each of them is an order of its own. `together`
    False: it is known that no one place has everything. `whole`: no line is of several orders."""
    rows = [_row(want) for want in wants]
    one_each = placement is Placement.PER_ORDER
    alone = one_each and orders == 1
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
    split = placement is Placement.PER_LINE or (one_each and not whole)
    found = _taken(rows, shelves, split=split, or_none=False, most=orders if one_each else None)
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


def _taken(
    rows: Sequence[_Row], shelves: Shelves, *, split: bool, or_none: bool, most: int | None = None
) -> Allocation | None:
    """Lines with fewer places to choose from go first, else in their order. `or_none`: as soon as one is lacking.
    `most`: places that are taken from, all lines together."""
    if or_none and any(not row.sources for row in rows):
        return None
    free = dict(shelves.free)
    allotments: list[Allotment] = []
    lacking: list[Lack] = []
    used: set[str] = set()
    for row in sorted(rows, key=lambda row: len(row.sources)):
        if most is not None:
            row = _within(row, used, most)
        found = _take(row, free, shelves, split=split)
        if found is not None and most is not None and len(used | {each.location for each in found}) > most:
            for each in found:
                free[StockSpot(each.backend, each.item, each.place)] += each.quantity
            found = None
        if found is not None:
            allotments += found
            used |= {each.location for each in found}
            continue
        if or_none:
            return None
        lacking.append(_lack(row, free, shelves, split=split))
    return Allocation(tuple(allotments), tuple(lacking))


def _within(row: _Row, used: set[str], most: int) -> _Row:
    """Places that are taken from already first, and no others when they are enough in number."""
    mine = {name: spot for name, spot in row.sources.items() if name in used}
    return _Row(row.want, mine if len(used) >= most else {**mine, **row.sources})


def _lack(row: _Row, free: dict[StockSpot, int], shelves: Shelves, *, split: bool) -> Lack:
    left = [max(0, shelves.left(spot, free) or 0) for spot in row.sources.values()]
    available = sum(left) if split else max(left, default=0)
    unheard = any(not shelves.heard(spot) for spot in row.sources.values())
    return Lack(row.want.line, row.want.pieces, min(available, row.want.pieces), unheard)


def _take(row: _Row, free: dict[StockSpot, int], shelves: Shelves, *, split: bool) -> list[Allotment] | None:
    wanted = row.want.pieces
    there: list[tuple[str, StockSpot, int]] = []
    for name, spot in row.sources.items():
        left = shelves.left(spot, free)
        if left is None or left >= wanted:
            return [_taken_from(row, name, spot, wanted, free, shelves)]
        if left > 0:
            there.append((name, spot, left))
    if not split or sum(left for _, _, left in there) < wanted:
        return None
    taken: list[Allotment] = []
    for name, spot, left in there:
        if pieces := min(wanted, left):
            taken.append(_taken_from(row, name, spot, pieces, free, shelves))
            wanted -= pieces
    return taken


def _taken_from(
    row: _Row, name: str, spot: StockSpot, pieces: int, free: dict[StockSpot, int], shelves: Shelves
) -> Allotment:
    """Out of `free`. What is sold without counting is not held, nor is it of a kit."""
    needs = [need for need in shelves.made.get(spot, ()) if need.spot not in shelves.untracked]
    parts = tuple(AllottedPart(need.spot.item, need.of(pieces)) for need in needs)
    held = bool(parts) if spot in shelves.made else spot not in shelves.untracked
    taken = Allotment(row.want.line, name, pieces, spot.backend, spot.item, spot.place, held, parts)
    for each, number in spots_of(taken).items():
        free[each] -= number
    return taken


def spots_of(allotment: Allotment) -> dict[StockSpot, int]:
    """What the ledger keeps back of one."""
    if not allotment.held:
        return {}
    backend, place = allotment.backend, allotment.place
    if not allotment.parts:
        return {StockSpot(backend, allotment.item, place): allotment.quantity}
    return {StockSpot(backend, part.item, place): part.pieces for part in allotment.parts}


def pieces_by_spot(allotments: Iterable[Allotment]) -> dict[StockSpot, int]:
    """What the ledger keeps back of each stock item at each place: the demand of all lines together."""
    wanted: dict[StockSpot, int] = {}
    for each in allotments:
        for spot, pieces in spots_of(each).items():
            wanted[spot] = wanted.get(spot, 0) + pieces
    return wanted
