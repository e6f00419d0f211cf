"""Webhooks from HubSpot: signature, age, and what each event makes stale. Does no I/O.

`X-HubSpot-Signature-v3` is base64(HMAC-SHA256(client secret, method + URI + raw body + timestamp)); some characters of
the URI are decoded first, and deliveries older than five minutes are refused.
Source: developers.hubspot.com/docs/api/webhooks/validating-requests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct

from adapters.hubspot.config import HubSpotConfig
from gateway.errors import BadInput, InvalidAnswer
from gateway.kit.decoding import decoded
from gateway.kit.moments import from_epoch_millis
from gateway.kit.signatures import require_recent, require_signature
from gateway.model.identity import INT64, record_number
from gateway.ports.webhooks import WebhookDelivery, WebhookEvent

SIGNATURE = "x-hubspot-signature-v3"
TIMESTAMP = "x-hubspot-request-timestamp"
WINDOW_SECONDS = 300.0
TOPICS = (
    "contact.creation",
    "contact.propertyChange",
    "contact.deletion",
    "contact.privacyDeletion",
    "contact.merge",
    "contact.restore",
)
DECODED: Mapping[str, str] = {f"%{ord(each):02X}": each for each in ":/?@!$'()*,;"}
"""Characters that HubSpot signs decoded."""


class Notification(Struct, frozen=True, rename="camel"):
    """One of up to a hundred events of a delivery. `event_id` alone is not unique."""

    subscription_type: str
    object_id: int
    event_id: int
    occurred_at: int
    subscription_id: int = 0
    property_name: str = ""
    property_value: str | None = None
    primary_object_id: int | None = None
    merged_object_ids: tuple[int, ...] = ()


class Webhooks:
    def __init__(self, config: HubSpotConfig) -> None:
        self._config = config

    def receive(self, delivery: WebhookDelivery) -> tuple[WebhookEvent, ...]:
        _verify(delivery, self._config)
        try:
            return tuple(_event(each) for each in decoded(delivery.body, tuple[Notification, ...]))
        except InvalidAnswer:
            raise BadInput("not a delivery of HubSpot's") from None


def _verify(delivery: WebhookDelivery, config: HubSpotConfig) -> None:
    stamp = delivery.headers.get(TIMESTAMP, "")
    uri = config.webhook_url or delivery.url
    for code, character in DECODED.items():
        uri = uri.replace(code, character).replace(code.lower(), character)
    signed = b"POST" + uri.encode() + delivery.body + stamp.encode()
    require_signature(config.webhook_secret, signed, delivery.headers.get(SIGNATURE))
    millis = record_number(stamp, INT64)
    try:
        sent = None if millis is None else from_epoch_millis(millis)
    except InvalidAnswer:
        sent = None
    require_recent(sent, delivery.received_at, within=WINDOW_SECONDS)


def _event(notification: Notification) -> WebhookEvent:
    return WebhookEvent(
        topic=notification.subscription_type,
        tags=tuple(dict.fromkeys(_tags(notification))),
        id=f"{notification.event_id}-{notification.subscription_id}-{notification.occurred_at}",
        occurred_at=from_epoch_millis(notification.occurred_at),
    )


def _tags(notification: Notification) -> Iterable[str]:
    """The contact by all its ids, and by the email it now has. What is cached by other emails and by phone lives a
    minute at most."""
    ids = (notification.object_id, notification.primary_object_id, *notification.merged_object_ids)
    for contact_id in ids:
        if contact_id:
            yield f"customer:{contact_id}"
    if notification.property_name == "email" and notification.property_value:
        yield f"customer:{notification.property_value.lower()}"
