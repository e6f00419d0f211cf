"""WebhookPort: what automation rules send. Odoo signs nothing and numbers nothing: the only proof is a token that the
rule's URL (or a proxy's header) carries, and one change may arrive six times, so readers debounce and re-read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec

from adapters.odoo.order.orders import POS, SALE, order_id
from adapters.odoo.price.prices import PRICE_LISTS
from gateway.errors import BadInput, InvalidAnswer
from gateway.kit.moments import from_naive_utc
from gateway.kit.signatures import require_token
from gateway.ports.manifest import Secret
from gateway.ports.webhooks import WebhookDelivery, WebhookEvent

TOPICS = (
    "product.template",
    "product.product",
    "product.pricelist",
    "product.pricelist.item",
    "stock.quant",
    "sale.order",
    "pos.order",
    "res.partner",
    "loyalty.card",
)
HEADER = "x-gateway-token"


class _Sent(msgspec.Struct):
    """The fixed part; the fields chosen in the rule stand beside it."""

    model: str = msgspec.field(name="_model")
    id: int = msgspec.field(name="_id")


class Webhooks:
    def __init__(self, token: Secret | None, sku_field: str) -> None:
        """`sku_field`: where this Odoo keeps SKUs."""
        self._token = token
        self._tags = {**_TAGS, "product.product": partial(_variant, sku_field)}

    def receive(self, delivery: WebhookDelivery) -> tuple[WebhookEvent, ...]:
        """Raises Unauthenticated without the right token, BadInput for a body that is no change of a known model."""
        query = parse_qs(urlsplit(delivery.url).query)
        require_token(self._token, delivery.headers.get(HEADER) or next(iter(query.get("token", ())), ""))
        try:
            sent = msgspec.json.decode(delivery.body, type=_Sent)
            fields = msgspec.json.decode(delivery.body, type=dict[str, Any])
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            raise BadInput("this is no webhook of an Odoo") from error
        tags = self._tags.get(sent.model)
        if tags is None:
            raise BadInput("a webhook of a model that is not listened to")
        return (WebhookEvent(topic=sent.model, tags=tags(sent.id, fields), occurred_at=_when(fields)),)


def _when(fields: Mapping[str, Any]) -> datetime | None:
    written = fields.get("write_date")
    try:
        return from_naive_utc(written) if isinstance(written, str) else None
    except InvalidAnswer:
        return None


def _variant(sku_field: str, identifier: int, fields: Mapping[str, Any]) -> tuple[str, ...]:
    """With the SKU's field among the rule's the SKU is known; without it, all prices and stock are suspect."""
    sku = fields.get(sku_field)
    known = isinstance(sku, str) and sku
    return (f"product:{sku}", f"price:{sku}", f"stock:{sku}") if known else ("product", "price", "stock")


def _contact(identifier: int, fields: Mapping[str, Any]) -> tuple[str, ...]:
    """Answers are kept by address: with `email_normalized` among the rule's fields only that person's are stale. A
    contact's tags and price list decide on the price group, which is kept by id."""
    email, group = fields.get("email_normalized"), f"price:{identifier}"
    known = isinstance(email, str) and email
    return (f"customer:{email}", f"customer:{identifier}", group) if known else ("customer", group)


def _fixed(*tags: str) -> Callable[[int, Mapping[str, Any]], tuple[str, ...]]:
    return lambda identifier, fields: tags


_TAGS: Mapping[str, Callable[[int, Mapping[str, Any]], tuple[str, ...]]] = {
    "product.template": lambda identifier, fields: (f"product:{identifier}", "price"),
    "product.pricelist": _fixed("price", PRICE_LISTS),
    "product.pricelist.item": _fixed("price", PRICE_LISTS),
    "stock.quant": _fixed("stock"),
    "sale.order": lambda identifier, fields: (f"order:{order_id(SALE, identifier)}",),
    "pos.order": lambda identifier, fields: (f"order:{order_id(POS, identifier)}",),
    "res.partner": _contact,
    "loyalty.card": _fixed("loyalty"),
}
