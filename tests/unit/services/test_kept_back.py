"""What is shown is less what checkouts keep back, also for whoever has never heard of them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from gateway.model.carts import CartState
from gateway.testing.sandbox import SeedKit
from tests.unit.services.conftest import Build, World
from tests.unit.services.fulfilling import Hand, hold, plans, served, wish
from tests.unit.services.retailer import shopper

SHOWN = """{ product(by: {sku: "MUG"}) { variants { sku
  delivered: availability { status quantity }
  collected: availability(fulfilment: PICKUP) { quantity stores { store { name { value } } status quantity } } } } }"""
LINE = """query ($id: ID!) { cart(id: $id) { lines { availability { status quantity } } problems { kind } } }"""


async def looked(world: World) -> dict[str, Any]:
    await world.held.refresh()
    variants = (await world.data(SHOWN, country="GB"))["product"]["variants"]
    return next(variant for variant in variants if variant["sku"] == "MUG")


async def test_a_product_page_leaves_out_what_is_kept_back(build: Build) -> None:
    world = await served(build, warehouse={"MUG": 5}, soho={"MUG": 3}, mayfair={"MUG": 2})
    before = await looked(world)
    assert before["delivered"] == {"status": "IN_STOCK", "quantity": 5}
    await hold(world, "R1", warehouse={"MUG": 4}, soho={"MUG": 3})
    after = await looked(world)
    assert after["delivered"] == {"status": "LOW_STOCK", "quantity": 1}
    stores = {each["store"]["name"]["value"]: each["quantity"] for each in after["collected"]["stores"]}
    assert stores == {"Soho": 0, "Mayfair": 2, "Leeds": 0}
    assert after["collected"]["quantity"] == 2


async def test_more_kept_back_than_there_is_takes_nothing_from_other_places(build: Build) -> None:
    world = await served(build, warehouse={"MUG": 1}, soho={"MUG": 2}, sending=("warehouse", "soho"))
    await hold(world, "R1", warehouse={"MUG": 9})
    assert (await looked(world))["delivered"] == {"status": "LOW_STOCK", "quantity": 2}


async def test_who_is_paying_for_the_last_piece_is_not_told_that_it_is_gone(build: Build) -> None:
    world = await served(build, warehouse={"MUG": 1})
    mine, another = Hand(world, shopper("ada@example.com")), Hand(world, shopper("grace@example.com"))
    for hand in (mine, another):
        await hand.create(wish("MUG", 1))
    carts = world.services.stored_carts
    assert carts is not None
    async with carts.database.write() as connection:
        frozen = await carts.freeze(connection, mine.cart["id"], mine.cart["version"], "R1")
    assert getattr(frozen, "state", None) is CartState.FROZEN
    await hold(world, "R1", warehouse={"MUG": 1})
    await world.held.refresh()
    told = [(await hand.ask(LINE, {"id": hand.cart["id"]}))["cart"] for hand in (mine, another)]
    assert [cart["lines"][0]["availability"] for cart in told] == [
        {"status": "LOW_STOCK", "quantity": 1},
        {"status": "OUT_OF_STOCK", "quantity": 0},
    ]
    kinds = [[problem["kind"] for problem in cart["problems"]] for cart in told]
    assert ["OUT_OF_STOCK" in each for each in kinds] == [False, True]


PAIR = SeedKit("PAIR", (("MUG", Decimal(2)),))
SETTING = SeedKit("SETTING", (("MUG", Decimal(1)), ("BOWL", Decimal("0.5"))))


async def delivered(world: World) -> dict[str, int | None]:
    await world.held.refresh()
    variants = (await world.data(SHOWN, country="GB"))["product"]["variants"]
    return {each["sku"]: each["delivered"]["quantity"] for each in variants}


async def test_kits_are_shown_as_many_as_their_parts_make_after_what_is_kept_back_of_those(build: Build) -> None:
    """Held by whichever of them: a kit is held as its parts. The safety stock is of what lies there, once."""
    world = await served(build, warehouse={"MUG": 8, "BOWL": 3}, kits=(PAIR, SETTING), safety_stock=1)
    before = await delivered(world)
    assert before == {"MUG": 7, "BOWL": 2, "CUP": 0, "PAIR": 3, "SETTING": 4}
    calls = world["shop"].requests["stock.get_stock"]
    await hold(world, "R1", warehouse={"MUG": 4})
    assert await delivered(world) == {"MUG": 3, "BOWL": 2, "CUP": 0, "PAIR": 1, "SETTING": 3}
    assert world["shop"].requests["stock.get_stock"] - calls <= 2  # of its fulfilments, as without kits
    await hold(world, "R2", warehouse={"BOWL": 2})
    assert (await delivered(world))["SETTING"] == 0


async def test_a_plan_counts_a_kit_and_its_part_together(build: Build) -> None:
    world = await served(build, warehouse={"MUG": 3}, kits=(PAIR,))
    hand = Hand(world, shopper("ada@example.com"))
    await hand.create(wish("PAIR", 1))
    assert (await plans(hand))["plans"][0]["missing"] == []
    await hand.do("cartLinesAdd", lines=[wish("MUG", 2)])
    (gap,) = (await plans(hand))["plans"][0]["missing"]
    assert (gap["wanted"], gap["available"]) == (2, 1)
