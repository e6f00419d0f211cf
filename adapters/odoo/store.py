"""StorePort: warehouses. Odoo knows neither opening hours nor time zones of them."""

from __future__ import annotations

from decimal import Decimal

from adapters.odoo.client import OdooClient
from adapters.odoo.config import OdooConfig
from adapters.odoo.values import Coded, Empty, Named, Row, number, record, text
from gateway.kit.places import geo_point
from gateway.kit.readings import Reading
from gateway.model.context import CallContext, ContextView
from gateway.model.stores import Address, GeoPoint, StoreRecord
from gateway.ports.manifest import AdapterEnvironment


class _Place(Row, frozen=True):
    street: str | Empty
    street2: str | Empty
    city: str | Empty
    zip: str | Empty
    state_id: Named | Empty
    country_id: Coded | Empty
    phone: str | Empty
    partner_latitude: Decimal
    partner_longitude: Decimal


class _Warehouse(Row, frozen=True):
    name: str
    code: str | Empty
    active: bool
    partner_id: _Place | Empty


class Stores:
    def __init__(self, env: AdapterEnvironment[OdooConfig], client: OdooClient) -> None:
        self._env = env
        self._client = client

    async def list_stores(self, query: None, context: ContextView, call: CallContext) -> tuple[StoreRecord, ...]:
        """The reference of a place is its warehouse's short name, as stock is configured by."""
        domain = [["active", "in", [True, False]]]
        rows = await self._client.search(_Warehouse, "stock.warehouse", domain, call)
        reading = Reading.now(self._env)
        return tuple(_store(row, code, reading) for row in rows if (code := text(row.code)))


def _store(row: _Warehouse, code: str, reading: Reading) -> StoreRecord:
    place = record(row.partner_id)
    return StoreRecord(
        ref=reading.ref(code),
        name=row.name,
        freshness=reading.freshness,
        address=_address(place) if place is not None else None,
        point=_point(place) if place is not None else None,
        phone=text(place.phone) if place is not None else None,
        active=row.active,
    )


def _address(place: _Place) -> Address | None:
    state, country = record(place.state_id), record(place.country_id)
    address = Address(
        lines=tuple(line for line in (text(place.street), text(place.street2)) if line),
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
    return geo_point(float(number(place.partner_latitude)), float(number(place.partner_longitude)))
