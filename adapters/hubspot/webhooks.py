"""Webhooks from HubSpot: signature, age, and what each event makes stale. Does no I/O.

`X-HubSpot-Signature-v3` is base64(HMAC-SHA256(client secret, method + URI + raw body + timestamp)); some characters of
the URI are decoded first, and deliveries older than five minutes are refused.
Source: developers.hubspot.com/docs/api/webhooks/validating-requests."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

import msgspec
from msgspec import Struct

from adapters.hubspot.config import HubSpotConfig
from gateway.errors import BadInput, Unauthenticated
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
DECODED: Mapping[str, str] = {
    "%3A": ":",
    "%2F": "/",
    "%3F": "?",
    "%40": "@",
    "%21": "!",
    "%24": "$",
    "%27": "'",
    "%28": "(",
    "%29": ")",
    "%2A": "*",
    "%2C": ",",
    "%3B": ";",
}
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


def receive(delivery: WebhookDelivery, config: HubSpotConfig) -> tuple[WebhookEvent, ...]:
    _verify(delivery, config)
    try:
        notifications = msgspec.json.decode(delivery.body, type=tuple[Notification, ...])
        return tuple(_event(each) for each in notifications)
    except (msgspec.MsgspecError, ValueError, OverflowError, OSError, RecursionError):
        raise BadInput("not a delivery of HubSpot's") from None


def _verify(delivery: WebhookDelivery, config: HubSpotConfig) -> None:
    given, stamp = delivery.headers.get(SIGNATURE, ""), delivery.headers.get(TIMESTAMP, "")
    if config.webhook_secret is None or not given:
        raise Unauthenticated("the delivery is not signed")
    uri = config.webhook_url or delivery.url
    for code, character in DECODED.items():
        uri = uri.replace(code, character).replace(code.lower(), character)
    signed = b"POST" + uri.encode() + delivery.body + stamp.encode()
    good = False
    for secret in config.webhook_secret.values:
        digest = base64.b64encode(hmac.new(secret.encode(), signed, hashlib.sha256).digest())
        good |= hmac.compare_digest(digest, given.encode())
    if not good:
        raise Unauthenticated("the delivery's signature is wrong")
    sent = record_number(stamp, INT64)
    age = delivery.received_at.timestamp() - sent / 1000 if sent is not None else WINDOW_SECONDS + 1
    if abs(age) > WINDOW_SECONDS:
        raise Unauthenticated("the delivery is too old")


def _event(notification: Notification) -> WebhookEvent:
    return WebhookEvent(
        topic=notification.subscription_type,
        tags=tuple(dict.fromkeys(_tags(notification))),
        id=f"{notification.event_id}-{notification.subscription_id}-{notification.occurred_at}",
        occurred_at=datetime.fromtimestamp(notification.occurred_at / 1000, UTC),
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
