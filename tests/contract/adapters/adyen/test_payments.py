"""What the adapter makes of what Adyen answers."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from adapters.adyen.amounts import WireAmount, wire
from adapters.adyen.refusals import REASONS, reason_of
from adapters.adyen.sandbox.ledger import CHALLENGED, HOLDERS
from gateway.errors import (
    CredentialsRefused,
    OutcomeUnknown,
    RateLimited,
    RequestRefused,
    Unauthenticated,
    Unavailable,
)
from gateway.model.identity import NativeRef
from gateway.model.money import Money
from gateway.model.payments import DeclineReason, OpenSession, PaymentOptionsQuery, PaymentState
from gateway.ports.webhooks import WebhookDelivery
from tests.contract.adapters.adyen.conftest import Connect
from tests.contract.adapters.adyen.connected import (
    BACKEND,
    HERE,
    Connected,
    authorise,
    call,
    capture,
    card,
    eur,
    reference,
    refund,
    void,
)


async def test_an_authorisation_holds_the_money_by_hand(psp: Connected) -> None:
    psp.sandbox.exchanges = []
    paid = await psp.pay("25.00")
    assert (paid.state, paid.authorised) == (PaymentState.AUTHORISED, eur("25.00"))
    sent = json.loads(psp.sandbox.exchanges[0].request)
    assert sent["additionalData"]["manualCapture"] == "true"
    assert psp.sandbox.ledger.payments[paid.ref.id].captured == 0


async def test_what_is_received_is_no_truth_yet(psp: Connected) -> None:
    paid = await psp.pay("25.00")
    taken = await psp.adapter.capture(capture(paid, "20.00"), HERE, call())
    assert (taken.payment, taken.settled, taken.failed) == (paid.ref, False, False)
    assert taken.ref != paid.ref
    assert psp.sandbox.ledger.payments[paid.ref.id].captured == 0
    psp.sandbox.ledger.settle()
    assert psp.sandbox.ledger.payments[paid.ref.id].captured == 2000


async def test_each_of_a_capture_a_void_and_a_refund_is_only_received(psp: Connected) -> None:
    paid = await psp.pay()
    for command in (capture(paid), void(paid), refund(paid)):
        effect = await getattr(psp.adapter, type(command).__name__.lower())(command, HERE, call())
        assert effect.settled is False
    assert [effect.kind for effect in psp.sandbox.effects] == ["authorise", "capture", "void", "refund"]


async def test_a_part_that_was_approved_is_said_as_such(psp: Connected) -> None:
    psp.sandbox.ledger.approves = 1000
    paid = await psp.pay("25.00")
    assert (paid.state, paid.authorised) == (PaymentState.AUTHORISED, eur("10.00"))


async def test_what_adyen_only_received_is_pending(psp: Connected) -> None:
    psp.sandbox.ledger.pending = True
    paid = await psp.pay()
    assert (paid.state, paid.authorised) == (PaymentState.PENDING, None)


@pytest.mark.parametrize("holder", sorted(HOLDERS))
async def test_a_refusal_is_an_answer_with_a_class(psp: Connected, holder: str) -> None:
    refused = await psp.pay(token=card(holder))
    code, text = HOLDERS[holder]
    assert (refused.state, refused.raw, refused.reason) == (PaymentState.FAILED, text, reason_of(code))
    assert refused.authorised is None


def test_fraud_blocked_and_restricted_cards_are_never_told_apart() -> None:
    silent = {"0", "2", "3", "5", "14", "20", "22", "25", "26", "27", "31"}
    assert not silent & set(REASONS)
    assert {reason_of(code, "FRAUD") for code in silent} == {DeclineReason.OTHER}


@pytest.mark.parametrize("code", sorted(REASONS))
def test_the_text_of_a_webhook_has_the_class_of_its_code(code: str) -> None:
    text, reason = REASONS[code]
    assert reason_of(None, text) is reason_of(code) is reason


async def test_a_challenge_is_a_redirect_and_goes_on_with_what_it_brings_back(psp: Connected) -> None:
    first = authorise(token=card(number=CHALLENGED))
    asked = await psp.adapter.authorise(first, HERE, call())
    assert asked.state is PaymentState.REQUIRES_ACTION
    assert asked.ref == NativeRef(BACKEND, f"reference.{first.reference}")
    assert asked.action is not None
    assert asked.action.kind == "redirect"
    assert asked.action.url is not None
    back = psp.sandbox.answer_challenge(first.reference)
    on = authorise(payment=asked.ref, details={"redirectResult": back})
    paid = await psp.adapter.authorise(on, HERE, call())
    assert (paid.state, paid.authorised) == (PaymentState.AUTHORISED, eur("25.00"))
    assert paid.ref.id in psp.sandbox.ledger.payments
    assert await psp.adapter.authorise(on, HERE, call()) == paid
    assert len(psp.sandbox.effects) == 1


async def test_a_failed_challenge_is_a_decline(psp: Connected) -> None:
    first = authorise(token=card(number=CHALLENGED))
    asked = await psp.adapter.authorise(first, HERE, call())
    back = psp.sandbox.answer_challenge(first.reference, approved=False)
    failed = await psp.adapter.authorise(authorise(payment=asked.ref, details={"redirectResult": back}), HERE, call())
    assert (failed.state, failed.reason) == (PaymentState.FAILED, DeclineReason.AUTHENTICATION_FAILED)


async def test_a_payment_without_a_psp_reference_is_voided_by_ours(psp: Connected) -> None:
    first = authorise(token=card(number=CHALLENGED))
    asked = await psp.adapter.authorise(first, HERE, call())
    effect = await psp.adapter.void(void(asked), HERE, call())
    assert effect.settled is False
    psp.sandbox.ledger.settle()
    (paid,) = psp.sandbox.ledger.payments.values()
    assert (paid.reference, paid.state) == (first.reference, "cancelled")


@pytest.mark.parametrize("details", [{}, {"number": "1"}, {"paymentData": "x"}])
async def test_what_no_action_brings_back_is_not_sent(psp: Connected, details: dict[str, str]) -> None:
    ref = NativeRef(BACKEND, "reference.X")
    with pytest.raises(RequestRefused):
        await psp.adapter.authorise(authorise(payment=ref, details=details), HERE, call())
    assert psp.sandbox.requests == []


async def test_a_session_is_the_same_for_the_same_reference_and_its_result_is_read(psp: Connected) -> None:
    opened = OpenSession(reference(), eur("25.00"), "NL", method="scheme")
    session = await psp.adapter.open_session(opened, HERE, call())
    assert session == await psp.adapter.open_session(opened, HERE, call())
    assert session.publishable_key == psp.sandbox.settings["client_key"]
    assert session.expires is not None
    result = psp.sandbox.ledger.pay_session(session.ref.id)
    paid = await psp.adapter.authorise(authorise(session=session.ref, token=result), HERE, call())
    assert (paid.state, paid.authorised) == (PaymentState.AUTHORISED, eur("25.00"))
    assert paid.ref.id in psp.sandbox.ledger.payments
    with pytest.raises(RequestRefused):
        await psp.adapter.authorise(authorise(session=session.ref, token="made up"), HERE, call())


async def test_the_same_key_again_is_the_same_payment(psp: Connected) -> None:
    asked = authorise(token=card())
    assert await psp.adapter.authorise(asked, HERE, call()) == await psp.adapter.authorise(asked, HERE, call())
    assert len(psp.sandbox.effects) == 1


async def test_a_key_in_flight_leaves_the_outcome_open(psp: Connected) -> None:
    asked = authorise(token=card())
    psp.sandbox.faults.slow = 1.0
    await psp.adapter.authorise(asked, HERE, call())
    psp.sandbox.keys._kept[f"{asked.reference}.authorise"].busy_until += 60.0  # pyright: ignore[reportPrivateUsage]
    with pytest.raises(OutcomeUnknown) as unknown:
        await psp.adapter.authorise(asked, HERE, call())
    assert unknown.value.detail == "HTTP 422 validation 704"


async def test_an_error_that_came_after_the_effect_is_repeated_and_nothing_is_done_twice(psp: Connected) -> None:
    asked = authorise(token=card())
    psp.sandbox.failing_after = 1
    for _ in range(2):
        with pytest.raises(Unavailable):
            await psp.adapter.authorise(asked, HERE, call())
    assert len(psp.sandbox.effects) == 1


async def test_methods_are_adyens_for_the_amount_and_the_shoppers_own_first(psp: Connected) -> None:
    psp.sandbox.store_card("shopper-7", "8415718415172831")
    query = PaymentOptionsQuery(eur("25.00"), "NL", customer=NativeRef(BACKEND, "shopper-7"))
    methods = (await psp.adapter.list_methods(query, HERE, call())).methods
    assert [(each.id, each.label, each.stored, each.expires) for each in methods] == [
        ("8415718415172831", "VISA **** 1111", True, "2031-03"),
        ("scheme", "Cards", False, None),
        ("ideal", "iDEAL", False, None),
    ]
    alone = (await psp.adapter.list_methods(PaymentOptionsQuery(eur("25.00"), "NL"), HERE, call())).methods
    assert [each.id for each in alone] == ["scheme", "ideal"]


async def test_a_stored_method_pays_for_its_shopper_alone(psp: Connected) -> None:
    psp.sandbox.store_card("shopper-7", "M5N7TQ4TG5PFWR50")
    token = "M5N7TQ4TG5PFWR50"
    paid = await psp.pay(token=token, customer=NativeRef(BACKEND, "shopper-7"))
    assert paid.state is PaymentState.AUTHORISED
    with pytest.raises(RequestRefused):
        await psp.pay(token=token, customer=NativeRef(BACKEND, "shopper-8"))


@pytest.mark.parametrize(
    "token",
    [
        "4111111111111111",
        json.dumps({"type": "scheme", "number": "4111111111111111", "cvc": "737"}),
        json.dumps({"type": "scheme", "holderName": "4111111111111111"}),
        json.dumps({"type": "scheme", "nested": {"number": "1"}}),
        json.dumps({"encryptedCardNumber": "x"}),
        "[]",
        "{",
        "",
    ],
)
async def test_a_card_in_the_clear_and_what_is_no_method_are_not_sent(psp: Connected, token: str) -> None:
    with pytest.raises(RequestRefused):
        await psp.adapter.authorise(authorise(token=token), HERE, call())
    assert psp.sandbox.requests == []


@pytest.mark.parametrize("ref", ["../captures", "", "a/b", "PSP?x", "x" * 40])
async def test_an_id_that_is_no_psp_reference_stands_in_no_path(psp: Connected, ref: str) -> None:
    paid = await psp.pay()
    psp.sandbox.requests.clear()
    strange = type(paid)(NativeRef(BACKEND, ref), paid.state)
    with pytest.raises(RequestRefused):
        await psp.adapter.capture(capture(strange), HERE, call())
    assert psp.sandbox.requests == []


async def test_a_payment_nobody_has_is_refused(psp: Connected) -> None:
    paid = await psp.pay()
    other = type(paid)(NativeRef(BACKEND, "ABCDEFGH12345678"), paid.state)
    with pytest.raises(RequestRefused):
        await psp.adapter.refund(refund(other), HERE, call())


async def test_several_captures_want_an_account_that_has_them(psp: Connected, connect: Connect) -> None:
    paid = await psp.pay()
    with pytest.raises(RequestRefused):
        await psp.adapter.capture(capture(paid, "5.00", final=False), HERE, call())
    parts = await connect(multicapture=True)
    paid = await parts.pay("25.00")
    for amount in ("5.00", "20.00", "0.01"):
        await parts.adapter.capture(capture(paid, amount, final=False), HERE, call())
    parts.sandbox.ledger.settle()
    assert parts.sandbox.ledger.payments[paid.ref.id].captured == 2500


@pytest.mark.parametrize(
    ("amount", "currency", "sent"),
    [
        ("19.99", "EUR", 1999),
        ("1999", "JPY", 1999),
        ("5", "ISK", 500),
        ("1500", "IDR", 1500),
        ("10", "CVE", 10),
        ("1990", "CLP", 199000),
        ("5.124", "KWD", 5124),
    ],
)
def test_minor_units_are_adyens_own(amount: str, currency: str, sent: int) -> None:
    assert wire(Money(Decimal(amount), currency)) == {"value": sent, "currency": currency}
    assert WireAmount(sent, currency).money == Money(Decimal(amount), currency)


@pytest.mark.parametrize(
    ("amount", "currency"),
    [("0.5", "JPY"), ("1.50", "IDR"), ("19.999", "EUR"), ("0", "EUR"), ("-1", "EUR"), ("1", "X")],
)
def test_an_amount_that_cannot_be_charged_exactly_is_refused_never_rounded(amount: str, currency: str) -> None:
    with pytest.raises(RequestRefused):
        wire(Money(Decimal(amount), currency))


async def test_too_many_requests_and_an_outage_are_told_apart(psp: Connected) -> None:
    psp.sandbox.faults.down = True
    with pytest.raises(Unavailable):
        await psp.pay()
    psp.sandbox.faults.down = False
    psp.sandbox.faults.throttle = 1
    with pytest.raises(RateLimited):
        await psp.pay()


@pytest.mark.parametrize("wrong", [{"api_key": "AQEy-wrong"}, {"merchant_account": "SomebodyElse"}])
async def test_a_wrong_key_or_account_is_told_as_such(connect: Connect, wrong: dict[str, str]) -> None:
    psp = await connect(**wrong)
    with pytest.raises(CredentialsRefused):
        await psp.adapter.probe(call())


async def test_an_hmac_key_that_is_not_hexadecimal_is_a_problem_with_its_place(connect: Connect) -> None:
    psp = await connect(hmac_key="not-hex")
    (problem,) = (await psp.adapter.probe(call())).problems
    assert problem.place == "hmac_key"
    await psp.pay()
    body = psp.sandbox.deliveries.batch(psp.sandbox.deliveries.items)
    with pytest.raises(Unauthenticated):
        psp.adapter.receive(WebhookDelivery({}, body, "https://gateway.example", datetime.now(UTC)))


async def test_a_payment_without_a_page_to_return_to_is_not_sent(connect: Connect) -> None:
    psp = await connect(return_url="")
    with pytest.raises(RequestRefused):
        await psp.pay()
    assert (await psp.pay(return_url="https://shop.example/back")).state is PaymentState.AUTHORISED


async def test_what_came_back_from_another_payment_goes_on_with_none(psp: Connected) -> None:
    dear, cheap = (authorise("25.00", token=card(number=CHALLENGED)) for _ in range(2))
    asked = await psp.adapter.authorise(dear, HERE, call())
    await psp.adapter.authorise(cheap, HERE, call())
    back = psp.sandbox.ledger.challenge_of(cheap.reference)
    with pytest.raises(RequestRefused):
        await psp.adapter.authorise(authorise(payment=asked.ref, details={"redirectResult": back}), HERE, call())


async def test_what_a_session_holds_in_another_currency_pays_for_nothing(psp: Connected) -> None:
    session = await psp.adapter.open_session(OpenSession(reference(), Money(Decimal(2500), "JPY"), "JP"), HERE, call())
    result = psp.sandbox.ledger.pay_session(session.ref.id)
    paid = await psp.adapter.authorise(authorise("25.00", session=session.ref, token=result), HERE, call())
    assert (paid.state, paid.authorised) == (PaymentState.AUTHORISED, eur("0.00"))
