"""Stock: each place once, from its own system, and unknown is never zero."""

from __future__ import annotations

from typing import Any

from tests.unit.services.conftest import Build, World
from tests.unit.services.retailer import configuration, domains, erp, product, shop, stock

QUERY = """{ product(by: {sku: "MUG"}) { variants { availability {
  status quantity capped complete unknownPlaces promise { confidence } freshness { source } } } } }"""


async def world_of(build: Build, locations: dict[str, Any], **seeds: Any) -> World:
    channels = {"web": {"countries": ["GB"], "currencies": {"GB": ["GBP"]}, "locations": list(locations)}}
    known = {"shop": shop("MUG"), **seeds}
    order = tuple(name for name in known if name != "shop") or ("shop",)
    return await build(configuration(domains=domains(stock=order), channels=channels, locations=locations), known)


def availability(data: dict[str, Any] | None) -> Any:
    assert data is not None
    return data["product"]["variants"][0]["availability"]


SHELF: dict[str, Any] = {"london": {"refs": {"erp": "WH/LON", "pos": "L1"}, "stock": "pos"}}


async def test_one_shelf_known_to_erp_and_pos_is_counted_once(build: Build) -> None:
    world = await world_of(
        build,
        SHELF,
        erp=erp("MUG", stock=(stock("MUG", "WH/LON", 4),)),
        pos=shop("MUG", stock=(stock("MUG", "L1", 5),)),
    )
    found = availability(await world.data(QUERY))
    assert (found["quantity"], found["complete"]) == (5, True)
    assert [fact["source"] for fact in found["freshness"]] == ["pos"]


TWO: dict[str, Any] = {
    "london": {"refs": {"pos": "L1"}, "stock": "pos"},
    "leeds": {"refs": {"erp": "WH/LEE"}, "stock": "erp"},
}


async def test_a_place_whose_system_is_down_is_unknown_not_zero(build: Build) -> None:
    pos = shop("MUG", stock=(stock("MUG", "L1", 0),))
    world = await world_of(build, TWO, pos=pos, erp=erp("MUG", stock=(stock("MUG", "WH/LEE", 9),)))
    world["erp"].down = True
    found = availability(await world.data(QUERY))
    assert (found["status"], found["quantity"]) == ("UNKNOWN", 0)
    assert (found["complete"], found["unknownPlaces"]) == (False, 1)


async def test_what_is_known_to_be_there_stays_buyable_while_another_place_is_down(build: Build) -> None:
    pos = shop("MUG", stock=(stock("MUG", "L1", 5),))
    world = await world_of(build, TWO, pos=pos, erp=erp("MUG"))
    world["erp"].down = True
    found = availability(await world.data(QUERY))
    assert (found["status"], found["quantity"], found["complete"]) == ("IN_STOCK", 5, False)
    assert found["promise"] == {"confidence": "LOW"}


async def test_when_no_place_can_be_heard_it_is_null_with_a_code(build: Build) -> None:
    world = await world_of(build, TWO, pos=shop("MUG"), erp=erp("MUG"))
    world["erp"].down = world["pos"].down = True
    result = await world.ask(QUERY)
    assert availability(result.data) is None
    assert [getattr(error.original_error, "code", None) for error in result.errors or []] == ["BACKEND_UNAVAILABLE"]


async def test_an_oversold_place_takes_nothing_from_the_others(build: Build) -> None:
    pos = shop("MUG", stock=(stock("MUG", "L1", 2, reserved=6),))
    world = await world_of(build, TWO, pos=pos, erp=erp("MUG", stock=(stock("MUG", "WH/LEE", 3),)))
    assert availability(await world.data(QUERY))["quantity"] == 3


async def test_safety_stock_is_never_promised(build: Build) -> None:
    guarded = {"london": {**TWO["london"], "safety_stock": 4}}
    world = await world_of(build, guarded, pos=shop("MUG", stock=(stock("MUG", "L1", 5),)))
    found = availability(await world.data(QUERY))
    assert (found["quantity"], found["status"]) == (1, "LOW_STOCK")


async def test_a_quantity_is_capped(build: Build) -> None:
    world = await world_of(build, {"london": TWO["london"]}, pos=shop("MUG", stock=(stock("MUG", "L1", 5000),)))
    found = availability(await world.data(QUERY))
    assert (found["quantity"], found["capped"]) == (10, True)


async def test_what_is_sold_without_counting_never_runs_out(build: Build) -> None:
    world = await world_of(build, {"london": TWO["london"]}, pos=shop("MUG", stock=(stock("MUG", "L1", 0),)))
    world["pos"].untracked.add("MUG")
    found = availability(await world.data(QUERY))
    assert (found["status"], found["quantity"]) == ("IN_STOCK", None)


