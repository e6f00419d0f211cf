"""What lies on the shelves, and what is sold of it: a variant is a stock item, or is made of such as others are made of
too. Everybody who counts goods counts items at places: what is shown, planned, held and committed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from decimal import Decimal
from math import ceil, floor

from msgspec import Struct

from gateway.model.identity import KeyRule, VariantKey, canonical_key
from gateway.model.stock import StockLevel, StockLevels, Tracking
from gateway.ownership import LocationPlan
from gateway.state.ledger import StockSpot

_ONE = Decimal(1)
_NOTHING = Decimal("1e-9")
"""What two thirds three times are more than two."""


class Need(Struct, frozen=True, gc=False):
    """What one piece takes of a spot; the ledger counts whole pieces, so that parts of one are rounded up."""

    spot: StockSpot
    each: Decimal

    def of(self, pieces: int) -> int:
        return pieces if self.each == _ONE else ceil(self.each * pieces - _NOTHING)

    def makes(self, free: Decimal | int) -> int:
        """Out of so many."""
        return max(0, floor(free / self.each + _NOTHING))


def sold_as(variant: VariantKey) -> str:
    """As carts call it."""
    return canonical_key(variant) if isinstance(variant, str) else variant.id


def item_of(variant: VariantKey, rule: KeyRule) -> str:
    """As its owner calls it: what others are made of is named by who owns it."""
    return rule.written(variant) if isinstance(variant, str) else variant.id


def spot_of(plan: LocationPlan, variant: VariantKey) -> StockSpot:
    return StockSpot(plan.backend, item_of(variant, plan.key_rule), plan.ref)


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


def needs_of(plan: LocationPlan, answer: StockLevels) -> tuple[Need, ...]:
    """Each spot once; none where a variant is an item itself."""
    each: dict[StockSpot, Decimal] = {}
    for part in answer.parts:
        spot = spot_of(plan, part.item)
        each[spot] = each.get(spot, Decimal(0)) + part.quantity
    return tuple(Need(spot, quantity) for spot, quantity in each.items())


def counted_in(
    plan: LocationPlan, variant: VariantKey, answer: StockLevels
) -> Iterator[tuple[StockSpot, StockLevel | None]]:
    """The spots of the items that an answer tells of, and what it says of them: None is never counted."""
    if not answer.parts:
        yield spot_of(plan, variant), answer.levels.get(plan.ref)
    for part in answer.parts:
        yield spot_of(plan, part.item), part.levels.get(plan.ref)


def made_of(needs: Iterable[Need], free: Mapping[StockSpot, int], untracked: Collection[StockSpot]) -> int | None:
    """How many can be made of what is free; what could not be heard makes none. None: all of it is sold without
    counting."""
    counts = [need.makes(free.get(need.spot, 0)) for need in needs if need.spot not in untracked]
    return min(counts, default=None)
