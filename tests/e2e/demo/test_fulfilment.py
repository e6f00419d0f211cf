"""How a cart of the demo can be had, over HTTP: what its shop can be told, and what a till could be."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from gateway.demo.run import RunningDemo
from tests.e2e.demo.test_configured_otherwise import gateway

pytestmark = pytest.mark.asyncio(loop_scope="package")

CREATE = """mutation ($lines: [CartLineInput!]!) { cartCreate(input: {lines: $lines}) {
  secret cart { id } userErrors { code } } }"""
PLANS = """query ($id: ID!, $near: NearInput, $address: FulfilmentAddressInput) { cart(id: $id) {
  fulfilmentPlans(near: $near, address: $address) { complete gaps { way reason store { name { value } } }
    plans { id reasons parcels cost { amount } promise { readyAt readyBy } speakable { text }
      parts { way store { id name { value } } pieces { lineId quantity } } } } } }"""
CHOOSE = """mutation ($id: ID!, $plan: ID!) { cartFulfilmentChoose(input: {cartId: $id, planId: $plan}) {
  userErrors { __typename } cart { version problems { kind }
    deliveryGroups { fulfilment store { id } lines { sku quantity availability { status } } } } } }"""
COVENT_GARDEN = {"latitude": 51.5127, "longitude": -0.1243, "radiusKm": 1000}
LINES = [{"variant": {"sku": "VAS-HAR-M"}, "quantity": 1}]


class Shopper:
    """A visitor with a cart."""

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self._url, self._session = url, session
        self._secret: dict[str, str] = {}
        self.cart = ""

    async def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        body = {"query": query, "variables": variables}
        async with self._session.post(f"{self._url}/graphql", json=body, headers=self._secret) as response:
            assert response.headers["cache-control"] == "private, no-store"
            told = await response.json()
        assert "errors" not in told, told
        return told["data"]

    async def fill(self) -> None:
        made = (await self.ask(CREATE, lines=LINES))["cartCreate"]
        self._secret, self.cart = {"Commerce-Cart-Secret": made["secret"]}, made["cart"]["id"]

    async def plans(self) -> dict[str, Any]:
        address = {"country": "GB", "city": "London"}
        told = await self.ask(PLANS, id=self.cart, near=COVENT_GARDEN, address=address)
        return told["cart"]["fulfilmentPlans"]


async def test_the_shop_decides_where_from_so_nothing_is_collected(demo: RunningDemo) -> None:
    async with aiohttp.ClientSession() as session:
        shopper = Shopper(demo.url, session)
        await shopper.fill()
        told = await shopper.plans()
        assert [[part["way"] for part in plan["parts"]] for plan in told["plans"]] == [["SHIP"]]
        assert [(gap["reason"], gap["store"]["name"]["value"]) for gap in told["gaps"]] == [
            ("OWNER_CANNOT_BE_TOLD", name) for name in ("Covent Garden", "Manchester", "Edinburgh")
        ]
        assert told["plans"][0]["speakable"]["text"].startswith("Everything can be delivered by ")
        chosen = (await shopper.ask(CHOOSE, id=shopper.cart, plan=told["plans"][0]["id"]))["cartFulfilmentChoose"]
        assert chosen["userErrors"] == []
        assert [group["fulfilment"] for group in chosen["cart"]["deliveryGroups"]] == ["DELIVERY"]


async def test_where_the_tills_take_orders_it_is_collected_in_the_nearest_store_that_has_it(demo: RunningDemo) -> None:
    def tills_first(raw: dict[str, Any], known: dict[str, str]) -> None:
        raw["domains"]["order"]["order"] = ["till_uk", "till_jp", "shop", "erp"]

    async with gateway(demo.sandboxes, tills_first) as url, aiohttp.ClientSession() as session:
        shopper = Shopper(url, session)
        await shopper.fill()
        told = await shopper.plans()
        collected = [plan for plan in told["plans"] if [part["way"] for part in plan["parts"]] == ["PICKUP"]]
        short = {gap["store"]["name"]["value"] for gap in told["gaps"] if gap["way"] == "PICKUP"}
        stores = [plan["parts"][0]["store"]["name"]["value"] for plan in collected]
        assert set(stores) | short == {"Covent Garden", "Manchester", "Edinburgh"}
        assert not set(stores) & short
        (nearest,) = [plan for plan in told["plans"] if "NEAREST" in plan["reasons"]]
        assert nearest["parts"][0]["store"] == collected[0]["parts"][0]["store"]
        assert "COSTS_LEAST" in nearest["reasons"]
        chosen = (await shopper.ask(CHOOSE, id=shopper.cart, plan=nearest["id"]))["cartFulfilmentChoose"]
        assert chosen["userErrors"] == []
        (group,) = chosen["cart"]["deliveryGroups"]
        assert (group["fulfilment"], group["store"]["id"]) == ("PICKUP", nearest["parts"][0]["store"]["id"])
        assert group["lines"][0]["availability"]["status"] in ("IN_STOCK", "LOW_STOCK")
        assert chosen["cart"]["problems"] == []
