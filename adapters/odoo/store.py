"""StorePort: warehouses. Odoo knows neither opening hours nor time zones of them."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from adapters.odoo.values import Empty, number, record, text
from adapters.odoo.variants import OdooBackend
from gateway.model.context import CallContext, ContextView
from gateway.model.freshness import Freshness
from gateway.model.identity import NativeRef
from gateway.model.stores import Address, GeoPoint, StoreRecord


class _Country(Struct, frozen=True):
    id: int
    code: str | Empty


class _State(Struct, frozen=True):
    id: int
    name: str | Empty


class _Place(Struct, frozen=True):
    id: int
    street: str | Empty
    street2: str | Empty
    city: str | Empty
    zip: str | Empty
    state_id: _State | Empty
    country_id: _Country | Empty
    phone: str | Empty
    partner_latitude: Decimal
    partner_longitude: Decimal


class _Warehouse(Struct, frozen=True):
    id: int
    name: str
    code: str | Empty
    active: bool
    partner_id: _Place | Empty


class OdooStores(OdooBackend):
    async def list_stores(self, query: None, context: ContextView, call: CallContext) -> tuple[StoreRecord, ...]:
        """The reference of a place is its warehouse's short name, as stock is configured by."""
        domain = [["active", "in", [True, False]]]
        rows = await self.client.search(_Warehouse, "stock.warehouse", domain, call, operation="store.list_stores")
        freshness = self.freshness()
        return tuple(_store(row, code, self.name, freshness) for row in rows if (code := text(row.code)))


def _store(row: _Warehouse, code: str, backend: str, freshness: Freshness) -> StoreRecord:
    place: _Place | None = record(row.partner_id)
    return StoreRecord(
        ref=NativeRef(backend, code),
        name=row.name,
        freshness=freshness,
        address=_address(place) if place is not None else None,
        point=_point(place) if place is not None else None,
        phone=text(place.phone) if place is not None else None,
        active=row.active,
    )


def _address(place: _Place) -> Address | None:
    lines = tuple(line for line in (text(place.street), text(place.street2)) if line)
    state: _State | None = record(place.state_id)
    country: _Country | None = record(place.country_id)
    address = Address(
        lines=lines,
        city=text(place.city),
        region=text(state.name) if state is not None else None,
        postal_code=text(place.zip),
        country=text(country.code) if country is not None else None,
    )
    return address if address != Address() else None


def _point(place: _Place) -> GeoPoint | None:
    """Two zeroes are what Odoo keeps where nobody measured."""
    if not place.partner_latitude and not place.partner_longitude:
        return None
    return GeoPoint(float(number(place.partner_latitude)), float(number(place.partner_longitude)))
