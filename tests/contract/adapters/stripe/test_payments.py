"""What the adapter makes of what Stripe answers."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from adapters.stripe.amounts import digits, minor, money
from adapters.stripe.declines import BY_CODE, reason_of
from adapters.stripe.sandbox.cards import CARDS
from gateway.errors import (
    ConfigurationError,
    CredentialsRefused,
    InvalidAnswer,
    OutcomeUnknown,
    RateLimited,
    RequestRefused,
    Unavailable,
)
from gateway.model.identity import NativeRef
from gateway.model.money import Money
from gateway.model.payments import DeclineReason, OpenSession, Payment, PaymentOptionsQuery, PaymentState
from tests.contract.adapters.stripe.conftest import Connect
from tests.contract.adapters.stripe.connected import (
    BACKEND,
    HERE,
    Connected,
    authorise,
    call,
    capture,
    gbp,
    reference,
    refund,
    void,
)


async def test_an_authorisation_holds_the_money_and_takes_nothing(psp: Connected) -> None:
    paid = await psp.pay("25.00")
    assert paid.state is PaymentState.AUTHORISED
    assert (paid.authorised, paid.captured, paid.refunded) == (gbp("25.00"), gbp("0.00"), gbp("0.00"))
    assert paid.expires is not None
    assert timedelta(days=6) < paid.expires - datetime.now(UTC) < timedelta(days=8)
    assert [effect.kind for effect in psp.sandbox.effects] == ["authorise"]


async def test_a_capture_takes_a_part_and_gives_the_rest_free(psp: Connected) -> None:
    paid = await psp.pay("25.00")
    effect = await psp.adapter.capture(capture(paid, "20.00"), HERE, call())
    assert (effect.payment, effect.amount, effect.settled, effect.failed) == (paid.ref, gbp("20.00"), True, False)
    now = await psp.read(paid.ref)
    assert (now.state, now.captured) == (PaymentState.CAPTURED, gbp("20.00"))
    with pytest.raises(RequestRefused):
        await psp.adapter.capture(capture(paid, "5.00"), HERE, call())


async def test_a_capture_in_parts_is_refused_unless_the_account_has_it(psp: Connected, connect: Connect) -> None:
    paid = await psp.pay("25.00")
    with pytest.raises(RequestRefused):
        await psp.adapter.capture(capture(paid, "10.00", final=False), HERE, call())
    parts = await connect(multicapture=True)
    paid = await parts.pay("25.00")
    await parts.adapter.capture(capture(paid, "10.00", final=False), HERE, call())
    half = await parts.read(paid.ref)
    assert (half.state, half.authorised, half.captured) == (PaymentState.AUTHORISED, gbp("25.00"), gbp("10.00"))
    await parts.adapter.capture(capture(paid, "12.00"), HERE, call())
    assert (await parts.read(paid.ref)).captured == gbp("22.00")


async def test_more_than_is_held_is_never_captured(psp: Connected) -> None:
    paid = await psp.pay("25.00")
    with pytest.raises(RequestRefused):
        await psp.adapter.capture(capture(paid, "25.01"), HERE, call())
    assert [effect.kind for effect in psp.sandbox.effects] == ["authorise"]


async def test_a_void_gives_the_money_free_once(psp: Connected) -> None:
    paid = await psp.pay()
    await psp.adapter.void(void(paid), HERE, call())
    assert (await psp.read(paid.ref)).state is PaymentState.VOIDED
    with pytest.raises(RequestRefused):
        await psp.adapter.void(void(paid), HERE, call())


async def test_refunds_add_up_to_what_was_captured_and_no_more(psp: Connected) -> None:
    paid = await psp.captured("25.00")
    await psp.adapter.refund(refund(paid, "10.00"), HERE, call())
    await psp.adapter.refund(refund(paid, "15.00"), HERE, call())
    assert (await psp.read(paid.ref)).refunded == gbp("25.00")
    with pytest.raises(RequestRefused):
        await psp.adapter.refund(refund(paid, "0.01"), HERE, call())


async def test_a_refund_made_in_the_back_office_counts(psp: Connected) -> None:
    paid = await psp.captured("25.00")
    psp.sandbox.ledger.refund(psp.sandbox.ledger.intent(paid.ref.id), 700, {}, None)
    assert (await psp.read(paid.ref)).refunded == gbp("7.00")


async def test_a_refund_under_way_is_not_settled_and_may_fail(psp: Connected) -> None:
    paid = await psp.captured("25.00")
    psp.sandbox.ledger.refunds_pend = True
    asked = refund(paid, "10.00")
    pending = await psp.adapter.refund(asked, HERE, call())
    assert (pending.settled, pending.failed) == (False, False)
    psp.sandbox.ledger.settle_refund(pending.ref.id, failed=True)
    again = await psp.adapter.refund(asked, HERE, call())
    assert (again.ref, again.settled, again.failed) == (pending.ref, True, True)


@pytest.mark.parametrize("token", sorted(name for name, card in CARDS.items() if card.code))
async def test_a_decline_is_an_answer_with_a_class(psp: Connected, token: str) -> None:
    declined = await psp.pay(token=token)
    card = CARDS[token]
    assert declined.state is PaymentState.FAILED
    assert declined.raw == (card.decline or card.code)
    assert declined.reason is reason_of(card.code, card.decline)
    assert declined.authorised is None


def test_fraud_lost_and_stolen_are_never_told_apart() -> None:
    silent = ("fraudulent", "lost_card", "stolen_card", "pickup_card", "merchant_blacklist", "restricted_card")
    silent += ("security_violation", "generic_decline", "do_not_honor", "card_declined")
    assert not set(silent) & set(BY_CODE)
    assert {reason_of("card_declined", word) for word in silent} == {DeclineReason.OTHER}


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("insufficient_funds", DeclineReason.INSUFFICIENT_FUNDS),
        ("expired_card", DeclineReason.EXPIRED),
        ("authentication_required", DeclineReason.AUTHENTICATION_FAILED),
        ("incorrect_cvc", DeclineReason.WRONG_DETAILS),
        ("card_velocity_exceeded", DeclineReason.LIMIT_EXCEEDED),
        ("transaction_not_allowed", DeclineReason.NOT_ALLOWED),
        ("try_again_later", DeclineReason.TRY_AGAIN),
        ("nobody_knows", DeclineReason.OTHER),
    ],
)
def test_the_issuers_word_decides_the_class(word: str, reason: DeclineReason) -> None:
    assert reason_of("card_declined", word) is reason


@pytest.mark.parametrize(("back", "kind"), [("https://shop.example/back", "redirect"), (None, "sdk")])
async def test_three_d_secure_is_an_action_and_its_end_is_read(psp: Connected, back: str | None, kind: str) -> None:
    asked = await psp.pay(token="pm_card_threeDSecure2Required", return_url=back)
    assert asked.state is PaymentState.REQUIRES_ACTION
    assert asked.action is not None
    assert asked.action.kind == kind
    assert bool(asked.action.url) is (kind == "redirect")
    assert bool(asked.action.token) is (kind == "sdk")
    psp.sandbox.answer_challenge(asked.ref.id)
    on = await psp.adapter.authorise(authorise(payment=asked.ref), HERE, call())
    assert (on.ref, on.state, on.authorised) == (asked.ref, PaymentState.AUTHORISED, gbp("25.00"))


async def test_a_failed_challenge_is_a_decline(psp: Connected) -> None:
    asked = await psp.pay(token="pm_card_authenticationRequired")
    psp.sandbox.answer_challenge(asked.ref.id, approved=False)
    now = await psp.read(asked.ref)
    assert (now.state, now.reason) == (PaymentState.FAILED, DeclineReason.AUTHENTICATION_FAILED)


async def test_a_session_is_the_same_for_the_same_reference_and_paid_in_the_frontend(psp: Connected) -> None:
    opened = OpenSession(reference(), gbp("25.00"), "GB")
    session = await psp.adapter.open_session(opened, HERE, call())
    assert session == await psp.adapter.open_session(opened, HERE, call())
    assert session.client_token.startswith(f"{session.ref.id}_secret_")
    assert session.publishable_key == psp.sandbox.settings["publishable_key"]
    unpaid = await psp.adapter.authorise(authorise(session=session.ref), HERE, call())
    assert (unpaid.state, unpaid.action.kind) == (PaymentState.REQUIRES_ACTION, "sdk")
    psp.sandbox.pay_in_the_frontend(session.ref.id)
    paid = await psp.adapter.authorise(authorise("25.00", session=session.ref), HERE, call())
    assert (paid.ref, paid.state, paid.authorised) == (session.ref, PaymentState.AUTHORISED, gbp("25.00"))
    assert psp.sandbox.ledger.intent(session.ref.id).metadata["purchase"] == "CHECKOUT7"


async def test_a_session_is_confirmed_for_the_amount_of_now(psp: Connected) -> None:
    session = await psp.adapter.open_session(OpenSession(reference(), gbp("25.00"), "GB"), HERE, call())
    paid = await psp.adapter.authorise(authorise("21.00", session=session.ref, token="ctoken_visa"), HERE, call())
    assert (paid.state, paid.authorised) == (PaymentState.AUTHORISED, gbp("21.00"))


async def test_one_payment_pays_for_one_purchase(psp: Connected) -> None:
    session = await psp.adapter.open_session(OpenSession(reference(), gbp("25.00"), "GB"), HERE, call())
    psp.sandbox.pay_in_the_frontend(session.ref.id)
    first = authorise("25.00", session=session.ref)
    other = replace(authorise("25.00", session=session.ref), purchase="CHECKOUT8")
    paid = await psp.adapter.authorise(first, HERE, call())
    assert paid.state is PaymentState.AUTHORISED
    with pytest.raises(RequestRefused):
        await psp.adapter.authorise(other, HERE, call())
    assert await psp.adapter.authorise(first, HERE, call()) == paid
    going_on = replace(other, session=None, payment=session.ref)
    with pytest.raises(RequestRefused):
        await psp.adapter.authorise(going_on, HERE, call())
    assert psp.sandbox.ledger.intent(session.ref.id).metadata["purchase"] == "CHECKOUT7"


async def test_of_many_purchases_that_name_one_payment_at_once_one_has_it(psp: Connected) -> None:
    session = await psp.adapter.open_session(OpenSession(reference(), gbp("25.00"), "GB"), HERE, call())
    psp.sandbox.pay_in_the_frontend(session.ref.id)
    asked = [replace(authorise("25.00", session=session.ref), purchase=f"CHECKOUT{place}") for place in range(8)]
    found = await asyncio.gather(*(psp.adapter.authorise(one, HERE, call()) for one in asked), return_exceptions=True)
    paid = [one for one in found if isinstance(one, Payment) and one.state is PaymentState.AUTHORISED]
    assert len(paid) == 1
    assert all(isinstance(one, RequestRefused | OutcomeUnknown) for one in found if one not in paid)


async def test_a_session_that_was_declined_may_pay_for_the_next_try_and_only_for_that(psp: Connected) -> None:
    session = await psp.adapter.open_session(OpenSession(reference(), gbp("25.00"), "GB"), HERE, call())
    first = authorise("25.00", session=session.ref, token="ctoken_visa_chargeDeclined")
    assert (await psp.adapter.authorise(first, HERE, call())).state is PaymentState.FAILED
    again = replace(authorise("25.00", session=session.ref, token="ctoken_visa"), purchase="CHECKOUT8")
    assert (await psp.adapter.authorise(again, HERE, call())).state is PaymentState.AUTHORISED
    with pytest.raises(RequestRefused):
        await psp.adapter.authorise(replace(first, session=None, payment=session.ref), HERE, call())


async def test_a_payment_is_found_by_reference_once_the_index_has_caught_up(psp: Connected) -> None:
    asked = authorise(token="pm_card_visa")
    paid = await psp.adapter.authorise(asked, HERE, call())
    assert await psp.adapter.find_payment(asked.reference, HERE, call()) is None
    psp.sandbox.skew = 31.0
    assert await psp.adapter.find_payment(asked.reference, HERE, call()) == paid
    assert await psp.adapter.find_payment(reference(), HERE, call()) is None
    assert await psp.adapter.find_payment("' OR metadata['x']:'", HERE, call()) is None


async def test_payments_nobody_has_are_absent(psp: Connected) -> None:
    paid = await psp.pay()
    strange = [NativeRef(BACKEND, each) for each in ("pi_nobody", "../refunds", "pi_a/capture", "", "pi_" + "x" * 300)]
    found = await psp.adapter.get_payments([paid.ref, *strange], HERE, call())
    assert list(found) == [paid.ref]


async def test_the_same_key_again_tells_how_the_payment_stands_now(psp: Connected) -> None:
    asked = authorise(token="pm_card_threeDSecure2Required")
    first = await psp.adapter.authorise(asked, HERE, call())
    psp.sandbox.answer_challenge(first.ref.id)
    again = await psp.adapter.authorise(asked, HERE, call())
    assert (again.ref, again.state) == (first.ref, PaymentState.AUTHORISED)
    assert len(psp.sandbox.ledger.intents) == 1


async def test_a_key_in_flight_or_of_another_amount_leaves_the_outcome_open(psp: Connected) -> None:
    asked = authorise("25.00", token="pm_card_visa")
    await psp.adapter.authorise(asked, HERE, call())
    with pytest.raises(OutcomeUnknown):
        await psp.adapter.authorise(authorise("26.00", token="pm_card_visa", reference=asked.reference), HERE, call())
    assert len(psp.sandbox.effects) == 1


async def test_an_error_that_came_after_the_effect_is_repeated_and_nothing_is_done_twice(psp: Connected) -> None:
    asked = authorise(token="pm_card_visa")
    psp.sandbox.failing_after = 1
    for _ in range(2):
        with pytest.raises(Unavailable):
            await psp.adapter.authorise(asked, HERE, call())
    assert len(psp.sandbox.effects) == 1
    psp.sandbox.skew = 60.0
    found = await psp.adapter.find_payment(asked.reference, HERE, call())
    assert found is not None
    assert found.state is PaymentState.AUTHORISED


async def test_stored_methods_are_shown_before_the_types_that_are_offered(psp: Connected) -> None:
    psp.sandbox.store_card("cus_ada", "pm_ada1", "4242")
    query = PaymentOptionsQuery(gbp("25.00"), "GB", customer=NativeRef(BACKEND, "cus_ada"))
    methods = (await psp.adapter.list_methods(query, HERE, call())).methods
    assert [(each.id, each.label, each.stored, each.expires) for each in methods] == [
        ("pm_ada1", "Visa **** 4242", True, "2031-04"),
        ("card", "Card", False, None),
    ]
    paid = await psp.pay(token="pm_ada1", customer=NativeRef(BACKEND, "cus_ada"))
    assert paid.state is PaymentState.AUTHORISED


@pytest.mark.parametrize("customer", [None, "cus_nobody", "../payment_intents"])
async def test_whom_stripe_does_not_know_has_no_stored_methods(psp: Connected, customer: str | None) -> None:
    who = None if customer is None else NativeRef(BACKEND, customer)
    answer = await psp.adapter.list_methods(PaymentOptionsQuery(gbp("25.00"), "GB", customer=who), HERE, call())
    assert [each.id for each in answer.methods] == ["card"]


@pytest.mark.parametrize("token", ["4242424242424242", "tok_visa", "pm_card_visa/../x", "", "pm_"])
async def test_nothing_but_a_token_of_stripes_is_sent(psp: Connected, token: str) -> None:
    with pytest.raises(RequestRefused):
        await psp.pay(token=token)
    assert psp.sandbox.requests == []


@pytest.mark.parametrize(
    ("amount", "currency", "sent"),
    [
        ("19.99", "GBP", 1999),
        ("1999", "JPY", 1999),
        ("5", "ISK", 500),
        ("5", "UGX", 500),
        ("12.50", "HUF", 1250),
        ("5000", "MGA", 5000),
        ("5.120", "KWD", 5120),
        ("800", "TWD", 80000),
    ],
)
def test_minor_units_are_stripes_own(amount: str, currency: str, sent: int) -> None:
    assert minor(Money(Decimal(amount), currency)) == sent
    assert money(sent, currency.lower()) == Money(Decimal(amount), currency)


@pytest.mark.parametrize(
    ("amount", "currency"),
    [("5.50", "ISK"), ("0.5", "JPY"), ("5.124", "KWD"), ("19.999", "GBP"), ("0", "GBP"), ("-1", "GBP"), ("1", "IQD")],
)
def test_an_amount_that_cannot_be_charged_exactly_is_refused_never_rounded(amount: str, currency: str) -> None:
    with pytest.raises(RequestRefused):
        minor(Money(Decimal(amount), currency))


def test_a_currency_nobody_uses_is_no_guess() -> None:
    with pytest.raises(InvalidAnswer):
        digits("XXX")


async def test_too_many_requests_and_an_outage_are_told_apart(psp: Connected) -> None:
    psp.sandbox.faults.down = True
    with pytest.raises(Unavailable):
        await psp.pay()
    psp.sandbox.faults.down = False
    psp.sandbox.faults.throttle = 1
    with pytest.raises(RateLimited):
        await psp.pay()


async def test_a_wrong_key_is_told_as_such_and_never_said(connect: Connect) -> None:
    psp = await connect(secret_key="sk_test_wrong_but_long")
    with pytest.raises(CredentialsRefused) as refused:
        await psp.pay()
    assert "wrong" not in f"{refused.value} {refused.value.detail}"


async def test_keys_of_two_modes_are_a_problem_with_its_place(connect: Connect) -> None:
    psp = await connect(publishable_key="pk_live_51Sandbox")
    (problem,) = (await psp.adapter.probe(call())).problems
    assert problem.place == "publishable_key"


async def test_something_is_offered(connect: Connect) -> None:
    with pytest.raises(ConfigurationError, match="at least one"):
        await connect(methods=())


async def test_the_probe_says_what_is_not_heard_of(psp: Connected, connect: Connect) -> None:
    assert [note.split(":")[0] for note in (await psp.adapter.probe(call())).notes] == ["the key is a test key"]
