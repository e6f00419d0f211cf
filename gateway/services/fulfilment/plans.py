"""What a cart is offered, and the choice of it. Stock is read once for all ways, one call for each system that counts;
nothing is written before a plan is chosen, and nothing is held before the checkout.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from gateway.model.baskets import Destination, ShippingOption, ShippingOptions
from gateway.model.cart_faults import InvalidInput
from gateway.model.carts import Cart
from gateway.model.fulfilment import (
    FulfilmentPlan,
    FulfilmentPlans,
    GapReason,
    PlanGap,
    PlanPart,
    PlanPieces,
    PlanWay,
)
from gateway.model.paging import Near
from gateway.model.stock import Confidence, Promise
from gateway.services import Services
from gateway.services.availability import PickupStore
from gateway.services.carts import CartOutcome, Carts, Keyed
from gateway.services.carts.baskets import first_destination
from gateway.services.carts.evaluation import once
from gateway.services.carts.owners import Said, Silent
from gateway.services.carts.wishes import Bounds
from gateway.services.fulfilment.choosing import PLAN, choosing
from gateway.services.fulfilment.drafting import SENDING, Drafting, Handing, PlanDraft, PlanDrafts, Ways
from gateway.services.fulfilment.ranking import last_promise, ranked, reasoned, whole_cost
from gateway.services.fulfilment.readings import Readings, read
from gateway.services.fulfilment.sources import delivering, order_owner
from gateway.services.fulfilment.tokens import PlanTokens
from gateway.services.promises import Promises, delivery_promises
from gateway.services.scope import Scope
from gateway.settings import ChannelSection
from gateway.state.ledger import Ledger

SHOWN = 6
PRICED = 8
"""Plans whose deliveries are asked for; the others are not shown."""
BASKETS = 12
"""Deliveries that are asked for, over all plans; the cost of others is not known."""
HOLD_SECONDS = 600
"""How long pieces are kept back for a shopper who is asked for something while paying: the checkout's `action_seconds`,
which lies above this room."""

_Pieces = tuple[PlanPieces, ...]
_Told = Said[ShippingOptions] | Silent | None


class _Found(Struct, frozen=True):
    """What there is to plan with."""

    drafts: PlanDrafts
    readings: Readings
    stores: Mapping[str, PickupStore]
    sent: Promises | None


class FulfilmentPlanning:
    def __init__(self, services: Services) -> None:
        self._services = services
        self._carts = services.of(Carts)
        self._bounds = Bounds.of(services.settings.carts)

    async def of(self, cart: Cart, near: Near | None, destination: Destination | None, scope: Scope) -> FulfilmentPlans:
        """`destination` None: where the cart's first delivery goes, else its country. Raises AdapterError where no
        system that counts could be heard, BadInput, StateUnavailable."""
        key = ("plans", cart.id, cart.version, near, destination)
        return await once(scope, key, lambda: self._of(cart, near, destination, scope))

    async def choose(self, cart_id: str, plan_id: str, scope: Scope, keyed: Keyed) -> CartOutcome:
        """The plan as it was offered, on the lines; whether there is still enough is the checkout's to see. A store
        that this client may not choose reads like a plan that is not there."""
        plan = PlanTokens(self._services.kept_carts.sealing).open(plan_id)
        stores = [] if plan is None else [part.store for part in plan.parts if part.store is not None]
        if plan is None or plan.cart != cart_id or None in self._services.stores.named(stores, scope):
            return await self._carts.refused(cart_id, InvalidInput(message="There is no such plan.", path=PLAN), scope)
        return await self._carts.write(cart_id, choosing(plan, self._bounds), scope, keyed)

    async def _of(
        self, cart: Cart, near: Near | None, destination: Destination | None, scope: Scope
    ) -> FulfilmentPlans:
        if not cart.active:
            return FulfilmentPlans(plans=(), gaps=(), complete=True, hold_seconds=HOLD_SECONDS)
        within = self._carts.evaluation.within(cart, scope)
        found = await self._found(cart, near, within)
        drafts = found.drafts.whole if found.drafts.nearest is None else (found.drafts.nearest,)
        timed = [replace(draft, parts=tuple(self._timed(part, found) for part in draft.parts)) for draft in drafts]
        few = ranked([self._plan(cart, draft) for draft in timed])[:PRICED]
        goes_to = destination or first_destination(cart) or Destination(cart.country)
        told = await self._priced(cart, few, goes_to, scope)
        gaps = list(found.drafts.gaps)
        plans: list[FulfilmentPlan] = []
        for plan in few:
            refused = [part for part in plan.parts if _refused(told.get(part.pieces), part)]
            if not refused:
                plans.append(self._sent(cart, plan, told))
                continue
            gap = PlanGap(way=refused[0].way, reason=GapReason.NOT_DELIVERED, store=refused[0].store)
            if gap not in gaps:
                gaps.append(gap)
        if not plans:
            nowhere = PlanGap(way=PlanWay.SHIP, reason=GapReason.NOT_DELIVERED)
            missing = tuple(replace(nowhere, line=line.id, wanted=int(line.quantity)) for line in cart.active)
            plans = [FulfilmentPlan(id=None, parts=(), missing=missing)]
        heard = found.readings.complete and not any(isinstance(each, Silent) for each in told.values())
        shown = reasoned(ranked(plans)[:SHOWN])
        return FulfilmentPlans(plans=tuple(shown), gaps=tuple(gaps), complete=heard, hold_seconds=HOLD_SECONDS)

    async def _found(self, cart: Cart, near: Near | None, within: Scope) -> _Found:
        services, ownership = self._services, self._services.ownership
        limits = ownership.channels.get(cart.channel or "") or ChannelSection(countries=(), currencies={})
        offered = await services.availability.pickup_stores(near, None, limits, within)
        owner = order_owner(ownership, cart.country, cart.channel)
        sending = delivering(ownership, owner, cart.channel)[:SENDING]
        places = {plan.name: plan for store in offered.stores for plan in store.locations}
        places |= {plan.name: plan for plan in sending}
        variants = list(dict.fromkeys(line.variant for line in cart.active))
        shelves = await services.availability.shelves(variants, list(places.values()), within)
        readings = await read(variants, shelves, places, Ledger(self._services.kept_carts.database), within.now)
        visible = {plan.name for plan in services.stores.visible(within)}
        at = {plan.name: ownership.store_of(plan.backend, plan.ref) for plan in sending}
        ways = Ways(
            owner=owner,
            handing=[
                Handing(
                    store.name,
                    store.locations,
                    store.promises is not None,
                    order_owner(ownership, cart.country, cart.channel, store.name),
                )
                for store in offered.stores
            ],
            sending=sending,
            stores_at={place: store for place, store in at.items() if store is not None and store in visible},
        )
        drafts = await Drafting(cart.active, readings.shelves, ways, limits.quantity_cap).drafts()
        markets = ownership.markets
        sent = delivery_promises(markets.delivery(cart.channel), markets.of(cart.country), within.now)
        complete = replace(readings, complete=readings.complete and not offered.lost)
        return _Found(drafts, complete, {store.name: store for store in offered.stores}, sent)

    def _timed(self, part: PlanPart, found: _Found) -> PlanPart:
        """Ready while the store is open, or delivered by the channel's own days until a carrier says better."""
        sure = found.readings.sure
        if part.way is not PlanWay.PICKUP:
            return replace(part, promise=_promised(found.sent, sure=sure))
        store = found.stores[part.store or ""]
        return replace(part, promise=_promised(store.promises, sure=sure), distance_km=store.distance_km)

    async def _priced(
        self, cart: Cart, plans: Sequence[FulfilmentPlan], destination: Destination, scope: Scope
    ) -> dict[_Pieces, _Told]:
        """What carriers say of each parcel: the same pieces once, however many plans send them."""
        parcels = dict.fromkeys(part.pieces for plan in plans for part in plan.parts if part.way is not PlanWay.PICKUP)
        asked = list(parcels)[:BASKETS]
        by_id = {line.id: line for line in cart.active}

        async def ask(pieces: _Pieces) -> _Told:
            lines = [replace(by_id[each.line], quantity=Decimal(each.quantity)) for each in pieces]
            return await self._carts.evaluation.options(cart, lines, destination, scope)

        return dict(zip(asked, await asyncio.gather(*(ask(pieces) for pieces in asked)), strict=True))

    def _sent(self, cart: Cart, plan: FulfilmentPlan, told: Mapping[_Pieces, _Told]) -> FulfilmentPlan:
        parts = tuple(_carried(part, told.get(part.pieces)) for part in plan.parts)
        return self._plan(cart, PlanDraft(parts, plan.missing))

    def _plan(self, cart: Cart, draft: PlanDraft) -> FulfilmentPlan:
        whole = not draft.missing
        return FulfilmentPlan(
            id=PlanTokens(self._services.kept_carts.sealing).of(cart, draft.parts) if whole else None,
            parts=draft.parts,
            missing=draft.missing,
            promise=last_promise(draft.parts),
            cost=whole_cost(draft.parts, cart.currency) if draft.parts else None,
        )


def _promised(promises: Promises | None, *, sure: bool) -> Promise | None:
    if promises is None:
        return None
    return promises.sure if sure else promises.unsure


def _refused(told: _Told, part: PlanPart) -> bool:
    """Whether carriers were asked and none takes it."""
    return part.way is not PlanWay.PICKUP and isinstance(told, Said) and not told.answer.options


def _carried(part: PlanPart, told: _Told) -> PlanPart:
    """By the cheapest option, and when that comes."""
    if part.way is PlanWay.PICKUP or not isinstance(told, Said):
        return part
    option: ShippingOption = told.answer.options[0]
    promise = part.promise
    if option.latest is not None:
        sure = Confidence.LOW if promise is None else promise.confidence
        promise = Promise(option.earliest or option.latest, option.latest, sure)
    return replace(part, option=option, promise=promise)
