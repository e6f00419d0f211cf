"""Promotion codes that are guessed: by one cart, by one address with many carts, all at once; and good ones."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from gateway.model.baskets import CodeRefusal
from gateway.model.principal import Principal
from gateway.ports.promotion import EVALUATE
from gateway.testing.reference import ReferenceAdapter
from tests.unit.services.conftest import Build, World
from tests.unit.services.retailer import configuration, domains, shop
from tests.unit.services.test_cart_owners import BasketOwner
from tests.unit.services.test_carts import kinds

MAKE = """mutation ($codes: [String!]!) { cartCreate(input: {lines: [{variant: {sku: "MUG"}}], codes: $codes}) {
  secret cart { id } userErrors { __typename ... on TooManyAttempts { kind retryAfter } } } }"""
ADD = """mutation ($id: ID!, $add: [String!]!, $remove: [String!]!) {
  cartCodesUpdate(input: {cartId: $id, add: $add, remove: $remove}) {
    cart { codes refusedCodes { code reason } warnings { kind remedy code refusal } }
    userErrors { __typename ... on TooManyAttempts { kind retryAfter } } } }"""
LOOK = "query ($id: ID!) { cart(id: $id) { discounts { code } refusedCodes { code reason } } }"
HOME = "192.0.2.7"


@pytest.fixture
async def world(build: Build) -> World:
    raw = configuration(
        domains=domains(promotion=("shop",)),
        carts={"refused_codes": 4, "refused_codes_by_one": 10},
        profiles={
            "anonymous": {"touchpoint": "web"},
            "web": {"touchpoint": "web"},
            "agent": {"touchpoint": "agent", "counted_by": ["device", "customer"]},
        },
    )
    return await build(raw, {"shop": shop("MUG")}, {"shop": BasketOwner})


class Guesser:
    """A cart without a customer, from an address."""

    def __init__(self, world: World, party: str = HOME, **more: Any) -> None:
        self.world = world
        self.id, self._secret = "", ""
        self._facts: dict[str, Any] = {"country": "GB", "party": party, **more}

    async def make(self, *codes: str) -> Any:
        told = (await self.world.data(MAKE, {"codes": list(codes)}, **self._facts))["cartCreate"]
        if told["cart"] is not None:
            self.id, self._secret = told["cart"]["id"], told["secret"]
        return told

    async def change(self, *add: str, remove: tuple[str, ...] = ()) -> Any:
        given = {"id": self.id, "add": list(add), "remove": list(remove)}
        told = await self.world.data(ADD, given, cart_secret=self._secret, **self._facts)
        return told["cartCodesUpdate"]

    async def look(self) -> Any:
        return (await self.world.data(LOOK, {"id": self.id}, cart_secret=self._secret, **self._facts))["cart"]


def tried(owner: ReferenceAdapter) -> set[str]:
    """Codes that the owner was ever asked about."""
    asked = (each.keys[0] for each in owner.asked if each.operation == EVALUATE.name)
    return {code for basket in asked for code in basket.codes}  # type: ignore[attr-defined]


def unasked(cart: Any) -> list[str]:
    return [one["code"] for one in cart["refusedCodes"] if one["reason"] == CodeRefusal.NOT_ASKED.value]


async def test_one_cart_guesses_so_often_and_then_its_owner_is_not_asked(world: World) -> None:
    guesser = Guesser(world)
    await guesser.make()
    for number in range(4):
        told = await guesser.change(f"GUESS{number}", remove=(f"GUESS{number - 1}",))
        assert told["cart"]["refusedCodes"] == [{"code": f"GUESS{number}", "reason": "EXPIRED"}]
    told = await guesser.change("TENTH")
    assert [one["__typename"] for one in told["userErrors"]] == ["TooManyAttempts"]
    assert told["userErrors"][0]["kind"] == "CODES_REFUSED"
    assert 1 <= told["userErrors"][0]["retryAfter"] <= 3_601
    assert told["cart"]["codes"] == ["GUESS3"]
    assert (await guesser.change(remove=("GUESS3",)))["cart"]["codes"] == []
    assert tried(world["shop"]) == {f"GUESS{number}" for number in range(4)}


async def test_what_came_into_the_cart_beyond_the_budget_is_said_and_not_asked(world: World) -> None:
    guesser = Guesser(world)
    await guesser.make(*(f"GUESS{number}" for number in range(7)))
    cart = await guesser.look()
    assert len(unasked(cart)) == 3
    assert len(tried(world["shop"])) == 4
    assert unasked(await guesser.look()) == unasked(cart)
    assert len(tried(world["shop"])) == 4


async def test_many_carts_of_one_address_share_a_budget_however_many_look_at_once(world: World) -> None:
    carts = [Guesser(world) for _ in range(6)]
    for place, cart in enumerate(carts):
        await cart.make(*(f"G{place}{number}" for number in range(3)))
    await asyncio.gather(*(cart.look() for cart in carts))
    assert len(tried(world["shop"])) == 10
    another = await Guesser(world).make("TENTH")
    assert (another["cart"], [one["__typename"] for one in another["userErrors"]]) == (None, ["TooManyAttempts"])
    elsewhere = Guesser(world, "198.51.100.1")
    await elsewhere.make("TENTH")
    assert (await elsewhere.look())["discounts"] == [{"code": "TENTH"}]


async def test_who_has_good_codes_has_no_budget(world: World) -> None:
    for _ in range(30):
        guesser = Guesser(world)
        await guesser.make("TENTH", "FIVE", "FREE")
        assert (await guesser.look())["refusedCodes"] == []
    typo = Guesser(world)
    await typo.make()
    assert (await typo.change("TENHT"))["cart"]["refusedCodes"] == [{"code": "TENHT", "reason": "EXPIRED"}]
    assert (await typo.change("TENTH", remove=("TENHT",)))["cart"]["refusedCodes"] == []


async def test_looking_again_counts_nothing(world: World) -> None:
    guesser = Guesser(world)
    await guesser.make("WRONG")
    for _ in range(20):
        await guesser.look()
    assert (await guesser.change("TENTH"))["userErrors"] == []


async def test_an_address_that_asks_for_many_is_not_counted_where_the_profile_says_so(world: World) -> None:
    server = Principal(profile="agent")
    guessers = [Guesser(world, principal=server) for _ in range(8)]
    for each in guessers:
        assert kinds(await each.make("WRONG", "BAD")) == []
        await each.look()
    guesser = guessers[-1]
    assert kinds(await guesser.change("TENTH")) == []
    assert (await guesser.look())["discounts"] == [{"code": "TENTH"}]
