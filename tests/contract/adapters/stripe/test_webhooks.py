"""Deliveries: whose they are, how old, and what they tell. The vendor's own verifier is the second opinion."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import stripe
from aiohttp import web

from adapters.stripe.sandbox.server import WEBHOOK_SECRET
from gateway.errors import BadInput, Unauthenticated
from gateway.model.payments import PaymentState
from gateway.ports.manifest import Secret
from gateway.ports.payment import FACTS
from gateway.ports.webhooks import WebhookDelivery, WebhookEvent
from tests.contract.adapters.stripe.conftest import Connect
from tests.contract.adapters.stripe.connected import HERE, Connected, authorise, call, capture, gbp, refund, void

URL = "https://gateway.example/webhooks/psp"


def delivery(body: bytes, headers: dict[str, str], *, late: float = 0.0) -> WebhookDelivery:
    return WebhookDelivery(headers, body, URL, datetime.now(UTC) + timedelta(seconds=late))


def received(psp: Connected) -> list[WebhookEvent]:
    """All that the sandbox would tell, as the adapter reads it."""
    events = psp.sandbox.deliveries.events
    return [event for each in events for event in psp.adapter.receive(delivery(*psp.sandbox.deliveries.signed(each)))]


def told(psp: Connected) -> list[tuple[str, str, str]]:
    """Kind, reference and amount of every fact."""
    facts = [each.fact for each in received(psp) if each.fact is not None]
    assert all(fact.kind in FACTS for fact in facts)
    return [(fact.kind, fact.facts.get("reference", ""), fact.facts["amount"]) for fact in facts]


async def test_a_payments_life_is_told_with_our_references(psp: Connected) -> None:
    asked = authorise("25.00", token="pm_card_visa")
    paid = await psp.adapter.authorise(asked, HERE, call())
    taken, back = capture(paid, "20.00"), refund(paid, "5.00")
    await psp.adapter.capture(taken, HERE, call())
    given = await psp.adapter.refund(back, HERE, call())
    psp.sandbox.ledger.dispute(paid.ref.id)
    assert told(psp) == [
        ("payment.authorised", asked.reference, "25.00"),
        ("payment.captured", taken.reference, "20.00"),
        ("payment.refunded", back.reference, "5.00"),
        ("payment.disputed", "", "20.00"),
    ]
    events = received(psp)
    assert {event.fact.subject for event in events if event.fact} == {paid.ref.id}
    assert {event.tags for event in events} == {(f"payment:{paid.ref.id}",)}
    assert events[2].fact is not None
    assert events[2].fact.facts["effect"] == given.ref.id


async def test_a_void_an_expiry_and_a_decline_are_told_apart(psp: Connected) -> None:
    voided, expired = await psp.pay("1.00"), await psp.pay("2.00")
    await psp.adapter.void(void(voided, "1.00"), HERE, call())
    psp.sandbox.ledger.expire(expired.ref.id)
    await psp.pay("3.00", token="pm_card_chargeDeclinedInsufficientFunds")
    kinds = [(kind, amount) for kind, _, amount in told(psp)][2:]
    assert kinds == [("payment.voided", "1.00"), ("payment.expired", "2.00"), ("payment.failed", "3.00")]
    last = received(psp)[-1].fact
    assert last is not None
    assert last.facts["reason"] == "INSUFFICIENT_FUNDS"


async def test_a_refund_is_told_when_it_is_true(psp: Connected) -> None:
    paid = await psp.captured("25.00")
    psp.sandbox.ledger.refunds_pend = True
    first, second = refund(paid, "5.00"), refund(paid, "6.00")
    made = [await psp.adapter.refund(each, HERE, call()) for each in (first, second)]
    assert [kind for kind, _, _ in told(psp)][2:] == []
    psp.sandbox.ledger.settle_refund(made[0].ref.id)
    psp.sandbox.ledger.settle_refund(made[1].ref.id, failed=True)
    assert told(psp)[2:] == [
        ("payment.refunded", first.reference, "5.00"),
        ("payment.refund_failed", second.reference, "6.00"),
    ]


async def test_what_the_vendors_own_library_takes_is_taken(psp: Connected) -> None:
    await psp.pay()
    for event in psp.sandbox.deliveries.events:
        body, headers = psp.sandbox.deliveries.signed(event)
        assert stripe.Webhook.construct_event(body, headers["stripe-signature"], WEBHOOK_SECRET).id == event["id"]
        assert psp.adapter.receive(delivery(body, headers))[0].id == event["id"]


async def test_while_a_secret_is_rolled_either_signature_is_enough(connect: Connect) -> None:
    psp = await connect(webhook_secret=Secret(("whsec_new", "whsec_old")))
    await psp.pay()
    event = psp.sandbox.deliveries.events[0]
    for secrets in (["whsec_old"], ["whsec_new"], ["whsec_other", "whsec_old"]):
        psp.sandbox.deliveries.secrets = secrets
        assert psp.adapter.receive(delivery(*psp.sandbox.deliveries.signed(event)))
    psp.sandbox.deliveries.secrets = ["whsec_other"]
    with pytest.raises(Unauthenticated):
        psp.adapter.receive(delivery(*psp.sandbox.deliveries.signed(event)))


FORGED: dict[str, Callable[[bytes, str], tuple[bytes, str]]] = {
    "another body": lambda body, signature: (body.replace(b"2500", b"2501"), signature),
    "a space more": lambda body, signature: (body + b" ", signature),
    "no signature": lambda body, _: (body, ""),
    "another time": lambda body, signature: (body, signature.replace("t=", "t=1")),
    "no time": lambda body, signature: (body, signature.partition(",")[2]),
    "only the test scheme": lambda body, signature: (body, signature.replace("v1=", "v0=")),
    "a time that is none": lambda body, signature: (body, "t=x," + signature.partition(",")[2]),
}


@pytest.mark.parametrize("how", FORGED)
async def test_a_forged_delivery_is_refused(psp: Connected, how: str) -> None:
    await psp.pay("25.00")
    body, headers = psp.sandbox.deliveries.signed(psp.sandbox.deliveries.events[0])
    body, signature = FORGED[how](body, headers["stripe-signature"])
    with pytest.raises(Unauthenticated):
        psp.adapter.receive(delivery(body, {"stripe-signature": signature}))


@pytest.mark.parametrize("late", [301.0, -301.0])
async def test_a_delivery_of_another_time_is_refused(psp: Connected, late: float) -> None:
    await psp.pay()
    signed = psp.sandbox.deliveries.signed(psp.sandbox.deliveries.events[0])
    with pytest.raises(Unauthenticated):
        psp.adapter.receive(delivery(*signed, late=late))


async def test_without_a_secret_nothing_is_accepted(connect: Connect) -> None:
    psp = await connect(webhook_secret=None)
    await psp.pay()
    with pytest.raises(Unauthenticated):
        psp.adapter.receive(delivery(*psp.sandbox.deliveries.signed(psp.sandbox.deliveries.events[0])))


async def test_what_is_signed_and_makes_no_sense_is_bad_input(psp: Connected) -> None:
    body, headers = psp.sandbox.deliveries.signed({"id": "evt_1", "type": "refund.created", "created": 1, "data": 7})
    with pytest.raises(BadInput):
        psp.adapter.receive(delivery(body, headers))


async def test_an_event_of_another_kind_is_taken_and_tells_nothing(psp: Connected) -> None:
    psp.sandbox.deliveries.record("customer.created", {"id": "cus_1", "object": "customer"})
    (event,) = received(psp)
    assert (event.tags, event.fact) == ((), None)


@pytest.fixture
async def listener() -> AsyncGenerator[tuple[str, list[tuple[bytes, dict[str, str]]]]]:
    """A server that keeps what is posted to it."""
    kept: list[tuple[bytes, dict[str, str]]] = []

    async def take(request: web.Request) -> web.Response:
        kept.append((await request.read(), {name.lower(): value for name, value in request.headers.items()}))
        return web.Response()

    app = web.Application()
    app.router.add_post("/", take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    addresses: Any = runner.addresses
    yield f"http://127.0.0.1:{addresses[0][1]}/", kept
    await runner.cleanup()


async def test_deliveries_are_really_posted_twice_and_backwards(
    psp: Connected, listener: tuple[str, list[tuple[bytes, dict[str, str]]]]
) -> None:
    url, kept = listener
    paid = await psp.pay()
    await psp.adapter.capture(capture(paid, "25.00"), HERE, call())
    assert await psp.sandbox.deliveries.post(url, times=2, backwards=True) == [200] * 4
    events = [psp.adapter.receive(delivery(body, headers))[0] for body, headers in kept]
    kinds = [event.fact.kind for event in events if event.fact]
    assert kinds == ["payment.captured"] * 2 + ["payment.authorised"] * 2
    assert len({event.id for event in events}) == 2
    assert (await psp.read(paid.ref)).captured == gbp("25.00")
    assert paid.state is PaymentState.AUTHORISED


async def test_an_event_of_another_account_is_another_shops(psp: Connected) -> None:
    await psp.pay()
    (event,) = psp.sandbox.deliveries.events
    theirs = {**event, "account": "acct_1032D82eZvKYlo2C"}
    (heard,) = psp.adapter.receive(delivery(*psp.sandbox.deliveries.signed(theirs)))
    assert (heard.tags, heard.fact) == ((), None)
