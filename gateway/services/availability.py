"""Availability: each location asked at its one stock system of record, summed over locations only, honest about what
could not be heard."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from math import floor

from msgspec import Struct

from gateway.errors import AdapterError, BadInput
from gateway.model.freshness import Freshness
from gateway.model.opening_hours import next_opening
from gateway.model.paging import Near
from gateway.model.stock import (
    Availability,
    AvailabilityStatus,
    Confidence,
    Fulfilment,
    Promise,
    StockKey,
    StockLevel,
    StockLevels,
    StoreAvailability,
    Tracking,
)
from gateway.ownership import LocationPlan, StorePlan
from gateway.ports.operations import GET_STOCK
from gateway.services.scope import Scope
from gateway.services.stores import Stores, distance_km
from gateway.services.systems import SystemsOfRecord
from gateway.settings import ChannelSection

DEFAULT_PICKUP_STORES = 5


class Count(Struct, frozen=True):
    """Some locations taken together: `sellable` is None when nothing is counted there or nothing was heard."""

    sellable: int | None
    unlimited: bool
    unknown: int
    freshness: tuple[Freshness, ...]
    failure: AdapterError | None


class PickupStore(Struct, frozen=True):
    """A store as one operation sees it: when a pickup would be ready there, and how far it is."""

    plan: StorePlan
    ready_at: datetime | None
    distance_km: float | None = None


class AvailabilityService:
    def __init__(self, systems: SystemsOfRecord, stores: Stores) -> None:
        self._systems = systems
        self._stores = stores

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
        channel = self._channel(scope)
        stores: list[PickupStore] = []
        limits = channel or ChannelSection(countries=(), currencies={})
        if fulfilment is Fulfilment.PICKUP:
            stores = await self._pickup_stores(near, store_names, limits, scope)
            places = list({place.name: place for store in stores for place in store.plan.locations}.values())
        else:
            places = [self._systems.ownership.locations[name] for name in (channel.locations if channel else ())]
        asked = list(dict.fromkeys(sku for sku in skus if sku is not None))
        levels = await self._levels(asked, places, scope)
        if fulfilment is Fulfilment.DELIVERY:
            promises = {confidence: _delivery(confidence, limits, scope) for confidence in Confidence}
            answers = {
                sku: _deliverable(sku, _count(sku, places, levels), len(places), limits, promises) for sku in asked
            }
        else:
            answers = {sku: _collectable(sku, stores, places, levels, limits) for sku in asked}
        return [None if sku is None else answers[sku] for sku in skus]

    def _channel(self, scope: Scope) -> ChannelSection | None:
        return self._systems.ownership.channels.get(scope.commerce.channel or "")

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
        if near is None:
            shown = chosen if names is not None else chosen[:DEFAULT_PICKUP_STORES]
            return [PickupStore(plan, _ready_at(plan, limits, scope)) for plan in shown]
        points = await self._stores.points(chosen, scope)
        distances = {name: round(distance_km(near.point, point), 3) for name, point in points.items()}
        reachable = [
            plan
            for plan in chosen
            if plan.name in distances and (near.radius_km is None or distances[plan.name] <= near.radius_km)
        ]
        reachable.sort(key=lambda plan: (distances[plan.name], plan.name))
        shown = reachable if names is not None else reachable[:DEFAULT_PICKUP_STORES]
        return [PickupStore(plan, _ready_at(plan, limits, scope), distances[plan.name]) for plan in shown]

    async def _levels(
        self, skus: Sequence[str], places: Sequence[LocationPlan], scope: Scope
    ) -> Mapping[tuple[str, str], StockLevels | AdapterError]:
        """By (backend, SKU): one call for each backend that counts any of the places."""
        refs: dict[str, list[str]] = {}
        for place in places:
            refs.setdefault(place.backend, []).append(place.ref)

        async def ask(backend: str, locations: tuple[str, ...]) -> dict[tuple[str, str], StockLevels | AdapterError]:
            keys = [StockKey(sku, locations) for sku in skus]
            found = await self._systems.caller.keyed(backend, GET_STOCK, keys, scope.commerce, scope.call)
            return {(backend, key.sku): answer for key, answer in found.items()}

        if not skus:
            return {}
        answers = await asyncio.gather(*(ask(name, tuple(dict.fromkeys(found))) for name, found in refs.items()))
        return {place: answer for part in answers for place, answer in part.items()}


def _collectable(
    sku: str,
    stores: Sequence[PickupStore],
    places: Sequence[LocationPlan],
    levels: Mapping[tuple[str, str], StockLevels | AdapterError],
    limits: ChannelSection,
) -> Availability | AdapterError:
    whole = _count(sku, places, levels)
    if whole.failure is not None and whole.unknown == len(places):
        return whole.failure
    found = tuple(_at_store(sku, store, levels, limits) for store in stores)
    promises = [store.promise for store in found if store.promise is not None]
    promise = min(promises, key=lambda promise: promise.ready_at, default=None)
    return _whole(sku, Fulfilment.PICKUP, whole, _status(whole, limits), limits, promise, found)


def _at_store(
    sku: str,
    store: PickupStore,
    levels: Mapping[tuple[str, str], StockLevels | AdapterError],
    limits: ChannelSection,
) -> StoreAvailability:
    count = _count(sku, store.plan.locations, levels)
    status = _status(count, limits)
    ready = store.ready_at if _buyable(status) else None
    return StoreAvailability(
        store=store.plan.name,
        status=status,
        quantity=_shown(count, limits),
        capped=_capped(count, limits),
        complete=count.unknown == 0,
        promise=None if ready is None else Promise(ready, ready, _confidence(count)),
        freshness=count.freshness,
        distance_km=store.distance_km,
    )


def _count(
    sku: str, places: Iterable[LocationPlan], levels: Mapping[tuple[str, str], StockLevels | AdapterError]
) -> Count:
    """Each place once, from its own system. Unknown: not heard, or never counted there."""
    total, heard, unlimited, unknown = 0, False, False, 0
    freshness: list[Freshness] = []
    failure: AdapterError | None = None
    for place in places:
        answer = levels.get((place.backend, sku))
        level = answer.levels.get(place.ref) if isinstance(answer, StockLevels) else None
        if level is None:
            unknown += 1
            if isinstance(answer, AdapterError):
                failure = answer
            continue
        if level.freshness not in freshness:
            freshness.append(level.freshness)
        heard = True
        if level.tracking is Tracking.UNTRACKED:
            unlimited = True
        else:
            total += _sellable(level, place)
    return Count(total if heard else None, unlimited, unknown, tuple(freshness), failure)


def _deliverable(
    sku: str, count: Count, places: int, limits: ChannelSection, promises: Mapping[Confidence, Promise]
) -> Availability | AdapterError:
    if count.failure is not None and count.unknown == places:
        return count.failure
    status = _status(count, limits)
    promise = promises[_confidence(count)] if _buyable(status) else None
    return _whole(sku, Fulfilment.DELIVERY, count, status, limits, promise, ())


def _whole(
    sku: str,
    fulfilment: Fulfilment,
    count: Count,
    status: AvailabilityStatus,
    limits: ChannelSection,
    promise: Promise | None,
    stores: tuple[StoreAvailability, ...],
) -> Availability:
    return Availability(
        sku=sku,
        fulfilment=fulfilment,
        status=status,
        quantity=_shown(count, limits),
        capped=_capped(count, limits),
        complete=count.unknown == 0,
        unknown_places=count.unknown,
        promise=promise,
        stores=stores,
        freshness=count.freshness,
    )


def _sellable(level: StockLevel, place: LocationPlan) -> int:
    """Whole pieces above the safety stock; an oversold place adds nothing, and takes nothing from others."""
    available = level.available
    return 0 if available is None else max(0, floor(available) - place.safety_stock)


def _status(count: Count, limits: ChannelSection) -> AvailabilityStatus:
    if count.unlimited:
        return AvailabilityStatus.IN_STOCK
    if count.sellable:
        return AvailabilityStatus.LOW_STOCK if count.sellable <= limits.low_stock else AvailabilityStatus.IN_STOCK
    if count.sellable is None or count.unknown:
        return AvailabilityStatus.UNKNOWN
    return AvailabilityStatus.OUT_OF_STOCK


def _shown(count: Count, limits: ChannelSection) -> int | None:
    return None if count.sellable is None or count.unlimited else min(count.sellable, limits.quantity_cap)


def _capped(count: Count, limits: ChannelSection) -> bool:
    return count.unlimited or (count.sellable or 0) > limits.quantity_cap


def _confidence(count: Count) -> Confidence:
    if count.unknown:
        return Confidence.LOW
    for freshness in count.freshness:
        if freshness.stale:
            return Confidence.LOW
    return Confidence.HIGH


def _buyable(status: AvailabilityStatus) -> bool:
    return status is AvailabilityStatus.IN_STOCK or status is AvailabilityStatus.LOW_STOCK


def _delivery(confidence: Confidence, limits: ChannelSection, scope: Scope) -> Promise:
    earliest, latest = limits.delivery_days
    return Promise(scope.now + timedelta(days=earliest), scope.now + timedelta(days=latest), confidence)


def _ready_at(plan: StorePlan, limits: ChannelSection, scope: Scope) -> datetime | None:
    """So long after the store is next open; None where it never is."""
    opening = next_opening(scope.now, plan.section.timezone, plan.hours, plan.special_hours)
    return None if opening is None else opening.astimezone(UTC) + timedelta(seconds=limits.pickup_ready)
