"""Places: hours past midnight, inactive ones, what a probe notes, and what an audit counts."""

from __future__ import annotations

from datetime import UTC, datetime, time

import msgspec
import pytest
from msgspec.structs import replace

from adapters.square import store as places
from adapters.square.store import LocationsAnswer
from gateway.errors import Mistake
from gateway.model.opening_hours import open_at
from gateway.model.stores import GeoPoint, OpeningPeriod
from tests.contract.adapters.square.connected import (
    BACKEND,
    SEEN,
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
    written("00:00:00", "24:00:00")
    first = (await till.adapter.list_stores(None, seen_by("store.list_stores"), call()))[0]
    assert first.hours == (OpeningPeriod(6, time(), time()),)


FINE = {"day_of_week": "MON", "start_local_time": "09:00:00", "end_local_time": "17:00:00"}


@pytest.mark.parametrize(
    "hours",
    [
        {"periods": [FINE, {**FINE, "end_local_time": "late"}]},
        {"periods": [FINE, {**FINE, "start_local_time": "09:30Z"}]},
        {"periods": [FINE, {**FINE, "start_local_time": "09:30:00+01:00"}]},
        {"periods": [FINE, {**FINE, "start_local_time": "09.30", "end_local_time": "17.30"}]},
        {"periods": [FINE, {**FINE, "start_local_time": "24:00:00", "end_local_time": "02:00:00"}]},
        {"periods": [FINE, {**FINE, "start_local_time": "33:00:00"}]},
        {"periods": [FINE, {**FINE, "end_local_time": "09:00:00"}]},
        {"periods": [FINE, {**FINE, "day_of_week": "HOLIDAY"}]},
        {"periods": [FINE, {"day_of_week": "MON"}]},
    ],
)
async def test_hours_that_cannot_be_read_cost_the_store_its_hours_and_nothing_else(
    till: Connected, hours: object
) -> None:
    till.sandbox.account.locations["L1"]["business_hours"] = hours
    first = (await till.adapter.list_stores(None, seen_by("store.list_stores"), call()))[0]
    assert (first.hours, first.name, first.timezone) == ((), "Store L1", "Europe/London")
    assert first.unparsed_hours
    assert open_at(datetime(2026, 7, 1, 12, tzinfo=UTC), "Europe/London", first.hours, first.special_hours) is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("business_hours", {"periods": "always"}),
        ("business_hours", {"periods": [{**FINE, "start_local_time": 9}]}),
        ("business_hours", "always"),
        ("coordinates", {"latitude": 515127.0, "longitude": 0.0}),
        ("coordinates", {"latitude": "51.5", "longitude": 0}),
        ("coordinates", "here"),
    ],
)
def test_a_part_of_another_shape_costs_nothing_but_itself(field: str, value: object) -> None:
    body = msgspec.json.encode({"locations": [{"id": "L1", "name": "Soho", field: value}]})
    answer = msgspec.json.decode(body, type=LocationsAnswer)
    assert answer.locations
    found = places.store(answer.locations[0], SEEN)
    assert (found.name, found.hours, found.point) == ("Soho", (), None)
    assert (found.unparsed_hours is None) is (field == "coordinates")


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
