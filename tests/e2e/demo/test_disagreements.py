"""Every planted disagreement, answered through the whole gateway: each would be wrong in a naive federation."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from gateway.demo.identities import DAY
from gateway.demo.retailer import disagreements as planted
from gateway.demo.retailer.catalogue import sold_items
from gateway.demo.retailer.prices import gross
from gateway.demo.run import RunningDemo
from gateway.security.issuer import LocalIssuer

pytestmark = pytest.mark.asyncio(loop_scope="package")

VARIANT = """query ($sku: String!) %s {
  product(by: { sku: $sku }) {
    variants {
      sku
      price { current { gross { amount } net { amount } } freshness { source } %s }
      delivery: availability { status quantity capped complete freshness { source } }
      pickup: availability(fulfilment: PICKUP) {
        status complete unknownPlaces
        stores { status quantity freshness { source } store { key } }
      }
    }
  }
}"""
EXPLAINED = "explanation { source comparisons { source comparable } disagreements { source stated { amount } } }"


def variant(body: dict[str, Any], sku: str) -> dict[str, Any]:
    return next(entry for entry in body["data"]["product"]["variants"] if entry["sku"] == sku)


async def test_the_till_that_asks_another_price_is_named(demo: RunningDemo, query: Any) -> None:
    text = VARIANT % ('@inContext(store: "covent_garden")', EXPLAINED)
    answer = await query(text, demo.tokens.staff, sku=planted.TILL_PRICE_SKU)
    price = variant(answer.body, planted.TILL_PRICE_SKU)["price"]
    assert price["freshness"]["source"] == "erp"
    assert [
        (found["source"], Decimal(found["stated"]["amount"])) for found in price["explanation"]["disagreements"]
    ] == [("till_uk", planted.TILL_PRICE)]


async def test_net_against_gross_is_no_disagreement(demo: RunningDemo, query: Any) -> None:
    answer = await query(VARIANT % ("", EXPLAINED), demo.tokens.staff, sku=planted.NET_GROSS_SKU)
    explanation = variant(answer.body, planted.NET_GROSS_SKU)["price"]["explanation"]
    assert explanation["disagreements"] == []
    assert {"source": "shop", "comparable": True} in explanation["comparisons"]


async def test_stock_is_what_the_warehouse_s_own_system_counts(query: Any) -> None:
    known = variant((await query(VARIANT % ("", ""), sku=planted.ERP_ONLY_STOCK_SKU)).body, planted.ERP_ONLY_STOCK_SKU)
    assert known["delivery"]["status"] == "IN_STOCK"
    assert {fact["source"] for fact in known["delivery"]["freshness"]} == {"erp"}
    believed = variant(
        (await query(VARIANT % ("", ""), sku=planted.SHOP_ONLY_STOCK_SKU)).body, planted.SHOP_ONLY_STOCK_SKU
    )
    assert believed["delivery"]["status"] in ("UNKNOWN", "OUT_OF_STOCK")


async def test_a_shelf_known_to_two_systems_is_counted_once_by_its_till(query: Any) -> None:
    found = variant((await query(VARIANT % ("", ""), sku=planted.NET_GROSS_SKU)).body, planted.NET_GROSS_SKU)
    for place in found["pickup"]["stores"]:
        assert {fact["source"] for fact in place["freshness"]} <= {"till-uk"}


async def test_what_no_till_ever_counted_is_unknown_and_not_zero(query: Any) -> None:
    found = variant((await query(VARIANT % ("", ""), sku=planted.NEVER_COUNTED_SKU)).body, planted.NEVER_COUNTED_SKU)
    assert [(place["status"], place["quantity"]) for place in found["pickup"]["stores"]] == [("UNKNOWN", None)] * 3
    assert found["pickup"]["complete"] is False


async def test_a_variant_without_a_sku_is_shown_and_not_joined(query: Any) -> None:
    answer = await query(
        "query ($slug: String!) { product(by: { slug: $slug }) { variants { sku title { value } price { quantity } "
        "availability { status } } } }",
        slug=planted.MISSING_SKU_PRODUCT,
    )
    assert "errors" not in answer.body
    bare = [entry for entry in answer.body["data"]["product"]["variants"] if entry["sku"] is None]
    assert bare == [{"sku": None, "title": {"value": "Set of 6"}, "price": None, "availability": None}]


async def test_a_duplicate_sku_is_ambiguous_and_only_it(query: Any) -> None:
    answer = await query(VARIANT % ("", ""), sku=planted.DUPLICATE_SKU)
    assert variant(answer.body, planted.DUPLICATE_SKU)["price"] is None
    codes = {error["extensions"]["code"] for error in answer.body["errors"]}
    assert codes == {"AMBIGUOUS_KEY"}
    siblings = [entry for entry in answer.body["data"]["product"]["variants"] if entry["sku"] != planted.DUPLICATE_SKU]
    assert all(entry["price"] is not None for entry in siblings)


async def test_skus_that_differ_by_case_have_their_own_prices(query: Any) -> None:
    body = (await query(VARIANT % ("", ""), sku=planted.CASE_LOWER_SKU)).body
    expected = {item.sku: gross(item, "GB").amount for item in sold_items()}
    for sku in (planted.CASE_UPPER_SKU, planted.CASE_LOWER_SKU):
        amount = Decimal(variant(body, sku)["price"]["current"]["gross"]["amount"])
        assert amount.quantize(Decimal("0.01")) == expected[sku]


async def test_a_price_the_erp_lacks_is_no_price_and_no_error(query: Any) -> None:
    answer = await query(VARIANT % ("", ""), sku=planted.UNPRICED_SKU)
    assert variant(answer.body, planted.UNPRICED_SKU)["price"] is None
    assert [error for error in answer.body.get("errors", []) if "price" in error["path"]] == []


async def test_ada_is_one_person_under_two_emails(demo: RunningDemo, query: Any) -> None:
    answer = await query("{ me { emails identities { system status } } }", demo.tokens.shopper)
    me = answer.body["data"]["me"]
    assert {planted.ADA_EMAIL, planted.ADA_SECOND_EMAIL} <= set(me["emails"])
    assert {link["system"] for link in me["identities"]} == {"crm", "webshop", "erp", "till-uk"}


async def test_a_shared_phone_links_nobody(demo: RunningDemo, query: Any) -> None:
    issuer = demo.settings.issuers["customers"]
    signer = LocalIssuer.load(demo.folder / "customers", issuer.issuer, issuer.audience)
    token = signer.token(
        "somebody", seconds=DAY, client_profile="web", phone_number=planted.SHARED_PHONE, phone_number_verified=True
    )
    answer = await query("{ me { identities { system } orders(first: 5) { nodes { number } } } }", token)
    me = answer.body["data"]["me"]
    assert me is None or (me["identities"], me["orders"]["nodes"]) == ([], [])


async def test_all_of_ada_s_orders_are_shown_once_and_dated_by_who_took_them(demo: RunningDemo, query: Any) -> None:
    text = """query ($after: String) { me { orders(first: 5, after: $after) {
        nodes { number kind placedAt freshness { source } } pageInfo { hasNextPage endCursor } gaps { code } } } }"""
    orders: list[dict[str, Any]] = []
    after = None
    while True:
        page = (await query(text, demo.tokens.shopper, after=after)).body["data"]["me"]["orders"]
        orders += page["nodes"]
        assert page["gaps"] == []
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    numbers = [order["number"] for order in orders]
    assert len(numbers) == len(set(numbers)) == 12
    assert [order["placedAt"] for order in orders] == sorted((o["placedAt"] for o in orders), reverse=True)
    assert [order["kind"] for order in orders].count("RECEIPT") == 5
    twin = next(order for order in orders if order["number"] == planted.TWIN_ORDER)
    assert twin["freshness"]["source"] == "webshop"
    taken = next(order for order in demo_seed_orders() if order.number == planted.TWIN_ORDER)
    assert twin["placedAt"].startswith(taken.placed_at.strftime("%Y-%m-%dT%H:%M"))


def demo_seed_orders() -> Any:
    from gateway.demo.retailer import seeds

    return seeds()["shop"].orders
