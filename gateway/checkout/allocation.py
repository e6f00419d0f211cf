"""What a run holds: the allocation that plans are made by, over what owners say is there now, less safety, less what
the ledger holds.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from math import ceil

from msgspec import Struct

from gateway.checkout.given import Frozen, Given
from gateway.model.checkouts import Allotment
from gateway.model.identity import VariantKey
from gateway.model.stock import StockKey, StockLevels
from gateway.ownership import LocationPlan
from gateway.ports.stock import GET_STOCK
from gateway.services.fulfilment import allocation
from gateway.services.fulfilment.allocation import Shelves, Want, counted_at, saleable, spot_of
from gateway.services.fulfilment.sources import OrderOwner, sources
from gateway.state.ledger import Returning, StockSpot

LATEST = 20
"""Seconds after which at the latest it is worth asking again while others hold what is short: they may be declined at
any moment."""


class Lacking(Struct, frozen=True):
    """`unheard`: not sold out, but a place that may have it could not be heard. `apart`: it is there, in another place
    than the rest, and its order's owner takes one place an order. `retry_after`: others hold enough of it, and have not
    bought it yet; in so many seconds it may be had."""

    line: str
    unheard: bool = False
    apart: bool = False
    retry_after: int | None = None


async def allocate(
    given: Given, run: str, frozen: Frozen, told: OrderOwner, *, pending: bool
) -> Sequence[Allotment] | Lacking:
    """Every active line, whole. Each owner of stock is asked once, past every cache; the readings go to the ledger.
    `pending`: whether the order's owner makes pending orders."""
    cart = frozen.cart
    wants = [
        Want(line.id, line.variant, int(line.quantity), sources(given.ownership, told, cart, cart.group_of(line)))
        for line in cart.active
    ]
    before = await _returning(given, run, wants)
    shelves = await _read(given, run, frozen, wants)
    found = allocation.allocate(wants, shelves, told.placement)
    if not found.lacking:
        return found.allotments
    lack = found.lacking[0]
    if not allocation.scattered(wants, shelves, told.placement).lacking:
        return Lacking(lack.line, apart=True)
    if lack.unheard:
        return Lacking(lack.line, unheard=True)
    # What others let go while owners were asked may be free already, and is in no reading yet.
    back = {**before, **await _returning(given, run, wants)}
    counted = 2 if pending else 1  # by the hold, and maybe by its owner's pending order too
    again = shelves.with_more({spot: each.pieces * counted for spot, each in back.items()})
    if not back or allocation.allocate(wants, again, told.placement).lacking:
        return Lacking(lack.line)
    return Lacking(lack.line, retry_after=again_in(back.values()))


async def _returning(given: Given, run: str, wants: Sequence[Want]) -> Mapping[StockSpot, Returning]:
    """What others hold of all this, and have not bought yet."""
    spots = {spot_of(plan, want.variant) for want in wants for plan in want.places if counted_at(plan, want.variant)}
    async with given.checkouts.database.read() as connection:
        return await given.ledger.returning(connection, spots, beside=run)


def again_in(held: Collection[Returning]) -> int | None:
    """Seconds after which to ask again for what others hold; None where they hold nothing."""
    left = [float(LATEST) if each.left is None else each.left for each in held]
    return max(1, min(LATEST, ceil(min(left)))) if left else None


async def _read(given: Given, run: str, frozen: Frozen, wants: Sequence[Want]) -> Shelves:
    wanted: dict[str, dict[VariantKey, dict[str, LocationPlan]]] = {}
    for want in wants:
        for plan in want.places:
            if counted_at(plan, want.variant):
                wanted.setdefault(plan.backend, {}).setdefault(want.variant, {})[plan.ref] = plan
    shelves = Shelves({}, set())
    for backend, variants in wanted.items():
        refs = tuple(dict.fromkeys(ref for plans in variants.values() for ref in plans))
        asked = await given.ledger.now()  # before the owner is: what it does not know yet is not forgotten
        keys = [StockKey(variant, refs) for variant in variants]
        answers = await given.caller.keyed(backend, GET_STOCK, keys, frozen.commerce, given.call(run))
        readings: dict[StockSpot, int] = {}
        for key in keys:
            answer = answers.get(key)
            if isinstance(answer, StockLevels):
                _heard(answer, variants[key.variant], key.variant, shelves, readings)
        await given.ledger.read_at(readings, asked)
        for spot, (free, _) in (await given.ledger.free(readings)).items():
            shelves.free[spot] = free
    return shelves


def _heard(
    answer: StockLevels,
    plans: Mapping[str, LocationPlan],
    variant: VariantKey,
    shelves: Shelves,
    readings: dict[StockSpot, int],
) -> None:
    for ref, plan in plans.items():
        level = answer.levels.get(ref)
        if level is None:
            continue
        pieces = saleable(level, plan)
        if pieces is None:
            shelves.untracked.add(spot_of(plan, variant))
        else:
            readings[spot_of(plan, variant)] = pieces
