"""Deliveries from Square: signature over address and body, age, what they make stale."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from adapters.square.sandbox import SIGNATURE_KEY
from gateway.errors import BadInput, Unauthenticated
from gateway.model.pricing import PriceKey
from gateway.model.stock import StockKey
from gateway.ports.manifest import Secret
from gateway.ports.webhooks import EVERYTHING, WebhookDelivery, WebhookEvent, WebhookPort
from gateway.testing.faults.deliveries import unreadable
from tests.contract.adapters.square.connected import NOW, Connect, Connected, call, seen_by

URL = "https://shop.example/webhooks/till"


def signed(body: bytes, key: str = SIGNATURE_KEY, url: str = URL) -> str:
    return base64.b64encode(hmac.new(key.encode(), url.encode() + body, hashlib.sha256).digest()).decode()


def delivery(topic: str, data: dict[str, Any], **more: Any) -> WebhookDelivery:
    at = more.pop("at", NOW)
    body = json.dumps(
        {
            "merchant_id": "M1",
            "type": topic,
            "event_id": "6a8f5f28-54a1-4eb0-a98a-3111513fd4fc",
            "created_at": at.isoformat().replace("+00:00", "Z"),
            "data": data,
        }
    ).encode()
    headers = {"x-square-hmacsha256-signature": more.pop("signature", None) or signed(body, **more)}
    return WebhookDelivery(headers, body, URL, NOW)


def receive(till: Connected, given: WebhookDelivery) -> WebhookEvent:
    """And forgets, as every worker of a gateway does."""
    (event,) = till.adapter.receive(given)
    till.adapter.forget(event.tags)
    return event


async def test_a_signed_delivery_names_what_changed(till: Connected) -> None:
    assert isinstance(till.adapter, WebhookPort)
    event = receive(till, delivery("order.updated", {"type": "order_updated", "id": "ORD1", "object": {}}))
    assert (event.topic, event.tags, event.occurred_at) == ("order.updated", ("order:ORD1",), NOW)
    assert event.id == "6a8f5f28-54a1-4eb0-a98a-3111513fd4fc"


async def test_a_count_names_the_sku_it_is_known_by(till: Connected) -> None:
    variation = till.sandbox.account.variation_of("MUG-S")["id"]
    counts = [{"catalog_object_id": variation, "location_id": "L1", "quantity": "3", "state": "IN_STOCK"}]
    given = delivery("inventory.count.updated", {"id": "x", "object": {"inventory_counts": counts}})
    assert receive(till, given).tags == (f"stock:{variation}",)
    await till.adapter.get_stock([StockKey("MUG-S", ("L1",))], seen_by("stock.get_stock"), call())
    assert receive(till, given).tags == ("stock:MUG-S",)


async def test_loyalty_and_customers(till: Connected) -> None:
    moved = {"type": "loyalty_event", "id": "E1", "object": {"loyalty_event": {"loyalty_account_id": "A1"}}}
    assert receive(till, delivery("loyalty.event.created", moved)).tags == ("loyalty:A1",)
    account: dict[str, Any] = {
        "type": "loyalty_account",
        "id": "A2",
        "object": {"loyalty_account": {"customer_id": "C9"}},
    }
    assert receive(till, delivery("loyalty.account.updated", account)).tags == ("loyalty:A2", "loyalty:C9")
    assert receive(till, delivery("loyalty.program.updated", {"id": "P1"})).tags == ("loyalty",)
    assert receive(till, delivery("location.updated", {"id": "L1"})).tags == ("store",)
    assert receive(till, delivery("customer.deleted", {"id": "C1"})).tags == ("customer:C1",)


async def test_a_new_catalogue_version_is_all_of_the_backend_and_forgets_identifiers(till: Connected) -> None:
    keys, context = [PriceKey("TOTE"), PriceKey("NOPE")], seen_by("price.get_prices")
    await till.adapter.get_prices(keys, context, call())
    till.sandbox.account.variation_of("GIFT")["item_variation_data"]["sku"] = "NOPE"
    till.sandbox.set_price("NOPE", None)
    given = delivery("catalog.version.updated", {"type": "catalog_version", "object": {"catalog_version": {}}})
    assert receive(till, given).tags == ("product", "price", "stock", "loyalty")
    till.asked()
    await till.adapter.get_prices(keys, context, call())
    assert till.asked() == ["POST /v2/catalog/search", "POST /v2/catalog/batch-retrieve", "POST /v2/catalog/search"]


async def test_a_worker_that_is_told_reads_what_changed_anew(till: Connected) -> None:
    async def asked() -> bool:
        till.asked()
        await till.adapter.list_programs(None, seen_by("loyalty.list_programs"), call())
        return bool(till.asked())

    assert [await asked(), await asked()] == [True, False]
    till.adapter.forget(("loyalty:A1", "store"))
    assert not await asked()
    for told in (("loyalty",), ("product", "price", "stock"), EVERYTHING):
        till.adapter.forget(told)
        assert [await asked(), await asked()] == [True, False]


async def test_a_forged_changed_or_unsigned_delivery_is_refused(till: Connected) -> None:
    data = {"id": "ORD1"}
    good = delivery("order.updated", data)
    forged = [
        delivery("order.updated", data, key="another-key"),
        delivery("order.updated", data, url="https://elsewhere.example/"),
        delivery("order.updated", data, signature="not base64 at all é"),
        WebhookDelivery(good.headers, good.body.replace(b"ORD1", b"ORD2"), URL, NOW),
        WebhookDelivery({}, good.body, URL, NOW),
    ]
    for each in forged:
        with pytest.raises(Unauthenticated):
            till.adapter.receive(each)


@pytest.mark.parametrize("late", [timedelta(hours=26), timedelta(minutes=-10)])
async def test_an_old_delivery_is_refused(till: Connected, late: timedelta) -> None:
    with pytest.raises(Unauthenticated):
        till.adapter.receive(delivery("order.updated", {"id": "ORD1"}, at=NOW - late))


async def test_a_signed_delivery_that_makes_no_sense_is_bad_input(till: Connected) -> None:
    for body in (b"{}", b"not json", b'{"type": "x", "event_id": 7, "created_at": "2026-07-01T12:00:00Z"}'):
        given = WebhookDelivery({"x-square-hmacsha256-signature": signed(body)}, body, URL, NOW)
        with pytest.raises(BadInput):
            till.adapter.receive(given)


async def test_the_key_before_is_accepted_during_rotation(connect: Connect) -> None:
    till = await connect(webhook_signature_key=Secret(("new-key", SIGNATURE_KEY)))
    assert receive(till, delivery("order.updated", {"id": "ORD1"})).tags == ("order:ORD1",)


async def test_without_a_key_nothing_is_accepted(connect: Connect) -> None:
    till = await connect(webhook_signature_key=None)
    with pytest.raises(Unauthenticated):
        till.adapter.receive(delivery("order.updated", {"id": "ORD1"}, key=""))


async def test_the_registered_address_is_signed_where_a_proxy_changes_it(connect: Connect) -> None:
    till = await connect(webhook_url="https://public.example/hook")
    given = delivery("order.updated", {"id": "ORD1"}, url="https://public.example/hook")
    assert receive(till, given).tags == ("order:ORD1",)


async def test_no_body_makes_more_than_a_refusal(till: Connected) -> None:
    moved = {"type": "loyalty_event", "id": "E1", "object": {"loyalty_event": {"loyalty_account_id": "A1"}}}
    counted = {
        "id": "x",
        "object": {"inventory_counts": [{"catalog_object_id": "V", "location_id": "L", "quantity": "3"}]},
    }
    for topic, data in (("loyalty.event.created", moved), ("inventory.count.updated", counted)):
        for body in unreadable(delivery(topic, data).body):
            with suppress(BadInput, Unauthenticated):
                till.adapter.receive(WebhookDelivery({"x-square-hmacsha256-signature": signed(body)}, body, URL, NOW))


async def test_whoever_is_cancelled_while_all_is_forgotten_leaves_it_to_the_next(till: Connected) -> None:
    cache, context, keys = till.identifiers, seen_by("price.get_prices"), [PriceKey("NOPE")]
    drop, begun = cache.drop, asyncio.Event()

    async def never(space: str, keys: Sequence[str] | None = None) -> None:
        begun.set()
        await asyncio.sleep(3600)

    assert await till.adapter.get_prices(keys, context, call()) == {}
    till.sandbox.account.variation_of("GIFT")["item_variation_data"]["sku"] = "NOPE"
    till.sandbox.set_price("NOPE", None)
    till.adapter.forget(("product", "price", "stock"))
    cache.drop = never  # type: ignore[method-assign]
    gone = asyncio.ensure_future(till.adapter.get_prices(keys, context, call()))
    await begun.wait()
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    cache.drop = drop  # type: ignore[method-assign]
    till.asked()
    await till.adapter.get_prices(keys, context, call())
    assert till.asked()[0] == "POST /v2/catalog/search"
