"""Fulfilment plans: ways in which the whole of a cart can be had, worked out when asked for and kept nowhere."""

from __future__ import annotations

from enum import Enum

from msgspec import Struct

from gateway.model.baskets import ShippingOption
from gateway.model.money import Money
from gateway.model.stock import Promise


class PlanWay(Enum):
    """How some pieces reach the shopper."""

    PICKUP = "PICKUP"
    SHIP = "SHIP"
    SHIP_FROM_STORE = "SHIP_FROM_STORE"


class PlanReason(Enum):
    """What speaks for a plan beside the others that are shown."""

    READY_FIRST = "READY_FIRST"
    COSTS_LEAST = "COSTS_LEAST"
    FEWEST_PARCELS = "FEWEST_PARCELS"
    NEAREST = "NEAREST"
    ONLY_WAY = "ONLY_WAY"


class GapReason(Enum):
    """Why something cannot be had some way."""

    NOT_ENOUGH = "NOT_ENOUGH"
    """Fewer pieces than wanted can be had there, or none."""
    NOT_HEARD = "NOT_HEARD"
    """The system that counts there could not be heard, or never counted it."""
    NEVER_OPEN = "NEVER_OPEN"
    OWNER_CANNOT_BE_TOLD = "OWNER_CANNOT_BE_TOLD"
    """The system that takes the order cannot be told to fulfil it there."""
    NOT_DELIVERED = "NOT_DELIVERED"
    """Nobody carries it there."""


class PlanPieces(Struct, frozen=True):
    """So many pieces of a line."""

    line: str
    quantity: int


class PlanPart(Struct, frozen=True, kw_only=True):
    """What goes one way together, from one place. `store` is the configured store that hands it out or sends it;
    `location` the configured place it is taken from, None where the order's owner decides; `option` the shipping
    owner's cheapest, None where it is collected or nobody says. `pieces` name no line twice."""

    way: PlanWay
    pieces: tuple[PlanPieces, ...]
    store: str | None = None
    location: str | None = None
    promise: Promise | None = None
    distance_km: float | None = None
    option: ShippingOption | None = None


class PlanGap(Struct, frozen=True, kw_only=True):
    """What cannot be had one way. `store` None: by delivery. `line` None: nothing at all. `available` is how many of
    `wanted` pieces there are, capped as shown stock is; None where nobody knows."""

    way: PlanWay
    reason: GapReason
    store: str | None = None
    line: str | None = None
    wanted: int = 0
    available: int | None = None


class FulfilmentPlan(Struct, frozen=True, kw_only=True):
    """Each line of the cart is in `parts`, whole, or in `missing`. `id` names the plan when it is chosen; None while
    something is missing. `promise` is of the part that comes last, None where nobody can say. `cost` of all its
    deliveries before discounts, None where one is not known."""

    id: str | None
    parts: tuple[PlanPart, ...]
    missing: tuple[PlanGap, ...] = ()
    reasons: tuple[PlanReason, ...] = ()
    promise: Promise | None = None
    cost: Money | None = None

    @property
    def parcels(self) -> int:
        return sum(part.way is not PlanWay.PICKUP for part in self.parts)


class FulfilmentPlans(Struct, frozen=True, kw_only=True):
    """Best first. `gaps` is what is not to be had where, over all ways that were tried. `complete` False: a system
    could not be heard, or never counted something at a place. `hold_seconds`: how long pieces are kept back for a
    shopper who has begun to check out; before, nothing is."""

    plans: tuple[FulfilmentPlan, ...]
    gaps: tuple[PlanGap, ...]
    complete: bool
    hold_seconds: int
