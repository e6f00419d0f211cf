"""Webhooks in: base64 HMAC-SHA256 over the raw body with the app's client secret (or the one before it, while it is
rotated). Deliveries come at least once and in any order; a retry may be four hours late, so what tells a replay is the
event id, not the clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

import msgspec
from msgspec import Struct

from gateway.errors import BadInput, InvalidAnswer
from gateway.kit.moments import from_rfc3339
from gateway.kit.signatures import require_signature
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


def _items(payload: _Payload) -> tuple[str, ...]:
    tags = (f"stock:gid://shopify/InventoryItem/{payload.id}",)
    return (*tags, f"stock:{payload.sku}") if payload.sku else tags


def _customers(payload: _Payload) -> tuple[str, ...]:
    """A customer's company location decides on the price group, which is kept by the same id."""
    native = f"gid://shopify/Customer/{payload.customer_id or payload.id}"
    return (f"customer:{native}", f"price:{native}")


_TAGS: Mapping[str, Callable[[_Payload], tuple[str, ...]]] = {
    "products": _products,
    # By item: `receive` puts there what its variant is known by, if this process has read it.
    "inventory_levels": lambda payload: (f"stock:gid://shopify/InventoryItem/{payload.inventory_item_id}",),
    "inventory_items": _items,
    "customers": _customers,
    "customers_marketing_consent": _customers,
    "customers_email_marketing_consent": _customers,
    "orders": lambda payload: (f"order:gid://shopify/Order/{payload.id}",),
    "collections": lambda payload: (f"product:gid://shopify/Collection/{payload.id}",),
    "locations": lambda payload: ("store",),
}


class Webhooks:
    def __init__(self, secret: Secret | None, named_by_item: Mapping[str, str]) -> None:
        """`named_by_item`: what this process has read so far."""
        self._secret = secret
        self._named_by_item = named_by_item

    def receive(self, delivery: WebhookDelivery) -> tuple[WebhookEvent, ...]:
        """One event, or none for a topic nobody subscribed to."""
        if len(delivery.body) > MAX_BODY:
            raise BadInput("The delivery is too large.")
        require_signature(self._secret, delivery.body, delivery.headers.get("x-shopify-hmac-sha256"))
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
                tags=tuple(self._named(tag) for tag in tags_of(payload)),
                id=delivery.headers.get("x-shopify-webhook-id") or None,
                occurred_at=_moment(payload.updated_at) or _moment(delivery.headers.get("x-shopify-triggered-at")),
            ),
        )

    def _named(self, tag: str) -> str:
        domain, _, name = tag.partition(":")
        return f"{domain}:{self._named_by_item[name]}" if name in self._named_by_item else tag


def _moment(text: str | None) -> datetime | None:
    try:
        return from_rfc3339(text) if text else None
    except InvalidAnswer:
        return None
