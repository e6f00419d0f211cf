"""Webhooks in: only what the app's secret signed is believed."""

from __future__ import annotations

import base64
import hashlib
import hmac
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from adapters.shopify.manifest import MANIFEST
from adapters.shopify.sandbox import ShopifySandbox
from adapters.shopify.webhooks import TOPICS, Webhooks
from gateway.errors import BadInput, Unauthenticated
from gateway.model.identity import CaseRule, KeyRule, NativeRef
from gateway.model.pricing import PriceKey
from gateway.model.stock import StockKey
from gateway.ports.manifest import Secret
from gateway.ports.webhooks import EVERYTHING, ForgetsChanges, WebhookDelivery, WebhookEvent, WebhookPort
from gateway.testing.conformance.example import NOW
from gateway.testing.faults.deliveries import unreadable

from .conftest import OpenAdapter
from .shops import Shopify, call, place, view

PRODUCT = {
    "id": 788032119674292922,
    "admin_graphql_api_id": "gid://shopify/Product/788032119674292922",
    "handle": "example-t-shirt",
    "title": "Example T-Shirt",
    "updated_at": "2026-07-01T08:00:00-04:00",
    "variants": [{"id": 1, "sku": "TEE-S"}, {"id": 2, "sku": None}, {"id": 3, "sku": "TEE-L"}],
}
ADA = "customer:gid://shopify/Customer/9"
LEVEL = {"inventory_item_id": 271878346596884015, "location_id": 24826418, "available": None}


def delivery(sandbox: ShopifySandbox, topic: str, payload: Any, **changes: Any) -> WebhookDelivery:
    headers, body = sandbox.webhook(topic, payload, secret=changes.pop("secret", None))
    return WebhookDelivery(headers | changes.pop("headers", {}), changes.pop("body", body), "https://x.example", NOW)


def test_a_product_update_makes_its_page_and_its_prices_stale(shop: Shopify, sandbox: ShopifySandbox) -> None:
    assert isinstance(shop, WebhookPort)
    (event,) = shop.receive(delivery(sandbox, "products/update", PRODUCT))
    assert event.topic == "products/update"
    assert event.tags == (
        "product:gid://shopify/Product/788032119674292922",
        "product:example-t-shirt",
        "product:TEE-S",
        "product:gid://shopify/ProductVariant/2",
        "product:TEE-L",
        "price:TEE-S",
        "price:gid://shopify/ProductVariant/2",
        "price:TEE-L",
    )
    assert event.id
    assert event.occurred_at == datetime(2026, 7, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("topic", "payload", "tags"),
    [
        ("inventory_levels/update", LEVEL, ("stock:gid://shopify/InventoryItem/271878346596884015",)),
        ("inventory_items/update", {"id": 5, "sku": "A"}, ("stock:gid://shopify/InventoryItem/5", "stock:A")),
        ("customers/update", {"id": 9, "email": "a@example.com"}, (ADA, f"price:{ADA.partition(':')[2]}")),
        (
            "customers_email_marketing_consent/update",
            {"customer_id": 9, "email_address": "a@example.com"},
            (ADA, f"price:{ADA.partition(':')[2]}"),
        ),
        ("orders/create", {"id": 3, "customer": {"id": 9}}, ("order:gid://shopify/Order/3",)),
        ("locations/update", {"id": 3}, ("store",)),
        ("orders/updated", {"id": 3, "customer": None}, ("order:gid://shopify/Order/3",)),
        ("products/delete", {"id": 7}, ("product:gid://shopify/Product/7",)),
    ],
)
def test_every_topic_says_what_it_makes_stale(
    shop: Shopify, sandbox: ShopifySandbox, topic: str, payload: Any, tags: tuple[str, ...]
) -> None:
    (event,) = shop.receive(delivery(sandbox, topic, payload))
    assert event.tags == tags
    assert "a@example.com" not in repr(event)


async def test_a_stock_event_names_the_sku_that_was_read(shop: Shopify, sandbox: ShopifySandbox) -> None:
    await shop.resolve(["MUG-01-S"], view(MANIFEST, "store.list_stores"), call())
    item = next(v.item for v in sandbox.world.variants.values() if v.sku == "MUG-01-S")
    payload = {**LEVEL, "inventory_item_id": int(item.rpartition("/")[2])}
    (event,) = shop.receive(delivery(sandbox, "inventory_levels/update", payload))
    assert event.tags == ("stock:MUG-01-S",)


async def test_a_stock_event_names_the_variant_that_has_no_sku(shop: Shopify, sandbox: ShopifySandbox) -> None:
    bare = next(v for v in sandbox.world.variants.values() if v.sku is None)
    key = StockKey(NativeRef("shop", bare.id), (place("1001"),))
    assert key in await shop.get_stock([key], view(MANIFEST, "stock.get_stock"), call())
    payload = {**LEVEL, "inventory_item_id": int(bare.item.rpartition("/")[2])}
    (event,) = shop.receive(delivery(sandbox, "inventory_levels/update", payload))
    assert event.tags == (f"stock:{bare.id}",)


