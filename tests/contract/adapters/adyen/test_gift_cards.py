"""Gift cards: what they are worth, what they pay together with a card, and how their value comes back."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from gateway.errors import OutcomeUnknown, RequestRefused, Unavailable
from gateway.model.gift_cards import GiftCardKind
from gateway.model.payments import DeclineReason, Payment, PaymentOptionsQuery, PaymentState, Void
from gateway.ports.webhooks import WebhookDelivery
from tests.contract.adapters.adyen.conftest import Connect
from tests.contract.adapters.adyen.connected import (
    BRANDS,
    HERE,
    NUMBER,
    Connected,
    asked_about,
    authorise,
    call,
    card,
    eur,
    gift_card,
    reference,
    together,
)


@pytest.fixture
async def psp(connect: Connect) -> Connected:
    made = await connect(gift_cards=BRANDS)
    made.sandbox.issue_gift_card(NUMBER, 1000)
    return made


def value(psp: Connected) -> int:
    return psp.sandbox.ledger.values.cards[NUMBER].value


async def drawn(psp: Connected, purchase: str = "PURCHASE") -> Payment:
    return await psp.adapter.authorise(together(purchase, "10.00", gift_card=gift_card()), HERE, call())


async def returned(psp: Connected, payment: Payment, told: str | None) -> None:
    void = Void(reference(), payment.ref, eur("10.00"), stored_value=True, together=told)
    assert (await psp.adapter.void(void, HERE, call())).settled is False
    psp.sandbox.ledger.settle()


async def test_kinds_are_those_that_are_configured(psp: Connected, connect: Connect) -> None:
    assert list(psp.adapter.gift_cards) == [GiftCardKind("givex", "Mug Card")]
    without = await connect()
    assert list(without.adapter.gift_cards) == []
    with pytest.raises(RequestRefused):
        await without.adapter.check_gift_card(asked_about(), HERE, call())
    with pytest.raises(RequestRefused):
        await without.pay("10.00", gift_card=gift_card())
    assert without.sandbox.requests == []


async def test_a_balance_is_told_in_the_cards_own_currency(psp: Connected) -> None:
    psp.sandbox.issue_gift_card("6036280000000002", 5000, "GBP", limit=2000)
    mine = await psp.adapter.check_gift_card(asked_about(), HERE, call())
    assert (mine.balance, mine.most) == (eur("10.00"), None)
    foreign = await psp.adapter.check_gift_card(asked_about("6036280000000002"), HERE, call())
    assert (foreign.balance.currency, foreign.balance.amount, foreign.most.amount) == ("GBP", 50, 20)


@pytest.mark.parametrize(("number", "pin"), [(NUMBER, "000"), ("6036289999999999", "737"), (NUMBER, "")])
async def test_an_unknown_card_and_a_wrong_pin_read_alike(psp: Connected, number: str, pin: str) -> None:
    assert await psp.adapter.check_gift_card(asked_about(number, pin), HERE, call()) is None


async def test_gift_cards_are_no_method_to_choose(psp: Connected) -> None:
    options = await psp.adapter.list_methods(PaymentOptionsQuery(eur("25.00"), "NL"), HERE, call())
    assert [method.id for method in options.methods] == ["scheme", "ideal"]


async def test_one_that_covers_all_needs_no_order(psp: Connected) -> None:
    paid = await psp.pay("10.00", gift_card=gift_card())
    assert (paid.state, paid.captured, paid.together) == (PaymentState.CAPTURED, eur("10.00"), None)
    assert (value(psp), psp.sandbox.ledger.values.orders) == (0, {})
    await returned(psp, paid, None)
    assert value(psp) == 1000


async def test_a_provider_that_takes_it_with_the_capture_is_captured(connect: Connect) -> None:
    psp = await connect(gift_cards=BRANDS, gift_cards_captured_at_once=False)
    psp.sandbox.ledger.at_once = False
    psp.sandbox.issue_gift_card(NUMBER, 1000)
    paid = await psp.pay("10.00", gift_card=gift_card())
    assert (paid.state, paid.captured) == (PaymentState.AUTHORISED, None)
    await returned(psp, paid, None)
    assert [item["additionalData"] for item in psp.sandbox.deliveries.items if "additionalData" in item] == [
        {"modification.action": "cancel"}
    ]
    assert value(psp) == 1000


async def test_a_gift_card_and_a_card_pay_one_order(psp: Connected) -> None:
    first = await drawn(psp)
    rest = together("PURCHASE", "15.00", token=card(), together=first.together)
    second = await psp.adapter.authorise(rest, HERE, call())
    assert (first.state, second.state) == (PaymentState.CAPTURED, PaymentState.AUTHORISED)
    (order,) = psp.sandbox.ledger.values.orders.values()
    assert (order.reference, order.value, order.left, order.state) == ("PURCHASE", 2500, 0, "paid")
    assert [item["eventCode"] for item in psp.sandbox.deliveries.items if item["eventCode"].startswith("ORDER")] == [
        "ORDER_OPENED",
        "ORDER_CLOSED",
    ]
    await returned(psp, first, second.together)  # the card is voided by itself
    assert value(psp) == 1000
    assert psp.sandbox.effects[-1].kind == "void"


async def test_an_order_that_is_not_paid_in_full_is_cancelled_with_all_it_holds(psp: Connected) -> None:
    first = await drawn(psp)
    await returned(psp, first, first.together)
    assert value(psp) == 1000
    (order,) = psp.sandbox.ledger.values.orders.values()
    assert order.state == "cancelled"
    again = Void(reference(), first.ref, eur("10.00"), stored_value=True, together=first.together)
    await psp.adapter.void(again, HERE, call())  # the same cancellation: its key is the order's
    assert [effect.kind for effect in psp.sandbox.effects] == ["authorise", "cancel_order"]


async def test_an_order_whose_newest_data_nobody_was_told_keeps_no_value(psp: Connected) -> None:
    first = await drawn(psp)
    psp.sandbox.ledger.pending = True
    rest = together("PURCHASE", "15.00", token=card(), together=first.together)
    later = await psp.adapter.authorise(rest, HERE, call())
    psp.sandbox.ledger.approves = 1499
    psp.sandbox.ledger.decide(later.ref.id)
    await returned(psp, first, first.together)
    assert value(psp) == 1000


async def test_what_nobody_finishes_comes_back_by_itself(psp: Connected) -> None:
    await drawn(psp)
    psp.sandbox.skew = 90_000.0
    psp.sandbox.ledger.expire_orders()
    psp.sandbox.ledger.settle()
    assert value(psp) == 1000


async def test_asked_again_it_is_the_same_order_and_the_same_payment(psp: Connected) -> None:
    asked = together("PURCHASE", "10.00", gift_card=gift_card())
    psp.sandbox.failing_after = 1  # of the order's opening: done, and never heard of
    with pytest.raises(Unavailable):
        await psp.adapter.authorise(asked, HERE, call())
    psp.sandbox.keys._kept.clear()  # pyright: ignore[reportPrivateUsage]  # a 500 that its key does not remember
    first = await psp.adapter.authorise(asked, HERE, call())
    assert await psp.adapter.authorise(asked, HERE, call()) == first
    assert (len(psp.sandbox.effects), value(psp)) == (1, 0)


async def test_an_order_in_flight_leaves_the_outcome_open(psp: Connected) -> None:
    asked = together("PURCHASE", "10.00", gift_card=gift_card())
    await psp.adapter.authorise(asked, HERE, call())
    psp.sandbox.keys._kept["PURCHASE.order"].busy_until += 60.0  # pyright: ignore[reportPrivateUsage]
    with pytest.raises(OutcomeUnknown):
        await psp.adapter.authorise(asked, HERE, call())


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"pin": "000"}, DeclineReason.WRONG_DETAILS),
        ({"number": "6036289999999999"}, DeclineReason.WRONG_DETAILS),
        ({"amount": "10.01"}, DeclineReason.INSUFFICIENT_FUNDS),
    ],
)
async def test_declines_are_classes(psp: Connected, changes: dict[str, str], reason: DeclineReason) -> None:
    amount = changes.pop("amount", "10.00")
    refused = await psp.adapter.authorise(authorise(amount, gift_card=gift_card(**changes)), HERE, call())
    assert (refused.state, refused.reason, value(psp)) == (PaymentState.FAILED, reason, 1000)


async def test_old_or_made_up_orders_and_more_than_the_whole_are_refused(psp: Connected) -> None:
    first = await drawn(psp)
    for told, amount in (
        (first.together.replace("Ab02", "Zz99"), "15.00"),  # type: ignore[union-attr]
        (first.together, "15.01"),
        ("made up", "15.00"),
        ("{}", "15.00"),
    ):
        rest = together("PURCHASE", amount, token=card(), together=told)
        with pytest.raises(RequestRefused):
            await psp.adapter.authorise(rest, HERE, call())
    await psp.adapter.authorise(together("PURCHASE", "5.00", token=card(), together=first.together), HERE, call())
    stale = together("PURCHASE", "5.00", token=card(), together=first.together)
    with pytest.raises(RequestRefused):
        await psp.adapter.authorise(stale, HERE, call())


async def test_webhooks_of_orders_tell_nothing_and_those_of_payments_what_came_back(psp: Connected) -> None:
    first = await drawn(psp)
    await returned(psp, first, first.together)
    body = psp.sandbox.deliveries.batch(psp.sandbox.deliveries.items)
    events = psp.adapter.receive(WebhookDelivery({}, body, "https://gateway.example", datetime.now(UTC)))
    told = [(event.topic, None if event.fact is None else (event.fact.kind, event.fact.subject)) for event in events]
    assert told == [
        ("AUTHORISATION", ("payment.authorised", first.ref.id)),
        ("ORDER_OPENED", None),
        ("ORDER_CLOSED", None),
        ("CANCEL_OR_REFUND", ("payment.refunded", first.ref.id)),
    ]


async def test_a_number_stands_in_no_record_of_what_is_said(psp: Connected) -> None:
    secret = gift_card(pin=secrets.token_hex(4))
    told = repr((secret, asked_about(pin=secret.pin or ""), replace(authorise(), gift_card=secret)))
    assert NUMBER not in told
    assert (secret.pin or "") not in told
