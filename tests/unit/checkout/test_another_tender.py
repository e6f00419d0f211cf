"""A card that is approved in part, where the client profile lets the shopper pay the rest otherwise: within the one
time they have, as often as the bounds allow, to the minor unit; else everything is given back.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import select, text

from gateway.checkout.engine import Runs
from gateway.checkout.reconcile.rounds import Reconciler
from gateway.checkout.steps.another import MOST_MORE
from gateway.model.cart_faults import AttemptKind, TooManyAttempts
from gateway.model.checkouts import Checkout, CheckoutState, FailedTold, FailureReason, PaymentChoice
from gateway.model.money import Money
from gateway.model.orders import OrderStatus
from gateway.model.payments import ANOTHER_TENDER, DeclineReason, PaymentState
from gateway.model.requesters import Requester, RequesterKind
from gateway.ports.order import CONFIRM_ORDER, PLACE_ORDER
from gateway.ports.payment import GET_PAYMENTS
from gateway.ports.webhooks import Received
from gateway.settings import CheckoutSection
from gateway.state.tables import checkout_tenders, checkouts

from .conftest import Opened
from .fleet import until
from .retail import NUMBER, OTHER, REST, TOKEN, Retail

ON_POSTGRES = "soak"

THIRD = "tok_third"


def prepared(retail: Retail, approves: str = "8.00") -> Retail:
    retail.another_tender = True
    retail.pay.book.approves = Decimal(approves)
    return retail


@pytest.fixture(params=["pending", "at once"])
async def retail(request: pytest.FixtureRequest, url: str) -> AsyncIterator[Retail]:
    """In both orders of the saga."""
    opened = await Retail.open(url, pending=request.param == "pending")
    yield prepared(opened)
    await opened.close()


@pytest.fixture
async def one(url: str) -> AsyncIterator[Retail]:
    """In one of the two orders, where they do not differ."""
    opened = await Retail.open(url, pending=False)
    yield prepared(opened)
    await opened.close()


async def asked(retail: Retail, **more: Any) -> Checkout:
    """Bought as far as the first card goes."""
    checkout = await retail.buy(await retail.cart(**more))
    assert rest(checkout) is not None
    return checkout


def rest(checkout: Checkout | None) -> Decimal | None:
    """What another tender is asked for."""
    assert checkout is not None
    if checkout.state is not CheckoutState.ACTION_REQUIRED or checkout.action is None:
        return None
    assert checkout.action.kind == ANOTHER_TENDER
    assert checkout.action.amount is not None
    return checkout.action.amount.amount


async def paid(retail: Retail, checkout: Checkout, token: str = REST, **more: Any) -> Checkout:
    found = await retail.desk.pay_rest(checkout.id, PaymentChoice(backend="pay", token=token, **more), (), 15.0)
    assert isinstance(found, Checkout), found
    return found


def held(retail: Retail) -> list[tuple[Decimal, Decimal, str]]:
    """Of each payment: asked for, approved, how it stands."""
    return [(each.asked.amount, each.authorised, each.state.value) for each in retail.pay.book.payments.values()]


def failed(checkout: Checkout) -> FailedTold:
    assert isinstance(checkout.told, FailedTold), checkout
    return checkout.told


async def given_back(retail: Retail, checkout: Checkout) -> None:
    assert not {"AUTHORISED", "CAPTURED", "REQUIRES_ACTION", "PENDING"} & set(retail.payments())
    assert set(retail.orders()) <= {OrderStatus.CANCELLED}
    assert await retail.free() == 10
    async with retail.database.read() as connection:
        row = (await connection.execute(select(checkouts).where(checkouts.c.run == checkout.id))).one()
        kept = (await connection.execute(select(checkout_tenders.c.choice))).scalars().all()
    assert (row.rest, row.payment, set(kept)) == (None, None, {None})


async def test_the_rest_is_asked_for_and_paid_with_another_card(retail: Retail) -> None:
    checkout = await asked(retail)
    assert rest(checkout) == Decimal("4.00")
    assert checkout.expires is not None
    assert [(each.amount.amount, each.state) for each in checkout.tenders] == [(Decimal(8), PaymentState.AUTHORISED)]
    bought = await paid(retail, checkout)
    assert bought.state is CheckoutState.COMPLETED
    assert held(retail) == [(Decimal(12), Decimal(8), "AUTHORISED"), (Decimal(4), Decimal(4), "AUTHORISED")]
    assert [each.amount.amount for each in bought.tenders] == [Decimal(8), Decimal(4)]
    assert bought.total == Money(Decimal("12.00"), "GBP")


async def test_the_orders_owner_is_told_what_each_paid(retail: Retail) -> None:
    retail.pay.book.declined[THIRD] = DeclineReason.EXPIRED
    checkout = await asked(retail)
    assert rest(await paid(retail, checkout, THIRD)) == Decimal("4.00")
    assert (await paid(retail, checkout)).state is CheckoutState.COMPLETED
    wanted = (PLACE_ORDER.name, CONFIRM_ORDER.name)
    told: list[Any] = [each.keys[0] for each in retail.erp.asked if each.operation in wanted]
    payment, (first, _, last) = told[-1].payment, list(retail.pay.book.payments)
    assert (payment.payment, payment.amount.amount) == (last, Decimal("12.00"))
    parts = [(part.payment, part.amount.amount) for part in payment.parts]
    assert parts == [(first, Decimal("8.00")), (last, Decimal("4.00"))]


async def test_each_is_taken_as_far_as_it_was_approved(one: Retail) -> None:
    checkout = await asked(one)
    await paid(one, checkout)
    await one.followed()
    taken = [entry.amount.amount for entry in one.pay.book.entries if entry.kind == "capture"]
    assert sorted(taken) == [Decimal(4), Decimal(8)]
    found = await one.given.checkouts.get(checkout.id)
    assert found is not None
    assert [each.captured and each.captured.amount for each in found.tenders] == [Decimal(8), Decimal(4)]
    assert await one.tasks.list(limit=10) == []
    async with one.database.write() as connection:
        await connection.execute(text("UPDATE checkouts SET ended = ended - 7200, moved = moved - 7200"))
    reconciler = Reconciler(one.database, one.runs, ownership=one.ownership, caller=one.caller, tasks=one.tasks)
    assert (await reconciler.whole()).findings == []


@pytest.mark.parametrize(
    ("approves", "tenders"), [("5.00", ["5.00", "5.00", "2.00"]), ("3.99", ["3.99"] * 3 + ["0.03"])]
)
async def test_the_rest_may_be_approved_in_part_too(one: Retail, approves: str, tenders: list[str]) -> None:
    prepared(one, approves)
    checkout = await asked(one)
    for number in range(1, len(tenders)):
        assert rest(checkout) == Decimal(12) - number * Decimal(approves)
        checkout = await paid(one, checkout, f"tok_{number}")
    assert checkout.state is CheckoutState.COMPLETED
    assert [each.amount.amount for each in checkout.tenders] == [Decimal(each) for each in tenders]
    assert sum(each.amount.amount for each in checkout.tenders) == Decimal("12.00")


async def test_without_the_setting_what_was_approved_is_given_back(retail: Retail) -> None:
    retail.another_tender = False
    checkout = await retail.buy(await retail.cart())
    assert failed(checkout).reason is FailureReason.PAYMENT_DECLINED
    assert held(retail) == [(Decimal(12), Decimal(8), "VOIDED")]
    assert not {"another", "offered"} & set(await retail.runs.steps(checkout.id))
    await given_back(retail, checkout)


async def test_a_run_that_is_approved_in_full_has_the_same_steps_with_the_setting_and_without(retail: Retail) -> None:
    retail.pay.book.approves = None
    steps: list[list[str]] = []
    for key, allowed in (("a", True), ("b", False)):
        retail.another_tender = allowed
        checkout = await retail.buy(await retail.cart(), key=key)
        assert checkout.state is CheckoutState.COMPLETED
        await retail.followed()  # the engine records its last step after it is told
        steps.append(await retail.runs.steps(checkout.id))
    assert steps[0] == steps[1]


async def test_whoever_goes_back_has_everything_again(retail: Retail) -> None:
    checkout = await asked(retail)
    gone = await retail.desk.cancel(checkout.id, 15.0)
    assert gone is not None
    assert failed(gone[0]).reason is FailureReason.CANCELLED
    await given_back(retail, checkout)


async def test_whoever_does_not_come_back_has_everything_again(opened: Opened) -> None:
    retail = prepared(await opened(action=1.0))
    checkout = await asked(retail)

    async def ended() -> bool:
        found = await retail.given.checkouts.get(checkout.id)
        return found is not None and found.state is CheckoutState.FAILED

    await until(15.0, ended)
    over = await paid(retail, checkout)  # too late
    assert failed(over).reason is FailureReason.PAYMENT_EXPIRED
    assert len(retail.pay.book.payments) == 1
    await given_back(retail, checkout)


async def test_the_time_is_one_for_all_that_is_asked_of_the_shopper(one: Retail) -> None:
    one.pay.book.challenged = {TOKEN, REST}
    challenged = await one.buy(await one.cart())
    checkout = await one.desk.go_on(challenged.id, {"approved": "yes"}, 15.0)
    assert checkout is not None
    assert rest(checkout) == Decimal("4.00")
    again = await paid(one, checkout)
    assert again.action is not None
    assert again.action.kind != ANOTHER_TENDER
    assert challenged.expires == checkout.expires == again.expires
    bought = await one.desk.go_on(checkout.id, {"approved": "yes"}, 15.0)
    assert bought is not None
    assert bought.state is CheckoutState.COMPLETED
    assert [each.amount.amount for each in bought.tenders] == [Decimal(8), Decimal(4)]


async def test_whoever_fails_the_challenge_of_the_other_card_is_asked_again(one: Retail) -> None:
    one.pay.book.challenged = {REST}
    checkout = await paid(one, await asked(one))
    one.pay.book.answer(list(one.pay.book.payments)[1], approved=False)
    again = await one.desk.go_on(checkout.id, {}, 15.0)
    assert rest(again) == Decimal("4.00")
    assert (await paid(one, checkout, THIRD)).state is CheckoutState.COMPLETED


async def test_one_that_is_declined_is_asked_for_again_until_it_is_too_often(retail: Retail) -> None:
    checkout = await asked(retail)
    for number in range(MOST_MORE):
        retail.pay.book.declined[f"bad_{number}"] = DeclineReason.INSUFFICIENT_FUNDS
        assert rest(checkout) == Decimal("4.00")
        checkout = await paid(retail, checkout, f"bad_{number}")
    told = failed(checkout)
    assert (told.reason, told.decline) == (FailureReason.PAYMENT_DECLINED, DeclineReason.INSUFFICIENT_FUNDS)
    assert told.tender is not None
    assert told.tender.position == MOST_MORE
    assert retail.payments() == ["VOIDED"] + ["FAILED"] * MOST_MORE
    await given_back(retail, checkout)


async def test_declined_ones_count_as_payments_in_vain_of_the_cart(opened: Opened) -> None:
    retail = prepared(await opened(section=CheckoutSection(unpaid_per_cart=2)))
    retail.pay.book.declined |= dict.fromkeys((REST, THIRD), DeclineReason.OTHER)
    checkout = await paid(retail, await asked(retail))
    assert rest(checkout) == Decimal("4.00")
    assert failed(await paid(retail, checkout, THIRD)).reason is FailureReason.PAYMENT_DECLINED
    cart = await retail.cart_now(await retail.cart())
    found = await retail.given.checkouts.get(checkout.id)
    assert found is not None
    refused = await retail.desk.failed_too_often(found.cart, ())
    assert refused is not None
    assert refused.kind is AttemptKind.PAYMENTS_FAILED
    assert await retail.desk.failed_too_often(cart.id, ()) is None


async def test_declined_ones_count_to_whoever_bought_and_nobody_with_too_many_is_let_try(opened: Opened) -> None:
    retail = prepared(await opened(section=CheckoutSection(unpaid_per_device=2)))
    device = (Requester(RequesterKind.DEVICE, "a device"),)
    retail.pay.book.declined[REST] = DeclineReason.OTHER
    found: list[Checkout] = []
    for key in ("a", "b"):
        submission = replace(retail.asked(await retail.cart(), key=key, by=device if key == "a" else ()))
        first = await retail.desk.submit(submission, 15.0)
        assert isinstance(first, Checkout)
        found.append(first)
    assert rest(await paid(retail, found[0])) == Decimal("4.00")
    await retail.desk.cancel(found[0].id, 15.0)  # the second payment in vain
    choice = PaymentChoice(backend="pay", token=THIRD)
    refused = await retail.desk.pay_rest(found[1].id, choice, device, 15.0)
    assert isinstance(refused, TooManyAttempts)
    assert (refused.kind, len(retail.pay.book.payments)) == (AttemptKind.PAYMENTS_FAILED, 3)
    bought = await retail.desk.pay_rest(found[1].id, choice, (), 15.0)
    assert isinstance(bought, Checkout)
    assert bought.state is CheckoutState.COMPLETED


async def test_two_who_pay_the_rest_at_the_same_time_pay_it_once(one: Retail) -> None:
    checkout = await asked(one)
    both = await asyncio.gather(*(paid(one, checkout, token) for token in (REST, THIRD)))
    assert {each.state for each in both} == {CheckoutState.COMPLETED}
    assert [amount for amount, _, _ in held(one)] == [Decimal(12), Decimal(4)]


async def test_the_same_payment_again_is_declined_once(one: Retail) -> None:
    one.pay.book.declined[REST] = DeclineReason.TRY_AGAIN
    checkout = await asked(one)
    for _ in range(3):
        assert rest(await paid(one, checkout)) == Decimal("4.00")
    assert one.payments() == ["AUTHORISED", "FAILED"]
    await one.desk.cancel(checkout.id, 15.0)


async def test_coming_back_with_nothing_changes_nothing(one: Retail) -> None:
    checkout = await asked(one)
    for details in ({}, {"approved": "yes"}):
        assert rest(await one.desk.go_on(checkout.id, details, 15.0)) == Decimal("4.00")
    assert (await paid(one, checkout)).state is CheckoutState.COMPLETED


async def test_a_payment_that_nobody_asked_for_is_not_taken(one: Retail) -> None:
    one.pay.book.approves = None
    bought = await one.buy(await one.cart())
    assert await paid(one, bought) == bought
    one.pay.book.challenged = {TOKEN}
    challenged = await one.buy(await one.cart(), key="another")
    assert (await paid(one, challenged)).state is CheckoutState.ACTION_REQUIRED
    assert len(one.pay.book.payments) == 2
    await one.desk.cancel(challenged.id, 15.0)


async def test_a_gift_card_that_was_spent_in_part_leaves_a_rest_too(one: Retail) -> None:
    """And what both paid is kept together by their processor: nothing else can pay a part of that."""
    one.pay.book.approves = Decimal("6.00")
    checkout = await one.buy(await one.cart(gift_cards={NUMBER: "5.00"}))  # 5.00, and 6.00 of 7.00
    assert failed(checkout).reason is FailureReason.PAYMENT_DECLINED
    assert one.worth(NUMBER) == Decimal("5.00")
    await given_back(one, checkout)
    one.pay.book.approves = Decimal("4.00")
    alone = await one.buy(await one.cart(gift_cards={OTHER: "12.00"}), key="another", token=None)
    assert rest(alone) == Decimal("8.00")
    one.pay.book.approves = None
    assert (await paid(one, alone)).state is CheckoutState.COMPLETED
    assert [each.amount.amount for each in (await paid(one, alone)).tenders] == [Decimal(4), Decimal(8)]


async def test_an_owner_whose_total_differs_gives_all_of_them_back(opened: Opened) -> None:
    retail = prepared(await opened(pending=False))
    retail.erp.surcharge = Decimal("0.01")
    checkout = await paid(retail, await asked(retail))
    assert failed(checkout).reason is FailureReason.PRICE_CHANGED
    assert retail.payments() == ["VOIDED", "VOIDED"]
    voided = [entry.payment for entry in retail.pay.book.entries if entry.kind == "void"]
    assert voided == list(reversed(retail.pay.book.payments))
    await given_back(retail, checkout)


async def test_where_webhooks_alone_tell_they_tell_of_the_part_and_of_the_rest(one: Retail) -> None:
    one.pay.book.challenged = {TOKEN, REST}
    offers = one.ownership.offers
    one.ownership.offers = lambda backend, name: name != GET_PAYMENTS.name and offers(backend, name)  # type: ignore[method-assign]
    checkout = await one.buy(await one.cart())

    async def told(position: int, amount: str) -> None:
        payment = list(one.pay.book.payments.values())[position]
        one.pay.book.answer(payment.id)
        facts = {"reference": payment.reference, "amount": amount, "currency": "GBP"}
        await one.desk.heard(
            Received(identity=payment.id, backend="pay", kind="payment.authorised", subject=payment.id, facts=facts)
        )

    async def is_asked() -> bool:
        found = await one.given.checkouts.get(checkout.id)
        return found is not None and found.action is not None and found.action.kind == ANOTHER_TENDER

    await told(0, "8.00")
    await until(10.0, is_asked)
    await paid(one, checkout)
    await told(1, "4.00")

    async def bought() -> bool:
        found = await one.given.checkouts.get(checkout.id)
        return found is not None and found.state is CheckoutState.COMPLETED

    await until(10.0, bought)


async def test_a_run_that_was_begun_before_goes_on_as_it_was(url: str) -> None:
    """Its gate said nothing of another tender."""

    def older(runs: Runs) -> None:
        local = runs.local

        async def told(name: str, body: Any, *ids: str) -> Any:
            answer = await local(name, body, *ids)
            return {"tenders": answer["tenders"]} if name == "gate" else answer

        runs.local = told

    retail = prepared(await Retail.open(url, hook=older))
    checkout = await retail.buy(await retail.cart())
    assert failed(checkout).reason is FailureReason.PAYMENT_DECLINED
    await given_back(retail, checkout)
    await retail.close()