@pytest.mark.parametrize("rule", [KeyRule(), KeyRule(case=CaseRule.LOWER)])
@pytest.mark.parametrize("told", ["products/create", None])
async def test_a_sku_that_was_absent_is_found_once_its_product_is_told(
    sandbox: ShopifySandbox, open_adapter: OpenAdapter, rule: KeyRule, told: str | None
) -> None:
    shop = open_adapter(sandbox, rule=rule)
    context = view(MANIFEST, "price.get_prices")
    wanted, old = [PriceKey("new-mug")], [PriceKey("MUG-01-S"), PriceKey("mug-01-s")]
    assert await shop.get_prices(wanted, context, call()) == {}
    await shop.get_prices(old, context, call())
    changed = next(v for v in sandbox.world.variants.values() if v.sku == "MUG-01-M")
    changed.sku = "new-mug"
    assert await shop.get_prices(wanted, context, call()) == {}
    tags = EVERYTHING
    if told is not None:
        (event,) = shop.receive(delivery(sandbox, told, {**PRODUCT, "variants": [{"id": 1, "sku": "new-mug "}]}))
        tags = event.tags
    assert isinstance(shop, ForgetsChanges)
    shop.forget(tags)
    assert set(await shop.get_prices(wanted, context, call())) == set(wanted)


async def test_whoever_missed_what_changed_asks_for_the_countries_again(shop: Shopify, sandbox: ShopifySandbox) -> None:
    async def documents() -> list[bool]:
        before = len(sandbox.requests)
        await shop.get_prices([PriceKey("MUG-01-S")], view(MANIFEST, "price.get_prices"), call())
        return ["Shopfront" in repr(request) for request in sandbox.requests[before:]]

    assert any(await documents())
    assert not any(await documents())
    assert isinstance(shop, ForgetsChanges)
    shop.forget(EVERYTHING)
    assert any(await documents())


def test_a_change_of_any_byte_is_refused(shop: Shopify, sandbox: ShopifySandbox) -> None:
    good = delivery(sandbox, "inventory_levels/update", LEVEL)
    for at in range(len(good.body)):
        body = good.body[:at] + bytes([good.body[at] ^ 1]) + good.body[at + 1 :]
        with pytest.raises(Unauthenticated):
            shop.receive(WebhookDelivery(good.headers, body, good.url, NOW))


@pytest.mark.parametrize("signature", ["", "x", "AAAA", "é", "=" * 44, "A" * 43 + "="])
def test_a_forged_signature_is_refused(shop: Shopify, sandbox: ShopifySandbox, signature: str) -> None:
    with pytest.raises(Unauthenticated):
        shop.receive(delivery(sandbox, "orders/create", {"id": 1}, headers={"x-shopify-hmac-sha256": signature}))


def test_both_secrets_are_believed_while_one_replaces_the_other(sandbox: ShopifySandbox) -> None:
    rotating = Webhooks(Secret(("new", "old")), {})
    for secret in ("new", "old"):
        assert rotating.receive(delivery(sandbox, "orders/create", {"id": 1}, secret=secret))
    with pytest.raises(Unauthenticated):
        rotating.receive(delivery(sandbox, "orders/create", {"id": 1}, secret="older"))


def test_a_backend_without_a_secret_believes_nobody(sandbox: ShopifySandbox) -> None:
    with pytest.raises(Unauthenticated):
        Webhooks(None, {}).receive(delivery(sandbox, "orders/create", {"id": 1}, secret=""))


def test_a_retry_bears_the_same_id_and_may_come_late(shop: Shopify, sandbox: ShopifySandbox) -> None:
    first = delivery(sandbox, "orders/create", {"id": 1})
    late = WebhookDelivery(first.headers, first.body, first.url, NOW + timedelta(hours=4))
    events: list[WebhookEvent] = [*shop.receive(first), *shop.receive(late)]
    assert events[0].id == events[1].id
    assert events[0] == events[1]


def test_an_unknown_topic_is_taken_and_means_nothing(shop: Shopify, sandbox: ShopifySandbox) -> None:
    assert shop.receive(delivery(sandbox, "themes/publish", {"id": 1})) == ()
    assert set(MANIFEST.webhook_topics) == set(TOPICS)


@pytest.mark.parametrize("payload", [[], {}, "text", {"id": "seven"}, None])
def test_a_signed_delivery_that_makes_no_sense_is_refused(shop: Shopify, sandbox: ShopifySandbox, payload: Any) -> None:
    with pytest.raises(BadInput):
        shop.receive(delivery(sandbox, "orders/create", payload))


def signature(sandbox: ShopifySandbox, body: bytes) -> str:
    return base64.b64encode(hmac.new(sandbox.webhook_secret.encode(), body, hashlib.sha256).digest()).decode()


@pytest.mark.parametrize("topic", sorted(TOPICS))
def test_no_body_makes_more_than_a_refusal(shop: Shopify, sandbox: ShopifySandbox, topic: str) -> None:
    for body in unreadable(msgspec.json.encode({**PRODUCT, **LEVEL, "customer": {"id": 9}})):
        headers = sandbox.webhook(topic, {})[0] | {"x-shopify-hmac-sha256": signature(sandbox, body)}
        with suppress(BadInput):
            shop.receive(WebhookDelivery(headers, body, "https://x.example", NOW))


@pytest.mark.parametrize("moment", ["", "x", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-01-01"])
def test_no_moment_in_a_header_makes_more_than_none(shop: Shopify, sandbox: ShopifySandbox, moment: str) -> None:
    (event,) = shop.receive(
        delivery(sandbox, "locations/update", {"id": 3}, headers={"x-shopify-triggered-at": moment})
    )
    assert event.tags == ("store",)
