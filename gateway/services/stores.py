"""Stores: the configured ones, completed by what their backends know, found by distance."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from math import asin, cos, radians, sin, sqrt
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from gateway.errors import AdapterError
from gateway.model.identity import NativeRef
from gateway.model.paging import Near, PageInfo, StoreEdge, StoreList
from gateway.model.stores import GeoPoint, Store, StoreRecord
from gateway.model.text import Text
from gateway.ownership import StorePlan
from gateway.ports.operations import LIST_STORES
from gateway.services.cursors import Cursors
from gateway.services.languages import Languages
from gateway.services.scope import Scope
from gateway.services.systems import SystemsOfRecord

EARTH_RADIUS_KM = 6371.0088


def distance_km(here: GeoPoint, there: GeoPoint) -> float:
    """Along the great circle (haversine), on a sphere of the Earth's mean radius."""
    latitudes = radians(there.latitude - here.latitude)
    longitudes = radians(there.longitude - here.longitude)
    chord = (
        sin(latitudes / 2) ** 2 + cos(radians(here.latitude)) * cos(radians(there.latitude)) * sin(longitudes / 2) ** 2
    )
    return 2 * EARTH_RADIUS_KM * asin(sqrt(min(1.0, chord)))


class StoreOffset(Struct, frozen=True, tag="s"):
    """How many stores of the same list were shown: the list is configuration, so it does not move."""

    shown: int


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
        known = await self._records([plan for plan in plans if plan is not None], scope)
        return [None if plan is None else self._store(plan, known, scope) for plan in plans]

    async def list(
        self,
        first: int,
        after: str | None,
        near: Near | None,
        country: str | None,
        services: tuple[str, ...],
        scope: Scope,
    ) -> StoreList:
        """By distance where a point is given, else in configured order. Raises InvalidCursor."""
        bound_to = f"stores|{near}|{country}|{services}|{scope.profile.stores}"
        shown = self._cursors.open(after, StoreOffset, bound_to=bound_to).shown if after else 0
        plans = [plan for plan in self.visible(scope) if country in (None, plan.section.country)]
        known = await self._records(plans, scope)
        stores = [self._store(plan, known, scope) for plan in plans]
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

    async def points(self, plans: Sequence[StorePlan], scope: Scope) -> dict[str, GeoPoint]:
        """Where stores are, by name; those whose place nobody knows are absent."""
        if all(plan.section.point is not None for plan in plans):
            return {plan.name: plan.section.point for plan in plans if plan.section.point is not None}
        known = await self._records(plans, scope)
        stores = (self._store(plan, known, scope) for plan in plans)
        return {store.name: store.point for store in stores if store.point is not None}

    async def _records(self, plans: Sequence[StorePlan], scope: Scope) -> Mapping[NativeRef, StoreRecord]:
        """What store systems say of these stores' places. One that is down only leaves gaps to the configuration."""
        ownership = self._systems.ownership
        if not ownership.serves("store"):
            return {}
        wanted = {backend for plan in plans for location in plan.locations for backend in location.refs}
        names = [
            name
            for name in ownership.plan("store").order
            if name in wanted and ownership.offers(name, LIST_STORES.name)
        ]
        answers = await asyncio.gather(*(self._listed(name, scope) for name in names))
        return {record.ref: record for records in answers for record in records}

    async def _listed(self, name: str, scope: Scope) -> tuple[StoreRecord, ...]:
        try:
            return await self._systems.caller.paged(name, LIST_STORES, None, scope.commerce, scope.call)
        except AdapterError:
            return ()

    def _store(self, plan: StorePlan, known: Mapping[NativeRef, StoreRecord], scope: Scope) -> Store:
        section = plan.section
        refs = tuple(NativeRef(backend, ref) for location in plan.locations for backend, ref in location.refs.items())
        order = self._systems.ownership.plan("store").order if self._systems.ownership.serves("store") else ()
        records = [known[ref] for name in order for ref in refs if ref.backend == name and ref in known]
        return Store(
            name=plan.name,
            title=self._title(plan, scope),
            country=section.country,
            timezone=section.timezone,
            address=section.address or _first(records, "address"),
            point=section.point or _first(records, "point"),
            phone=section.phone or _first(records, "phone"),
            hours=plan.hours or _first(records, "hours") or (),
            special_hours=plan.special_hours or _first(records, "special_hours") or (),
            services=section.services or _first(records, "services") or (),
            currency=section.currency or _first(records, "currency"),
            channel=section.channel,
            refs=refs,
            freshness=tuple(record.freshness for record in records),
            unparsed_hours=section.unparsed_hours or _first(records, "unparsed_hours"),
        )

    def _title(self, plan: StorePlan, scope: Scope) -> Text:
        for language in self._languages.chain(scope.commerce.language):
            if language in plan.section.names:
                return Text(plan.section.names[language], language)
        return Text(plan.section.name, self._languages.default)


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
