"""One backend down: what it does not own still answers; what it owns is served by the stand-in and marked, or is null
with a coded error; and everything is back when it is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from gateway.demo.retailer.places import STORES
from gateway.demo.run import RunningDemo

pytestmark = pytest.mark.asyncio(loop_scope="package")
PATIENCE = 40.0

FACTS = """query ($sku: String!) { product(by: { sku: $sku }) { title { value }
  variants { sku price { current { gross { amount } } freshness { source role reason } }
    pickup: availability(fulfilment: PICKUP) { status complete freshness { source } }
    delivery: availability { status complete unknownPlaces } } } }"""
ORDERS = "{ me { orders(first: 3) { nodes { number freshness { source } } gaps { source code retryable } } } }"


@asynccontextmanager
async def without(demo: RunningDemo, backend: str) -> AsyncGenerator[None]:
    """The backend down and all kept answers forgotten; afterwards up again, and heard again."""
    await _forget(demo)
    await demo.sandboxes.take_down(backend)
    try:
        yield
    finally:
        await demo.sandboxes.bring_back(backend)
        await _forget(demo)


async def _forget(demo: RunningDemo) -> None:
    for name in demo.sandboxes.running:
        await demo.gateway.changed(name, ("product", "price", "stock", "customer", "order", "loyalty", "search"))


async def eventually(query: Any, text: str, token: str | None, wanted: Any, **variables: Any) -> dict[str, Any]:
    """Ask until the answer is as wanted: a breaker lets a backend that is back be heard only after a while."""
    async with asyncio.timeout(PATIENCE):
        while True:
            body = (await query(text, token, **variables)).body
            if wanted(body):
                return body
            await asyncio.sleep(0.5)


def variant(body: dict[str, Any], sku: str) -> dict[str, Any]:
    return next(entry for entry in body["data"]["product"]["variants"] if entry["sku"] == sku)


async def test_without_the_erp_prices_come_from_the_stand_in_and_say_so(demo: RunningDemo, query: Any) -> None:
    sku = "VAS-DUN-L"
    async with without(demo, "erp"):
        found = variant((await query(FACTS, sku=sku)).body, sku)
        assert (found["price"]["freshness"]["source"], found["price"]["freshness"]["role"]) == ("webshop", "FALLBACK")
        assert found["price"]["freshness"]["reason"]
        assert {fact["source"] for fact in found["pickup"]["freshness"]} == {"till-uk"}
        assert found["delivery"] is None or found["delivery"]["status"] == "UNKNOWN"

    def by_its_owner(body: dict[str, Any]) -> bool:
        price = variant(body, sku)["price"]
        return price is not None and price["freshness"]["role"] == "PRIMARY"

    back = await eventually(query, FACTS, None, by_its_owner, sku=sku)
    assert variant(back, sku)["price"]["freshness"]["source"] == "erp"


async def test_without_a_till_its_stores_are_unknown_and_orders_have_a_gap(demo: RunningDemo, query: Any) -> None:
    sku = "VAS-MEA-S"
    async with without(demo, "till_uk"):
        body = (await query(FACTS, sku=sku)).body
        found = variant(body, sku)
        assert found["price"]["freshness"]["source"] == "erp"
        assert found["pickup"] is None or found["pickup"]["status"] == "UNKNOWN"
        codes = {error["extensions"]["code"] for error in body.get("errors", [])}
        assert all(code.startswith("BACKEND_") for code in codes)
        orders = (await query(ORDERS, demo.tokens.shopper)).body["data"]["me"]["orders"]
        assert [gap["source"] for gap in orders["gaps"]] == ["till-uk"]
        assert {order["freshness"]["source"] for order in orders["nodes"]} == {"webshop"}

    def whole(body: dict[str, Any]) -> bool:
        me = body["data"]["me"]
        return me is not None and me["orders"]["gaps"] == []

    back = await eventually(query, ORDERS, demo.tokens.shopper, whole)
    assert "till-uk" in {order["freshness"]["source"] for order in back["data"]["me"]["orders"]["nodes"]}


async def test_without_the_shop_there_is_no_product_and_a_coded_error(demo: RunningDemo, query: Any) -> None:
    async with without(demo, "shop"):
        body = (await query(FACTS, sku="VAS-FRO-M")).body
        assert body["data"]["product"] is None
        (error,) = body["errors"]
        assert error["extensions"]["code"].startswith("BACKEND_")
        assert error["extensions"]["source"] == "webshop"
        assert error["extensions"]["retryable"] is True
        stores = await query("{ stores(first: 12) { totalCount nodes { key openAt } } }")
        assert stores.body["data"]["stores"]["totalCount"] == len(STORES)

    def there(body: dict[str, Any]) -> bool:
        return body["data"]["product"] is not None

    await eventually(query, FACTS, None, there, sku="VAS-FRO-M")


async def test_without_the_crm_ada_is_still_known_to_the_others(demo: RunningDemo, query: Any) -> None:
    async with without(demo, "crm"):
        body = (await query("{ me { emails gaps { source code } } }", demo.tokens.shopper)).body
        me = body["data"]["me"]
        assert "ada.okafor@example.com" in me["emails"]
        assert [gap["source"] for gap in me["gaps"]] == ["crm"]
