"""Warehouses as places."""

from __future__ import annotations

from contextlib import AsyncExitStack

import pytest

from adapters.odoo.sandbox.seeding.places import add_warehouse
from gateway.model.context import CallContext, CommerceContext
from gateway.model.stores import GeoPoint
from gateway.testing.sandbox import Seed
from tests.contract.adapters.odoo.connected import run

NOTHING = CommerceContext("DE", "EUR", "en").only(frozenset())


@pytest.mark.parametrize(
    ("latitude", "longitude", "point"),
    [(52.5, 13.4, GeoPoint(52.5, 13.4)), (0.0, 0.0, None), (525.0, 13.4, None), (52.5, -913.4, None)],
)
async def test_a_place_that_is_nowhere_on_earth_has_no_point(
    stack: AsyncExitStack, version: int, latitude: float, longitude: float, point: GeoPoint | None
) -> None:
    odoo = await run(stack, Seed(currency="EUR", country="DE"), version)
    partner = odoo.store.add(
        "res.partner",
        {"name": "Berlin", "partner_latitude": latitude, "partner_longitude": longitude},
    )
    add_warehouse(odoo.store, odoo.sandbox.seeded, "WH", "Berlin", True, partner)
    stores = await odoo.adapter().list_stores(None, NOTHING, CallContext.within(10))
    assert [store.point for store in stores if store.ref.id == "WH"] == [point]
