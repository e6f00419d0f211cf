"""Deliveries: every item of a batch is verified, and tells its own fact. The vendor's client is the second opinion,
item by item: of a batch it looks at the first only."""

from __future__ import annotations

import copy
import importlib
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from aiohttp import web

from adapters.adyen.sandbox.ledger import CHALLENGED
from adapters.adyen.sandbox.server import HMAC_KEY
from gateway.calls.webhooks import WebhookInbox
from gateway.errors import BadInput, Unauthenticated
from gateway.ports.manifest import Secret
from gateway.ports.payment import FACTS
from gateway.ports.webhooks import AcknowledgesWebhooks, WebhookDelivery, WebhookEvent
from tests.contract.adapters.adyen.conftest import Connect
from tests.contract.adapters.adyen.connected import HERE, Connected, authorise, call, capture, card, refund, void

Json = dict[str, Any]
is_valid_hmac_notification: Any = importlib.import_module("Adyen.util").is_valid_hmac_notification
URL = "https://gateway.example/webhooks/psp"


def delivery(body: bytes) -> WebhookDelivery:
    return WebhookDelivery({"content-type": "application/json"}, body, URL, datetime.now(UTC))


def received(psp: Connected) -> tuple[WebhookEvent, ...]:
    """All that the sandbox would tell, in one batch."""
    return psp.adapter.receive(delivery(psp.sandbox.deliveries.batch(psp.sandbox.deliveries.items)))


def told(psp: Connected) -> list[tuple[str, str, str]]:
    """Kind, reference and amount of every fact."""
    facts = [each.fact for each in received(psp) if each.fact is not None]
    assert all(fact.kind in FACTS for fact in facts)
    return [(fact.kind, fact.facts.get("reference", ""), fact.facts["amount"]) for fact in facts]


async def test_a_payments_life_is_told_with_our_references(psp: Connected) -> None:
    asked = authorise("25.00", token=card())
    paid = await psp.adapter.authorise(asked, HERE, call())
    taken = capture(paid, "20.00")
    effect = await psp.adapter.capture(taken, HERE, call())
    psp.sandbox.ledger.settle()
    back = refund(paid, "5.00")
    await psp.adapter.refund(back, HERE, call())
    psp.sandbox.ledger.settle()
    psp.sandbox.ledger.fail_later("CHARGEBACK", paid.ref.id, 2000)
    assert told(psp) == [
        ("payment.authorised", asked.reference, "25.00"),
        ("payment.captured", taken.reference, "20.00"),
        ("payment.refunded", back.reference, "5.00"),
        ("payment.disputed", "", "20.00"),
    ]
    events = received(psp)
    assert {event.fact.subject for event in events if event.fact} == {paid.ref.id}
    assert {event.tags for event in events} == {(f"payment:{paid.ref.id}",)}
    assert events[1].fact is not None
    assert events[1].fact.facts["effect"] == effect.ref.id


async def test_what_was_received_and_then_failed_is_told(psp: Connected) -> None:
    paid = await psp.pay("25.00")
    for command in (capture(paid, "25.01"), refund(paid, "1.00")):
        await getattr(psp.adapter, type(command).__name__.lower())(command, HERE, call())
    psp.sandbox.ledger.settle()
    await psp.adapter.void(void(paid), HERE, call())
    psp.sandbox.ledger.settle(failing=True)
    psp.sandbox.ledger.fail_later("REFUND_FAILED", paid.ref.id, 100)
    psp.sandbox.ledger.fail_later("EXPIRE", paid.ref.id, 2500)
    kinds = [kind for kind, _, _ in told(psp)][1:]
    assert kinds == [
        "payment.capture_failed",
        "payment.refund_failed",
        "payment.void_failed",
        "payment.refund_failed",
        "payment.expired",
    ]


async def test_a_refusal_says_its_class_and_a_success_nothing_of_the_card(psp: Connected) -> None:
    await psp.pay(token=card("NOT_ENOUGH_BALANCE"))
    await psp.pay()
    failed, done = (event.fact for event in received(psp))
    assert failed is not None
    assert failed.facts["reason"] == "INSUFFICIENT_FUNDS"
    assert done is not None
    assert set(done.facts) == {"amount", "currency", "reference"}


async def test_a_challenge_that_was_passed_is_told_by_our_first_reference(psp: Connected) -> None:
    first = authorise(token=card(number=CHALLENGED))
    asked = await psp.adapter.authorise(first, HERE, call())
    details = {"redirectResult": psp.sandbox.answer_challenge(first.reference)}
    await psp.adapter.authorise(authorise(payment=asked.ref, details=details), HERE, call())
    assert told(psp) == [("payment.authorised", first.reference, "25.00")]


@pytest.mark.parametrize(("action", "kind"), [("cancel", "payment.voided"), ("refund", "payment.refunded")])
async def test_a_reversal_says_which_of_the_two_it_was(psp: Connected, action: str, kind: str) -> None:
    paid = await psp.pay()
    psp.sandbox.ledger.fail_later("CANCEL_OR_REFUND", paid.ref.id, 2500)
    psp.sandbox.deliveries.items[-1]["additionalData"] = {"modification.action": action}
    assert [each for each, _, _ in told(psp)][1:] == [kind]


