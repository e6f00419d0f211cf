"""The rest of a partial approval, over HTTP: asked for where the client profile says so, and paid with another card or
in a session of its own.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from gateway.model.payments import DeclineReason

sys.path.insert(0, str(Path(__file__).parent))
from selling_shop import CANCEL, SESSION, Cart, SellingShop, selling

TENDERS = "query ($id: ID!) { checkout(id: $id) { tenders { position kind state amount { amount } } } }"


def profile(**more: Any) -> dict[str, Any]:
    return {"anonymous": {"touchpoint": "web", "default_country": "GB", "deadline": 30.0, **more}}


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[SellingShop]:
    async with selling(tmp_path, profiles=profile(another_tender=True)) as opened:
        opened.pay.book.approves = Decimal("8.00")
        yield opened


async def asked(shop: SellingShop, cart: Cart, amount: str = "4.00") -> str:
    """Its checkout, whose shopper is asked for so much."""
    checkout = (await shop.submit(cart))["checkout"]
    state = checkout["state"]
    assert (state["__typename"], state["nextAction"]["kind"]) == ("CheckoutActionRequired", "another_tender")
    assert (state["nextAction"]["amount"], state["nextAction"]["url"]) == ({"amount": amount}, None)
    assert state["expiresAt"]
    return checkout["id"]


async def test_the_rest_is_asked_for_and_paid_with_another_card(shop: SellingShop) -> None:
    shop.pay.book.declined["poor"] = DeclineReason.INSUFFICIENT_FUNDS
    cart = await shop.cart()
    checkout = await asked(shop, cart)
    again = (await shop.pay_rest(cart, checkout, token="poor"))["checkout"]["state"]
    assert again["nextAction"]["amount"] == {"amount": "4.00"}
    done = await shop.pay_rest(cart, checkout, token="another")
    assert (done["checkout"]["state"]["__typename"], done["userErrors"]) == ("CheckoutCompleted", [])
    assert done == await shop.pay_rest(cart, checkout, token="another")
    tenders = (await shop.ask(TENDERS, cart.secret, id=checkout))["checkout"]["tenders"]
    assert [(each["position"], each["amount"]["amount"]) for each in tenders] == [(0, "8.00"), (1, "0.00"), (2, "4.00")]
    assert tenders[1]["state"] == "FAILED"
    assert shop.orders() == 1


async def test_the_rest_is_paid_in_a_session_of_its_own(shop: SellingShop) -> None:
    cart = await shop.cart()
    checkout = await asked(shop, cart)
    given = {"cartId": cart.id, "checkoutId": checkout, "methodId": cart.method}
    opened = (await shop.ask(SESSION, cart.secret, i=given))["paymentSessionCreate"]
    assert opened["userErrors"] == []
    paid = await shop.pay_rest(cart, checkout, sessionId=opened["session"]["id"], token="another")
    assert paid["checkout"]["state"]["__typename"] == "CheckoutCompleted"
    assert [held.asked.amount for held in shop.pay.book.payments.values()] == [Decimal(12), Decimal(4)]
    for wrong in ({}, {"quoteId": cart.quote}):
        told = (await shop.ask(SESSION, cart.secret, i={**given, **wrong}))["paymentSessionCreate"]
        assert told["session"] is None
        assert told["userErrors"][0]["__typename"] == "InvalidInput"


async def test_whoever_goes_back_has_what_was_approved_again(shop: SellingShop) -> None:
    cart = await shop.cart()
    checkout = await asked(shop, cart)
    gone = (await shop.ask(CANCEL, cart.secret, i={"checkoutId": checkout}))["checkoutCancel"]["checkout"]["state"]
    assert (gone["reason"], shop.payments()) == ("CANCELLED", ["VOIDED"])


async def test_what_nobody_asked_for_and_what_is_no_payment_is_refused(shop: SellingShop) -> None:
    cart, other = await shop.cart(), await shop.cart()
    checkout = await asked(shop, cart)
    stranger = Cart(cart.id, other.secret)
    stranger.method = cart.method
    assert (await shop.pay_rest(stranger, checkout, token="t"))["userErrors"][0]["__typename"] == "CheckoutNotFound"
    for wrong in ({"token": ""}, {"token": "a\u0000b"}, {"sessionId": "none"}, {"methodId": "none"}):
        told = await shop.pay_rest(cart, checkout, **wrong)
        assert (told["checkout"], told["userErrors"][0]["path"][:2]) == (None, ["input", "payment"])
    assert shop.payments() == ["AUTHORISED"]
    shop.pay.book.challenged.add("tok")
    challenged = (await shop.submit(other))["checkout"]
    told = await shop.pay_rest(other, challenged["id"], token="another")
    assert (told["checkout"], told["userErrors"][0]["path"]) == (None, ["input", "payment"])
    for each, shopper in ((checkout, cart), (challenged["id"], other)):
        await shop.ask(CANCEL, shopper.secret, i={"checkoutId": each})


async def test_a_profile_that_says_nothing_asks_nobody(tmp_path: Path) -> None:
    async with selling(tmp_path, profiles=profile()) as shop:
        shop.pay.book.approves = Decimal("8.00")
        state = (await shop.submit(await shop.cart()))["checkout"]["state"]
        assert (state["reason"], shop.payments()) == ("PAYMENT_DECLINED", ["VOIDED"])
