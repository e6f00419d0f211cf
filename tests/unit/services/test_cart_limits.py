"""What is sold only so many at a time, or only to grown-ups: said of the cart, as far as the product's record knows."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from tests.unit.services.conftest import Build, World
from tests.unit.services.retailer import configuration, shop
from tests.unit.services.test_carts import Hand, wish

PROBLEMS = """query ($id: ID!) { cart(id: $id) {
  problems { kind remedy lineId limit } warnings { kind remedy lineId limit } } }"""
LIMITS = ("BELOW_MINIMUM", "ABOVE_MAXIMUM", "AGE_LIMIT")


async def limited(build: Build, **limits: int) -> World:
    seed = shop("MUG", "BOWL")
    products = tuple(
        replace(one, variants=tuple(replace(each, **limits) if each.sku == "MUG" else each for each in one.variants))
        for one in seed.products
    )
    return await build(configuration(), {"shop": replace(seed, products=products)})


async def told(hand: Hand) -> list[dict[str, Any]]:
    cart = (await hand.ask(PROBLEMS, {"id": hand.cart["id"]}))["cart"]
    return [one for one in (*cart["problems"], *cart["warnings"]) if one["kind"] in LIMITS]


async def test_fewer_than_are_sold_and_more_than_are_sold_are_problems(build: Build) -> None:
    world = await limited(build, least=6, most=12)
    one = Hand(world)
    await one.create(wish(quantity=5), wish("BOWL", 1))
    line = one.cart["lines"][0]["id"]
    assert await told(one) == [{"kind": "BELOW_MINIMUM", "remedy": "INCREASE_QUANTITY", "lineId": line, "limit": 6}]
    for quantity, kinds in ((6, []), (12, []), (13, ["ABOVE_MAXIMUM"])):
        await one.do("cartLinesUpdate", lines=[{"lineId": line, "quantity": quantity}])
        assert [problem["kind"] for problem in await told(one)] == kinds


async def test_lines_of_one_variant_count_together_and_what_is_saved_does_not(build: Build) -> None:
    world = await limited(build, least=6, most=8)
    one = Hand(world)
    await one.create(wish(quantity=3), wish(quantity=3, note="Wrap it"))
    assert await told(one) == []
    await one.do("cartLinesAdd", lines=[wish(quantity=3, note="And this")])
    assert [problem["kind"] for problem in await told(one)] == ["ABOVE_MAXIMUM"]
    await one.do("cartLinesSaveForLater", lineIds=[one.cart["lines"][2]["id"]])
    assert await told(one) == []


async def test_an_age_is_said_before_it_is_bought_and_keeps_nobody_from_it(build: Build) -> None:
    one = Hand(await limited(build, age=18))
    await one.create(wish())
    line = one.cart["lines"][0]["id"]
    assert await told(one) == [{"kind": "AGE_LIMIT", "remedy": "PROVE_AGE", "lineId": line, "limit": 18}]


async def test_a_catalogue_that_is_away_says_no_limit_and_the_rest_is_told(build: Build) -> None:
    one = Hand(await limited(build, most=1))
    await one.create(wish(quantity=2))
    one.world["shop"].down = True
    assert await told(one) == []
