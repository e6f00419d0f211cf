"""Availability: each location asked at its one stock system of record, summed over locations only, honest about what
could not be heard."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from itertools import islice
from operator import attrgetter

from msgspec import Struct
from msgspec.structs import replace

from gateway.errors import AdapterError, BadInput
from gateway.model.identity import VariantKey
from gateway.model.paging import Near
from gateway.model.stock import (
    Availability,
    AvailabilityStatus,
    Fulfilment,
    Promise,
    StockKey,
    StockLevels,
    StoreAvailability,
)
from gateway.ownership import LocationPlan, StorePlan
from gateway.ports.stock import GET_STOCK
from gateway.runtime.side_by_side import side_by_side
from gateway.services.counting import CountedShelf, Shelf, StockCount, counted
from gateway.services.keeping_back import Own, less_held
from gateway.services.openings import Openings
from gateway.services.promises import Promises, delivery_promises, pickup_promises
from gateway.services.scope import Scope
from gateway.services.stores import KnownPlaces, Stores, distance_km
from gateway.services.systems import SystemsOfRecord
from gateway.settings import ChannelSection
from gateway.state.held_stock import HeldStock, Spots

Answers = dict[VariantKey, "Availability | AdapterError | None"]

DEFAULT_PICKUP_STORES = 5
DELIVERY, PICKUP = Fulfilment.DELIVERY, Fulfilment.PICKUP
_NONE: Own = {}
_NOTHING_HELD: Spots = {}


class PickupStore(Struct, frozen=True):
    """A store as one operation sees it: where its goods lie, what a pickup there can be promised (None where it never
    opens), and how far it is."""

    name: str
    locations: tuple[LocationPlan, ...]
    promises: Promises | None
    distance_km: float | None = None


class PickupStores(Struct, frozen=True):
    """Those that hand out goods. `lost`: how many more there may be, whose place their own system did not tell."""

    stores: list[PickupStore]
    lost: int = 0


class AvailabilityService:
    def __init__(self, systems: SystemsOfRecord, stores: Stores, held: HeldStock | None = None) -> None:
        self._systems = systems
        self._held = held
        self._stores = stores
        self._openings = Openings()

    async def of(
        self,
        variants: Sequence[VariantKey],
        fulfilment: Fulfilment,
        near: Near | None,
        store_names: tuple[str, ...] | None,
        scope: Scope,
        own: Own = _NONE,
    ) -> list[Availability | AdapterError | None]:
        """In the order of `variants`; None for a variant without a SKU where no place is counted by the system that
        knows it. An error only where no place at all could be heard. What checkouts keep back is not there, but for
        `own`, which they keep for whoever asks."""
        channel = self._systems.ownership.channels.get(scope.commerce.channel or "")
        limits = channel or ChannelSection(countries=(), currencies={})
        asked = list(dict.fromkeys(variants))
        if fulfilment is DELIVERY:
            answers = await self._deliverable(asked, limits, scope, own)
        else:
            stores = await self.pickup_stores(near, store_names, limits, scope)
            answers = await self._collectable(asked, stores, limits, scope, own)
        return [answers[variant] for variant in variants]

    async def _deliverable(
        self, variants: Sequence[VariantKey], limits: ChannelSection, scope: Scope, own: Own
    ) -> Answers:
        locations = self._systems.ownership.locations
        shelves = await self._shown(variants, [locations[name] for name in limits.locations], scope, own)
        markets = self._systems.ownership.markets
        market, plan = markets.of(scope.commerce.country), markets.delivery(scope.commerce.channel)
        promised = delivery_promises(plan, market, scope.now)

        def offered(whole: StockCount) -> tuple[StockCount, Promise | None, AdapterError | None]:
            return whole, None if promised is None else promised.of(whole), _unheard(whole, shelves)

        found = counted([*map(CountedShelf.of, shelves)], len(variants), limits, offered)
        joined = _joined(shelves)
        return {
            variant: (failure or _whole(variant, DELIVERY, whole, promise, ())) if joined(variant) else None
            for variant, (whole, promise, failure) in zip(variants, found, strict=True)
        }

    async def _collectable(
        self, variants: Sequence[VariantKey], chosen: PickupStores, limits: ChannelSection, scope: Scope, own: Own
    ) -> Answers:
        stores = chosen.stores
        places = {place.name: place for store in stores for place in store.locations}
        shelves = await self._shown(variants, list(places.values()), scope, own)
        by_place = {shelf.name: CountedShelf.of(shelf) for shelf in shelves}

        def offered(whole: StockCount) -> tuple[StockCount, AdapterError | None]:
            return _with_lost(whole, chosen), _unheard(whole, shelves)

        asked = len(variants)
        wholes = counted([*by_place.values()], asked, limits, offered)
        at_stores = [
            counted([by_place[place.name] for place in store.locations], asked, limits, partial(_at_store, store))
            for store in stores
        ]
        joined = _joined(shelves)
        answers: Answers = {}
        for variant, (whole, failure), *found in zip(variants, wholes, *at_stores, strict=True):
            if not joined(variant):
                answers[variant] = None
            elif failure is not None:
                answers[variant] = failure
            else:
                promised = [store.promise for store in found if store.promise is not None]
                soonest = min(promised, key=_READY_AT, default=None)
                answers[variant] = _whole(variant, PICKUP, whole, soonest, tuple(found))
        return answers

    async def pickup_stores(
        self, near: Near | None, names: tuple[str, ...] | None, limits: ChannelSection, scope: Scope
    ) -> PickupStores:
        """Of the asked stores, else those near the point, else the context's store, else the market's: those that offer
        pickup, at most five unless named."""
        stores = self._stores
        if names is not None:
            plans = stores.named(names, scope)
            if None in plans:
                raise BadInput("There is no such store.")
            chosen = [plan for plan in plans if plan is not None]
        elif near is None and scope.commerce.store is not None:
            chosen = [plan for plan in stores.named((scope.commerce.store,), scope) if plan is not None]
        else:
            market = [plan for plan in stores.visible(scope) if plan.section.country == scope.commerce.country]
            chosen = [plan for plan in market if plan.locations]  # nothing can be picked up where no stock can lie
        known = await stores.known(chosen, scope, scope.call.remaining() / 2)
        measured: list[tuple[StorePlan, float | None]] = [(plan, None) for plan in chosen]
        if near is not None:
            measured = self._measured(chosen, near if names is not None else self._within_market(near, scope), known)
        lost = 0
        if near is not None and not known.heard:
            lost = sum(stores.point_of(plan, known) is None for plan in chosen)
        offered = ((plan, far) for plan, far in measured if stores.offers_pickup(plan, known))
        return PickupStores(
            [
                self._pickup_store(plan, far, known, limits, scope.now)
                for plan, far in islice(offered, None if names is not None else DEFAULT_PICKUP_STORES)
            ],
            lost,
        )

    def _within_market(self, near: Near, scope: Scope) -> Near:
        return self._stores.within(near, scope.commerce.country)

    def _measured(
        self, plans: Sequence[StorePlan], near: Near, known: KnownPlaces
    ) -> list[tuple[StorePlan, float | None]]:
        """Nearest first, those within the radius where there is one; not those whose place nobody knows."""
        points = ((plan, self._stores.point_of(plan, known)) for plan in plans)
        far = [(round(distance_km(near.point, point), 3), plan) for plan, point in points if point is not None]
        far.sort(key=lambda entry: (entry[0], entry[1].name))
        return [(plan, distance) for distance, plan in far if near.radius_km is None or distance <= near.radius_km]

    def _pickup_store(
        self, plan: StorePlan, far: float | None, known: KnownPlaces, limits: ChannelSection, now: datetime
    ) -> PickupStore:
        return PickupStore(
            plan.name,
            tuple(location for location in plan.locations if known.active(location)),
            pickup_promises(self._stores.hours_of(plan, known), limits, now, self._openings),
            far,
        )

    async def _shown(
        self, variants: Sequence[VariantKey], places: Sequence[LocationPlan], scope: Scope, own: Own
    ) -> Sequence[Shelf]:
        shelves = await self.shelves(variants, places, scope)
        spots = self._held.spots if self._held else _NOTHING_HELD
        return less_held(shelves, variants, spots, own) if spots or any(shelf.kits for shelf in shelves) else shelves

    async def shelves(
        self, variants: Sequence[VariantKey], places: Sequence[LocationPlan], scope: Scope
    ) -> list[Shelf]:
        """The places with what their systems say each variant's stock there is, and its parts', nothing kept back: one
        call for each backend that counts any of them. A variant without a SKU is asked of its own backend only."""
        refs: dict[str, list[str]] = {}
        for place in places:
            refs.setdefault(place.backend, []).append(place.ref)

        async def ask(backend: str) -> list[StockLevels | AdapterError | None]:
            locations = tuple(dict.fromkeys(refs[backend]))
            keys = [StockKey(variant, locations) for variant in variants]
            told = [key for key in keys if isinstance(key.variant, str) or key.variant.backend == backend]
            found = await self._systems.caller.keyed(backend, GET_STOCK, told, scope.commerce, scope.call)
            return [found.get(key) for key in keys]

        answers = dict(zip(refs, await side_by_side(ask, refs), strict=True))
        kits = {backend: _kits(told) for backend, told in answers.items()}
        return [
            Shelf(
                place.name, place.ref, place.safety_stock, answers[place.backend], place.backend,
                kits[place.backend], place.key_rule,
            )
            for place in places
        ]  # fmt: skip


def _kits(answers: Sequence[StockLevels | AdapterError | None]) -> Sequence[int]:
    return [place for place, answer in enumerate(answers) if isinstance(answer, StockLevels) and answer.parts]


def _joined(shelves: Sequence[Shelf]) -> Callable[[VariantKey], bool]:
    """A SKU says what is meant everywhere; a native reference only where the backend that gave it counts."""
    backends = {shelf.backend for shelf in shelves}
    return lambda variant: isinstance(variant, str) or variant.backend in backends


def _unheard(whole: StockCount, shelves: Sequence[Shelf]) -> AdapterError | None:
    """Why, where no place at all could be heard."""
    return whole.failure if whole.unknown == len(shelves) else None


def _with_lost(whole: StockCount, chosen: PickupStores) -> StockCount:
    """Where no store hands it out it cannot be had, unless there may be one whose place was not told."""
    if chosen.lost:
        return replace(whole, unknown=whole.unknown + chosen.lost)
    return whole if chosen.stores else replace(whole, status=AvailabilityStatus.OUT_OF_STOCK, quantity=0)


def _at_store(store: PickupStore, found: StockCount) -> StoreAvailability:
    return StoreAvailability(
        store.name,
        found.status,
        found.quantity,
        found.capped,
        found.unknown == 0,
        None if store.promises is None else store.promises.of(found),
        found.freshness,
        store.distance_km,
    )


def _whole(
    variant: VariantKey,
    fulfilment: Fulfilment,
    found: StockCount,
    promise: Promise | None,
    stores: tuple[StoreAvailability, ...],
) -> Availability:
    return Availability(
        variant,
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


_READY_AT = attrgetter("ready_at")
