"""Stores: the configured ones, completed by what their backends know, found by distance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import asin, cos, radians, sin, sqrt
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from gateway.errors import AdapterError
from gateway.model.context import CallContext
from gateway.model.identity import NativeRef
from gateway.model.opening_hours import Hours, Special
from gateway.model.paging import Near, PageInfo, StoreEdge, StoreList
from gateway.model.stores import GeoPoint, Store, StoreRecord
from gateway.model.text import Text
from gateway.ownership import LocationPlan, StorePlan
from gateway.ports.store import LIST_STORES, STORE
from gateway.runtime.side_by_side import side_by_side
from gateway.services.cursors import Cursors
from gateway.services.languages import Languages
from gateway.services.scope import Scope
from gateway.services.systems import SystemsOfRecord

EARTH_RADIUS_KM = 6371.0088
PICKUP = "pickup"
"""The service that a store names where goods can be picked up."""


def distance_km(here: GeoPoint, there: GeoPoint) -> float:
    """Along the great circle (haversine), on a sphere of the Earth's mean radius."""
    latitudes = radians(there.latitude - here.latitude)
    longitudes = radians(there.longitude - here.longitude)
    chord = (
        sin(latitudes / 2) ** 2 + cos(radians(here.latitude)) * cos(radians(there.latitude)) * sin(longitudes / 2) ** 2
    )
    return 2 * EARTH_RADIUS_KM * asin(sqrt(min(1.0, chord)))


class KnownPlaces(Struct, frozen=True):
    """What store systems say of places, by their own references. `heard`: every system that was asked answered."""

    records: Mapping[NativeRef, StoreRecord]
    heard: bool = True

    def of(self, location: LocationPlan) -> list[StoreRecord]:
        if not self.records:
            return []
        refs = (NativeRef(backend, ref) for backend, ref in location.refs.items())
        return [self.records[ref] for ref in refs if ref in self.records]

    def active(self, location: LocationPlan) -> bool:
        return all(record.active for record in self.of(location))

    def hands_out(self, location: LocationPlan) -> bool:
        """Whether something can be picked up there, as far as its own systems say."""
        return all(record.active and record.pickup is not False for record in self.of(location))


class StoreOffset(Struct, frozen=True, tag="s"):
    """How many stores of the same list were shown: the list is configuration, so it does not move."""

    shown: int


class KnownHours(Struct, frozen=True):
    """A store as its clock sees it (`StoreHours`)."""

    name: str
    timezone: str
    hours: Hours
    special_hours: Special


