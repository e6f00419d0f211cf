"""Webhooks from Adyen: the signature of every item of a batch, and the fact each tells. Does no I/O.

An item is signed by itself: HMAC-SHA256, with the key that is written in hexadecimal, over
`pspReference:originalReference:merchantAccountCode:merchantReference:value:currency:eventCode:success`, in base64. When
it was sent is not signed, so that a repetition is told by what it says (`WebhookEvent.id`), not by its age. Source:
docs.adyen.com/development-resources/webhooks/secure-webhooks/verify-hmac-signatures."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping

from msgspec import Struct, field

from adapters.adyen.amounts import WireAmount
from adapters.adyen.config import AdyenConfig
from adapters.adyen.refusals import reason_of
from gateway.errors import BadInput, InvalidAnswer, Unauthenticated
from gateway.kit.decoding import decoded
from gateway.kit.moments import from_rfc3339
from gateway.ports.manifest import Secret
from gateway.ports.webhooks import WebhookDelivery, WebhookEvent, WebhookFact

MOST_ITEMS = 1000
_HMAC_KEY = re.compile(r"(?:[0-9A-Fa-f]{2}){16,64}")


class Item(Struct, frozen=True, rename="camel"):
    event_code: str
    success: str
    psp_reference: str
    merchant_account_code: str
    amount: WireAmount
    event_date: str
    merchant_reference: str = ""
    original_reference: str = ""
    reason: str | None = None
    additional_data: Mapping[str, str | None] | None = None

    @property
    def signed(self) -> bytes:
        parts = (
            self.psp_reference,
            self.original_reference,
            self.merchant_account_code,
            self.merchant_reference,
            str(self.amount.value),
            self.amount.currency,
            self.event_code,
            self.success,
        )
        return ":".join(parts).encode()

    @property
    def payment(self) -> str:
        return self.original_reference or self.psp_reference


class Wrapped(Struct, frozen=True):
    item: Item = field(name="NotificationRequestItem")


class Batch(Struct, frozen=True, rename="camel"):
    notification_items: tuple[Wrapped, ...]


class Webhooks:
    """All of a batch or nothing: one item that is forged makes the others doubtful."""

    acknowledgement = b"[accepted]"

    def __init__(self, config: AdyenConfig) -> None:
        self._config = config

    def receive(self, delivery: WebhookDelivery) -> tuple[WebhookEvent, ...]:
        if self._config.hmac_key is None:
            raise Unauthenticated("without `hmac_key` nothing is accepted")
        try:
            items = [each.item for each in decoded(delivery.body, Batch).notification_items]
        except InvalidAnswer:
            raise BadInput("not a delivery of Adyen's") from None
        if not 0 < len(items) <= MOST_ITEMS:
            raise BadInput("not a delivery of Adyen's")
        for item in items:
            _verify(item, self._config.hmac_key)
        try:
            return tuple(self._event(item) for item in items)
        except InvalidAnswer:
            raise BadInput("not a delivery of Adyen's") from None

    def _event(self, item: Item) -> WebhookEvent:
        """An item of another merchant account, signed with our key, is another shop's."""
        ours = item.merchant_account_code == self._config.merchant_account
        return WebhookEvent(
            item.event_code,
            (f"payment:{item.payment}",) if ours else (),
            id=f"{item.psp_reference}:{item.event_code}:{item.success}",
            occurred_at=from_rfc3339(item.event_date, "an event's time"),
            fact=_fact(item) if ours else None,
        )


def is_hmac_key(key: str) -> bool:
    """Whether it is written in hexadecimal, as it has to be."""
    return _HMAC_KEY.fullmatch(key) is not None


def _verify(item: Item, keys: Secret) -> None:
    given = (item.additional_data or {}).get("hmacSignature") or ""
    good = False
    for key in filter(is_hmac_key, keys.values):
        made = base64.b64encode(hmac.new(bytes.fromhex(key), item.signed, hashlib.sha256).digest())
        good |= hmac.compare_digest(made, given.encode("utf-8", "surrogatepass"))
    if not good:
        raise Unauthenticated("an item's signature is wrong")


DONE: Mapping[str, tuple[str, str]] = {
    "AUTHORISATION": ("payment.authorised", "payment.failed"),
    "CAPTURE": ("payment.captured", "payment.capture_failed"),
    "CAPTURE_FAILED": ("payment.capture_failed", ""),
    "CANCELLATION": ("payment.voided", "payment.void_failed"),
    "TECHNICAL_CANCEL": ("payment.voided", "payment.void_failed"),
    "REFUND": ("payment.refunded", "payment.refund_failed"),
    "REFUND_FAILED": ("payment.refund_failed", ""),
    "REFUNDED_REVERSED": ("payment.refund_failed", ""),
    "EXPIRE": ("payment.expired", ""),
    "NOTIFICATION_OF_CHARGEBACK": ("payment.disputed", ""),
    "CHARGEBACK": ("payment.disputed", ""),
}
"""What an event tells where it was a success, and where it was not."""
REVERSAL = "CANCEL_OR_REFUND"
TOPICS = (*DONE, REVERSAL)


def _fact(item: Item) -> WebhookFact | None:
    """`reason` of the event is Adyen's text only where it failed; of a success it tells of the card."""
    success = item.success == "true"
    code = item.event_code
    if code == REVERSAL:
        action = (item.additional_data or {}).get("modification.action")
        code = {"cancel": "CANCELLATION", "refund": "REFUND"}.get(action or "", "")
    done, failed = DONE.get(code, ("", ""))
    kind = done if success else failed
    if not kind:
        return None
    amount = item.amount.money
    facts = {"amount": f"{amount.amount:f}", "currency": amount.currency}
    if item.merchant_reference:
        facts["reference"] = item.merchant_reference
    if item.original_reference:
        facts["effect"] = item.psp_reference
    if kind == "payment.failed":
        facts["reason"] = reason_of(None, item.reason).value
    return WebhookFact(kind, item.payment, facts)
