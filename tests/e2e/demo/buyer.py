"""A shopper of the demo who buys by the operations of `queries/checkout.graphql`, over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import aiohttp

from gateway.demo.answers import document
from gateway.demo.run import RunningDemo

STEPS = document("checkout")
ADDRESS = {"country": "GB", "lines": ["1 Canary Wharf"], "city": "London", "postalCode": "E14 5AB"}


class Buyer:
    """A guest, or whose token it is. `shown` is what they saw of their cart last."""

    def __init__(self, demo: RunningDemo, token: str | None = None, country: str = "GB") -> None:
        self._url = demo.url
        self._headers = {"X-Commerce-Country": country}
        if token is not None:
            self._headers["authorization"] = f"Bearer {token}"
        self.cart = ""
        self.shown: dict[str, Any] = {}

    async def ask(self, step: str, **variables: Any) -> dict[str, Any]:
        """The data; an error is a failure of the test."""
        body = {"query": STEPS, "operationName": step, "variables": variables}
        async with (
            aiohttp.ClientSession(headers=self._headers) as session,
            session.post(f"{self._url}/graphql", json=body) as response,
        ):
            told = await response.json()
        assert "errors" not in told, told
        return told["data"]

    async def fill(self, sku: str, quantity: int, address: Mapping[str, Any] = ADDRESS) -> None:
        made = (await self.ask("CreateCart", sku=sku, quantity=quantity))["cartCreate"]
        assert made["userErrors"] == []
        self.cart = made["cart"]["id"]
        if made["secret"] is not None:
            self._headers["Commerce-Cart-Secret"] = made["secret"]
        person = {"email": "guest@example.com", "givenName": "Gwen", "familyName": "Guest"}
        sent = (await self.ask("SendTo", cart=self.cart, buyer=person, address=address))["cartAddressUpdate"]
        group = sent["cart"]["deliveryGroups"][0]
        chosen = await self.ask("ChooseDelivery", cart=self.cart, group=group["id"], option=group["options"][0]["id"])
        assert chosen["cartDeliveryUpdate"]["userErrors"] == []
        await self.look()

    async def look(self) -> None:
        self.shown = (await self.ask("Show", cart=self.cart))["cart"]

    async def buy(self, card: str, key: str = "key", return_url: str | None = None) -> dict[str, Any]:
        """The checkout, for what was shown last."""
        method = self.shown["paymentOptions"]["methods"][0]["id"]
        payment = {"methodId": method, "token": card, "returnUrl": return_url}
        quote, version = self.shown["quote"]["id"], self.shown["version"]
        bought = await self.ask("Buy", cart=self.cart, quote=quote, version=version, key=key, payment=payment)
        assert bought["checkoutSubmit"]["userErrors"] == []
        return bought["checkoutSubmit"]["checkout"]

    async def go_on(self, checkout: str) -> dict[str, Any]:
        return (await self.ask("GoOn", checkout=checkout))["checkoutContinue"]["checkout"]
