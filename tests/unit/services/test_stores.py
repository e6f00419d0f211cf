"""Stores: configured, completed by what their systems know, open by their own clocks."""

from __future__ import annotations

from typing import Any

from gateway.model.identity import NativeRef
from gateway.model.stores import Address, GeoPoint, StoreRecord
from tests.unit.services.conftest import Build, World
from tests.unit.services.retailer import KIOSK, SEEN, configuration, shop

LONDON = {"latitude": 51.5072, "longitude": -0.1276}
PLACES: dict[str, Any] = {
    "london": {"name": "London", "point": LONDON, "timezone": "Europe/London", "country": "GB",
               "hours": {"mon-fri": "09:00-18:00"}, "special_hours": {"2026-12-25": "closed"},
               "services": ["pickup"], "names": {"ja": "ロンドン"}},
    "tokyo": {"name": "Tokyo", "point": {"latitude": 35.6764, "longitude": 139.65}, "timezone": "Asia/Tokyo",
              "country": "JP", "hours": {"fri-sat": "20:00-02:00"}},
    "leeds": {"name": "Leeds", "timezone": "Europe/London", "country": "GB"},
}  # fmt: skip


async def world_of(build: Build, **more: Any) -> World:
    record = StoreRecord(
        NativeRef("seed", "L3"), "Leeds", SEEN, Address(("1 Briggate",), "Leeds", None, "LS1", "GB"),
        GeoPoint(53.8, -1.55), phone="+441130000000",
    )  # fmt: skip
    locations = {name: {"refs": {"shop": f"L{number}"}} for number, name in enumerate(PLACES, 1)}
    stores = {name: {**section, "locations": [name]} for name, section in PLACES.items()}
    channels = {"web": {"countries": ["GB", "JP"], "currencies": {"GB": ["GBP"], "JP": ["JPY"]}}}
    sections = configuration(locations=locations, stores=stores, channels=channels)
    sections["profiles"]["kiosk"] = {**sections["profiles"]["kiosk"], "stores": ["london"]}
    return await build({**sections, **more}, {"shop": shop("MUG", stores=(record,))})


async def test_the_nearest_store_comes_first_with_its_distance(build: Build) -> None:
    world = await world_of(build)
    query = "query($near: NearInput) { stores(near: $near) { nodes { key distanceKm } totalCount } }"
    found = (await world.data(query, {"near": {**LONDON, "radiusKm": 300}}))["stores"]
    assert [node["key"] for node in found["nodes"]] == ["london", "leeds"]
    assert found["nodes"][0]["distanceKm"] == 0.0
    assert 260 < found["nodes"][1]["distanceKm"] < 285


async def test_near_reaches_as_far_as_the_market_says_and_not_beyond_the_market(build: Build) -> None:
    query = "query($near: NearInput, $in: String) { stores(near: $near, country: $in) { nodes { key } totalCount } }"

    async def found(markets: dict[str, Any], radius: float | None = None, country: str | None = None) -> list[str]:
        world = await world_of(build, markets=markets)
        near = LONDON if radius is None else {**LONDON, "radiusKm": radius}
        nodes = (await world.data(query, {"near": near, "in": country}))["stores"]["nodes"]
        return [node["key"] for node in nodes]

    assert await found({}) == ["london"]
    assert await found({"GB": {"near_radius_km": 300.0}}) == ["london", "leeds"]
    assert await found({}, radius=20_000) == ["london", "leeds"]
    assert await found({}, radius=20_000, country="JP") == ["tokyo"]
    assert await found({"JP": {"near_radius_km": 10_000.0}}, country="JP") == ["tokyo"]


async def test_what_the_configuration_leaves_out_its_system_completes(build: Build) -> None:
    world = await world_of(build)
    query = "{ stores { nodes { key phone address { city } point { latitude } freshness { source } } } }"
    leeds = (await world.data(query))["stores"]["nodes"][2]
    assert (leeds["phone"], leeds["address"], leeds["point"]) == (
        "+441130000000",
        {"city": "Leeds"},
        {"latitude": 53.8},
    )
    assert leeds["freshness"] == [{"source": "shop"}]
    world["shop"].down = True
    leeds = (await world.data(query))["stores"]["nodes"][2]
    assert (leeds["phone"], leeds["address"], leeds["freshness"]) == (None, None, [])


