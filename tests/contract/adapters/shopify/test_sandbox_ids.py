"""The sandbox refuses the ids that the vendor refuses: what is no global id costs the whole query, of whatever API."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from adapters.shopify.client import API_VERSION
from adapters.shopify.manifest import MANIFEST
from adapters.shopify.sandbox import ShopifySandbox
from gateway.errors import RequestRefused
from gateway.model.pricing import Price, PriceKey
from gateway.testing.conformance.example import example_seed

from .conftest import OpenShop
from .shops import call, view

PRICED = """query($ids: [ID!]!, $context: ContextualPricingContext!) { nodes(ids: $ids) {
  ...on ProductVariant { contextualPricing(context: $context) { price { amount } } } } }"""
STOCKED = """query($ids: [ID!]!, $place: ID!) { nodes(ids: $ids) { ...on InventoryItem {
  inventoryLevel(locationId: $place) { id } } } }"""
SHOWN = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"
VARIANT, ITEM = "gid://shopify/ProductVariant/2000", "gid://shopify/InventoryItem/2000"


async def asked(sandbox: ShopifySandbox, api: str, text: str, **variables: Any) -> Any:
    headers = {
        "X-Shopify-Access-Token": sandbox.admin_token,
        "Shopify-Storefront-Private-Token": sandbox.storefront_token,
    }
    path = f"/admin/api/{API_VERSION}/graphql.json" if api == "admin" else f"/api/{API_VERSION}/graphql.json"
    async with aiohttp.ClientSession(headers=headers) as session:
        answer = await session.post(sandbox.url + path, json={"query": text, "variables": variables})
        return await answer.json()


@pytest.mark.parametrize("api", ["admin", "storefront"])
@pytest.mark.parametrize("native", ["", "5", "²", "gid://shopify/Product/", "gid://shopify/Product/²", "x" * 300,
                                    "gid://shopify/Product/9223372036854775808", "gid://other/Product/1"])  # fmt: skip
async def test_what_is_no_global_id_costs_the_whole_query(sandbox: ShopifySandbox, api: str, native: str) -> None:
    answer = await asked(sandbox, api, SHOWN, ids=["gid://shopify/Product/100", native])
    assert "data" not in answer
    assert "Invalid global id" in answer["errors"][0]["message"]


async def test_an_id_of_another_type_is_not_found_or_refused(sandbox: ShopifySandbox) -> None:
    good = await asked(sandbox, "admin", SHOWN, ids=["gid://shopify/Product/100", "gid://shopify/Product/1"])
    assert good["data"]["nodes"] == [{"id": "gid://shopify/Product/100"}, None]
    for place in ("gid://shopify/Product/1001", "1001"):
        assert (await asked(sandbox, "admin", STOCKED, ids=[ITEM], place=place))["errors"]


@pytest.mark.parametrize("place", ["5", "gid://shopify/Customer/1", "gid://shopify/CompanyLocation/99"])
async def test_a_company_location_that_the_shop_does_not_have_is_refused(sandbox: ShopifySandbox, place: str) -> None:
    context = {"country": "GB", "companyLocationId": place}
    assert (await asked(sandbox, "admin", PRICED, ids=[VARIANT], context=context))["errors"]


@pytest.mark.parametrize("group", ["5", "VIP", "list:3", "gid://shopify/Customer/1"])
async def test_a_price_group_of_another_system_is_never_sent(open_shop: OpenShop, group: str) -> None:
    sandbox, shop = await open_shop(example_seed())
    key = PriceKey("MUG-01-S")
    assert isinstance((await shop.get_prices([key], view(MANIFEST, "price.get_prices"), call()))[key], Price)
    before = len(sandbox.requests)
    with pytest.raises(RequestRefused):
        await shop.get_prices([key], view(MANIFEST, "price.get_prices", price_group=group), call())
    assert len(sandbox.requests) == before