async def test_what_nobody_counted_is_unknown(build: Build) -> None:
    world = await world_of(build, {"london": TWO["london"]}, pos=shop("OTHER"))
    found = availability(await world.data(QUERY))
    assert (found["status"], found["quantity"], found["complete"]) == ("UNKNOWN", None, False)


STORES: dict[str, Any] = {
    "near": {"name": "Near", "locations": ["london"], "country": "GB", "timezone": "Europe/London",
             "point": {"latitude": 51.5, "longitude": -0.1}, "hours": {"mon-sun": "00:00-24:00"}},
    "far": {"name": "Far", "locations": ["leeds"], "country": "GB", "timezone": "Europe/London",
            "point": {"latitude": 53.8, "longitude": -1.55}, "hours": {"mon-sun": "00:00-24:00"}},
}  # fmt: skip

PICKUP = """query($near: NearInput, $ids: [ID!]) { product(by: {sku: "MUG"}) { variants { availability(
  fulfilment: PICKUP, near: $near, storeIds: $ids) { status quantity stores {
    status quantity complete distanceKm store { key } promise { readyAt } } } } } }"""


async def test_pickup_is_by_store_nearest_first_and_each_store_has_its_own_truth(build: Build) -> None:
    world = await build(
        configuration(domains=domains(stock=["erp", "pos"]), locations=TWO, stores=STORES),
        {"shop": shop("MUG"), "pos": shop("MUG", stock=(stock("MUG", "L1", 2),)), "erp": erp("MUG")},
    )
    world["erp"].down = True
    near = {"latitude": 51.51, "longitude": -0.12, "radiusKm": 400}
    found = availability(await world.data(PICKUP, {"near": near}))
    assert [place["store"]["key"] for place in found["stores"]] == ["near", "far"]
    first, second = found["stores"]
    assert (first["status"], first["quantity"], first["complete"]) == ("LOW_STOCK", 2, True)
    assert first["promise"] is not None
    assert (second["status"], second["quantity"], second["complete"]) == ("UNKNOWN", None, False)
    assert first["distanceKm"] < 3 < 200 < second["distanceKm"]


async def test_what_has_no_sku_can_be_looked_for_in_stores_and_is_null(build: Build) -> None:
    world = await build(
        configuration(domains=domains(stock=["erp", "pos"]), locations=TWO, stores=STORES),
        {"shop": shop(products=(product("1", None),), prices=()), "pos": shop("MUG"), "erp": erp("MUG")},
    )
    asked = PICKUP.replace('by: {sku: "MUG"}', 'by: {slug: "p1"}')
    assert availability(await world.data(asked, {"ids": [world.services.ids.store("near")]})) is None


async def test_a_channel_without_places_knows_nothing_and_promises_nothing(build: Build) -> None:
    world = await world_of(build, {}, pos=shop("MUG"))
    found = availability(await world.data(QUERY))
    assert (found["status"], found["quantity"], found["promise"]) == ("UNKNOWN", None, None)
    assert (found["complete"], found["unknownPlaces"]) == (True, 0)


async def test_stores_that_share_a_place_share_what_lies_there_and_it_is_counted_once(build: Build) -> None:
    stores = {**STORES, "next": {**STORES["near"], "name": "Next door", "locations": ["london", "leeds"]}}
    pos = shop("MUG", stock=(stock("MUG", "L1", 2),))
    world = await build(
        configuration(domains=domains(stock=["erp", "pos"]), locations=TWO, stores=stores),
        {"shop": shop("MUG"), "pos": pos, "erp": erp("MUG", stock=(stock("MUG", "WH/LEE", 3),))},
    )
    asked = [world.services.ids.store(name) for name in ("near", "next")]
    found = availability(await world.data(PICKUP, {"ids": asked}))
    assert found["quantity"] == 5
    assert [place["quantity"] for place in found["stores"]] == [2, 5]


async def test_a_store_that_does_not_exist_is_refused(build: Build) -> None:
    world = await build(configuration(locations=TWO | {}, domains=domains(stock=["erp", "pos"])), {
        "shop": shop("MUG"), "pos": shop("MUG"), "erp": erp("MUG")})  # fmt: skip
    result = await world.ask(PICKUP, {"ids": [world.services.ids.store("nowhere")]})
    assert [getattr(error.original_error, "code", None) for error in result.errors or []] == ["BAD_USER_INPUT"]