async def test_a_store_is_open_by_its_own_clock_past_midnight_and_not_on_special_days(build: Build) -> None:
    world = await world_of(build)
    query = "query($at: DateTime) { stores { nodes { key openAt(at: $at) } } }"

    async def open_at(at: str) -> dict[str, bool | None]:
        nodes = (await world.data(query, {"at": at}))["stores"]["nodes"]
        return {node["key"]: node["openAt"] for node in nodes}

    friday_in_london = await open_at("2026-07-03T09:30:00Z")
    assert friday_in_london == {"london": True, "tokyo": False, "leeds": None}
    # 17:30 on Saturday in UTC is half past two in Tokyo on Sunday: the Saturday night is over by then.
    assert (await open_at("2026-07-04T16:30:00Z"))["tokyo"] is True
    assert (await open_at("2026-07-04T17:30:00Z"))["tokyo"] is False
    assert (await open_at("2026-12-25T12:00:00Z"))["london"] is False


async def test_an_instant_is_written_as_rfc_3339_has_it_and_the_ends_of_time_are_no_failure(build: Build) -> None:
    world = await world_of(build)
    query = "query($at: DateTime) { stores { nodes { openAt(at: $at) } } }"
    for at, is_open in (
        ("2026-07-03t10:30:00+01:00", True),
        ("2016-12-31T23:59:60Z", False),
        ("0001-01-01T00:00:00Z", None),
        ("9999-12-31T23:59:59Z", None),
    ):
        assert (await world.data(query, {"at": at}))["stores"]["nodes"][0]["openAt"] is is_open
    for at in ("2026-W27-5T09:30:00Z", "20260703T093000Z", "2026-07-03T09:30:00", "2026-07-03T09:30:00+24:00"):
        result = await world.ask(query, {"at": at})
        assert result.errors is not None
        assert "RFC 3339" in str(result.errors[0].message)


async def test_summer_time_is_the_stores_own(build: Build) -> None:
    world = await world_of(build)
    query = "query($at: DateTime) { stores { nodes { openAt(at: $at) } } }"
    for at, expected in (("2026-07-01T08:30:00Z", True), ("2026-12-01T08:30:00Z", False)):
        assert (await world.data(query, {"at": at}))["stores"]["nodes"][0]["openAt"] is expected


async def test_a_stores_name_is_in_the_asked_language_where_it_has_one(build: Build) -> None:
    world = await world_of(build)
    nodes = (await world.data("{ stores { nodes { name { value language } } } }", language="ja"))["stores"]["nodes"]
    assert nodes[0]["name"] == {"value": "ロンドン", "language": "ja"}
    assert nodes[1]["name"] == {"value": "Tokyo", "language": "en"}


async def test_a_kiosk_sees_only_the_store_it_stands_in(build: Build) -> None:
    world = await world_of(build)
    found = await world.data("{ stores { nodes { key } } context { store } }", principal=KIOSK)
    assert found == {"stores": {"nodes": [{"key": "london"}]}, "context": {"store": "london"}}
    tokyo = world.services.ids.store("tokyo")
    asked = await world.data("query($id: ID!) { store(id: $id) { key } }", {"id": tokyo}, principal=KIOSK)
    assert asked == {"store": None}


async def test_pages_of_stores_neither_lose_nor_double(build: Build) -> None:
    world = await world_of(build)
    query = (
        "query($after: String) { stores(first: 2, after: $after) { nodes { key } pageInfo { hasNextPage endCursor } } }"
    )
    first = (await world.data(query))["stores"]
    second = (await world.data(query, {"after": first["pageInfo"]["endCursor"]}))["stores"]
    keys = [node["key"] for page in (first, second) for node in page["nodes"]]
    assert keys == ["london", "tokyo", "leeds"]
    assert not second["pageInfo"]["hasNextPage"]


async def test_a_point_that_is_not_on_earth_is_refused(build: Build) -> None:
    world = await world_of(build)
    result = await world.ask("{ stores(near: {latitude: 91, longitude: 0}) { nodes { key } } }")
    assert [getattr(error.original_error, "code", None) for error in result.errors or []] == ["BAD_USER_INPUT"]
