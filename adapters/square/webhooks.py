"""Webhooks from Square: signature, age, and what each event makes stale. Does no I/O.

`x-square-hmacsha256-signature` is base64(HMAC-SHA256(key, notification URL + raw body)); the time is inside the signed
body. Source: developer.squareup.com/docs/webhooks/step3validate."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from msgspec import Struct

from adapters.square.config import SquareConfig
from adapters.square.rows import Instant
from gateway.errors import BadInput, InvalidAnswer
from gateway.kit.decoding import decoded
from gateway.kit.moments import utc
from gateway.kit.signatures import require_recent, require_signature
from gateway.ports.webhooks import EVERYTHING, WebhookDelivery, WebhookEvent

SIGNATURE = "x-square-hmacsha256-signature"
TOPICS = (
    "catalog.version.updated",
    "inventory.count.updated",
    "order.created",
    "order.updated",
    "customer.created",
    "customer.updated",
    "customer.deleted",
    "loyalty.account.created",
    "loyalty.account.updated",
    "loyalty.account.deleted",
    "loyalty.event.created",
    "loyalty.program.created",
    "loyalty.program.updated",
    "loyalty.promotion.created",
    "loyalty.promotion.updated",
    "location.created",
    "location.updated",
)
AHEAD_SECONDS = 300.0
"""How far Square's clock may be ahead of ours."""


class Counted(Struct, frozen=True):
    catalog_object_id: str | None = None
    location_id: str | None = None


class Movement(Struct, frozen=True):
    loyalty_account_id: str | None = None


class Holder(Struct, frozen=True):
    customer_id: str | None = None


class Content(Struct, frozen=True):
    """`data.object`: only what is needed to name what changed."""

    inventory_counts: tuple[Counted, ...] | None = None
    loyalty_event: Movement | None = None
    loyalty_account: Holder | None = None


class Data(Struct, frozen=True):
    id: str | None = None
    object: Content | None = None


class Notification(Struct, frozen=True):
    type: str
    event_id: str
    created_at: Instant
    data: Data | None = None


class Webhooks:
    """`sku_of` names the SKU of a variation this process has met, or None; `kept` forgets what the adapter keeps,
    by the tag of a whole data domain."""

    def __init__(
        self,
        config: SquareConfig,
        sku_of: Callable[[str], str | None],
        kept: Mapping[str, Sequence[Callable[[], None]]],
    ) -> None:
        self._config = config
        self._sku_of = sku_of
        self._kept = kept

    def receive(self, delivery: WebhookDelivery) -> tuple[WebhookEvent, ...]:
        signed = (self._config.webhook_url or delivery.url).encode() + delivery.body
        require_signature(self._config.webhook_signature_key, signed, delivery.headers.get(SIGNATURE))
        try:
            notification = decoded(delivery.body, Notification)
            occurred = utc(notification.created_at)
        except InvalidAnswer:
            raise BadInput("not a Square notification") from None
        within = self._config.webhook_window_seconds
        require_recent(occurred, delivery.received_at, within=within, ahead=AHEAD_SECONDS)
        tags = tuple(dict.fromkeys(self._tags(notification)))
        return (WebhookEvent(notification.type, tags, notification.event_id, occurred),)

    def forget(self, tags: Sequence[str]) -> None:
        """A record of its own that changed makes nothing old that is kept here."""
        for domain, forgotten in self._kept.items():
            if domain in tags or EVERYTHING[0] in tags:
                for forget in forgotten:
                    forget()

    def _tags(self, notification: Notification) -> Iterable[str]:
        """A new catalogue version says nothing about what changed, so all that is read from it is stale. Emails and
        phones are not named: what is cached by them lives a minute at most."""
        domain, _, rest = notification.type.partition(".")
        data = notification.data or Data()
        content = data.object or Content()
        if domain == "catalog":
            yield from ("product", "price", "stock", "loyalty")
        elif domain == "inventory":
            for each in content.inventory_counts or ():
                if each.catalog_object_id:
                    yield f"stock:{self._sku_of(each.catalog_object_id) or each.catalog_object_id}"
        elif domain == "loyalty":
            yield from _loyalty_tags(rest, data, content)
        elif domain in ("order", "customer") and data.id:
            yield f"{domain}:{data.id}"
        elif domain == "location":
            yield "store"


def _loyalty_tags(topic: str, data: Data, content: Content) -> Iterable[str]:
    if topic.startswith(("program.", "promotion.")):
        yield "loyalty"
    elif content.loyalty_event and content.loyalty_event.loyalty_account_id:
        yield f"loyalty:{content.loyalty_event.loyalty_account_id}"
    elif data.id:
        yield f"loyalty:{data.id}"
        if content.loyalty_account and content.loyalty_account.customer_id:
            yield f"loyalty:{content.loyalty_account.customer_id}"
