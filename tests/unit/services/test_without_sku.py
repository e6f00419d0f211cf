"""Variants without a SKU: what their own backend says of them is joined; no other backend is ever asked."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from gateway.errors import Unavailable
from gateway.model.identity import NativeRef
from gateway.model.pricing import PriceKey
from gateway.ports.price import GET_PRICES
from gateway.ports.stock import GET_STOCK
from gateway.testing.sandbox import Seed, SeedPrice, SeedStock
from tests.unit.services.conftest import Build, World
from tests.unit.services.retailer import configuration, domains, erp, gbp, product, shop, stock

BARE = NativeRef("seed", "10")
"""The first variant of product 1: `product("1", None, "MUG")`."""

FACTS = """{ product(by: {slug: "p1"}) { variants { id sku
  price { current { gross { amount } } freshness { source role reason } pointsToEarn { points } }
  delivery: availability { sku status quantity complete unknownPlaces freshness { source } }
  pickup: availability(fulfilment: PICKUP) { status quantity stores { store { key } quantity } } } } }"""


def bare_shop(price: str = "7.00", **parts: Any) -> Seed:
    facts: dict[str, Any] = {
        "products": (product("1", None, "MUG"),),
        "prices": (SeedPrice(BARE, gbp(price)), SeedPrice("MUG", gbp("12.00"))),
        "stock": (SeedStock(BARE, "L1", Decimal(5)), stock("MUG", "L1", 3)),
    }
    return shop(**{**facts, **parts})


def places(**counted: str) -> dict[str, Any]:
    """A shelf in London for each backend named."""
    names = list(counted)
    return {
        "locations": {name: {"refs": {name: ref}, "stock": name} for name, ref in counted.items()},
        "stores": {
            "soho": {"name": "Soho", "country": "GB", "timezone": "Europe/London", "locations": names,
                     "hours": {"mon-sun": "00:00-24:00"}, "services": ["pickup"]}
        },
        "channels": {"web": {"countries": ["GB"], "currencies": {"GB": ["GBP"]}, "locations": names}},
    }  # fmt: skip


async def variants_of(world: World, **facts: Any) -> list[dict[str, Any]]:
    return (await world.data(FACTS, **facts))["product"]["variants"]


async def test_one_owner_needs_no_sku(build: Build) -> None:
    world = await build(configuration(**places(shop="L1")), {"shop": bare_shop()})
    bare, mug = await variants_of(world)
    assert (bare["sku"], bare["price"]["current"]["gross"]["amount"]) == (None, "7.00")
    assert (bare["delivery"]["sku"], bare["delivery"]["status"], bare["delivery"]["quantity"]) == (None, "IN_STOCK", 5)
    assert bare["pickup"]["stores"] == [{"store": {"key": "soho"}, "quantity": 5}]
    assert (mug["price"]["current"]["gross"]["amount"], mug["delivery"]["quantity"]) == ("12.00", 3)
    assert world["shop"].requests[GET_PRICES.name] == 1, "both kinds of keys are one call"


async def test_another_owner_is_never_asked_about_it(build: Build) -> None:
    """The ERP has a record 10 of its own, which is something else."""
    other = erp(products=(product("1", None),), prices=(SeedPrice(BARE, gbp("99.00")),), stock=(_lying("W1"),))
    settings = configuration(domains={**domains(), "price": {"order": ["erp"]}}, **places(erp="W1"))
    world = await build(settings, {"shop": bare_shop(), "erp": other})
    bare, _ = await variants_of(world)
    assert (bare["price"], bare["delivery"], bare["pickup"]) == (None, None, None)
    asked = [key for asked in world["erp"].asked for key in asked.keys if asked.operation in _KEYED]
    assert all(isinstance(key.variant, str) for key in asked)  # type: ignore[attr-defined]


_KEYED = {GET_PRICES.name, GET_STOCK.name}


def _lying(location: str) -> SeedStock:
    return SeedStock(BARE, location, Decimal(5))


async def test_its_own_backend_stands_in_where_a_missing_price_may_be_stood_in_for(build: Build) -> None:
    section = {"order": ["erp", "shop"], "fallback": True, "on_missing": "fallback"}
    settings = configuration(domains={**domains(), "price": section})
    world = await build(settings, {"shop": bare_shop(), "erp": erp("MUG")})
    bare, _ = await variants_of(world)
    assert bare["price"]["freshness"] == {"source": "shop", "role": "FALLBACK", "reason": "NOT_FOUND_AT_OWNER"}


async def test_a_place_that_another_counts_is_unknown_and_not_zero(build: Build) -> None:
    settings = configuration(**places(shop="L1", till="T1"))
    world = await build(settings, {"shop": bare_shop(), "till": shop(stock=(stock("MUG", "T1", 4),))})
    bare, mug = await variants_of(world)
    assert (bare["delivery"]["quantity"], bare["delivery"]["complete"], bare["delivery"]["unknownPlaces"]) == (
        5,
        False,
        1,
    )
    assert {fact["source"] for fact in bare["delivery"]["freshness"]} == {"shop"}
    assert (mug["delivery"]["quantity"], mug["delivery"]["complete"]) == (7, True)


async def test_an_owner_that_is_down_is_an_error_and_no_silence(build: Build) -> None:
    world = await build(configuration(**places(shop="L1")), {"shop": bare_shop()})
    world["shop"].failing[GET_PRICES.name] = Unavailable()
    result = await world.ask(FACTS)
    assert result.data is not None
    assert [variant["price"] for variant in result.data["product"]["variants"]] == [None, None]
    assert {getattr(error.original_error, "code", None) for error in result.errors or []} == {"BACKEND_UNAVAILABLE"}


async def test_answers_about_it_are_kept_and_end_with_a_change_of_it(build: Build) -> None:
    settings = configuration(backends={"shop": {"policy": {"cache": True}}})
    world = await build(settings, {"shop": bare_shop()})
    ask = '{ product(by: {slug: "p1"}) { variants { price { current { gross { amount } } } } } }'
    for _ in range(3):
        await world.data(ask)
    assert world["shop"].requests[GET_PRICES.name] == 1
    await world.services.caller.invalidate("shop", ("price:MUG",))
    await world.data(ask)
    assert [key.variant for key in world["shop"].asked[-1].keys] == ["MUG"]  # type: ignore[attr-defined]
    await world.services.caller.invalidate("shop", ("price:10",))
    await world.data(ask)
    assert world["shop"].asked[-1].keys == (PriceKey(NativeRef("shop", "10")),)


async def test_it_is_compared_with_nobody(build: Build) -> None:
    section = {"order": ["shop"], "compare": ["erp"]}
    settings = configuration(domains={**domains(), "price": section})
    world = await build(settings, {"shop": bare_shop(), "erp": erp("MUG")})
    ask = """{ product(by: {slug: "p1"}) { variants { sku
      price { explanation { comparisons { comparable reason } } } } } }"""
    bare, mug = (await world.data(ask))["product"]["variants"]
    assert bare["price"]["explanation"]["comparisons"] == [{"comparable": False, "reason": "NOT_JOINED"}]
    assert [entry["reason"] for entry in mug["price"]["explanation"]["comparisons"]] != ["NOT_JOINED"]


async def test_its_id_finds_it_with_its_price(build: Build) -> None:
    world = await build(configuration(), {"shop": bare_shop()})
    bare, mug = await variants_of(world)
    ask = "query($id: ID!) { node(id: $id) { id ... on Variant { price { current { gross { amount } } } } } }"
    for variant, amount in ((bare, "7.00"), (mug, "12.00")):
        node = (await world.data(ask, {"id": variant["id"]}))["node"]
        assert node == {"id": variant["id"], "price": {"current": {"gross": {"amount": amount}}}}


async def test_a_duplicate_sku_stays_ambiguous(build: Build) -> None:
    """A SKU that is there says what is meant, or that it is not clear: the reference does not decide instead."""
    twice = replace(bare_shop(), products=(product("1", "MUG"), product("2", "MUG")))
    world = await build(configuration(), {"shop": twice})
    result = await world.ask('{ product(by: {slug: "p1"}) { variants { price { current { gross { amount } } } } } }')
    assert [getattr(error.original_error, "code", None) for error in result.errors or []] == ["AMBIGUOUS_KEY"]
