"""What somebody typed into a cart stays theirs: a shared device, or whoever has its secret, reads none of it."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.model.principal import ANONYMOUS
from tests.unit.services.conftest import Build, World
from tests.unit.services.retailer import KIOSK, configuration, shop
from tests.unit.services.test_cart_hand_offs import ADA, BOB, STORES, claimed, offered
from tests.unit.services.test_carts import CREATE, Hand, held, kinds, wish

OWN_WORDS = ("ada@", "Byron", "London", "Ring", "For Ada", "gift")
PRIVATE = """query ($id: ID!) { cart(id: $id) { note buyer { email familyName } attributes { name value }
  deliveryGroups { address { city lines } } lines { note options { name value } attributes { name value } } } }"""


@pytest.fixture
async def world(build: Build) -> World:
    return await build(configuration(stores=STORES), {"shop": shop("MUG", "BOWL")})


async def typed_in(world: World) -> Hand:
    """A visitor's phone, with all that can be typed."""
    phone = Hand(world)
    attributes = [{"name": "gift", "value": "For Ada"}]
    await phone.create(wish(note="For Ada", options=[{"name": "engraving", "value": "For Ada"}], attributes=attributes))
    await phone.do("cartBuyerUpdate", buyer={"email": "ada@example.com", "familyName": "Byron"})
    await phone.do("cartAddressUpdate", address={"country": "GB", "city": "London", "lines": ["1 Row"]})
    await phone.do("cartAttributesUpdate", note="Ring twice", attributes=attributes)
    return phone


async def private(hand: Hand) -> str:
    return str(await hand.ask(PRIVATE, {"id": hand.cart["id"]}))


async def test_a_kiosks_secret_shows_no_more_to_whoever_leaves_the_kiosks_token_out(world: World) -> None:
    phone = await typed_in(world)
    kiosk, _ = await claimed(world, (await offered(phone, "SHARE"))["code"])
    thief = Hand(world, ANONYMOUS, secret=kiosk.secret)
    thief.cart = kiosk.cart
    told = await private(thief)
    assert not [word for word in OWN_WORDS if word in told]
    at_home = await private(phone)
    assert all(word in at_home for word in OWN_WORDS)


async def test_a_kiosk_hands_on_no_more_than_it_was_lent(world: World) -> None:
    phone = await typed_in(world)
    kiosk, _ = await claimed(world, (await offered(phone, "SHARE"))["code"])
    kiosk.principal = ANONYMOUS  # the secret alone
    thief, told = await claimed(world, (await offered(kiosk, "SHARE"))["code"], ANONYMOUS)
    assert held(told["cart"]) == [("MUG", "1")]
    seen = await private(thief)
    assert not [word for word in OWN_WORDS if word in seen]


async def test_what_was_typed_at_a_kiosk_goes_home_with_the_cart(world: World) -> None:
    kiosk = Hand(world, KIOSK)
    await kiosk.create(wish(note="For Ada"))
    phone, _ = await claimed(world, (await offered(kiosk, "MOVE"))["code"], ANONYMOUS)
    assert "For Ada" in await private(phone)


async def test_a_device_that_gave_its_cart_away_is_not_told_it_again(world: World) -> None:
    kiosk = Hand(world, KIOSK)
    made = {"i": {"lines": [wish()], "idempotencyKey": "today"}}
    told = (await kiosk.ask(CREATE, made, store="soho"))["r"]
    kiosk.cart, kiosk.secret = told["cart"], told["secret"]
    phone, _ = await claimed(world, (await offered(kiosk, "MOVE"))["code"], ANONYMOUS)
    await phone.do("cartLinesAdd", lines=[wish("BOWL")])
    again = (await kiosk.ask(CREATE, made, store="soho"))["r"]
    assert (again["cart"], again["secret"], kinds(again)) == (None, None, ["CartNotFound"])


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("cartLinesUpdate", {"options": [{"name": "engraving", "value": "Bob"}]}),
        ("cartLinesUpdate", {"attributes": []}),
        ("cartLinesUpdate", {"note": "Bob's"}),
        ("cartAttributesUpdate", {"note": "Bob's"}),
        ("cartAttributesUpdate", {"attributes": [{"name": "bag", "value": "no"}]}),
    ],
)
async def test_a_shared_device_that_types_a_part_is_not_shown_the_rest(
    world: World, name: str, given: dict[str, Any]
) -> None:
    phone = await typed_in(world)
    kiosk, told = await claimed(world, (await offered(phone, "SHARE"))["code"])
    if name == "cartLinesUpdate":
        given = {"lines": [{"lineId": told["cart"]["lines"][0]["id"], **given}]}
    assert kinds(await kiosk.do(name, **given)) == []
    seen = await private(kiosk)
    assert not [word for word in OWN_WORDS if word in seen]


async def test_what_a_phone_adds_to_what_a_kiosk_typed_is_not_shown_at_the_kiosk(world: World) -> None:
    kiosk = Hand(world, KIOSK)
    await kiosk.create(wish(note="Bob's"))
    assert "Bob's" in await private(kiosk)
    code = (await offered(kiosk, "SHARE"))["code"]
    phone, _ = await claimed(world, code, ANONYMOUS)
    line = phone.cart["lines"][0]["id"]
    await phone.do("cartLinesUpdate", lines=[{"lineId": line, "options": [{"name": "engraving", "value": "For Ada"}]}])
    assert "For Ada" in await private(phone)
    assert "For Ada" not in await private(kiosk)


async def test_a_secret_of_somebodys_cart_does_not_make_it_ones_own(world: World) -> None:
    ada = Hand(world, ADA)
    await ada.create(wish(quantity=2))
    await ada.do("cartBuyerUpdate", buyer={"email": "ada@example.com"})
    shared, _ = await claimed(world, (await offered(ada, "SHARE"))["code"], BOB)
    bob = Hand(world, BOB)
    await bob.create(wish("BOWL"))
    bobs = bob.cart["id"]
    bob.secret = shared.secret
    for into in (None, bobs):
        bob.cart = {"id": ada.cart["id"]}
        assert kinds(await bob.do("cartMerge", intoId=into)) == ["CartClosed"]
    assert held(await ada.read()) == [("MUG", "2")]
    assert held(await bob.read(bobs)) == [("BOWL", "1")]


@pytest.mark.parametrize("has_a_cart", [False, True])
async def test_signing_in_with_a_kiosks_secret_brings_nothing_that_was_typed_elsewhere(
    world: World, has_a_cart: bool
) -> None:
    phone = await typed_in(world)
    kiosk, _ = await claimed(world, (await offered(phone))["code"])
    await kiosk.do("cartLinesAdd", lines=[wish("BOWL", note="At the kiosk")])
    bob = Hand(world, BOB)
    if has_a_cart:
        await bob.create(wish("BOWL"))
    bob.secret, bob.cart = kiosk.secret, kiosk.cart
    assert kinds(await bob.do("cartMerge")) == []
    assert ("MUG", "1") in held(bob.cart)
    seen = await private(bob)
    assert not [word for word in OWN_WORDS if word in seen]
    assert "At the kiosk" in seen
