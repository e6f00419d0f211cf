"""Webhooks from Stripe: signature, age, and the fact each event tells. Does no I/O.

`Stripe-Signature: t=1492774577,v1=...,v1=...`: HMAC-SHA256 in hexadecimal of `t.body` with the endpoint's secret; while
a secret is rolled there is one for each. Source: docs.stripe.com/webhooks, "Verify webhook signatures manually"."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec
from msgspec import Struct

from adapters.stripe.amounts import money
from adapters.stripe.config import StripeConfig
from adapters.stripe.declines import reason_of
from adapters.stripe.intents import CAPTURE, REFERENCE, WireIntent, WireRefund
from gateway.errors import BadInput, InvalidAnswer
from gateway.kit.decoding import decoded
from gateway.kit.moments import from_epoch
from gateway.kit.signatures import SignatureText, require_recent, require_signature
from gateway.model.identity import INT64, record_number
from gateway.ports.webhooks import WebhookDelivery, WebhookEvent, WebhookFact

WINDOW_SECONDS = 300.0
MOST_PARTS = 16


class WireDispute(Struct, frozen=True):
    id: str
    amount: int
    currency: str
    payment_intent: str | None = None


class WireData(Struct, frozen=True):
    object: msgspec.Raw


class WireEvent(Struct, frozen=True):
    """`account`: of a connected account, whose events a platform's endpoint may hear too."""

    id: str
    type: str
    created: int
    data: WireData
    account: str | None = None


class Webhooks:
    def __init__(self, config: StripeConfig) -> None:
        self._config = config

    def receive(self, delivery: WebhookDelivery) -> tuple[WebhookEvent, ...]:
        _verify(delivery, self._config)
        try:
            event = decoded(delivery.body, WireEvent)
            ours = event.account is None and event.type in _TELLS
            told = _TELLS[event.type](event.data.object) if ours else None
            occurred = from_epoch(event.created)
        except InvalidAnswer:
            raise BadInput("not a delivery of Stripe's") from None
        tags = () if told is None or not told.subject else (f"payment:{told.subject}",)
        fact = told if told is not None and told.kind and told.subject else None
        return (WebhookEvent(event.type, tags, id=event.id, occurred_at=occurred, fact=fact),)


def _verify(delivery: WebhookDelivery, config: StripeConfig) -> None:
    parts = [part.partition("=") for part in delivery.headers.get("stripe-signature", "").split(",", MOST_PARTS)]
    stamp = next((value for name, _, value in parts if name.strip() == "t"), "")
    given = [value for name, _, value in parts if name.strip() == "v1"]
    require_signature(config.webhook_secret, stamp.encode() + b"." + delivery.body, given, text=SignatureText.HEX)
    seconds = record_number(stamp, INT64)
    try:
        sent = None if seconds is None else from_epoch(seconds)
    except InvalidAnswer:
        sent = None
    require_recent(sent, delivery.received_at, within=WINDOW_SECONDS)


def _intent(kind: str, amount: Callable[[WireIntent], int], key: str = "") -> Callable[[msgspec.Raw], WebhookFact]:
    """`key`: where our metadata has the reference of the command that the event is about."""

    def told(raw: msgspec.Raw) -> WebhookFact:
        wire = decoded(raw, WireIntent)
        facts = _facts(amount(wire), wire.currency, wire.metadata.get(key))
        if kind == "payment.failed" and wire.last_payment_error is not None:
            error = wire.last_payment_error
            facts["reason"] = reason_of(error.code, error.decline_code).value
        return WebhookFact(_EXPIRED if kind == "payment.voided" and _expired(wire) else kind, wire.id, facts)

    return told


_EXPIRED = "payment.expired"


def _expired(wire: WireIntent) -> bool:
    """Cancelled by Stripe itself, when the hold was over."""
    return wire.cancellation_reason in ("automatic", "expired")


def _refund(raw: msgspec.Raw) -> WebhookFact:
    """No kind while it is under way."""
    wire = decoded(raw, WireRefund)
    kind = {"succeeded": "payment.refunded", "failed": "payment.refund_failed", "canceled": "payment.refund_failed"}
    facts = {**_facts(wire.amount, wire.currency, (wire.metadata or {}).get(REFERENCE)), "effect": wire.id}
    return WebhookFact(kind.get(wire.status or "", ""), wire.payment_intent or "", facts)


def _dispute(raw: msgspec.Raw) -> WebhookFact:
    wire = decoded(raw, WireDispute)
    facts = {**_facts(wire.amount, wire.currency, None), "effect": wire.id}
    return WebhookFact("payment.disputed", wire.payment_intent or "", facts)


def _facts(amount: int, currency: str, reference: str | None) -> dict[str, str]:
    whole = money(amount, currency)
    facts = {"amount": f"{whole.amount:f}", "currency": whole.currency}
    return {**facts, "reference": reference} if reference else facts


_TELLS: Mapping[str, Callable[[msgspec.Raw], WebhookFact]] = {
    "payment_intent.amount_capturable_updated": _intent(
        "payment.authorised", lambda wire: wire.amount_capturable + wire.amount_received, REFERENCE
    ),
    "payment_intent.payment_failed": _intent("payment.failed", lambda wire: wire.amount, REFERENCE),
    "payment_intent.succeeded": _intent("payment.captured", lambda wire: wire.amount_received, CAPTURE),
    "payment_intent.canceled": _intent("payment.voided", lambda wire: wire.amount),
    "refund.created": _refund,
    "refund.updated": _refund,
    "refund.failed": _refund,
    "charge.dispute.created": _dispute,
}
TOPICS = tuple(_TELLS)
