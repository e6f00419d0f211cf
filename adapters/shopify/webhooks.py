"""Webhooks in: base64 HMAC-SHA256 over the raw body with the app's client secret (or the one before it, while it is
rotated). Deliveries come at least once and in any order; a retry may be four hours late, so what tells a replay is the
event id, not the clock."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import msgspec
from msgspec import Struct

from gateway.errors import BadInput, Unauthenticated
from gateway.ports.manifest import Secret
from gateway.ports.webhooks import WebhookDelivery, WebhookEvent

MAX_BODY = 5 << 20

TOPICS = (
    "products/create",
    "products/update",
    "products/delete",
    "inventory_levels/connect",
    "inventory_levels/update",
    "inventory_levels/disconnect",
    "inventory_items/update",
    "customers/create",
    "customers/update",
    "customers/delete",
    "customers_marketing_consent/update",
    "customers_email_marketing_consent/update",
    "orders/create",
    "orders/updated",
    "orders/cancelled",
    "orders/fulfilled",
    "orders/delete",
    "collections/update",
    "locations/update",
)


class _Variant(Struct):
    id: int | None = None
    sku: str | None = None

    @property
    def key(self) -> str:
        return self.sku or f"gid://shopify/ProductVariant/{self.id}"


class _Payload(Struct):
    """The few fields of all payloads (REST shapes, snake case) that say what became stale."""

    id: int | None = None
    handle: str | None = None
    sku: str | None = None
    variants: list[_Variant] = []
    inventory_item_id: int | None = None
    location_id: int | None = None
    customer_id: int | None = None
    updated_at: str | None = None


def _products(payload: _Payload) -> tuple[str, ...]:
    tags = [f"product:gid://shopify/Product/{payload.id}"]
    if payload.handle:
        tags.append(f"product:{payload.handle}")
    keys = [variant.key for variant in payload.variants]
    return (*tags, *(f"product:{key}" for key in keys), *(f"price:{key}" for key in keys))


def _levels(payload: _Payload) -> tuple[str, ...]:
    """By item: `receive` puts there what its variant is known by, if this process has read it."""
    return (f"stock:gid://shopify/InventoryItem/{payload.inventory_item_id}",)


def _items(payload: _Payload) -> tuple[str, ...]:
    tags = (f"stock:gid://shopify/InventoryItem/{payload.id}",)
    return (*tags, f"stock:{payload.sku}") if payload.sku else tags


def _customers(payload: _Payload) -> tuple[str, ...]:
    return (f"customer:gid://shopify/Customer/{payload.customer_id or payload.id}",)


def _orders(payload: _Payload) -> tuple[str, ...]:
    return (f"order:gid://shopify/Order/{payload.id}",)


_TAGS: Mapping[str, Callable[[_Payload], tuple[str, ...]]] = {
    "products": _products,
    "inventory_levels": _levels,
    "inventory_items": _items,
    "customers": _customers,
    "customers_marketing_consent": _customers,
    "customers_email_marketing_consent": _customers,
    "orders": _orders,
    "collections": lambda payload: (f"product:gid://shopify/Collection/{payload.id}",),
    "locations": lambda payload: ("store",),
}


def receive(
    delivery: WebhookDelivery, secret: Secret | None, named_by_item: Mapping[str, str]
) -> tuple[WebhookEvent, ...]:
    """One event, or none for a topic nobody subscribed to. `named_by_item`: what this process has read so far."""
    if secret is None:
        raise Unauthenticated("This backend takes no webhooks.")
    if len(delivery.body) > MAX_BODY:
        raise BadInput("The delivery is too large.")
    if not _signed(delivery, secret):
        raise Unauthenticated("The signature does not match.")
    topic = delivery.headers.get("x-shopify-topic", "")
    tags_of = _TAGS.get(topic.partition("/")[0])
    if tags_of is None or topic not in TOPICS:
        return ()
    try:
        payload = msgspec.json.decode(delivery.body, type=_Payload)
    except (msgspec.DecodeError, ValueError, RecursionError):
        raise BadInput("The delivery makes no sense.") from None
    if payload.id is None and payload.inventory_item_id is None and payload.customer_id is None:
        raise BadInput("The delivery says nothing of what changed.")
    return (
        WebhookEvent(
            topic=topic,
            tags=tuple(_named(tag, named_by_item) for tag in tags_of(payload)),
            id=delivery.headers.get("x-shopify-webhook-id") or None,
            occurred_at=_moment(payload.updated_at) or _moment(delivery.headers.get("x-shopify-triggered-at")),
        ),
    )


def _named(tag: str, named_by_item: Mapping[str, str]) -> str:
    domain, _, name = tag.partition(":")
    return f"{domain}:{named_by_item[name]}" if name in named_by_item else tag


def _signed(delivery: WebhookDelivery, secret: Secret) -> bool:
    try:
        given = base64.b64decode(delivery.headers.get("x-shopify-hmac-sha256", ""), validate=True)
    except (binascii.Error, ValueError):
        return False
    # Every secret is tried, so that the time taken does not tell which one matched.
    matches = [
        hmac.compare_digest(hmac.new(value.encode(), delivery.body, hashlib.sha256).digest(), given)
        for value in secret.values
    ]
    return any(matches)


def _moment(text: str | None) -> datetime | None:
    try:
        found = datetime.fromisoformat(text) if text else None
        return found.astimezone(UTC) if found and found.tzinfo else None
    except (ValueError, OverflowError):
        return None