class Stores:
    def __init__(self, systems: SystemsOfRecord, cursors: Cursors, languages: Languages) -> None:
        self._systems = systems
        self._cursors = cursors
        self._languages = languages

    def visible(self, scope: Scope) -> list[StorePlan]:
        """The stores this client profile may see; all when it names none."""
        allowed = scope.profile.stores
        return [plan for name, plan in self._systems.ownership.stores.items() if not allowed or name in allowed]

    def named(self, names: Iterable[str], scope: Scope) -> list[StorePlan | None]:
        """Visible stores by configured name."""
        known, allowed = self._systems.ownership.stores, scope.profile.stores
        return [known.get(name) if not allowed or name in allowed else None for name in names]

    async def get(self, names: Sequence[str], scope: Scope) -> list[Store | None]:
        plans = self.named(names, scope)
        known = await self.known([plan for plan in plans if plan is not None], scope)
        return [None if plan is None else self.completed(plan, known, scope) for plan in plans]

    async def list(
        self,
        first: int,
        after: str | None,
        near: Near | None,
        country: str | None,
        services: tuple[str, ...],
        scope: Scope,
    ) -> StoreList:
        """By distance where a point is given, then of the market and within its radius unless said otherwise; else in
        configured order. Raises InvalidCursor."""
        if near is not None:
            country = country or scope.commerce.country
            near = self.within(near, country)
        bound_to = f"stores|{near}|{country}|{services}|{scope.profile.stores}"
        shown = self._cursors.open(after, StoreOffset, bound_to=bound_to).shown if after else 0
        plans = [plan for plan in self.visible(scope) if country in (None, plan.section.country)]
        known = await self.known(plans, scope)
        stores = [self.completed(plan, known, scope) for plan in plans]
        stores = [store for store in stores if set(services) <= set(store.services)]
        if near is not None:
            stores = nearest(stores, near)
        page = stores[shown : shown + first]
        edges = tuple(
            StoreEdge(store, self._cursors.seal(StoreOffset(shown + place), bound_to=bound_to))
            for place, store in enumerate(page, 1)
        )
        more = shown + len(page) < len(stores)
        return StoreList(edges, PageInfo(more, edges[-1].cursor if edges else None), len(stores))

    def within(self, near: Near, country: str) -> Near:
        """The point with a radius: the asked one, else the market's."""
        if near.radius_km is not None:
            return near
        return Near(near.point, self._systems.ownership.markets.of(country).near_radius_km)

    async def known(self, plans: Sequence[StorePlan], scope: Scope, seconds: float | None = None) -> KnownPlaces:
        """What store systems say of these stores' places, within so many seconds. One that is down only leaves gaps to
        the configuration."""
        ownership = self._systems.ownership
        if not ownership.serves(STORE):
            return KnownPlaces({})
        wanted = {backend for plan in plans for location in plan.locations for backend in location.refs}
        names = [
            name for name in ownership.plan(STORE).order if name in wanted and ownership.offers(name, LIST_STORES.name)
        ]
        call = scope.call if seconds is None else scope.call.at_most(seconds)
        answers = await side_by_side(lambda name: self._listed(name, scope, call), names)
        records = {record.ref: record for listed in answers for record in listed or ()}
        return KnownPlaces(records, None not in answers)

    async def _listed(self, name: str, scope: Scope, call: CallContext) -> tuple[StoreRecord, ...] | None:
        try:
            return await self._systems.caller.paged(name, LIST_STORES, None, scope.commerce, call)
        except AdapterError:
            return None

    def point_of(self, plan: StorePlan, known: KnownPlaces) -> GeoPoint | None:
        return plan.section.point or _first(self._in_order(plan, known), "point")

    def offers_pickup(self, plan: StorePlan, known: KnownPlaces) -> bool:
        """Not where its services lack it, nor where every place of the store is closed down or hands nothing out by its
        own system's word."""
        services = plan.section.services
        if services is None:
            said = [record.services for record in self._in_order(plan, known) if record.services]
            services = said[0] if said else None
        if services is not None and PICKUP not in {service.strip().casefold() for service in services}:
            return False
        return any(known.hands_out(location) for location in plan.locations)

    def _in_order(self, plan: StorePlan, known: KnownPlaces) -> list[StoreRecord]:
        """What is known of a store's places, by the domain's order of systems."""
        if not known.records:
            return []
        order = self._systems.ownership.plan(STORE).order
        records = [record for location in plan.locations for record in known.of(location)]
        return sorted(
            (record for record in records if record.ref.backend in order),
            key=lambda record: order.index(record.ref.backend),
        )

    def hours_of(self, plan: StorePlan, known: KnownPlaces) -> KnownHours:
        """When it is open, as configured, else as its systems know."""
        return self._hours(plan, self._in_order(plan, known))

    def _hours(self, plan: StorePlan, records: Sequence[StoreRecord]) -> KnownHours:
        return KnownHours(
            plan.name,
            plan.section.timezone,
            plan.hours or _first(records, "hours") or (),
            plan.special_hours or _first(records, "special_hours") or (),
        )

    def completed(self, plan: StorePlan, known: KnownPlaces, scope: Scope) -> Store:
        """The configured store with what its systems add."""
        section = plan.section
        records = self._in_order(plan, known)
        services = section.services
        opening = self._hours(plan, records)
        return Store(
            name=plan.name,
            title=self._title(plan, scope),
            country=section.country,
            timezone=opening.timezone,
            address=section.address or _first(records, "address"),
            point=section.point or _first(records, "point"),
            phone=section.phone or _first(records, "phone"),
            hours=opening.hours,
            special_hours=opening.special_hours,
            services=_first(records, "services") or () if services is None else services,
            currency=section.currency or _first(records, "currency"),
            channel=section.channel,
            refs=tuple(NativeRef(backend, ref) for place in plan.locations for backend, ref in place.refs.items()),
            freshness=tuple(record.freshness for record in records),
            unparsed_hours=section.unparsed_hours or _first(records, "unparsed_hours"),
        )

    def _title(self, plan: StorePlan, scope: Scope) -> Text:
        return self._languages.text(plan.section.names, scope.commerce.language, plan.section.name)


def nearest(stores: Iterable[Store], near: Near) -> list[Store]:
    """Stores with a known place, nearest first, within the radius if one is given."""
    measured = [
        replace(store, distance_km=round(distance_km(near.point, store.point), 3))
        for store in stores
        if store.point is not None
    ]
    if near.radius_km is not None:
        measured = [store for store in measured if (store.distance_km or 0.0) <= near.radius_km]
    return sorted(measured, key=lambda store: (store.distance_km or 0.0, store.name))


def _first(records: Sequence[StoreRecord], field: str) -> Any:
    return next((value for record in records if (value := getattr(record, field))), None)
