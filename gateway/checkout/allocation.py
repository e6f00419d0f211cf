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
from gateway.services.fulfilment.allocation import Shelves, Want
from gateway.services.fulfilment.sources import OrderOwner, sources
from gateway.services.stock_items import counted_at, counted_in, needs_of, saleable, sold_as, spot_of
from gateway.state.kits import KnownKits, KnownPart
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
    spots = {spot_of(plan, want.variant) for want in wants for plan in want.places if counted_at(plan, want.variant)}
    kits = await given.kits.known(sold_as(line.variant) for line in cart.active)
    before = await _returning(given, run, spots | _parts_at(wants, kits))
    shelves = await _read(given, run, frozen, wants, kits)
    found = allocation.allocate(wants, shelves, told.placement, orders=told.orders, whole=True)
    if not found.lacking:
        return found.allotments
    lack = found.lacking[0]
    if not allocation.scattered(wants, shelves, told.placement).lacking:
        return Lacking(lack.line, apart=True)
    if lack.unheard:
        return Lacking(lack.line, unheard=True)
    # What others let go while owners were asked may be free already, and is in no reading yet.
    items = {need.spot for needs in shelves.made.values() for need in needs}
    back = {**before, **await _returning(given, run, spots | items)}
    counted = 2 if pending else 1  # by the hold, and maybe by its owner's pending order too
    again = shelves.with_more({spot: each.pieces * counted for spot, each in back.items()})
    if not back or allocation.allocate(wants, again, told.placement, orders=told.orders, whole=True).lacking:
        return Lacking(lack.line)
    return Lacking(lack.line, retry_after=again_in(back.values()))


async def _returning(given: Given, run: str, spots: Collection[StockSpot]) -> Mapping[StockSpot, Returning]:
    """What others hold of all this, and have not bought yet."""
    async with given.checkouts.database.read() as connection:
        return await given.ledger.returning(connection, spots, beside=run)


def again_in(held: Collection[Returning]) -> int | None:
    """Seconds after which to ask again for what others hold; None where they hold nothing."""
    left = [float(LATEST) if each.left is None else each.left for each in held]
    return max(1, min(LATEST, ceil(min(left)))) if left else None


def _parts_at(wants: Sequence[Want], kits: KnownKits) -> set[StockSpot]:
    """The spots of the parts, as far as they are known before their owner is asked."""
    return {
        StockSpot(plan.backend, part.item, plan.ref)
        for want in wants
        for plan in want.places
        for part in kits.get((plan.backend, sold_as(want.variant)), ())
    }


async def _read(given: Given, run: str, frozen: Frozen, wants: Sequence[Want], kits: KnownKits) -> Shelves:
    wanted: dict[str, dict[VariantKey, dict[str, LocationPlan]]] = {}
    for want in wants:
        for plan in want.places:
            if counted_at(plan, want.variant):
                wanted.setdefault(plan.backend, {}).setdefault(want.variant, {})[plan.ref] = plan
    shelves = Shelves({}, set(), {})
    made: dict[tuple[str, str], tuple[KnownPart, ...]] = {}
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
                made[backend, sold_as(key.variant)] = _known(answer, variants[key.variant])
        await given.ledger.read_at(readings, asked)
        for spot, (free, _) in (await given.ledger.free(readings)).items():
            shelves.free[spot] = free
    if await given.kits.learn(kits, made):  # else its pieces were counted by item when it was claimed
        await given.bounds.recount(run, frozen.cart)
    return shelves


def _known(answer: StockLevels, plans: Mapping[str, LocationPlan]) -> tuple[KnownPart, ...]:
    (plan, *_) = plans.values()
    native = {spot_of(plan, part.item) for part in answer.parts if not isinstance(part.item, str)}
    return tuple(KnownPart(need.spot.item, need.each, need.spot in native) for need in needs_of(plan, answer))


def _heard(
    answer: StockLevels,
    plans: Mapping[str, LocationPlan],
    variant: VariantKey,
    shelves: Shelves,
    readings: dict[StockSpot, int],
) -> None:
    for plan in plans.values():
        if answer.parts:
            shelves.made[spot_of(plan, variant)] = needs_of(plan, answer)
        for spot, level in counted_in(plan, variant, answer):
            if level is None:
                continue
            pieces = saleable(level, plan)
            if pieces is None:
                shelves.untracked.add(spot)
            else:
                readings[spot] = min(pieces, readings.get(spot, pieces))
