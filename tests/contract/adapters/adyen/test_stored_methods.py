"""Methods that shoppers let Adyen keep: whose they are, paid with, forgotten."""

from __future__ import annotations

import json

import pytest

from adapters.adyen.methods import WireStored, ends_in
from adapters.adyen.sandbox.ledger import CHALLENGED
from gateway.errors import RequestRefused
from gateway.model.identity import NativeRef
from gateway.model.payments import DeleteMethod, OpenSession, PaymentMethod, PaymentOptionsQuery, PaymentState
from tests.contract.adapters.adyen.connected import BACKEND, HERE, Connected, authorise, call, card, eur, reference

ADA, BOB = NativeRef(BACKEND, "ADASNAME"), NativeRef(BACKEND, "BOBSNAME")


async def stored(psp: Connected, shopper: NativeRef = ADA) -> list[PaymentMethod]:
    query = PaymentOptionsQuery(eur("25.00"), "NL", customer=shopper)
    return [each for each in (await psp.adapter.list_methods(query, HERE, call())).methods if each.stored]


async def test_what_is_paid_with_is_kept_when_its_shopper_agreed_and_pays_again(psp: Connected) -> None:
    assert (await psp.pay(customer=ADA, store=True)).state is PaymentState.AUTHORISED
    (kept,) = await stored(psp)
    assert (kept.kind, kept.brand, kept.last_four, kept.expires) == ("scheme", "visa", "1111", "2031-03")
    assert await stored(psp, BOB) == []
    assert (await psp.pay(token=kept.id, customer=ADA)).state is PaymentState.AUTHORISED
    asked = {"type": "scheme", "storedPaymentMethodId": kept.id, "encryptedSecurityCode": "test_737"}
    assert (await psp.pay(token=json.dumps(asked), customer=ADA)).state is PaymentState.AUTHORISED
    assert [each.id for each in await stored(psp)] == [kept.id]


async def test_adyen_is_told_that_the_shopper_is_there_and_what_it_is_for(psp: Connected) -> None:
    psp.sandbox.exchanges = []
    await psp.pay(customer=ADA, store=True)
    (kept,) = await stored(psp)
    await psp.pay(token=kept.id, customer=ADA)
    await psp.pay()
    sent = [json.loads(each.request) for each in psp.sandbox.exchanges if each.operation == "POST /v72/payments"]
    names = ("shopperReference", "storePaymentMethod", "recurringProcessingModel", "shopperInteraction")
    assert [tuple(body.get(name) for name in names) for body in sent] == [
        ("ADASNAME", True, "CardOnFile", "Ecommerce"),
        ("ADASNAME", None, "CardOnFile", "ContAuth"),
        (None, None, None, None),
    ]


async def test_nothing_is_kept_of_who_did_not_agree_or_was_refused(psp: Connected) -> None:
    await psp.pay(customer=ADA)
    await psp.pay(customer=ADA, store=True, token=card("DECLINED"))
    assert await stored(psp) == []


async def test_a_card_is_kept_once_its_challenge_was_answered(psp: Connected) -> None:
    first = authorise(token=card(number=CHALLENGED), customer=ADA, store=True)
    asked = await psp.adapter.authorise(first, HERE, call())
    assert (asked.state, await stored(psp)) == (PaymentState.REQUIRES_ACTION, [])
    details = {"redirectResult": psp.sandbox.answer_challenge(first.reference)}
    await psp.adapter.authorise(authorise(payment=asked.ref, details=details), HERE, call())
    (kept,) = await stored(psp)
    psp.sandbox.ledger.challenged.add(kept.id)
    again = authorise(token=kept.id, customer=ADA)
    asked = await psp.adapter.authorise(again, HERE, call())
    assert asked.state is PaymentState.REQUIRES_ACTION
    details = {"redirectResult": psp.sandbox.answer_challenge(again.reference)}
    paid = await psp.adapter.authorise(authorise(payment=asked.ref, details=details), HERE, call())
    assert paid.state is PaymentState.AUTHORISED


async def test_a_kept_card_pays_for_nobody_else_and_for_nobody_unnamed(psp: Connected) -> None:
    psp.sandbox.store_card("ADASNAME", "M5N7TQ4TG5PFWR50")
    for whose in (None, BOB, NativeRef(BACKEND, "X")):
        with pytest.raises(RequestRefused):
            await psp.pay(token="M5N7TQ4TG5PFWR50", customer=whose)
    assert psp.sandbox.effects == []


async def test_a_session_keeps_what_the_frontend_pays_with(psp: Connected) -> None:
    asked = OpenSession(reference(), eur("25.00"), "NL", method="scheme", customer=ADA, store=True)
    session = await psp.adapter.open_session(asked, HERE, call())
    result = psp.sandbox.ledger.pay_session(session.ref.id)
    own = authorise(session=session.ref, token=result, customer=ADA, store=True)
    assert (await psp.adapter.authorise(own, HERE, call())).state is PaymentState.AUTHORISED
    assert len(await stored(psp)) == 1


async def test_a_deleted_card_is_gone_and_pays_nothing(psp: Connected) -> None:
    psp.sandbox.store_card("ADASNAME", "M5N7TQ4TG5PFWR50")
    kept = "M5N7TQ4TG5PFWR50"
    await psp.adapter.delete_method(DeleteMethod(reference(), BOB, kept), HERE, call())
    assert [each.id for each in await stored(psp)] == [kept]
    for _ in range(2):
        await psp.adapter.delete_method(DeleteMethod(reference(), ADA, kept), HERE, call())
    assert (await stored(psp), psp.sandbox.ledger.deleted) == ([], [kept])
    with pytest.raises(RequestRefused):
        await psp.pay(token=kept, customer=ADA)


async def test_what_is_no_card_is_not_shown(psp: Connected) -> None:
    psp.sandbox.store_card("ADASNAME", "M5N7TQ4TG5PFWR50")
    psp.sandbox.ledger.stored["ADASNAME"].append({"id": "ABCDEFGH12345678", "type": "paypal", "name": "PayPal"})
    assert [each.id for each in await stored(psp)] == ["M5N7TQ4TG5PFWR50"]


@pytest.mark.parametrize(
    ("month", "year", "ends"), [("3", "31", "2031-03"), ("12", "2031", "2031-12"), (None, "31", None)]
)
def test_a_year_of_two_digits_is_of_this_century(month: str | None, year: str, ends: str | None) -> None:
    assert ends_in(WireStored("A", "scheme", expiry_month=month, expiry_year=year)) == ends
