"""Where something can be picked up: near enough, at stores that offer it, by the word of their own systems."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from gateway.errors import ConfigurationError
from gateway.model.identity import NativeRef
from gateway.model.opening_hours import weekly_hours
from gateway.model.stores import GeoPoint, StoreRecord
from tests.unit.services.conftest import Build, World
from tests.unit.services.retailer import SEEN, configuration, domains, erp, shop, stock

LONDON = {"latitude": 51.51, "longitude": -0.12}
OPEN = {"mon-sun": "00:00-24:00"}
LOCATIONS: dict[str, Any] = {"london": {"refs": {"pos": "L1", "erp": "WH/LON"}, "stock": "pos"},
                             "back": {"refs": {"pos": "L2"}, "stock": "pos"}}  # fmt: skip
SOHO: dict[str, Any] = {"name": "Soho", "locations": ["london"], "country": "GB", "timezone": "Europe/London",
                        "point": {"latitude": 51.5, "longitude": -0.1}, "hours": OPEN}  # fmt: skip
L1 = StoreRecord(NativeRef("seed", "L1"), "Soho", SEEN)
WH = StoreRecord(NativeRef("seed", "WH/LON"), "London", SEEN)
QUERY = """query($near: NearInput, $ids: [ID!]) { product(by: {sku: "MUG"}) { variants { availability(
  fulfilment: PICKUP, near: $near, storeIds: $ids) { status quantity complete promise { readyAt confidence }
  speakable { text } stores { status quantity distanceKm store { key } promise { readyAt } } } } } }"""


async def world_of(
    build: Build,
    soho: dict[str, Any] | None = None,
    pos: tuple[StoreRecord, ...] = (),
    warehouses: tuple[StoreRecord, ...] = (),
    **more: Any,
) -> World:
    counted = (stock("MUG", "L1", 9), stock("MUG", "L2", 4))
    return await build(
        configuration(
            domains=domains(stock=["pos"], store=["pos", "erp"]), locations=LOCATIONS,
            stores={"soho": {**SOHO, **(soho or {})}}, **more,
        ),
        {"shop": shop("MUG"), "pos": shop("MUG", stock=counted, stores=pos), "erp": erp("MUG", stores=warehouses)},
    )  # fmt: skip


async def found(world: World, **variables: Any) -> dict[str, Any]:
    data = await world.data(QUERY, {"near": LONDON, **variables})
    return data["product"]["variants"][0]["availability"]


async def keys(world: World, **variables: Any) -> list[str]:
    return [place["store"]["key"] for place in (await found(world, **variables))["stores"]]


async def test_a_store_whose_services_lack_pickup_hands_out_nothing(build: Build) -> None:
    assert await keys(await world_of(build, {"services": ["Pickup"]})) == ["soho"]
    assert await keys(await world_of(build)) == ["soho"]
    for services in (["returns"], []):
        world = await world_of(build, {"services": services})
        nowhere = await found(world)
        assert nowhere["stores"] == []
        assert (nowhere["status"], nowhere["quantity"], nowhere["promise"]) == ("OUT_OF_STOCK", 0, None)
        assert nowhere["complete"] is True
        assert "not available for pickup near you" in nowhere["speakable"]["text"]
        assert await keys(world, near=None) == []
        assert await keys(world, near=None, ids=[world.services.ids.store("soho")]) == []


async def test_its_own_systems_services_count_where_the_configuration_says_nothing(build: Build) -> None:
    assert await keys(await world_of(build, pos=(replace(L1, services=("returns",)),))) == []
    assert await keys(await world_of(build, pos=(replace(L1, services=("pickup",)),))) == ["soho"]


@pytest.mark.parametrize("closed", [{"active": False}, {"pickup": False}])
async def test_a_place_its_own_system_calls_inactive_or_without_pickup_hands_out_nothing(
    build: Build, closed: dict[str, Any]
) -> None:
    said = {"services": ["pickup"]}
    assert await keys(await world_of(build, said, pos=(replace(L1, **closed),))) == []
    assert await keys(await world_of(build, said, warehouses=(replace(WH, **closed),))) == []


async def test_what_lies_at_a_place_that_was_closed_down_is_not_counted(build: Build) -> None:
    both = {"locations": ["london", "back"]}
    back = StoreRecord(NativeRef("seed", "L2"), "Back room", SEEN)
    whole = await found(await world_of(build, both, pos=(L1, back)))
    assert whole["stores"][0]["quantity"] == 10
    part = await found(await world_of(build, both, pos=(L1, replace(back, active=False))))
    assert part["stores"][0]["quantity"] == 9
    room = await found(await world_of(build, both, pos=(replace(L1, pickup=True), replace(back, pickup=False))))
    assert room["stores"][0]["quantity"] == 10  # carried over from the back room


async def test_a_store_far_away_is_not_near(build: Build) -> None:
    world = await world_of(build, {"point": {"latitude": 55.95, "longitude": -3.2}})
    assert await keys(world) == []
    assert await keys(world, near={**LONDON, "radiusKm": 600}) == ["soho"]
    assert await keys(world, ids=[world.services.ids.store("soho")]) == ["soho"]
    wide = await world_of(
        build, {"point": {"latitude": 55.95, "longitude": -3.2}}, markets={"GB": {"near_radius_km": 600.0}}
    )
    said = await found(wide)
    assert "Soho, 534 kilometers away" in said["speakable"]["text"]
    assert said["stores"][0]["distanceKm"] > 500


async def test_where_a_store_lies_that_no_system_told_is_unknown_and_not_far(build: Build) -> None:
    place = replace(L1, point=GeoPoint(51.5, -0.1))
    unplaced = configuration(
        domains=domains(stock=["pos"], store=["erp"]), locations=LOCATIONS,
        stores={"soho": {key: value for key, value in SOHO.items() if key != "point"}},
    )  # fmt: skip
    seeds = {"shop": shop("MUG"), "pos": shop("MUG", stock=(stock("MUG", "L1", 9),)),
             "erp": erp("MUG", stores=(replace(place, ref=NativeRef("seed", "WH/LON")),))}  # fmt: skip
    world = await build(unplaced, seeds)
    assert await keys(world) == ["soho"]
    world["erp"].down = True
    lost = await found(world)
    assert (lost["status"], lost["complete"], lost["stores"]) == ("UNKNOWN", False, [])


async def test_hours_that_only_its_own_system_knows_hold_for_pickups_too(build: Build) -> None:
    never_today = weekly_hours({"mon": "10:00-10:30"}, place="hours")
    world = await world_of(build, {"hours": {}}, pos=(replace(L1, hours=never_today),))
    assert (await found(world))["promise"]["readyAt"].endswith((":00:00Z", ":00:00+00:00"))
    unknown = await world_of(build, {"hours": {}})
    assert (await found(unknown))["promise"]["confidence"] == "LOW"


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"locations": {**LOCATIONS, "again": {"refs": {"pos": "L1"}}}},
     "`L1` is one place of `pos`, in `locations.london` and in `locations.again`"),
    ({"locations": {**LOCATIONS, "again": {"refs": {"pos": " l1 "}}}}, "` l1 ` and `L1` are one place of `pos`"),
    ({"locations": {**LOCATIONS, "again": {"refs": {"pos": "L9", "erp": "wh/lon"}}}}, "`wh/lon` and `WH/LON`"),
    ({"locations": {"a": {"refs": {"pos": "gid://pos/Location/7"}}, "b": {"refs": {"pos": "7"}}}},
     "are one place of `pos`"),
    ({"locations": {"a": {"refs": {"pos": " "}}}}, "locations.a.refs.pos: a reference is missing"),
    ({"stores": {"soho": {**SOHO, "locations": ["london", "london"]}}},
     "stores.soho.locations: `london` stands here twice"),
    ({"channels": {"web": {"countries": ["GB"], "currencies": {"GB": ["GBP"]}, "locations": ["back", "back"]}}},
     "channels.web.locations: `back` stands here twice"),
    ({"domains": domains(stock=["pos"], order=["pos", "pos"])}, "domains.order.order: `pos` stands here twice"),
    ({"backends": {"pos": {"ignored_places": ["l1"]}}}, "`l1` is ignored, and yet the place of `locations.london`"),
    ({"stores": {"soho": {**SOHO, "timezone": "Europe/Londn"}}},
     "stores.soho.timezone: `Europe/Londn` is no time zone"),
]  # fmt: skip


@pytest.mark.parametrize(("sections", "said"), REFUSED)
async def test_one_shelf_is_one_location_and_stands_once_in_a_list(
    build: Build, sections: dict[str, Any], said: str
) -> None:
    base: dict[str, Any] = {"domains": domains(stock=["pos"]), "locations": LOCATIONS, "stores": {}}
    with pytest.raises(ConfigurationError) as caught:
        await build(configuration(**{**base, **sections}), {"shop": shop("MUG"), "pos": shop("MUG"), "erp": erp("MUG")})
    assert said in caught.value.message
