"""Methods that customers let Stripe keep: whose they are, paid with, forgotten."""

from __future__ import annotations

import pytest

from gateway.errors import RequestRefused
from gateway.model.identity import NativeRef
from gateway.model.payments import (
    DeleteMethod,
    EnsurePayer,
    OpenSession,
    PaymentMethod,
    PaymentOptionsQuery,
    PaymentState,
)
from tests.contract.adapters.stripe.connected import BACKEND, HERE, Connected, authorise, call, gbp, reference

EMAIL = "ada@example.com"


async def payer(psp: Connected, name: str | None = None) -> NativeRef:
    return (await psp.adapter.ensure_payer(EnsurePayer(reference(), name or reference(), EMAIL), HERE, call())).ref


async def stored(psp: Connected, customer: NativeRef) -> list[PaymentMethod]:
    query = PaymentOptionsQuery(gbp("25.00"), "GB", customer=customer)
    return [each for each in (await psp.adapter.list_methods(query, HERE, call())).methods if each.stored]


async def test_what_is_paid_with_is_kept_when_its_customer_agreed_and_pays_again(psp: Connected) -> None:
    ada = await payer(psp)
    assert (await psp.pay(customer=ada, store=True)).state is PaymentState.AUTHORISED
    (card,) = await stored(psp, ada)
    assert (card.kind, card.brand, card.last_four, card.expires) == ("card", "visa", "4242", "2031-04")
    assert (await psp.pay(token=card.id, customer=ada)).state is PaymentState.AUTHORISED
    assert [each.id for each in await stored(psp, ada)] == [card.id]
    (first, _) = psp.sandbox.ledger.intents.values()
    assert first.setup_future_usage == "on_session"


async def test_nothing_is_kept_of_who_did_not_agree_or_was_declined(psp: Connected) -> None:
    ada = await payer(psp)
    await psp.pay(customer=ada)
    await psp.pay(customer=ada, store=True, token="pm_card_chargeDeclined")
    assert await stored(psp, ada) == []


async def test_a_card_is_kept_once_its_challenge_was_answered(psp: Connected) -> None:
    ada = await payer(psp)
    asked = await psp.pay(customer=ada, store=True, token="pm_card_threeDSecure2Required")
    assert (asked.state, await stored(psp, ada)) == (PaymentState.REQUIRES_ACTION, [])
    psp.sandbox.answer_challenge(asked.ref.id)
    (card,) = await stored(psp, ada)
    again = await psp.pay(token=card.id, customer=ada)
    assert again.state is PaymentState.REQUIRES_ACTION
    psp.sandbox.answer_challenge(again.ref.id)
    assert (await psp.read(again.ref)).state is PaymentState.AUTHORISED


async def test_a_kept_card_pays_for_nobody_else_and_for_nobody_unnamed(psp: Connected) -> None:
    ada, bob = await payer(psp), await payer(psp)
    await psp.pay(customer=ada, store=True)
    (card,) = await stored(psp, ada)
    for whose in (None, bob, NativeRef(BACKEND, "cus_nobody"), NativeRef(BACKEND, "ada@example.com")):
        with pytest.raises(RequestRefused):
            await psp.pay(token=card.id, customer=whose)
    assert len(psp.sandbox.effects) == 1


async def test_a_person_is_one_customer_and_never_who_bears_their_email(psp: Connected) -> None:
    squatter = psp.sandbox.ledger.people.make(EMAIL, {"payer": "SOMEBODYELSES"})
    psp.sandbox.store_card(squatter.id, "pm_squatters")
    ada = await payer(psp, "ADASNAME")
    assert ada.id != squatter.id
    psp.sandbox.skew = 31.0  # the index has caught up: another reference finds the same
    assert await payer(psp, "ADASNAME") == ada
    assert len(psp.sandbox.ledger.people.customers) == 2
    assert await stored(psp, ada) == []


async def test_a_session_keeps_what_the_frontend_pays_with(psp: Connected) -> None:
    ada = await payer(psp)
    asked = OpenSession(reference(), gbp("25.00"), "GB", method="card", customer=ada, store=True)
    session = await psp.adapter.open_session(asked, HERE, call())
    psp.sandbox.pay_in_the_frontend(session.ref.id)
    paid = await psp.adapter.authorise(authorise(session=session.ref, customer=ada, store=True), HERE, call())
    assert paid.state is PaymentState.AUTHORISED
    (card,) = await stored(psp, ada)
    asked = OpenSession(reference(), gbp("25.00"), "GB", method=card.id, customer=ada, stored=True)
    session = await psp.adapter.open_session(asked, HERE, call())
    assert psp.sandbox.ledger.intents[session.ref.id].payment_method == card.id
    own = authorise(session=session.ref, token=card.id, customer=ada)
    assert (await psp.adapter.authorise(own, HERE, call())).state is PaymentState.AUTHORISED


async def test_a_session_of_one_customer_is_not_anothers(psp: Connected) -> None:
    ada, bob = await payer(psp), await payer(psp)
    asked = OpenSession(reference(), gbp("25.00"), "GB", customer=ada, store=True)
    session = await psp.adapter.open_session(asked, HERE, call())
    stolen = authorise(session=session.ref, token="pm_card_visa", customer=bob, store=True)
    with pytest.raises(RequestRefused):
        await psp.adapter.authorise(stolen, HERE, call())
    assert psp.sandbox.effects == []


async def test_a_card_chosen_after_the_session_was_opened_is_paid_with_by_its_customer(psp: Connected) -> None:
    ada = await payer(psp)
    psp.sandbox.store_card(ada.id, "pm_kept")
    session = await psp.adapter.open_session(OpenSession(reference(), gbp("25.00"), "GB"), HERE, call())
    own = authorise(session=session.ref, token="pm_kept", customer=ada)
    assert (await psp.adapter.authorise(own, HERE, call())).state is PaymentState.AUTHORISED


async def test_a_deleted_card_is_gone_and_pays_nothing(psp: Connected) -> None:
    ada, bob = await payer(psp), await payer(psp)
    psp.sandbox.store_card(ada.id, "pm_kept")
    await psp.adapter.delete_method(DeleteMethod(reference(), bob, "pm_kept"), HERE, call())
    assert [each.id for each in await stored(psp, ada)] == ["pm_kept"]
    for _ in range(2):
        await psp.adapter.delete_method(DeleteMethod(reference(), ada, "pm_kept"), HERE, call())
    assert (await stored(psp, ada), psp.sandbox.ledger.people.detached) == ([], ["pm_kept"])
    with pytest.raises(RequestRefused):
        await psp.pay(token="pm_kept", customer=ada)
    await psp.adapter.delete_method(DeleteMethod(reference(), ada, "pm_never"), HERE, call())


@pytest.mark.parametrize("method", ["", "../customers", "pm_a/detach", "4242424242424242"])
async def test_nothing_but_a_method_is_asked_about(psp: Connected, method: str) -> None:
    with pytest.raises(RequestRefused):
        await psp.adapter.delete_method(DeleteMethod(reference(), NativeRef(BACKEND, "cus_a"), method), HERE, call())
    assert psp.sandbox.requests == []
