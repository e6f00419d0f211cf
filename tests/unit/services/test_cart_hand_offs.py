"""A cart handed from one device to another: by a code, in one store, once, for three minutes."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import update

from gateway.model.principal import ANONYMOUS, Principal
from gateway.state import cart_hand_offs
from gateway.state.tables import cart_codes, cart_holders
from tests.unit.services.conftest import Build, World
from tests.unit.services.retailer import KIOSK, configuration, shop, shopper
from tests.unit.services.test_carts import ERRORS, FIELDS, Hand, held, kinds, wish

ADA, BOB = shopper("ada@example.com"), shopper("bob@example.com", subject="bob")
STORES: dict[str, dict[str, Any]] = {
    name: {"name": name, "locations": [], "country": "GB", "timezone": "Europe/London", "channel": "web"}
    for name in ("soho", "leeds")
}
OFFER = f"mutation ($i: CartHandOffCreateInput!) {{ r: cartHandOffCreate(input: $i) {{ code expiresAt {ERRORS} }} }}"
CLAIM = (
    "mutation ($i: CartHandOffClaimInput!) { r: cartHandOffClaim(input: $i) "
    f"{{ secret cart {{ {FIELDS} holders {{ id touchpoint }} }} {ERRORS} }} }}"
)


@pytest.fixture
async def world(build: Build) -> World:
    made = configuration()
    channels = {
        "web": {"countries": ["GB"], "currencies": {"GB": ["GBP"]}},
        "us": {"countries": ["US"], "currencies": {"US": ["USD"]}},
    }
    made |= {"stores": STORES, "channels": channels}
    return await build(made, {"shop": shop("MUG", "BOWL")})


async def offered(hand: Hand, mode: str = "MOVE", store: str | None = "soho") -> dict[str, Any]:
    given = {"cartId": hand.cart["id"], "mode": mode, "storeId": store and hand.world.services.ids.store(store)}
    return (await hand.ask(OFFER, {"i": given}))["r"]


async def claimed(
    world: World,
    code: str,
    principal: Principal = KIOSK,
    store: str | None = "soho",
    party: str = "192.0.2.1",
    **given: Any,
) -> tuple[Hand, dict[str, Any]]:
    hand = Hand(world, principal)
    facts = {"party": party} if store is None else {"store": store, "party": party}
    told = (await hand.ask(CLAIM, {"i": {"code": code, **given}}, **facts))["r"]
    if told["cart"] is not None:
        hand.cart, hand.secret = told["cart"], told["secret"]
    return hand, told


async def test_a_cart_moves_to_the_kiosk_and_the_phone_has_it_no_longer(world: World) -> None:
    phone = Hand(world)
    await phone.create(wish(quantity=2))
    offer = await offered(phone)
    assert (len(offer["code"]), offer["code"].isdigit()) == (6, True)
    kiosk, told = await claimed(world, offer["code"])
    assert held(told["cart"]) == [("MUG", "2")]
    assert await phone.read() is None
    assert held((await kiosk.do("cartLinesAdd", lines=[wish("BOWL")]))["cart"]) == [("MUG", "2"), ("BOWL", "1")]


async def test_a_shared_cart_is_held_by_both_and_each_may_shut_the_other_out(world: World) -> None:
    phone = Hand(world)
    await phone.create(wish())
    kiosk, told = await claimed(world, (await offered(phone, "SHARE"))["code"])
    assert held(await phone.read()) == held(await kiosk.read()) == [("MUG", "1")]
    other = next(one["id"] for one in told["cart"]["holders"] if one["touchpoint"] == "kiosk")
    assert kinds(await phone.do("cartHolderRevoke", holderId=other)) == []
    assert await kiosk.read() is None
    assert held(await phone.read()) == [("MUG", "1")]


async def test_a_kiosk_that_is_left_alone_gives_the_cart_back(world: World) -> None:
    phone = Hand(world)
    await phone.create(wish())
    kiosk, _ = await claimed(world, (await offered(phone))["code"])
    await kiosk.do("cartLinesAdd", lines=[wish("BOWL")])
    assert kinds(await kiosk.do("cartHolderRevoke")) == []
    assert await kiosk.read(phone.cart["id"]) is None
    assert held(await phone.read()) == [("MUG", "1"), ("BOWL", "1")]


async def test_a_code_is_good_once(world: World) -> None:
    phone = Hand(world)
    await phone.create(wish())
    code = (await offered(phone, "SHARE"))["code"]
    tried = await asyncio.gather(*(claimed(world, code) for _ in range(8)))
    assert sorted(kinds(told) for _, told in tried) == [[], *[["HandOffCodeInvalid"]] * 7]


async def test_a_claim_that_is_repeated_with_its_key_is_told_the_same_secret(world: World) -> None:
    phone = Hand(world)
    await phone.create(wish())
    code = (await offered(phone))["code"]
    first, _ = await claimed(world, code, idempotencyKey="k")
    again, _ = await claimed(world, code, idempotencyKey="k")
    assert first.secret == again.secret
    assert held(await again.read()) == [("MUG", "1")]
    other, told = await claimed(world, code, idempotencyKey="j")
    assert (kinds(told), other.secret) == (["HandOffCodeInvalid"], None)


async def test_a_code_of_another_store_reads_like_none(world: World) -> None:
    phone = Hand(world)
    await phone.create(wish())
    code = (await offered(phone))["code"]
    elsewhere = (await claimed(world, code, store="leeds"))[1]["userErrors"]
    nowhere = (await claimed(world, "000000" if code != "000000" else "111111", store="leeds"))[1]["userErrors"]
    assert elsewhere == nowhere
    assert [error["__typename"] for error in elsewhere] == ["HandOffCodeInvalid"]
    assert kinds((await claimed(world, f" {code[:3]}-{code[3:]} "))[1]) == []


async def test_a_code_of_an_account_is_good_for_that_account(world: World) -> None:
    phone = Hand(world, ADA)
    await phone.create(wish())
    code = (await offered(phone, "SHARE", store=None))["code"]
    assert kinds((await claimed(world, code, BOB, store=None))[1]) == ["HandOffCodeInvalid"]
    assert kinds((await claimed(world, code, ANONYMOUS, store=None))[1]) == ["InvalidInput"]
    assert kinds((await claimed(world, code, ADA, store=None))[1]) == []
    guest = Hand(world)
    await guest.create(wish())
    assert kinds(await offered(guest, store=None)) == ["InvalidInput"]


async def test_a_code_is_over_after_three_minutes_by_the_databases_clock(world: World) -> None:
    phone = Hand(world)
    await phone.create(wish())
    code = (await offered(phone))["code"]
    store = world.services.stored_carts
    assert store is not None
    async with store.database.write() as connection:
        await connection.execute(update(cart_codes).values(expires=cart_codes.c.expires - 180))
    assert kinds((await claimed(world, code))[1]) == ["HandOffCodeInvalid"]


async def test_a_newer_code_ends_the_older(world: World) -> None:
    phone = Hand(world)
    await phone.create(wish())
    older, newer = (await offered(phone))["code"], (await offered(phone))["code"]
    assert kinds((await claimed(world, older))[1]) == ["HandOffCodeInvalid"]
    assert kinds((await claimed(world, newer))[1]) == []


async def test_whoever_was_shut_out_lets_nobody_in(world: World) -> None:
    phone = Hand(world)
    await phone.create(wish())
    kiosk, _ = await claimed(world, (await offered(phone, "SHARE"))["code"])
    code = (await offered(kiosk, "SHARE"))["code"]
    store = world.services.stored_carts
    assert store is not None
    async with store.database.write() as connection:
        await connection.execute(update(cart_holders).where(cart_holders.c.touchpoint == "kiosk").values(revoked=1.0))
    assert kinds((await claimed(world, code))[1]) == ["HandOffCodeInvalid"]


async def test_wrong_codes_have_one_budget_and_beyond_it_even_the_right_one_is_not_compared(world: World) -> None:
    phone = Hand(world)
    await phone.create(wish())
    code = (await offered(phone))["code"]
    wrong = next(f"{n:06}" for n in range(10) if f"{n:06}" != code)
    devices = [f"192.0.2.{n // cart_hand_offs.GUESSES_OF_ONE}" for n in range(cart_hand_offs.GUESSES)]
    told = [await claimed(world, wrong, ANONYMOUS, party=device) for device in devices]
    assert {tuple(kinds(one)) for _, one in told} == {("HandOffCodeInvalid",)}
    assert kinds((await claimed(world, code))[1]) == ["TooManyAttempts"]
    assert held(await phone.read()) == [("MUG", "1")]
    other = Hand(world)
    await other.create(wish())
    code = (await offered(other, store="leeds"))["code"]
    assert kinds((await claimed(world, code, store="leeds"))[1]) == []


async def test_one_device_that_guesses_shuts_itself_out_and_not_the_store(world: World) -> None:
    phone = Hand(world)
    await phone.create(wish())
    code = (await offered(phone))["code"]
    wrong = next(f"{n:06}" for n in range(10) if f"{n:06}" != code)
    for _ in range(cart_hand_offs.GUESSES_OF_ONE):
        assert kinds((await claimed(world, wrong, ANONYMOUS, party="192.0.2.66"))[1]) == ["HandOffCodeInvalid"]
    for _ in range(cart_hand_offs.GUESSES):
        assert kinds((await claimed(world, code, ANONYMOUS, party="192.0.2.66"))[1]) == ["TooManyAttempts"]
    assert kinds((await claimed(world, code))[1]) == []


async def test_a_claim_is_told_again_to_the_device_that_made_it_and_to_no_other(world: World) -> None:
    phone = Hand(world)
    await phone.create(wish())
    code = (await offered(phone))["code"]
    kiosk, _ = await claimed(world, code, idempotencyKey="1")
    again, _ = await claimed(world, code, idempotencyKey="1")
    assert again.secret == kiosk.secret
    neighbour = replace(KIOSK, subject="kiosk-2")
    assert kinds((await claimed(world, code, neighbour, idempotencyKey="1"))[1]) == ["HandOffCodeInvalid"]


async def test_a_kiosk_left_in_the_middle_of_a_checkout_gives_the_cart_back_too(world: World) -> None:
    phone = Hand(world)
    await phone.create(wish())
    kiosk, _ = await claimed(world, (await offered(phone))["code"])
    store = world.services.stored_carts
    assert store is not None
    async with store.database.write() as connection:
        await store.freeze(connection, kiosk.cart["id"], kiosk.cart["version"], "C1")
    at = kiosk.cart["id"]
    await kiosk.do("cartHolderRevoke")
    assert await kiosk.read(at) is None
    assert held(await phone.read()) == [("MUG", "1")]


async def test_living_codes_times_guesses_are_at_most_a_hundredth_of_all_codes(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cart_hand_offs, "SHORTEST", 4)
    hands = [Hand(world) for _ in range(6)]
    lengths: list[int] = []
    for hand in hands:
        await hand.create(wish())
        lengths.append(len((await offered(hand))["code"]))
    # 4 digits hold 10,000 codes: a hundredth is 100, so one code at 50 guesses in each of the two windows it lives in.
    assert lengths == [4, 5, 5, 5, 5, 5]


async def test_a_device_of_another_market_is_asked_and_nothing_is_converted(world: World) -> None:
    phone = Hand(world, ADA)
    await phone.create(wish())
    code = (await offered(phone, "SHARE", store=None))["code"]
    hand = Hand(world, ADA)
    told = (await hand.ask(CLAIM, {"i": {"code": code}}, country="US"))["r"]
    assert kinds(told) == ["MarketDiffers"]
    told = (await hand.ask(CLAIM, {"i": {"code": code, "acceptMarket": True}}, country="US"))["r"]
    assert (kinds(told), told["cart"]["country"], told["cart"]["currencyCode"]) == ([], "GB", "GBP")


async def test_a_kiosk_sees_of_a_person_only_what_was_typed_on_it(world: World) -> None:
    phone = Hand(world)
    await phone.create(wish(note="For Ada", options=[{"name": "engraving", "value": "Ada"}]))
    await phone.do("cartBuyerUpdate", buyer={"email": "ada@example.com", "familyName": "Byron"})
    await phone.do("cartAddressUpdate", address={"country": "GB", "city": "London", "lines": ["1 Row"]})
    told = await phone.do("cartAttributesUpdate", note="Ring twice")
    assert told["cart"]["buyer"] == {"email": "ada@example.com", "familyName": "Byron"}
    kiosk, told = await claimed(world, (await offered(phone, "SHARE"))["code"])
    seen = str(told["cart"])
    assert all(word not in seen for word in ("ada@", "Byron", "London", "Ring", "Ada"))
    assert held(told["cart"]) == [("MUG", "1")]
    told = await kiosk.do("cartBuyerUpdate", buyer={"email": "bob@example.com"})
    assert told["cart"]["buyer"]["email"] == "bob@example.com"
    assert told["cart"]["note"] is None


async def test_a_kiosk_that_a_customer_signed_in_at_shows_nothing_of_what_they_typed_at_home(world: World) -> None:
    ada = Hand(world, ADA)
    await ada.create(wish(note="For Ada"))
    await ada.do("cartBuyerUpdate", buyer={"email": "ada@example.com"})
    at_kiosk = Hand(world, replace(ADA, profile="kiosk"))
    cart = await at_kiosk.read(ada.cart["id"])
    assert cart is not None
    assert (cart["buyer"], cart["lines"][0]["note"]) == (None, None)
