"""A checkout that is paid with gift cards and a card: amounts fixed before anybody is asked, each tender held, taken
and given back by itself, and no value lost.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from gateway.errors import Unavailable
from gateway.model.checkouts import (
    Checkout,
    CheckoutRemedy,
    CheckoutState,
    FailedTold,
    FailureReason,
)
from gateway.model.money import Money
from gateway.model.orders import OrderStatus, PaidPart
from gateway.model.payments import DeclineReason, PaymentState
from gateway.model.tenders import TenderKind
from gateway.ports.order import CONFIRM_ORDER, PLACE_ORDER
from gateway.ports.payment import AUTHORISE
from gateway.ports.webhooks import Received
from gateway.testing.reference.payment_book import Held

from .fleet import until
from .retail import NUMBER, OTHER, PIN, TOKEN, Retail


@pytest.fixture(params=["pending", "at once"])
async def retail(request: pytest.FixtureRequest, url: str) -> AsyncIterator[Retail]:
    opened = await Retail.open(url, pending=request.param == "pending")
    yield opened
    await opened.close()


@pytest.fixture
async def one(url: str) -> AsyncIterator[Retail]:
    """In one of the two orders, where they do not differ."""
    opened = await Retail.open(url, pending=False)
    yield opened
    await opened.close()


def amounts(retail: Retail) -> list[tuple[str | None, Decimal, str]]:
    return [(held.card, held.asked.amount, held.state.value) for held in retail.pay.book.payments.values()]


def heard(kind: str, held: Held) -> Received:
    facts = {"reference": held.reference, "amount": str(held.asked.amount), "currency": "GBP"}
    return Received(identity=f"{kind} {held.id}", backend="pay", kind=kind, subject=held.id, facts=facts)


def failed(checkout: Checkout) -> FailedTold:
    assert isinstance(checkout.told, FailedTold), checkout
    return checkout.told


async def test_gift_cards_pay_first_and_the_card_the_rest(retail: Retail) -> None:
    cart = await retail.cart(("MUG", 2), gift_cards={NUMBER: "5.00", OTHER: "3.00"})
    checkout = await retail.buy(cart, quoted="24.00")
    assert checkout.state is CheckoutState.COMPLETED
    assert amounts(retail) == [
        (NUMBER, Decimal("5.00"), "AUTHORISED"),
        (OTHER, Decimal("3.00"), "AUTHORISED"),
        (None, Decimal("16.00"), "AUTHORISED"),
    ]
    assert [(each.kind, each.amount.amount, each.label, each.state) for each in checkout.tenders] == [
        (TenderKind.GIFT_CARD, Decimal("5.00"), "Mug Card **** 7401", PaymentState.AUTHORISED),
        (TenderKind.GIFT_CARD, Decimal("3.00"), "Mug Card **** 7402", PaymentState.AUTHORISED),
        (TenderKind.PAYMENT, Decimal("16.00"), None, PaymentState.AUTHORISED),
    ]
    assert (retail.worth(NUMBER), retail.worth(OTHER)) == (0, 0)


async def test_the_orders_owner_is_told_what_each_paid(retail: Retail) -> None:
    await retail.buy(await retail.cart(gift_cards={NUMBER: "5.00"}))
    wanted = (PLACE_ORDER.name, CONFIRM_ORDER.name)
    told: list[Any] = [each.keys[0] for each in retail.erp.asked if each.operation in wanted]
    payment = told[-1].payment
    ids = list(retail.pay.book.payments)
    assert (payment.processor, payment.payment, payment.amount.amount) == ("pay", ids[1], Decimal("12.00"))
    parts: tuple[PaidPart, ...] = payment.parts
    assert [(part.payment, part.amount.amount) for part in parts] == [
        (ids[0], Decimal("5.00")),
        (ids[1], Decimal("7.00")),
    ]


async def test_one_that_covers_all_needs_no_card_and_says_so(retail: Retail) -> None:
    cart = await retail.cart(gift_cards={NUMBER: "20.00"})
    checkout = await retail.buy(cart, token=None)
    assert checkout.state is CheckoutState.COMPLETED
    assert amounts(retail) == [(NUMBER, Decimal("12.00"), "AUTHORISED")]
    assert retail.worth(NUMBER) == Decimal("8.00")
    history = await retail.given.checkouts.history(checkout.id)
    assert ("pay", "covered_by_gift_cards") in [(entry.step, entry.outcome) for entry in history]


async def test_a_rest_that_nobody_was_chosen_for_asks_for_nothing(retail: Retail) -> None:
    checkout = await retail.buy(await retail.cart(gift_cards={NUMBER: "5.00"}), token=None)
    assert failed(checkout).reason is FailureReason.PAYMENT_DECLINED
    assert (amounts(retail), retail.worth(NUMBER)) == ([], Decimal("5.00"))
    assert set(retail.orders()) <= {OrderStatus.CANCELLED}


async def test_a_declined_card_gives_the_gift_card_its_value_back(retail: Retail) -> None:
    retail.pay.book.declined[TOKEN] = DeclineReason.INSUFFICIENT_FUNDS
    cart = await retail.cart(gift_cards={NUMBER: "5.00"})
    told = failed(await retail.buy(cart))
    assert (told.decline, told.remedy) == (DeclineReason.INSUFFICIENT_FUNDS, CheckoutRemedy.PAY_OTHERWISE)
    assert told.tender is not None
    assert (told.tender.position, told.tender.kind) == (1, TenderKind.PAYMENT)
    assert amounts(retail) == [(NUMBER, Decimal("5.00"), "VOIDED"), (None, Decimal("7.00"), "FAILED")]
    assert retail.worth(NUMBER) == Decimal("5.00")
    again = await retail.cart_now(cart)
    assert again.gift_cards == cart.gift_cards  # to be tried again with another card


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        ({"pin": "other"}, DeclineReason.WRONG_DETAILS),
        ({"balance": Money(Decimal("4.99"), "GBP")}, DeclineReason.INSUFFICIENT_FUNDS),
        ({"balance": Money(Decimal(50), "EUR")}, DeclineReason.NOT_ALLOWED),
    ],
)
async def test_a_gift_card_that_is_declined_is_named_with_its_remedy(
    one: Retail, spoil: dict[str, Any], reason: DeclineReason
) -> None:
    cart = await one.cart(gift_cards={NUMBER: "5.00"})
    one.pay.book.cards[NUMBER] = replace(one.pay.book.cards[NUMBER], **spoil)
    told = failed(await one.buy(cart))
    assert (told.decline, told.remedy) == (reason, CheckoutRemedy.CHANGE_GIFT_CARD)
    assert told.tender is not None
    assert (told.tender.position, told.tender.label) == (0, "Mug Card **** 7401")
    assert [state for _, _, state in amounts(one)] == ["FAILED"]  # and the card was not asked


async def test_a_card_that_holds_less_than_its_part_is_given_back_with_the_gift_card(retail: Retail) -> None:
    retail.pay.book.approves = Decimal("6.99")
    told = failed(await retail.buy(await retail.cart(gift_cards={NUMBER: "5.00"})))
    assert told.tender is not None
    assert told.tender.position == 1
    assert [state for _, _, state in amounts(retail)] == ["VOIDED", "VOIDED"]
    assert retail.worth(NUMBER) == Decimal("5.00")


async def test_an_owner_whose_total_differs_gives_everything_back(retail: Retail) -> None:
    retail.erp.surcharge = Decimal("0.01")
    told = failed(await retail.buy(await retail.cart(gift_cards={NUMBER: "5.00"})))
    assert told.reason is FailureReason.PRICE_CHANGED
    assert not {"AUTHORISED", "CAPTURED"} & set(retail.payments())
    assert retail.worth(NUMBER) == Decimal("5.00")


async def test_value_that_was_taken_at_once_comes_back_too(one: Retail) -> None:
    one.pay.book.at_once = True
    one.pay.book.declined[TOKEN] = DeclineReason.EXPIRED
    await one.buy(await one.cart(gift_cards={NUMBER: "5.00"}))
    assert one.worth(NUMBER) == Decimal("5.00")
    assert await one.tasks.list(limit=10) == []


async def test_each_that_is_held_is_taken_and_what_was_taken_is_not_taken_twice(one: Retail) -> None:
    for at_once in (False, True):
        one.pay.book.at_once = at_once
        cart = await one.cart(gift_cards={NUMBER: "5.00"})
        one.pay.book.cards[NUMBER].balance = cart.gift_cards[0].balance
        checkout = await one.buy(cart, key=str(at_once))
        while await one.outbox.deliver_one("checkout"):
            pass

        async def captured() -> bool:
            return set(one.payments()) == {"CAPTURED"}

        await until(5.0, captured)

        async def noted(run: str = checkout.id) -> bool:
            found = await one.given.checkouts.get(run)
            assert found is not None
            return [each.captured.amount for each in found.tenders if each.captured] == [Decimal(5), Decimal(7)]

        await until(5.0, noted)
    taken = [entry.amount.amount for entry in one.pay.book.entries if entry.kind == "capture"]
    assert sorted(taken) == [Decimal(5), Decimal(7), Decimal(7)]
    assert await one.tasks.list(limit=10) == []


async def test_a_challenge_of_the_card_waits_with_the_gift_card_held(one: Retail) -> None:
    one.pay.book.challenged = {TOKEN}
    cart = await one.cart(gift_cards={NUMBER: "5.00"})
    asked = await one.buy(cart)
    assert asked.state is CheckoutState.ACTION_REQUIRED
    assert one.worth(NUMBER) == 0
    bought = await one.desk.go_on(asked.id, {"approved": "yes"}, 15.0)
    assert bought is not None
    assert bought.state is CheckoutState.COMPLETED


async def test_whoever_goes_back_from_a_challenge_has_their_gift_card_again(one: Retail) -> None:
    one.pay.book.challenged = {TOKEN}
    asked = await one.buy(await one.cart(gift_cards={NUMBER: "5.00"}))
    gone = await one.desk.cancel(asked.id, 15.0)
    assert gone is not None
    assert gone[0].state is CheckoutState.FAILED
    assert one.worth(NUMBER) == Decimal("5.00")


async def test_a_webhook_is_of_the_tender_it_names(one: Retail) -> None:
    one.pay.book.challenged = {TOKEN}
    asked = await one.buy(await one.cart(gift_cards={NUMBER: "5.00"}))
    _, card = list(one.pay.book.payments.values())
    one.pay.book.answer(card.id)
    event = heard("payment.authorised", card)
    await one.desk.heard(event)

    async def bought() -> bool:
        found = await one.given.checkouts.get(asked.id)
        return found is not None and found.state is CheckoutState.COMPLETED

    await until(10.0, bought)


async def test_an_answer_that_is_lost_is_looked_up_before_the_value_is_given_back(one: Retail) -> None:
    """The processor is gone right after it took the gift card's value, for longer than anybody waits."""
    lost = Unavailable()

    async def gone() -> None:
        one.pay.failing["payment.find_payment"] = lost
        one.pay.failing[AUTHORISE.name] = lost
        raise lost

    one.pay.book.after = gone
    cart = await one.cart(gift_cards={NUMBER: "5.00"})
    checkout = await one.buy(cart, wait=6.0)
    assert checkout.state is CheckoutState.PROCESSING
    assert one.worth(NUMBER) == 0

    async def back() -> None:
        return None

    one.pay.book.after = back
    one.pay.failing.clear()

    async def ended() -> bool:
        found = await one.given.checkouts.get(checkout.id)
        return found is not None and found.state is CheckoutState.FAILED

    await until(20.0, ended)
    assert one.worth(NUMBER) == Decimal("5.00")


async def test_a_number_and_a_pin_stand_in_nothing_that_is_kept_in_clear(one: Retail) -> None:
    cart = await one.cart(gift_cards={NUMBER: "5.00"})
    await one.buy(cart)
    folder = one.database.file
    for file in () if folder is None else folder.parent.iterdir():
        kept = file.read_bytes()
        assert NUMBER.encode() not in kept, file.name
        assert PIN.encode() not in kept, file.name
    now = await one.cart_now(cart)
    assert [(card.shown, card.card.number, card.card.pin) for card in now.gift_cards] == [
        ("Mug Card **** 7401", "7401", None)
    ]
