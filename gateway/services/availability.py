"""Availability: each location asked at its one stock system of record, summed over locations only, honest about what
could not be heard."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from gateway.errors import AdapterError, BadInput
from gateway.model.paging import Near
from gateway.model.stock import (
    Availability,
    Confidence,
    Fulfilment,
    Promise,
    StockKey,
    StockLevels,
    StoreAvailability,
)
from gateway.model.touched import holds_until
from gateway.ownership import LocationPlan, StorePlan
from gateway.ports.operations import GET_STOCK
from gateway.services.counting import Count, Shelf, count
from gateway.services.openings import Openings
from gateway.services.scope import Scope
from gateway.services.stores import Stores, distance_km
from gateway.services.systems import SystemsOfRecord
from gateway.settings import ChannelSection

DEFAULT_PICKUP_STORES = 5
DELIVERY, PICKUP = Fulfilment.DELIVERY, Fulfilment.PICKUP


class Promises(Struct, frozen=True):
    """What can be promised to whoever asks now, by how sure the count is."""

    sure: Promise
    unsure: Promise

    @classmethod
    def after(cls, now: datetime, soonest: timedelta, latest: timedelta) -> Promises:
        """So long from now: in whole minutes, never too early, and told anew when the next one begins."""
        ready_at, ready_by = _whole_minute(now + soonest), _whole_minute(now + latest)
        holds_until(min(ready_at - soonest, ready_by - latest))
        return cls.between(ready_at, ready_by)

    @classmethod
    def between(cls, ready_at: datetime, ready_by: datetime) -> Promises:
        return cls(Promise(ready_at, ready_by, Confidence.HIGH), Promise(ready_at, ready_by, Confidence.LOW))

    def of(self, found: Count) -> Promise | None:
        if not found.buyable:
            return None
        return self.sure if found.sure else self.unsure


class PickupStore(Struct, frozen=True):
    """A store as one operation sees it: what a pickup there can be promised (None where it never opens), and how far it
    is."""

    plan: StorePlan
    promises: Promises | None
    distance_km: float | None = None


class AvailabilityService:
    def __init__(self, systems: SystemsOfRecord, stores: Stores) -> None:
        self._systems = systems
        self._stores = stores
        self._openings = Openings()

    async def of(
        self,
        skus: Sequence[str | None],
        fulfilment: Fulfilment,
        near: Near | None,
        store_names: tuple[str, ...] | None,
        scope: Scope,
    ) -> list[Availability | AdapterError | None]:
        """In the order of `skus`; None for a variant without a SKU, which no stock system can know. An error only where
        no place at all could be heard."""
        channel = self._systems.ownership.channels.get(scope.commerce.channel or "")
        limits = channel or ChannelSection(countries=(), currencies={})
        asked = list(dict.fromkeys(sku for sku in skus if sku is not None))
        if fulfilment is DELIVERY:
            answers = await self._deliverable(asked, limits, scope)
        else:
            stores = await self._pickup_stores(near, store_names, limits, scope)
            answers = await self._collectable(asked, stores, limits, scope)
        return [None if sku is None else answers[sku] for sku in skus]

    async def _deliverable(
        self, skus: Sequence[str], limits: ChannelSection, scope: Scope
    ) -> dict[str, Availability | AdapterError]:
        locations = self._systems.ownership.locations
        shelves = await self._shelves(skus, [locations[name] for name in limits.locations], scope)
        earliest, latest = limits.delivery_days
        promises = Promises.after(scope.now, timedelta(days=earliest), timedelta(days=latest))
        answers: dict[str, Availability | AdapterError] = {}
        for position, sku in enumerate(skus):
            whole = count(position, shelves, limits)
            answers[sku] = _unheard(whole, shelves) or _whole(sku, DELIVERY, whole, promises.of(whole), ())
        return answers

    async def _collectable(
        self, skus: Sequence[str], stores: Sequence[PickupStore], limits: ChannelSection, scope: Scope
    ) -> dict[str, Availability | AdapterError]:
        places = {place.name: place for store in stores for place in store.plan.locations}
        shelves = await self._shelves(skus, list(places.values()), scope)
        by_place = {shelf.name: shelf for shelf in shelves}
        held = [[by_place[place.name] for place in store.plan.locations] for store in stores]
        answers: dict[str, Availability | AdapterError] = {}
        for position, sku in enumerate(skus):
            whole = count(position, shelves, limits)
            failure = _unheard(whole, shelves)
            if failure is not None:
                answers[sku] = failure
                continue
            found = tuple(
                [_at_store(store, count(position, on, limits)) for store, on in zip(stores, held, strict=True)]
            )
            promises = [store.promise for store in found if store.promise is not None]
            soonest = min(promises, key=_ready_at, default=None)
            answers[sku] = _whole(sku, PICKUP, whole, soonest, found)
        return answers

    async def _pickup_stores(
        self, near: Near | None, names: tuple[str, ...] | None, limits: ChannelSection, scope: Scope
    ) -> list[PickupStore]:
        """The asked stores; else those near the point; else the context's store; else the market's. At most five unless
        named."""
        if names is not None:
            plans = self._stores.named(names, scope)
            if None in plans:
                raise BadInput("There is no such store.")
            chosen = [plan for plan in plans if plan is not None]
        elif near is None and scope.commerce.store is not None:
            chosen = [plan for plan in self._stores.named((scope.commerce.store,), scope) if plan is not None]
        else:
            market = [plan for plan in self._stores.visible(scope) if plan.section.country == scope.commerce.country]
            chosen = [plan for plan in market if plan.locations]  # nothing can be picked up where no stock can lie
        preparing = timedelta(seconds=limits.pickup_ready)
        if near is None:
            shown = chosen if names is not None else chosen[:DEFAULT_PICKUP_STORES]
            return [PickupStore(plan, self._ready(plan, preparing, scope)) for plan in shown]
        points = await self._stores.points(chosen, scope)
        distances = {name: round(distance_km(near.point, point), 3) for name, point in points.items()}
        reachable = [
            plan
            for plan in chosen
            if plan.name in distances and (near.radius_km is None or distances[plan.name] <= near.radius_km)
        ]
        reachable.sort(key=lambda plan: (distances[plan.name], plan.name))
        shown = reachable if names is not None else reachable[:DEFAULT_PICKUP_STORES]
        return [PickupStore(plan, self._ready(plan, preparing, scope), distances[plan.name]) for plan in shown]

    def _ready(self, plan: StorePlan, preparing: timedelta, scope: Scope) -> Promises | None:
        """So long after the store is next open; None where it never is."""
        steady = self._openings.steady(plan, scope.now)
        opening = steady.next(scope.now)
        if opening == scope.now:
            return Promises.after(scope.now, preparing, preparing)
        holds_until(steady.until)
        if opening is None:
            return None
        ready = opening.astimezone(UTC) + preparing
        return Promises.between(ready, ready)

    async def _shelves(self, skus: Sequence[str], places: Sequence[LocationPlan], scope: Scope) -> list[Shelf]:
        """The places with what each SKU's stock there is: one call for each backend that counts any of them."""
        refs: dict[str, list[str]] = {}
        for place in places:
            refs.setdefault(place.backend, []).append(place.ref)

        async def ask(backend: str) -> list[StockLevels | AdapterError | None]:
            locations = tuple(dict.fromkeys(refs[backend]))
            keys = [StockKey(sku, locations) for sku in skus]
            found = await self._systems.caller.keyed(backend, GET_STOCK, keys, scope.commerce, scope.call)
            return [found.get(key) for key in keys]

        if len(refs) == 1:  # nothing to wait for beside it
            (backend,) = refs
            answers = {backend: await ask(backend)}
        else:
            answers = dict(zip(refs, await asyncio.gather(*map(ask, refs)), strict=True))
        return [Shelf(place.name, place.ref, place.safety_stock, answers[place.backend]) for place in places]


def _unheard(whole: Count, shelves: Sequence[Shelf]) -> AdapterError | None:
    """Why, where no place at all could be heard."""
    return whole.failure if whole.unknown == len(shelves) else None


def _at_store(store: PickupStore, found: Count) -> StoreAvailability:
    return StoreAvailability(
        store.plan.name,
        found.status,
        found.quantity,
        found.capped,
        found.unknown == 0,
        None if store.promises is None else store.promises.of(found),
        found.freshness,
        store.distance_km,
    )


def _whole(
    sku: str, fulfilment: Fulfilment, found: Count, promise: Promise | None, stores: tuple[StoreAvailability, ...]
) -> Availability:
    return Availability(
        sku,
        fulfilment,
        found.status,
        found.quantity,
        found.capped,
        found.unknown == 0,
        found.unknown,
        promise,
        stores,
        found.freshness,
    )


def _whole_minute(instant: datetime) -> datetime:
    """The first whole minute that is not before the instant."""
    begun = instant.replace(second=0, microsecond=0)
    return begun if begun == instant else begun + timedelta(minutes=1)


def _ready_at(promise: Promise) -> datetime:
    return promise.ready_at
