"""Gift cards over HTTP: put into a cart for what they are worth, guessed at a few times and no more, shown as nothing
but their last four signs, and paid with before anything else.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from gateway.errors import Unavailable
from gateway.model.gift_cards import GiftCardKind
from gateway.model.money import Money
from gateway.services.gift_cards import OF_CART, OF_NUMBER, OF_PARTY, WINDOW_SECONDS
from gateway.testing.reference.payment_book import ValueCard

sys.path.insert(0, str(Path(__file__).parent))
from selling_shop import ADDRESS, SECRET, SESSION, TO, Cart, SellingShop, selling

NUMBER, OTHER, PIN = "6036280000007401", "6036280000007402", "canary99"
SPOKEN = "6036 2800-0000 7401"
CHECKED = "6036280000000003"
CARDS = "giftCards { id label balance { amount } most { amount } checkedAt covers { amount } source }"
FAULTS = """userErrors { __typename code message path ... on GiftCardRefused { reason }
  ... on TooManyAttempts { retryAfter } ... on CartTooLarge { what limit } ... on CartChanged { version } }"""
ADD = f"""mutation ($i: CartGiftCardAddInput!) {{ r: cartGiftCardAdd(input: $i) {{
  cart {{ version {CARDS} }} {FAULTS} }} }}"""
REMOVE = f"""mutation ($i: CartGiftCardRemoveInput!) {{ r: cartGiftCardRemove(input: $i) {{
  cart {{ version {CARDS} }} {FAULTS} }} }}"""
PAID = f"""query ($id: ID!) {{ cart(id: $id) {{ version {CARDS}
  quote {{ id total {{ amount }} tenders {{ kind amount {{ amount }} giftCardId }} }}
  paymentOptions {{ methods {{ id }} giftCards {{ id label source }} }} }} }}"""
TENDERS = """query ($id: ID!) { checkout(id: $id) { tenders {
  position kind processor label source amount { amount } state authorised { amount } captured { amount } }
  state { __typename ... on CheckoutFailed { remedy declineReason tender { position kind label } } } } }"""


class Till:
    """A shopper at the selling shop, with what they see of gift cards."""

    def __init__(self, shop: SellingShop) -> None:
        self.shop = shop
        self.book = shop.pay.book

    def issue(self, number: str = NUMBER, worth: str = "5.00", currency: str = "GBP") -> None:
        self.book.cards[number] = ValueCard(PIN, Money(Decimal(worth), currency))

    async def shown(self, cart: Cart) -> dict[str, Any]:
        found = (await self.shop.ask(PAID, cart.secret, id=cart.id))["cart"]
        cart.version, cart.quote = found["version"], found["quote"]["id"]
        methods = found["paymentOptions"]["methods"]
        cart.method = methods[0]["id"] if methods else ""
        return found

    async def add(self, cart: Cart, number: str | int = NUMBER, pin: str | None = PIN, **more: Any) -> dict[str, Any]:
        kind = (await self.shown(cart))["paymentOptions"]["giftCards"][0]["id"]
        given = {"cartId": cart.id, "kindId": kind, "number": number, "pin": pin, **more}
        return (await self.shop.ask(ADD, cart.secret, i=given))["r"]

    async def faults(self, cart: Cart, number: str = NUMBER, pin: str | None = PIN, **more: Any) -> list[str]:
        told = await self.add(cart, number, pin, **more)
        return [each.get("reason") or each["__typename"] for each in told["userErrors"]]


@pytest.fixture
async def till(tmp_path: Path) -> AsyncIterator[Till]:
    async with selling(tmp_path) as opened:
        yield Till(opened)


def asked(till: Till) -> int:
    return till.shop.pay.requests["payment.check_gift_card"]


async def test_one_is_shown_by_its_last_four_with_what_it_was_worth_and_will_cover(till: Till) -> None:
    till.issue()
    cart = await till.shop.cart()
    told = await till.add(cart, SPOKEN)
    assert told["userErrors"] == []
    (card,) = told["cart"]["giftCards"]
    assert (card["label"], card["balance"], card["most"], card["covers"], card["source"]) == (
        "Mug Card **** 7401", {"amount": "5.00"}, None, {"amount": "5.00"}, "pay",
    )  # fmt: skip
    assert NUMBER not in str(told)
    shown = await till.shown(cart)
    assert shown["quote"]["total"] == {"amount": "12.00"}
    assert shown["quote"]["tenders"] == [
        {"kind": "GIFT_CARD", "amount": {"amount": "5.00"}, "giftCardId": card["id"]},
        {"kind": "PAYMENT", "amount": {"amount": "7.00"}, "giftCardId": None},
    ]
    till.issue(worth="4.00")
    again = await till.add(cart)  # entered again, it is asked again, and stands in its place
    assert [(each["id"], each["balance"]["amount"]) for each in again["cart"]["giftCards"]] == [(card["id"], "4.00")]
    given = {"cartId": cart.id, "giftCardId": card["id"], "expectedVersion": again["cart"]["version"]}
    gone = (await till.shop.ask(REMOVE, cart.secret, i=given))["r"]
    assert (gone["cart"]["giftCards"], gone["userErrors"]) == ([], [])
    given["expectedVersion"] = gone["cart"]["version"]
    assert (await till.shop.ask(REMOVE, cart.secret, i=given))["r"]["userErrors"][0]["code"] == "GIFT_CARD_NOT_FOUND"


async def test_a_cart_is_paid_with_both_and_says_what_each_paid(till: Till) -> None:
    till.issue()
    cart = await till.shop.cart()
    await till.add(cart)
    await till.shown(cart)
    bought = (await till.shop.submit(cart))["checkout"]
    assert bought["state"]["__typename"] == "CheckoutCompleted"
    tenders = (await till.shop.ask(TENDERS, cart.secret, id=bought["id"]))["checkout"]["tenders"]
    assert [(each["position"], each["kind"], each["processor"], each["label"]) for each in tenders] == [
        (0, "GIFT_CARD", "GATEWAY", "Mug Card **** 7401"),
        (1, "PAYMENT", "GATEWAY", None),
    ]
    assert [(each["amount"]["amount"], each["source"]) for each in tenders] == [("5.00", "pay"), ("7.00", "pay")]
    left = (await till.shown(cart))["giftCards"]
    assert [each["label"] for each in left] == ["Mug Card **** 7401"]


async def test_one_that_covers_all_needs_no_payment(till: Till) -> None:
    till.issue(worth="50.00")
    cart = await till.shop.cart()
    await till.add(cart)
    shown = await till.shown(cart)
    assert [each["kind"] for each in shown["quote"]["tenders"]] == ["GIFT_CARD"]
    assert shown["paymentOptions"]["methods"] == []
    given = {"cartId": cart.id, "quoteId": cart.quote, "methodId": "-"}
    session = (await till.shop.ask(SESSION, cart.secret, i=given))["paymentSessionCreate"]
    assert session["userErrors"][0]["__typename"] == "InvalidInput"
    bought = (await till.shop.submit(cart, payment=None))["checkout"]
    assert bought["state"]["__typename"] == "CheckoutCompleted"
    assert [held.asked.amount for held in till.book.payments.values()] == [Decimal("12.00")]


async def test_without_a_payment_for_the_rest_nothing_is_begun(till: Till) -> None:
    till.issue()
    cart = await till.shop.cart()
    await till.add(cart)
    await till.shown(cart)
    told = await till.shop.submit(cart, payment=None)
    assert (told["checkout"], told["userErrors"][0]["path"]) == (None, ["input", "payment"])


async def test_a_card_that_was_spent_elsewhere_is_declined_by_its_name(till: Till) -> None:
    till.issue()
    cart = await till.shop.cart()
    await till.add(cart)
    await till.shown(cart)
    till.issue(worth="1.00")
    failed = (await till.shop.submit(cart))["checkout"]
    told = (await till.shop.ask(TENDERS, cart.secret, id=failed["id"]))["checkout"]["state"]
    assert (told["declineReason"], told["remedy"]) == ("INSUFFICIENT_FUNDS", "CHANGE_GIFT_CARD")
    assert told["tender"] == {"position": 0, "kind": "GIFT_CARD", "label": "Mug Card **** 7401"}
    assert (await till.add(cart))["userErrors"] == []
    await till.shown(cart)
    assert (await till.shop.submit(cart, "again"))["checkout"]["state"]["__typename"] == "CheckoutCompleted"


async def test_what_can_pay_nothing_is_refused_and_unknown_reads_like_a_wrong_pin(till: Till) -> None:
    till.issue(worth="0.00")
    till.issue(OTHER, currency="EUR")
    cart = await till.shop.cart()
    assert await till.faults(cart) == ["EMPTY"]
    assert await till.faults(cart, OTHER) == ["OTHER_CURRENCY"]
    unknown = await till.add(cart, "6036289999999999")
    wrong = await till.add(cart, OTHER, "000")
    assert unknown["userErrors"] == wrong["userErrors"]
    assert unknown["userErrors"][0]["reason"] == "INVALID"
    assert wrong["cart"]["giftCards"] == []


@pytest.mark.parametrize(
    ("number", "pin"),
    [("4111 1111 1111 1111", PIN), ("5555555555554444", None), ("378282246310005", PIN), ("12345", PIN), ("", PIN),
     ("6036" * 20, PIN), ("6036280000007401\x00", PIN), (NUMBER, "1" * 13), (NUMBER, "<script>")],
)  # fmt: skip
async def test_no_payment_card_and_no_nonsense_is_asked_about(till: Till, number: str, pin: str | None) -> None:
    cart = await till.shop.cart()
    assert await till.faults(cart, number, pin) == ["InvalidInput"]
    assert asked(till) == 0


async def test_a_number_in_any_other_place_is_refused_as_a_card_number_is(till: Till) -> None:
    cart = await till.shop.cart()
    for number in ("4111 1111 1111 1111", CHECKED):  # the second: no scheme's, with a good check digit
        address = {**ADDRESS, "lines": [number]}
        body = {"query": TO, "variables": {"i": {"cartId": cart.id, "address": address}}}
        async with (
            aiohttp.ClientSession(headers={SECRET: cart.secret}) as session,
            session.post(f"{till.shop.url}/graphql", json=body) as answer,
        ):
            assert (await answer.json())["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    written = ADD.replace("$i: CartGiftCardAddInput!", "$k: ID!").replace(
        "input: $i", f'input: {{cartId: "{cart.id}", kindId: $k, number: "{CHECKED}", pin: "1"}}'
    )
    kind = (await till.shown(cart))["paymentOptions"]["giftCards"][0]["id"]
    assert (await till.shop.ask(written, cart.secret, k=kind))["r"]["userErrors"][0]["reason"] == "INVALID"


async def test_guesses_are_bounded_for_a_cart(till: Till) -> None:
    till.issue()
    cart = await till.shop.cart()
    for guess in range(OF_CART):
        assert await till.faults(cart, f"60362800000{guess:05}", "000") == ["INVALID"]
    told = await till.add(cart)
    assert told["userErrors"][0]["__typename"] == "TooManyAttempts"
    assert 0 < told["userErrors"][0]["retryAfter"] <= WINDOW_SECONDS + 1
    assert asked(till) == OF_CART


async def test_guesses_are_bounded_for_a_number_whoever_makes_the_carts(till: Till) -> None:
    till.issue()
    for guess in range(OF_NUMBER):
        assert await till.faults(await till.shop.cart(), NUMBER, f"00{guess}") == ["INVALID"]
    assert await till.faults(await till.shop.cart(), SPOKEN) == ["TooManyAttempts"]
    till.issue(OTHER)
    assert await till.faults(await till.shop.cart(), OTHER) == []


async def test_guesses_are_bounded_for_whoever_asks_and_good_cards_are_no_guesses(till: Till) -> None:
    till.issue()
    for _ in range(OF_NUMBER + 1):
        assert await till.faults(await till.shop.cart()) == []
    for guess in range(OF_PARTY):
        assert await till.faults(await till.shop.cart(), f"60362800000{guess:05}") == ["INVALID"]
    assert await till.faults(await till.shop.cart()) == ["TooManyAttempts"]


async def test_a_processor_that_is_silent_says_so_and_counts_as_no_guess(till: Till) -> None:
    till.issue()
    cart = await till.shop.cart()
    kind = (await till.shown(cart))["paymentOptions"]["giftCards"][0]["id"]
    given = {"cartId": cart.id, "kindId": kind, "number": NUMBER, "pin": PIN}
    till.shop.pay.failing["payment.check_gift_card"] = Unavailable()
    for _ in range(OF_CART + 1):
        told = await till.shop.told(ADD, cart.secret, i=given)
        assert told["errors"][0]["extensions"]["code"] == "BACKEND_UNAVAILABLE"
    till.shop.pay.failing.clear()
    assert await till.faults(cart) == []


async def test_a_cart_has_a_few_and_none_of_kinds_that_are_not_taken(till: Till) -> None:
    cart = await till.shop.cart()
    told: dict[str, Any] = {}
    for number in range(4):
        till.issue(f"603628000000740{number}")
        told = await till.add(cart, f"603628000000740{number}")
    assert (told["userErrors"][0]["what"], told["userErrors"][0]["limit"]) == ("gift cards", 3)
    assert len(told["cart"]["giftCards"]) == 3
    given = {"cartId": cart.id, "kindId": cart.method, "number": NUMBER, "pin": PIN}
    assert (await till.shop.ask(ADD, cart.secret, i=given))["r"]["userErrors"][0]["path"] == ["input", "kindId"]
    till.book.kinds = ()
    assert (await till.shown(cart))["paymentOptions"]["giftCards"] == []
    till.book.kinds = (GiftCardKind("mug_card", "Mug Card"),)


async def test_another_version_a_stranger_and_a_reused_key_change_nothing(till: Till) -> None:
    till.issue()
    till.issue(OTHER)
    cart, other = await till.shop.cart(), await till.shop.cart()
    assert await till.faults(cart, expectedVersion=99) == ["CartChanged"]
    kind = (await till.shown(cart))["paymentOptions"]["giftCards"][0]["id"]
    given = {"cartId": cart.id, "kindId": kind, "number": NUMBER, "pin": PIN}
    for secret in (None, other.secret):
        told = (await till.shop.ask(ADD, secret, i=given))["r"]
        assert (told["cart"], told["userErrors"][0]["__typename"]) == (None, "CartNotFound")
    assert asked(till) == 0
    assert await till.faults(cart, idempotencyKey="one") == []
    assert await till.faults(cart, idempotencyKey="one") == []
    assert await till.faults(cart, OTHER, idempotencyKey="one") == ["IdempotencyConflict"]


async def test_a_number_stands_in_no_log_and_no_file(
    till: Till, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    till.issue()
    cart = await till.shop.cart()
    await till.add(cart, SPOKEN, idempotencyKey="key")
    await till.add(cart, int(NUMBER))
    await till.add(cart, "6036280000009999", PIN)
    till.shop.pay.failing["payment.check_gift_card"] = Unavailable(detail="what was sent")
    kind = (await till.shown(cart))["paymentOptions"]["giftCards"][0]["id"]
    given: dict[str, Any] = {"cartId": cart.id, "kindId": kind, "number": NUMBER, "pin": PIN}
    said = [await till.shop.told(ADD, cart.secret, i=given)]
    said.append(await till.shop.told(ADD, cart.secret, i={**given, "number": [NUMBER], "surplus": PIN}))
    till.shop.pay.failing.clear()
    await till.shown(cart)
    await till.shop.submit(cart)
    told = capfd.readouterr()
    kept = b"".join(file.read_bytes() for file in tmp_path.iterdir() if file.is_file())
    for secret in (NUMBER, "6036280000009999", PIN):
        assert secret not in told.out + told.err
        assert secret.encode() not in kept
    assert NUMBER not in str(said[0])
