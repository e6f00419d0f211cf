"""Fulfilment plans over the whole schema: collected, sent, sent by a store, some of each; what is not to be had where;
and the choice of one, kept on the lines.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from gateway.checkout.given import Given
from gateway.errors import Unavailable
from gateway.model.carts import Cart, CartAccess
from gateway.model.fulfilment import PlanPart, PlanPieces, PlanWay
from gateway.model.stock import Fulfilment
from gateway.ports.order import Placement
from gateway.ports.shipping import LIST_OPTIONS
from gateway.ports.stock import GET_STOCK
from gateway.services.fulfilment.drafting import SAID
from gateway.services.fulfilment.plans import HOLD_SECONDS
from gateway.services.fulfilment.tokens import PlanTokens
from tests.unit.services.conftest import Build, World
from tests.unit.services.fulfilling import (
    SOHO_POINT,
    Hand,
    hold,
    lacking,
    placing,
    plans,
    served,
    shown,
    wish,
)
from tests.unit.services.retailer import shopper

ADA = shopper("ada@example.com")
TELLABLE = [Placement.PER_LINE, Placement.MOVED_AFTER, Placement.PER_ORDER]


async def filled(world: World, *lines: dict[str, Any], **more: Any) -> Hand:
    hand = Hand(world, ADA)
    await hand.create(*lines, **more)
    return hand


async def kept(hand: Hand) -> Cart:
    carts = hand.world.services.stored_carts
    assert carts is not None
    found = await carts.read(hand.cart["id"], CartAccess(person=ADA.key))
    assert found is not None
    return found


@pytest.mark.parametrize("placement", TELLABLE)
async def test_everything_is_collected_where_everything_is(build: Build, placement: Placement) -> None:
    world = await served(build, placement=placement, soho={"MUG": 2, "BOWL": 1}, mayfair={"MUG": 2}, sending=())
    hand = await filled(world, wish("MUG", 2), wish("BOWL", 1))
    told = await plans(hand, near=SOHO_POINT)
    (plan,) = told["plans"]
    assert shown(plan) == [("PICKUP", "Soho", [2, 1])]
    assert (plan["parcels"], plan["cost"], plan["reasons"]) == (
        0,
        {"amount": "0.00", "currencyCode": "GBP"},
        ["ONLY_WAY"],
    )
    assert plan["missing"] == []
    assert plan["promise"]["confidence"] == "HIGH"
    assert 0 < plan["parts"][0]["distanceKm"] < 1
    assert ("PICKUP", "Mayfair", "NOT_ENOUGH", 0) in lacking(told["gaps"])
    assert told["holdSeconds"] == HOLD_SECONDS
    assert told["complete"] is True


async def test_an_owner_that_decides_by_itself_is_offered_deliveries_only(build: Build) -> None:
    full = {"MUG": 9}
    world = await served(
        build, placement=Placement.OWNER_DECIDES, warehouse=full, soho=full, sending=("warehouse", "soho")
    )
    hand = await filled(world, wish("MUG", 2))
    told = await plans(hand, near=SOHO_POINT)
    assert [shown(plan) for plan in told["plans"]] == [[("SHIP", None, [2])]]
    assert {gap["reason"] for gap in told["gaps"]} == {"OWNER_CANNOT_BE_TOLD"}
    await hand.do("cartFulfilmentChoose", planId=told["plans"][0]["id"])
    assert [group.location for group in (await kept(hand)).groups] == [None]


async def test_some_is_collected_and_the_rest_is_sent(build: Build) -> None:
    world = await served(build, soho={"MUG": 1}, warehouse={"BOWL": 5, "MUG": 0})
    hand = await filled(world, wish("MUG", 1), wish("BOWL", 2))
    told = await plans(hand, near=SOHO_POINT)
    (plan,) = told["plans"]
    assert shown(plan) == [("PICKUP", "Soho", [1]), ("SHIP", None, [2])]
    assert plan["cost"]["amount"] == "4.80"
    assert plan["promise"] == max((part["promise"] for part in plan["parts"]), key=lambda each: each["readyBy"])
    placing(world, Placement.PER_ORDER)
    assert [plan["id"] for plan in (await plans(hand, near=SOHO_POINT))["plans"]] == [None]


async def test_a_line_is_split_by_quantity_over_a_store_and_a_parcel(build: Build) -> None:
    world = await served(build, soho={"MUG": 2}, warehouse={"MUG": 3})
    hand = await filled(world, wish("MUG", 5))
    (plan,) = (await plans(hand, near=SOHO_POINT))["plans"]
    assert shown(plan) == [("PICKUP", "Soho", [2]), ("SHIP", None, [3])]
    placing(world, Placement.MOVED_AFTER)
    (short,) = (await plans(hand, near=SOHO_POINT))["plans"]
    assert (short["id"], short["parts"]) == (None, [])
    assert [(gap["wanted"], gap["available"]) for gap in short["missing"]] == [(5, 3)]


async def test_a_store_sends_what_the_warehouse_lacks(build: Build) -> None:
    world = await served(
        build, warehouse={"BOWL": 1}, leeds={"MUG": 2, "BOWL": 1}, sending=("warehouse", "leeds"), stores=None
    )
    hand = await filled(world, wish("MUG", 1), wish("BOWL", 1))
    told = await plans(hand, near={**SOHO_POINT, "radiusKm": 20})
    assert [shown(plan) for plan in told["plans"]] == [[("SHIP_FROM_STORE", "Leeds", [1, 1])]]
    await hand.do("cartFulfilmentChoose", planId=told["plans"][0]["id"])
    assert [group.location for group in (await kept(hand)).groups] == ["leeds"]


async def test_plans_are_ranked_by_arrival_cost_and_parcels_and_say_why(build: Build) -> None:
    world = await served(
        build,
        warehouse={"MUG": 9},
        soho={"MUG": 9},
        mayfair={"MUG": 9},
        sending=("warehouse", "mayfair"),
        stores=None,
    )
    hand = await filled(world, wish("MUG", 2))
    told = await plans(hand, near=SOHO_POINT)
    first, second, *sent = told["plans"]
    assert (shown(first), shown(second)) == ([("PICKUP", "Soho", [2])], [("PICKUP", "Mayfair", [2])])
    assert first["reasons"] == ["READY_FIRST", "COSTS_LEAST", "FEWEST_PARCELS", "NEAREST"]
    assert second["reasons"] == ["READY_FIRST", "COSTS_LEAST", "FEWEST_PARCELS"]
    assert [shown(plan)[0][:2] for plan in sent] == [("SHIP", None), ("SHIP_FROM_STORE", "Mayfair")]
    assert all(plan["reasons"] == [] for plan in sent)
    assert [part["option"]["id"] for plan in sent for part in plan["parts"]] == ["standard", "standard"]


async def test_what_a_checkout_keeps_back_is_offered_to_nobody_else(build: Build) -> None:
    world = await served(build, soho={"MUG": 3}, sending=())
    await hold(world, "RUN", soho={"MUG": 2})
    hand = await filled(world, wish("MUG", 2))
    (short,) = (await plans(hand, near=SOHO_POINT))["plans"]
    assert [(gap["wanted"], gap["available"]) for gap in short["missing"]] == [(2, 1)]
    await hand.do("cartLinesUpdate", lines=[{"lineId": hand.cart["lines"][0]["id"], "quantity": 1}])
    (plan,) = (await plans(hand, near=SOHO_POINT))["plans"]
    assert shown(plan) == [("PICKUP", "Soho", [1])]


async def test_where_nothing_has_all_of_it_the_nearest_thing_is_said_and_cannot_be_chosen(build: Build) -> None:
    world = await served(build, soho={"MUG": 1, "BOWL": 1}, warehouse={"BOWL": 1})
    hand = await filled(world, wish("MUG", 30), wish("BOWL", 1), wish("CUP", 1))
    told = await plans(hand, near=SOHO_POINT)
    (plan,) = told["plans"]
    assert plan["id"] is None
    lines = {line["id"]: line["sku"] for line in hand.cart["lines"]}
    assert [lines[each["lineId"]] for part in plan["parts"] for each in part["pieces"]] == ["BOWL"]
    assert [(lines[gap["lineId"]], gap["wanted"], gap["available"]) for gap in plan["missing"]] == [
        ("MUG", 30, 1), ("CUP", 1, 0),
    ]  # fmt: skip


async def test_what_is_said_to_be_there_is_capped_as_shown_stock_is(build: Build) -> None:
    world = await served(build, warehouse={"MUG": 500})
    hand = await filled(world, wish("MUG", 600))
    (plan,) = (await plans(hand))["plans"]
    assert [gap["available"] for gap in plan["missing"]] == [10]


async def test_of_a_large_cart_only_some_lines_are_said_not_to_be_had_each_way(build: Build) -> None:
    world = await served(build)
    hand = await filled(world, *(wish("MUG", 1, note=str(index)) for index in range(60)))
    told = await plans(hand, near=SOHO_POINT)
    assert len(told["gaps"]) == 3 * SAID  # two stores that are near, and the warehouse
    (plan,) = told["plans"]
    assert len(plan["missing"]) == 60


async def test_nobody_carries_it_there(build: Build) -> None:
    world = await served(build, warehouse={"MUG": 5}, soho={"MUG": 5})
    hand = await filled(world, wish("MUG", 1))
    told = await plans(hand, near=SOHO_POINT, address={"country": "FR"})
    assert [shown(plan) for plan in told["plans"]] == [[("PICKUP", "Soho", [1])]]
    assert ("SHIP", None, "NOT_DELIVERED", None) in lacking(told["gaps"])


async def test_a_store_that_never_opens_long_enough_and_one_without_hours(build: Build) -> None:
    def store(name: str, **more: Any) -> dict[str, Any]:
        place = {"name": name.title(), "locations": [name], "country": "GB", "timezone": "Europe/London"}
        return {**place, "channel": "web", "services": ["pickup"], **more}

    short = {"mon-sun": "09:00-09:30"}
    world = await served(
        build, soho={"MUG": 5}, leeds={"MUG": 5}, sending=(), channel={"pickup_cutoff": 3600},
        stores={"soho": store("soho", hours=short), "leeds": store("leeds")},
    )  # fmt: skip
    hand = await filled(world, wish("MUG", 1))
    told = await plans(hand)
    assert ("PICKUP", "Soho", "NEVER_OPEN", None) in lacking(told["gaps"])
    (plan,) = told["plans"]
    assert (shown(plan), plan["promise"]["confidence"]) == ([("PICKUP", "Leeds", [1])], "LOW")


async def test_a_chosen_plan_is_kept_on_the_lines_and_goes_with_them(build: Build) -> None:
    world = await served(build, soho={"MUG": 2}, warehouse={"MUG": 3, "BOWL": 1})
    hand = await filled(world, wish("MUG", 5, note="Wrap"), wish("BOWL", 1), wish("CUP", 1))
    await hand.do("cartLinesSaveForLater", lineIds=[hand.cart["lines"][2]["id"]])
    await hand.do("cartAddressUpdate", address={"country": "GB", "city": "London"})
    (plan,) = (await plans(hand, near=SOHO_POINT))["plans"]
    told = await hand.do("cartFulfilmentChoose", planId=plan["id"], idempotencyKey="once")
    assert told["userErrors"] == []
    cart = await kept(hand)
    assert [(group.fulfilment, group.store, group.location, group.option) for group in cart.groups] == [
        (Fulfilment.PICKUP, "soho", None, None),
        (Fulfilment.DELIVERY, None, "warehouse", "standard"),
    ]
    assert cart.groups[1].address is not None
    assert cart.groups[1].address.city == "London"
    assert [(line.sku, line.quantity, cart.group_of(line).store, line.note) for line in cart.active] == [
        ("MUG", Decimal(2), "soho", "Wrap"), ("BOWL", Decimal(1), None, None), ("MUG", Decimal(3), None, "Wrap"),
    ]  # fmt: skip
    assert [line.sku for line in cart.lines if line.saved] == ["CUP"]
    again = await hand.do("cartFulfilmentChoose", planId=plan["id"], idempotencyKey="once")
    assert (again["userErrors"], hand.cart["version"]) == ([], cart.version)
    (same,) = (await plans(hand, near=SOHO_POINT))["plans"]
    assert shown(same) == [("PICKUP", "Soho", [2]), ("SHIP", None, [1, 3])]


async def test_choosing_asks_no_backend(build: Build) -> None:
    world = await served(build, soho={"MUG": 2})
    hand = await filled(world, wish("MUG", 1))
    (plan,) = (await plans(hand, near=SOHO_POINT))["plans"]
    asked = len(world["shop"].asked)
    await hand.do("cartFulfilmentChoose", planId=plan["id"])
    assert len(world["shop"].asked) == asked


async def test_a_plan_is_of_the_lines_it_was_made_for_whatever_else_changes(build: Build) -> None:
    world = await served(build, soho={"MUG": 5})
    hand = await filled(world, wish("MUG", 1))
    (plan,) = (await plans(hand, near=SOHO_POINT))["plans"]
    await hand.do("cartAttributesUpdate", note="Ring")
    await hand.do("cartLinesUpdate", lines=[{"lineId": hand.cart["lines"][0]["id"], "quantity": 2}])
    changed = await hand.do("cartFulfilmentChoose", planId=plan["id"])
    assert [(error["__typename"], error["path"]) for error in changed["userErrors"]] == [
        ("CartChanged", ["input", "planId"])
    ]
    await hand.do("cartLinesUpdate", lines=[{"lineId": hand.cart["lines"][0]["id"], "quantity": 1}])
    assert (await hand.do("cartFulfilmentChoose", planId=plan["id"]))["userErrors"] == []


async def test_a_plan_that_was_never_offered_or_is_of_another_cart_is_none(build: Build) -> None:
    world = await served(build, soho={"MUG": 5})
    hand, other = await filled(world, wish("MUG", 1)), await filled(world, wish("MUG", 1))
    (plan,) = (await plans(other, near=SOHO_POINT))["plans"]
    body, _, mark = plan["id"].partition(".")
    for forged in (plan["id"], f"{body}x.{mark}", f"{body}.{mark[::-1]}", "", ".", "x" * 70_000, "é.é"):
        told = await hand.do("cartFulfilmentChoose", planId=forged)
        assert [error["__typename"] for error in told["userErrors"]] == ["InvalidInput"], forged[:20]
    assert hand.cart["version"] == 1


async def test_every_owner_is_asked_once_however_many_stores_there_are(build: Build) -> None:
    full = {"MUG": 9, "BOWL": 9}
    world = await served(build, warehouse=full, soho=full, mayfair=full, leeds=full, sending=("warehouse", "mayfair"))
    hand = await filled(world, wish("MUG", 2), wish("BOWL", 2))
    world["shop"].requests.clear()
    await plans(hand, near={**SOHO_POINT, "radiusKm": 1000})
    assert world["shop"].requests[GET_STOCK.name] == 1
    assert world["shop"].requests[LIST_OPTIONS.name] == 1  # all of it, from wherever: the same basket


async def test_a_system_that_cannot_be_heard_is_an_error_and_no_empty_shelf(build: Build) -> None:
    world = await served(build, soho={"MUG": 5})
    hand = await filled(world, wish("MUG", 1))
    world["shop"].failing = {GET_STOCK.name: Unavailable("down")}
    result = await world.ask(
        "query ($id: ID!) { cart(id: $id) { id fulfilmentPlans { complete } } }",
        {"id": hand.cart["id"]},
        principal=ADA,
    )
    assert result.data == {"cart": {"id": hand.cart["id"], "fulfilmentPlans": None}}
    assert result.errors is not None


async def test_a_carrier_that_cannot_be_heard_leaves_the_cost_open(build: Build) -> None:
    world = await served(build, warehouse={"MUG": 5})
    hand = await filled(world, wish("MUG", 1))
    world["shop"].failing = {LIST_OPTIONS.name: Unavailable("down")}
    told = await plans(hand)
    assert [(plan["cost"], plan["id"] is None) for plan in told["plans"]] == [(None, False)]
    assert told["complete"] is False


async def test_an_empty_cart_has_no_plan_and_nobody_is_asked(build: Build) -> None:
    world = await served(build)
    hand = await filled(world)
    assert (await plans(hand))["plans"] == []
    assert GET_STOCK.name not in world["shop"].requests


@pytest.mark.parametrize("address", [{"country": "Germany"}, {"country": "GB", "city": "x" * 65},
                                     {"country": "GB", "region": "\u0000"}])  # fmt: skip
async def test_an_address_that_makes_no_sense(build: Build, address: dict[str, str]) -> None:
    world = await served(build)
    hand = await filled(world, wish("MUG", 1))
    query = (
        "query ($id: ID!, $a: FulfilmentAddressInput) { cart(id: $id) { fulfilmentPlans(address: $a) { complete } } }"
    )
    result = await world.ask(query, {"id": hand.cart["id"], "a": address}, principal=ADA)
    assert [getattr(error.original_error, "code", None) for error in result.errors or []] == ["BAD_USER_INPUT"]


async def test_plans_are_spoken(build: Build) -> None:
    world = await served(build, soho={"MUG": 2}, warehouse={"MUG": 3})
    hand = await filled(world, wish("MUG", 5))
    query = """query ($id: ID!, $near: NearInput) { cart(id: $id) {
      fulfilmentPlans(near: $near) { plans { speakable { text } } } } }"""
    told = await hand.ask(query, {"id": hand.cart["id"], "near": SOHO_POINT})
    (plan,) = told["cart"]["fulfilmentPlans"]["plans"]
    said = plan["speakable"]["text"]
    assert said.startswith("2 items can be picked up at Soho, ")
    assert "3 items can be delivered by " in said
    assert said.endswith("Delivery costs 4.80 British pounds.")


async def test_pieces_are_kept_back_for_as_long_as_the_checkout_waits() -> None:
    assert Given.__struct_defaults__[
        Given.__struct_fields__.index("action_seconds") - len(Given.__struct_fields__)
    ] == (HOLD_SECONDS)


async def test_the_largest_plan_has_an_id_that_can_be_sent_back(build: Build) -> None:
    world = await served(build, warehouse={"MUG": 9})
    hand = await filled(world, *(wish("MUG", 1, note=str(index)) for index in range(90)))
    for start in range(90, 500, 90):
        await hand.do("cartLinesAdd", lines=[wish("BOWL", 1, note=str(start + i)) for i in range(min(90, 500 - start))])
    cart = await kept(hand)
    assert len(cart.active) == 500
    carts = world.services.stored_carts
    assert carts is not None
    parts = [
        PlanPart(
            way=PlanWay.SHIP, location=f"warehouse-{n}", pieces=tuple(PlanPieces(line.id, 9) for line in cart.active)
        )
        for n in range(20)
    ]
    tokens = PlanTokens(carts.sealing)
    opened = tokens.open(tokens.of(cart, parts))
    assert opened is not None
    assert opened.fits(cart)
    assert len(opened.parts) == 20


PROBLEMS = "query ($id: ID!) { cart(id: $id) { problems { kind remedy lineId available } lines { id sku } } }"


async def problems(hand: Hand) -> list[tuple[str, str, str | None, int | None]]:
    """By SKU."""
    told = (await hand.world.data(PROBLEMS, {"id": hand.cart["id"]}, principal=ADA))["cart"]
    skus = {line["id"]: line["sku"] for line in told["lines"]}
    return [
        (each["kind"], each["remedy"], skus.get(each["lineId"]), each["available"])
        for each in told["problems"]
        if each["kind"] == "NOT_TOGETHER"
    ]


async def test_who_cannot_have_it_in_one_order_learns_which_line_goes_into_another(build: Build) -> None:
    sending = ("warehouse", "leeds")
    world = await served(build, placement=Placement.PER_ORDER, sending=sending, warehouse={"MUG": 5}, leeds={"BOWL": 3})
    hand = await filled(world, wish("MUG", 2), wish("BOWL", 1))
    assert await problems(hand) == [("NOT_TOGETHER", "ORDER_APART", "BOWL", 0)]
    placing(world, Placement.PER_LINE)
    assert await problems(hand) == []


async def test_pieces_in_two_places_are_not_together_either_and_what_is_nowhere_is_short(build: Build) -> None:
    sending = ("warehouse", "leeds")
    world = await served(build, placement=Placement.PER_ORDER, sending=sending, warehouse={"MUG": 3}, leeds={"MUG": 2})
    assert await problems(await filled(world, wish("MUG", 5))) == [("NOT_TOGETHER", "ORDER_APART", "MUG", 3)]
    assert await problems(await filled(world, wish("MUG", 3))) == []
    assert await problems(await filled(world, wish("MUG", 6))) == []
