"""A cart bought over HTTP: once, for no more than was shown, by whoever may open it; and what keeps it from being
bought.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest

from gateway.model.payments import DeclineReason

sys.path.insert(0, str(Path(__file__).parent))
from selling_shop import ADDRESS, CANCEL, CHECKOUT, ORIGIN, SESSION, TO, Cart, SellingShop, selling


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[SellingShop]:
    async with selling(tmp_path) as opened:
        yield opened


async def captured(shop: SellingShop) -> None:
    async with asyncio.timeout(10):
        while shop.payments() != ["CAPTURED"]:  # noqa: ASYNC110  a run of its own does it
            await asyncio.sleep(0.05)


async def test_bought_once_however_often_it_is_submitted(shop: SellingShop) -> None:
    cart = await shop.cart(2)
    answers = await asyncio.gather(*(shop.submit(cart) for _ in range(4)), shop.submit(cart, token="another"))
    bought = answers[0]["checkout"]
    assert bought["state"]["__typename"] == "CheckoutCompleted"
    assert bought["total"] == {"amount": "24.00", "currencyCode": "GBP"}
    assert bought["state"]["order"] == {
        "number": bought["state"]["orderNumber"],
        "lines": [{"sku": "MUG", "quantity": "2"}],
    }
    assert [answer["checkout"] for answer in answers] == [bought] * 5
    assert shop.orders() == 1
    await captured(shop)
    shown = await shop.shown(cart)
    assert (shown["state"], shown["checkoutId"], shown["orderReference"]) == ("ORDERED", bought["id"], bought["id"])
    again = await shop.submit(cart, "another key")
    assert again["checkout"] is None
    assert again["userErrors"][0]["__typename"] == "CartClosed"
    given = {"cartId": cart.id, "quoteId": cart.quote, "methodId": cart.method}
    opened = (await shop.ask(SESSION, cart.secret, i=given))["paymentSessionCreate"]
    assert (opened["session"], opened["userErrors"][0]["__typename"]) == (None, "CartClosed")


async def test_who_only_looks_is_not_shown_what_somebody_is_paying_for(tmp_path: Path) -> None:
    """Nor is an answer that was kept before, where it says what is in stock."""

    async def comes_to(shop: SellingShop, pieces: int) -> None:
        async with asyncio.timeout(10):
            while await shop.in_stock() != pieces:  # noqa: ASYNC110  a copy, a second old at most
                await asyncio.sleep(0.1)

    async with selling(tmp_path, pieces=3) as shop:
        assert [await shop.in_stock() for _ in range(2)] == [3, 3]
        shop.pay.book.challenged.add("tok")
        cart = await shop.cart(2)
        waiting = (await shop.submit(cart))["checkout"]
        assert waiting["state"]["__typename"] == "CheckoutActionRequired"
        await comes_to(shop, 1)
        await shop.ask(CANCEL, cart.secret, i={"checkoutId": waiting["id"]})
        await comes_to(shop, 3)


async def test_a_checkout_is_nobody_elses(shop: SellingShop) -> None:
    cart, other = await shop.cart(), await shop.cart()
    bought = (await shop.submit(cart))["checkout"]
    assert (await shop.ask(CHECKOUT, cart.secret, id=bought["id"]))["checkout"]["cart"] == {"state": "ORDERED"}
    for secret in (None, other.secret):
        assert await shop.ask(CHECKOUT, secret, id=bought["id"]) == {"checkout": None}
        given = {"checkoutId": bought["id"]}
        denied = (await shop.ask(CANCEL, secret, i=given))["checkoutCancel"]
        assert denied["checkout"] is None
        assert denied["userErrors"][0]["__typename"] == "CheckoutNotFound"
    stranger = Cart(cart.id, other.secret)
    stranger.quote, stranger.version, stranger.method = cart.quote, cart.version, cart.method
    assert (await shop.submit(stranger))["userErrors"][0]["__typename"] == "CartNotFound"
    told = await shop.told("query ($id: ID!) { checkoutJournal(id: $id) { step } }", cart.secret, id=bought["id"])
    assert told["data"] == {"checkoutJournal": None}
    assert told["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_a_challenge_is_waited_for_and_gone_on_with(shop: SellingShop) -> None:
    shop.pay.book.challenged.add("tok")
    cart = await shop.cart()
    asked = (await shop.submit(cart))["checkout"]
    assert asked["state"]["__typename"] == "CheckoutActionRequired"
    assert asked["state"]["nextAction"]["kind"]
    change = (await shop.ask(TO, cart.secret, i={"cartId": cart.id, "address": ADDRESS}))["cartAddressUpdate"]
    assert change["userErrors"] == [{"code": "CHECKOUT_IN_PROGRESS"}]
    done = (await shop.go_on(cart, asked["id"], approved="yes"))["checkout"]
    assert done["state"]["__typename"] == "CheckoutCompleted"
    assert (await shop.go_on(cart, asked["id"], approved="yes"))["checkout"] == done
    assert shop.orders() == 1


async def test_a_shopper_goes_back_on_it_and_buys_later(shop: SellingShop) -> None:
    shop.pay.book.challenged.add("tok")
    cart = await shop.cart()
    before = cart.version
    asked = (await shop.submit(cart))["checkout"]
    over = (await shop.ask(CANCEL, cart.secret, i={"checkoutId": asked["id"]}))["checkoutCancel"]["checkout"]
    assert (over["state"]["__typename"], over["state"]["reason"]) == ("CheckoutFailed", "CANCELLED")
    assert (await shop.shown(cart))["state"] == "OPEN"
    assert cart.version == before + 1
    assert shop.payments() == ["VOIDED"]
    bought = await shop.submit(cart, "another key", "another token")
    assert bought["checkout"]["state"]["__typename"] == "CheckoutCompleted"


async def test_a_declined_payment_says_what_helps(shop: SellingShop) -> None:
    shop.pay.book.declined |= {"poor": DeclineReason.INSUFFICIENT_FUNDS, "wrong": DeclineReason.WRONG_DETAILS}
    for token, reason, remedy in (
        ("poor", "INSUFFICIENT_FUNDS", "PAY_OTHERWISE"),
        ("wrong", "WRONG_DETAILS", "CORRECT_PAYMENT"),
    ):
        state = (await shop.submit(await shop.cart(), token=token))["checkout"]["state"]
        assert (state["reason"], state["declineReason"], state["remedy"]) == ("PAYMENT_DECLINED", reason, remedy)


async def test_what_is_short_is_named(tmp_path: Path) -> None:
    async with selling(tmp_path, pieces=1) as shop:
        cart = await shop.cart(2)
        state = (await shop.submit(cart))["checkout"]["state"]
        line = (await shop.ask("query ($id: ID!) { cart(id: $id) { lines { id } } }", cart.secret, id=cart.id))["cart"]
        assert (state["reason"], state["remedy"]) == ("OUT_OF_STOCK", "CHANGE_CART")
        assert state["lineId"] == line["lines"][0]["id"]
        assert shop.orders() == 0


async def test_nobody_pays_more_than_they_were_shown(shop: SellingShop) -> None:
    cart = await shop.cart()
    await shop.reprice("15.00")
    state = (await shop.submit(cart))["checkout"]["state"]
    assert (state["reason"], state["remedy"]) == ("PRICE_CHANGED", "ACCEPT_PRICE")
    assert state["newTotal"] == {"amount": "15.00"}
    await shop.shown(cart)
    await shop.reprice("9.00")
    lower = await shop.submit(cart, "another key")
    assert lower["checkout"]["state"]["__typename"] == "CheckoutCompleted"
    assert lower["warnings"] == [{"quoted": {"amount": "15.00"}, "total": {"amount": "9.00"}}]


async def test_only_what_was_shown_is_bought(shop: SellingShop) -> None:
    cart, other = await shop.cart(), await shop.cart(3)
    own, version = cart.quote, cart.version
    for forged in ("", "x", own[:-1], own + "A", other.quote, own.swapcase(), "." + own, "é" * 40, "A" * 5_000):
        cart.quote = forged
        assert (await shop.submit(cart))["userErrors"][0]["path"] == ["input", "quoteId"]
    cart.quote, cart.version = own, version - 1
    assert (await shop.submit(cart))["userErrors"][0]["__typename"] == "CartChanged"
    assert (await shop.ask(TO, cart.secret, i={"cartId": cart.id, "address": ADDRESS}))["cartAddressUpdate"]
    cart.version = version + 1
    assert (await shop.submit(cart))["userErrors"][0]["__typename"] == "CartChanged"  # the quote is of another version
    homeless = await shop.cart(address=False)
    fault = (await shop.submit(homeless))["userErrors"][0]
    assert fault["problems"] == [{"kind": "ADDRESS_MISSING", "remedy": "GIVE_ADDRESS"}]
    assert shop.orders() == 0
    assert shop.payments() == []


async def test_the_same_key_with_other_content_is_a_conflict(shop: SellingShop) -> None:
    shop.pay.book.challenged.add("tok")
    cart = await shop.cart()
    asked = (await shop.submit(cart))["checkout"]
    await shop.ask(CANCEL, cart.secret, i={"checkoutId": asked["id"]})
    await shop.shown(cart)  # thawed: another version
    assert (await shop.submit(cart))["userErrors"][0]["__typename"] == "IdempotencyConflict"
    for wrong in ("", "k" * 201, "a\nb"):
        assert (await shop.submit(cart, wrong))["userErrors"][0]["path"] == ["input", "idempotencyKey"]


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example/", f"{ORIGIN}.evil.example/", "https://shop.example@evil.example/", "javascript:alert(1)",
     "//shop.example/", "http://shop.example/", f"{ORIGIN}:444/", "https://shop.example\\@evil.example", ""],
)  # fmt: skip
async def test_a_shopper_is_sent_back_to_the_shop_only(shop: SellingShop, elsewhere: str) -> None:
    cart = await shop.cart()
    payment = {"methodId": cart.method, "token": "tok", "returnUrl": elsewhere}
    assert (await shop.submit(cart, payment=payment))["userErrors"][0]["path"] == ["input", "payment", "returnUrl"]
    given = {"cartId": cart.id, "quoteId": cart.quote, "methodId": cart.method, "returnUrl": elsewhere}
    opened = (await shop.ask(SESSION, cart.secret, i=given))["paymentSessionCreate"]
    assert opened["userErrors"][0]["path"] == ["input", "returnUrl"]


async def test_a_session_is_the_same_for_the_same_and_its_payment_is_bought_with(shop: SellingShop) -> None:
    cart = await shop.cart()
    given = {"cartId": cart.id, "quoteId": cart.quote, "methodId": cart.method, "returnUrl": f"{ORIGIN}/back?x=1"}
    opened = [(await shop.ask(SESSION, cart.secret, i=given))["paymentSessionCreate"]["session"] for _ in range(2)]
    assert opened[0] == opened[1]
    assert opened[0]["clientToken"]
    payment = {"methodId": cart.method, "sessionId": opened[0]["id"]}
    other = await shop.cart()
    stolen = (await shop.submit(other, payment=payment))["userErrors"][0]
    assert stolen["path"] == ["input", "payment", "sessionId"]  # one payment pays for one purchase
    begun = (await shop.submit(cart, payment=payment))["checkout"]
    assert begun["state"]["__typename"] == "CheckoutActionRequired"
    (held,) = shop.pay.book.payments
    shop.pay.book.answer(held)  # in the processor's own window: nothing comes back by way of the shopper
    bought = (await shop.go_on(cart, begun["id"]))["checkout"]
    assert bought["state"]["__typename"] == "CheckoutCompleted"
    nobody = (await shop.ask(SESSION, None, i=given))["paymentSessionCreate"]
    assert nobody["session"] is None
    assert nobody["userErrors"][0]["__typename"] == "CartNotFound"


async def test_ways_to_pay_that_were_never_offered_are_none(shop: SellingShop) -> None:
    cart = await shop.cart()
    for method in (
        "",
        "card",
        "AAAA",
        cart.method.swapcase(),
        cart.method + "A",
        cart.method + "=",
        "\x00",
        "A" * 5_000,
    ):
        fault = (await shop.submit(cart, payment={"methodId": method, "token": "tok"}))["userErrors"][0]
        assert fault["path"] == ["input", "payment", "methodId"]
    assert (await shop.submit(cart, payment=None))["userErrors"][0]["path"] == ["input", "payment"]
    assert shop.payments() == []


@pytest.mark.parametrize("token", ["", "\x00", "tok\r\nX-Header: 1", "tok\x7f", "t" * 4_097])
async def test_what_no_processor_gives_is_sent_to_none(shop: SellingShop, token: str) -> None:
    shop.pay.book.challenged.add("tok")
    cart = await shop.cart()
    assert (await shop.submit(cart, token=token))["userErrors"][0]["path"] == ["input", "payment", "token"]
    assert shop.payments() == []
    asked = (await shop.submit(cart))["checkout"]
    for details in ({"approved": "yes\x00"}, {"approved\n": "yes"}, {"approved": "y" * 8_200}):
        assert (await shop.go_on(cart, asked["id"], **details))["userErrors"][0]["path"] == ["input", "details"]
    assert shop.payments() == ["REQUIRES_ACTION"]


async def test_a_checkout_goes_on_after_the_gateway_was_started_anew(tmp_path: Path) -> None:
    async with selling(tmp_path) as shop:
        shop.pay.book.challenged.add("tok")
        cart = await shop.cart()
        asked = (await shop.submit(cart))["checkout"]
        books = shop.erp, shop.pay
    async with selling(tmp_path) as shop:
        shop.erp.__dict__.update(books[0].__dict__)
        shop.pay.__dict__.update(books[1].__dict__)
        known = (await shop.ask(CHECKOUT, cart.secret, id=asked["id"]))["checkout"]
        assert known["state"]["__typename"] == "CheckoutActionRequired"
        done = (await shop.go_on(cart, asked["id"], approved="yes"))["checkout"]
        assert done["state"]["__typename"] == "CheckoutCompleted"


async def test_a_checkout_is_followed_to_its_end_by_whoever_may_open_it(shop: SellingShop) -> None:
    shop.pay.book.challenged.add("tok")
    cart = await shop.cart()
    asked = (await shop.submit(cart))["checkout"]
    told: list[tuple[str | None, str | None]] = []
    async with asyncio.timeout(20), aclosing(shop.followed(asked["id"], cart.secret)) as every:
        async for news in every:
            told.append(news)
            if len(told) == 1:
                await shop.go_on(cart, asked["id"], approved="yes")
    assert told[0] == ("CheckoutActionRequired", None)
    assert told[-1] == ("CheckoutCompleted", "OVER")
    async with asyncio.timeout(20), aclosing(shop.followed(asked["id"], None)) as every:
        assert [news async for news in every] == [(None, "NOT_YOURS")]
