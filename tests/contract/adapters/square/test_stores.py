"""Places: hours past midnight, inactive ones, what a probe notes, and what an audit counts."""

from __future__ import annotations

from datetime import time

import pytest
from msgspec.structs import replace

from gateway.errors import InvalidAnswer, Mistake
from gateway.model.stores import GeoPoint, OpeningPeriod
from tests.contract.adapters.square.connected import (
    BACKEND,
    Connect,
    Connected,
    call,
    product,
    seen_by,
    small_seed,
    store,
    variant,
)

LATE = OpeningPeriod(4, time(18), time(2))


async def test_a_place_with_hours_past_midnight(connect: Connect) -> None:
    night = replace(store("L1"), hours=(LATE,), point=GeoPoint(51.5, -0.12), active=False)
    till = await connect(small_seed(stores=(night, store("L2"))))
    first, second = await till.adapter.list_stores(None, seen_by("store.list_stores"), call())
    assert (first.ref.backend, first.ref.id, first.name) == (BACKEND, "L1", "Store L1")
    assert (first.hours, first.point, first.active) == ((LATE,), GeoPoint(51.5, -0.12), False)
    assert (first.timezone, first.currency, first.special_hours) == ("Europe/London", "GBP", ())
    assert first.address is not None
    assert (first.address.city, first.address.country) == ("London", "GB")
    assert (second.hours, second.point, second.active) == ((), None, True)
    assert till.asked() == ["GET /v2/locations"]


async def test_hours_are_read_as_square_may_write_them(till: Connected) -> None:
    def written(start: str, end: str) -> None:
        period = {"day_of_week": "SUN", "start_local_time": start, "end_local_time": end}
        till.sandbox.account.locations["L1"]["business_hours"] = {"periods": [period]}

    written("8:30:00", "24:00:00")
    first = (await till.adapter.list_stores(None, seen_by("store.list_stores"), call()))[0]
    assert first.hours == (OpeningPeriod(6, time(8, 30), time(0)),)
    written("8:30:00", "late")
    with pytest.raises(InvalidAnswer):
        await till.adapter.list_stores(None, seen_by("store.list_stores"), call())


async def test_an_address_and_coordinates_may_be_absent(till: Connected) -> None:
    till.sandbox.account.locations["L1"] = {"id": "L1", "name": "Van", "coordinates": {"latitude": 51.5}}
    found = {each.ref.id: each for each in await till.adapter.list_stores(None, seen_by("store.list_stores"), call())}
    assert (found["L1"].address, found["L1"].point, found["L1"].currency) == (None, None, None)


async def test_probe_says_which_version_and_which_configured_place_is_missing(connect: Connect) -> None:
    till = await connect(store_locations={"soho": "L9"})
    probe = await till.adapter.probe(call())
    assert probe.version == "Square-Version 2025-08-20"
    (problem,) = probe.problems
    assert isinstance(problem, Mistake)
    assert (problem.place, problem.value) == ("store_locations.soho", "L9")


async def test_probe_says_that_the_account_is_in_another_country(connect: Connect) -> None:
    till = await connect(country="FR")
    (problem,) = (await till.adapter.probe(call())).problems
    assert isinstance(problem, Mistake)
    assert (problem.place, problem.nearest) == ("country", "GB")


async def test_probe_notes_several_currencies(connect: Connect) -> None:
    till = await connect(small_seed(stores=(store("L1"), store("L2", "JPY", "JP"))))
    assert (await till.adapter.probe(call())).notes == ("locations with several currencies: GBP, JPY",)


async def test_an_audit_counts_missing_and_duplicate_keys(connect: Connect) -> None:
    products = (
        product(1, variant(1, "TWIN"), variant(2, None)),
        product(3, variant(3, "TWIN")),
        product(4, variant(4, "twin")),
    )
    till = await connect(small_seed(products=products, prices=(), stock=()))
    audit = await till.adapter.audit(call())
    assert (audit.records, audit.missing, audit.duplicates) == (4, 1, ("TWIN",))