async def test_every_item_of_a_batch_is_verified_where_the_vendors_client_looks_at_the_first(psp: Connected) -> None:
    for _ in range(3):
        await psp.pay()
    body = psp.sandbox.deliveries.batch(psp.sandbox.deliveries.items)
    forged: Json = msgspec.json.decode(body)
    forged["notificationItems"][2]["NotificationRequestItem"]["amount"]["value"] = 1
    assert is_valid_hmac_notification(copy.deepcopy(forged), HMAC_KEY)
    with pytest.raises(Unauthenticated):
        psp.adapter.receive(delivery(msgspec.json.encode(forged)))


async def test_what_the_vendors_own_client_takes_is_taken(psp: Connected) -> None:
    paid = await psp.pay()
    await psp.adapter.capture(capture(paid), HERE, call())
    psp.sandbox.ledger.settle()
    for item in psp.sandbox.deliveries.items:
        body = psp.sandbox.deliveries.batch([item])
        assert is_valid_hmac_notification(msgspec.json.decode(body), HMAC_KEY)
        assert len(psp.adapter.receive(delivery(body))) == 1


FIELDS = ("pspReference", "merchantReference", "eventCode", "success", "merchantAccountCode", "originalReference")


@pytest.mark.parametrize("field", FIELDS)
async def test_nothing_that_is_signed_can_be_changed(psp: Connected, field: str) -> None:
    paid = await psp.pay()
    await psp.adapter.capture(capture(paid), HERE, call())
    psp.sandbox.ledger.settle()
    forged: Json = msgspec.json.decode(psp.sandbox.deliveries.batch(psp.sandbox.deliveries.items[1:]))
    forged["notificationItems"][0]["NotificationRequestItem"][field] += "X"
    with pytest.raises(Unauthenticated):
        psp.adapter.receive(delivery(msgspec.json.encode(forged)))


async def test_an_item_without_a_signature_is_refused(psp: Connected) -> None:
    await psp.pay()
    body: Json = msgspec.json.decode(psp.sandbox.deliveries.batch(psp.sandbox.deliveries.items))
    for data in ({}, None, {"hmacSignature": ""}, {"hmacSignature": None}):
        body["notificationItems"][0]["NotificationRequestItem"]["additionalData"] = data
        with pytest.raises(Unauthenticated):
            psp.adapter.receive(delivery(msgspec.json.encode(body)))


async def test_while_a_key_is_rolled_either_is_enough_and_without_one_nothing(connect: Connect) -> None:
    psp = await connect(hmac_key=Secret(("AB" * 32, HMAC_KEY)))
    await psp.pay()
    assert received(psp)
    for key in (Secret(("AB" * 32,)), None):
        other = await connect(hmac_key=key)
        with pytest.raises(Unauthenticated):
            other.adapter.receive(delivery(psp.sandbox.deliveries.batch(psp.sandbox.deliveries.items)))


@pytest.mark.parametrize("body", [b"{}", b"[]", b"", b'{"notificationItems": []}', b'{"notificationItems": [{}]}'])
async def test_what_is_no_delivery_is_bad_input(psp: Connected, body: bytes) -> None:
    with pytest.raises(BadInput):
        psp.adapter.receive(delivery(body))


async def test_another_merchant_accounts_event_tells_nothing(psp: Connected) -> None:
    await psp.pay()
    item = {**psp.sandbox.deliveries.items[0], "merchantAccountCode": "AnotherShop"}
    (event,) = psp.adapter.receive(delivery(psp.sandbox.deliveries.batch([item])))
    assert (event.tags, event.fact) == ((), None)


async def test_deliveries_are_really_posted_in_batches_twice_and_backwards(psp: Connected) -> None:
    kept: list[bytes] = []

    async def take(request: web.Request) -> web.Response:
        kept.append(await request.read())
        return web.Response(text="[accepted]")

    app = web.Application()
    app.router.add_post("/", take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    addresses: Any = runner.addresses
    paid = await psp.pay()
    await psp.adapter.capture(capture(paid), HERE, call())
    psp.sandbox.ledger.settle()
    url = f"http://127.0.0.1:{addresses[0][1]}/"
    answers = await psp.sandbox.deliveries.post(url, times=2, backwards=True, together=2)
    await runner.cleanup()
    assert answers == ["[accepted]"] * 2
    events = [event for body in kept for event in psp.adapter.receive(delivery(body))]
    assert [event.topic for event in events] == ["CAPTURE", "AUTHORISATION"] * 2
    assert len({event.id for event in events}) == 2


async def test_a_delivery_is_answered_as_adyen_wants_to_read_it(psp: Connected) -> None:
    port = psp.made.backend.webhooks
    assert isinstance(port, AcknowledgesWebhooks)
    await psp.pay()
    bound: Any = type("Bound", (), {"backend": psp.made.backend})()
    stored: list[Any] = []

    async def changed(backend: str, tags: Any) -> None: ...

    async def store(facts: Any) -> int:
        stored.extend(facts)
        return len(facts)

    inbox = WebhookInbox({"psp": bound}, changed, store=store)
    said = await inbox.accept("psp", delivery(psp.sandbox.deliveries.batch(psp.sandbox.deliveries.items)))
    await inbox.close()
    assert said == b"[accepted]"
    assert [fact.kind for fact in stored] == ["payment.authorised"]
