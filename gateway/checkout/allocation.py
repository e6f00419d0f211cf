"""Which pieces come from which place: what owners say is there now, less safety, less what the ledger holds, for all
lines at once, so that lines that share stock are counted together before anything is held.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import floor

from msgspec import Struct

from gateway.checkout.given import Frozen, Given
from gateway.errors import AdapterError
from gateway.model.carts import Cart, CartLine, DeliveryGroup
from gateway.model.checkouts import Allotment
from gateway.model.identity import VariantKey, canonical_key
from gateway.model.stock import Fulfilment, StockKey, StockLevels, Tracking
from gateway.ownership import LocationPlan
from gateway.ports.order import Placement
from gateway.ports.stock import GET_STOCK
from gateway.state.ledger import StockSpot


class Lacking(Struct, frozen=True):
    """`unheard`: not sold out, but a place that may have it could not be heard."""

    line: str
    unheard: bool


class _Shelves(Struct):
    """What is free where, as the allocation goes on. `untracked`: sold without counting."""

    free: dict[StockSpot, int]
    untracked: set[StockSpot]


async def allocate(given: Given, run: str, frozen: Frozen, owner: str) -> Sequence[Allotment] | Lacking:
    """Every active line, whole. Each owner of stock is asked once, past every cache; the readings go to the ledger."""
    cart = frozen.cart
    places = {line.id: candidates(given, cart, cart.group_of(line)) for line in cart.active}
    shelves = await _read(given, run, frozen, places)
    several = given.ordering(owner).placement is Placement.PER_LINE
    order = _one_place(cart, places, shelves) if not several else None
    allotments: list[Allotment] = []
    for line in cart.active:
        options = places[line.id]
        if order is not None:
            options = sorted(options, key=lambda plan: plan.name != order)
        found = _take(line, options, shelves, split=several)
        if found is None:
            return Lacking(line.id, any(_spot(plan, line.variant) not in shelves.free for plan in options))
        allotments += found
    return allotments


def candidates(given: Given, cart: Cart, group: DeliveryGroup) -> Sequence[LocationPlan]:
    """Where a group's goods may leave from: the chosen place, the store it is collected at, else all that the channel
    delivers from."""
    ownership = given.ownership
    if group.fulfilment is Fulfilment.PICKUP:
        store = ownership.stores.get(group.store or "")
        return () if store is None else store.locations
    if group.location is not None:
        plan = ownership.locations.get(group.location)
        return () if plan is None else (plan,)
    channel = ownership.channels.get(cart.channel or "")
    return () if channel is None else tuple(ownership.locations[name] for name in channel.locations)


async def _read(given: Given, run: str, frozen: Frozen, places: Mapping[str, Sequence[LocationPlan]]) -> _Shelves:
    wanted: dict[str, dict[VariantKey, dict[str, LocationPlan]]] = {}
    for line in frozen.cart.active:
        for plan in places[line.id]:
            if isinstance(line.variant, str) or line.variant.backend == plan.backend:
                wanted.setdefault(plan.backend, {}).setdefault(line.variant, {})[plan.ref] = plan
    shelves = _Shelves({}, set())
    for backend, variants in wanted.items():
        refs = tuple(dict.fromkeys(ref for plans in variants.values() for ref in plans))
        asked = await given.ledger.now()  # before the owner is: what it does not know yet is not forgotten
        keys = [StockKey(variant, refs) for variant in variants]
        answers = await given.caller.keyed(backend, GET_STOCK, keys, frozen.commerce, given.call(run))
        readings: dict[StockSpot, int] = {}
        for key in keys:
            _heard(answers.get(key), variants[key.variant], key.variant, shelves, readings)
        await given.ledger.read_at(readings, asked)
        for spot, (free, _) in (await given.ledger.free(readings)).items():
            shelves.free[spot] = free
    return shelves


def _heard(
    answer: StockLevels | AdapterError | None,
    plans: Mapping[str, LocationPlan],
    variant: VariantKey,
    shelves: _Shelves,
    readings: dict[StockSpot, int],
) -> None:
    if not isinstance(answer, StockLevels):
        return
    for ref, plan in plans.items():
        level = answer.levels.get(ref)
        if level is None:
            continue
        spot = _spot(plan, variant)
        if level.tracking is Tracking.UNTRACKED:
            shelves.untracked.add(spot)
        elif level.tracking is Tracking.NOT_STOCKED or level.available is None:
            readings[spot] = 0
        else:
            readings[spot] = floor(level.available) - plan.safety_stock


def _take(line: CartLine, options: Sequence[LocationPlan], shelves: _Shelves, *, split: bool) -> list[Allotment] | None:
    """Whole from one place where one has it; else from several, where the order's owner can be told."""
    wanted = int(line.quantity)
    for plan in options:
        spot = _spot(plan, line.variant)
        if spot in shelves.untracked:
            return [_allotment(line, plan, spot, wanted, held=False)]
        if shelves.free.get(spot, 0) >= wanted:
            shelves.free[spot] -= wanted
            return [_allotment(line, plan, spot, wanted)]
    taken: list[Allotment] = []
    for plan in options if split else ():
        spot = _spot(plan, line.variant)
        pieces = min(wanted, max(0, shelves.free.get(spot, 0)))
        if pieces:
            taken.append(_allotment(line, plan, spot, pieces))
            wanted -= pieces
        if not wanted:
            for each in taken:
                shelves.free[StockSpot(each.backend, each.item, each.place)] -= each.quantity
            return taken
    return None


def _one_place(cart: Cart, places: Mapping[str, Sequence[LocationPlan]], shelves: _Shelves) -> str | None:
    """For owners that take one place an order: one that has all of it, where there is any."""
    shared = [plan for plan in next(iter(places.values()), ()) if all(plan in plans for plans in places.values())]
    for plan in shared:
        demand: dict[StockSpot, int] = {}
        for line in cart.active:
            spot = _spot(plan, line.variant)
            if spot not in shelves.untracked:
                demand[spot] = demand.get(spot, 0) + int(line.quantity)
        if all(shelves.free.get(spot, 0) >= pieces for spot, pieces in demand.items()):
            return plan.name
    return None


def _spot(plan: LocationPlan, variant: VariantKey) -> StockSpot:
    item = canonical_key(variant) if isinstance(variant, str) else variant.id
    return StockSpot(plan.backend, item, plan.ref)


def _allotment(line: CartLine, plan: LocationPlan, spot: StockSpot, pieces: int, *, held: bool = True) -> Allotment:
    return Allotment(line.id, plan.name, pieces, spot.backend, spot.item, spot.place, held)
