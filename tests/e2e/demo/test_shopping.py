"""One purchase over two clients, over HTTP: added on the web, handed over by a code, claimed at the kiosk, collected in
its store, paid with 3-D Secure; then each system is looked into. Again with a system that goes down in the middle.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from graphql import parse, print_ast
from graphql.utilities import separate_operations

from gateway.demo.answers import document
from gateway.demo.run import RunningDemo, running_demo

pytestmark = pytest.mark.asyncio(loop_scope="module")
STEPS = {name: print_ast(found) for name, found in separate_operations(parse(document("shop"))).items()}
SKU, THREE_D_SECURE = "MUG-HAR-S", "pm_card_threeDSecure2Required"
GUEST = {"email": "guest@example.com", "givenName": "Gwen", "familyName": "Guest"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def demo() -> AsyncIterator[RunningDemo]:
    """One that sells, and for no longer than these tests."""
    async with running_demo() as running:
        yield running


class Client:
    """A web shopper in Israel, or who bears a token."""

    def __init__(self, demo: RunningDemo, token: str | None = None, *, country: str | None = "IL") -> None:
        self._url = demo.url
        self._headers = {"X-Commerce-Country": country} if country else {}
        if token is not None:
            self._headers["authorization"] = f"Bearer {token}"
        self.cart: dict[str, Any] = {}

    async def ask(self, step: str, **variables: Any) -> dict[str, Any]:
        """The data; an error, or what was refused, is a failure of the test."""
        async with (
            aiohttp.ClientSession(headers=self._headers) as session,
            session.post(f"{self._url}/graphql", json={"query": STEPS[step], "variables": variables}) as response,
        ):
            told = await response.json()
        assert "errors" not in told, told
        (found,) = told["data"].values() if step not in ("Place", "Offer") else (told["data"],)
        assert not found.get("userErrors"), found
        if found.get("secret") is not None:
            self._headers["Commerce-Cart-Secret"] = found["secret"]
        if found.get("cart") is not None:
            self.cart = found["cart"]
        return found


class Shelf:
    """What the sandboxes themselves have."""

    def __init__(self, demo: RunningDemo) -> None:
        self._url = demo.url
        self.demo = demo

    async def kept(self, backend: str, checkout: str) -> list[dict[str, Any]]:
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{self._url}/demo/books/{backend}/{checkout}") as response,
        ):
            assert response.status == 200
            return await response.json()

    async def taken(self, checkout: str) -> dict[str, Any]:
        async with asyncio.timeout(20):
            while not (found := await self.kept("cards", checkout)) or not found[0]["amount_received"]:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        assert len(found) == 1
        return found[0]


async def left(client: Client, store: str) -> int:
    offer = await client.ask("Offer", stores=[store])
    variants = [variant for product in offer["products"]["nodes"] for variant in product["variants"]]
    return next(variant["availability"]["quantity"] for variant in variants if variant["sku"] == SKU)


async def handed_over(demo: RunningDemo, web: Client) -> tuple[Client, dict[str, Any]]:
    """The kiosk with the cart, and the store it stands in."""
    kiosk = Client(demo, demo.tokens.kiosks["IL"], country=None)
    store = (await kiosk.ask("Place"))["stores"]["nodes"][0]
    await web.ask("Create", lines=[{"variant": {"sku": SKU}, "quantity": 1}])
    offered = await web.ask("HandOver", cart=web.cart["id"], store=store["id"])
    await kiosk.ask("Claim", code=offered["code"])
    return kiosk, store


async def collected(kiosk: Client, store: dict[str, Any]) -> None:
    """Chosen: in the very store."""
    cart = kiosk.cart["id"]
    ways = (await kiosk.ask("Ways", cart=cart, near={**store["point"], "radiusKm": 300}))["fulfilmentPlans"]
    plan = next(plan for plan in ways["plans"] if plan["parts"][0]["store"] == {"name": store["name"]})
    await kiosk.ask("Choose", cart=cart, plan=plan["id"])
    await kiosk.ask("Who", cart=cart, buyer=GUEST)


async def paid(demo: RunningDemo, kiosk: Client, down: str | None = None) -> dict[str, Any]:
    """The checkout when it has ended, `down` away while the shopper's bank asks."""
    cart = kiosk.cart
    assert cart["problems"] == []
    payment = {"methodId": cart["paymentOptions"]["methods"][0]["id"], "token": THREE_D_SECURE}
    asked = {"cart": cart["id"], "quote": cart["quote"]["id"], "version": cart["version"], "key": "once"}
    checkout = (await kiosk.ask("Pay", **asked, payment=payment))["checkout"]
    action = {"action": checkout["state"]["nextAction"]["token"], "approved": True}
    if down is not None:
        await demo.sandboxes.take_down(down)
    try:
        if down != "cards":  # the bank answers the processor
            await answered(demo, action)
        checkout = (await kiosk.ask("GoOn", checkout=checkout["id"]))["checkout"]
        if down is not None:
            assert checkout["state"]["__typename"] in ("CheckoutProcessing", "CheckoutActionRequired")
    finally:
        if down is not None:
            await demo.sandboxes.bring_back(down)
    if down == "cards":
        await answered(demo, action)
    async with asyncio.timeout(60):
        while checkout["state"]["__typename"] not in ("CheckoutCompleted", "CheckoutFailed"):
            await asyncio.sleep(0.2)
            checkout = (await kiosk.ask("GoOn", checkout=checkout["id"]))["checkout"]
    return checkout


async def answered(demo: RunningDemo, action: dict[str, Any]) -> None:
    async with aiohttp.ClientSession() as session, session.post(f"{demo.url}/demo/challenges", json=action) as response:
        assert response.status == 204


async def test_every_system_shows_what_was_bought_at_the_kiosk(demo: RunningDemo) -> None:
    web, shelf = Client(demo), Shelf(demo)
    kiosk, store = await handed_over(demo, web)
    before = await left(web, store["id"])
    await collected(kiosk, store)
    checkout = await paid(demo, kiosk)
    assert checkout["state"]["__typename"] == "CheckoutCompleted"
    (order,) = await shelf.kept("erp", checkout["id"])
    assert (order["name"], order["state"], order["warehouse"]) == (checkout["state"]["orderNumber"], "sale", "DIZ")
    (goods,) = order["goods"]
    assert (goods["sku"], goods["ordered"]) == (SKU, 1)
    assert await left(web, store["id"]) == before - 1
    payment = await shelf.taken(checkout["id"])
    assert (payment["status"], payment["currency"]) == ("succeeded", "ils")
    assert payment["amount_received"] == round(float(order["total"]) * 100)
    assert await shelf.kept("shop", checkout["id"]) == []
    seen = await web.ask("Look", cart=web.cart["id"])  # who began it sees what became of it
    assert (seen["state"], seen["checkoutId"]) == ("ORDERED", checkout["id"])


async def test_a_customers_purchase_at_the_kiosk_is_among_their_orders(demo: RunningDemo) -> None:
    web = Client(demo, demo.tokens.shopper)
    kiosk, store = await handed_over(demo, web)
    await collected(kiosk, store)
    checkout = await paid(demo, kiosk)
    mine = (await web.ask("Mine"))["orders"]
    assert checkout["state"]["orderNumber"] in [order["number"] for order in mine["nodes"]], mine


@pytest.mark.parametrize("down", ["erp", "cards"])
async def test_a_system_that_was_away_in_the_middle_changes_nothing_of_it(demo: RunningDemo, down: str) -> None:
    web, shelf = Client(demo), Shelf(demo)
    kiosk, store = await handed_over(demo, web)
    await collected(kiosk, store)
    checkout = await paid(demo, kiosk, down)
    assert checkout["state"]["__typename"] == "CheckoutCompleted"
    (order,) = await shelf.kept("erp", checkout["id"])
    assert order["state"] == "sale"
    await shelf.taken(checkout["id"])


@pytest.mark.parametrize("place", ["erp/short", "nobody/" + "A" * 26, "erp/" + "Ä" * 26, "erp/" + "A" * 27])
async def test_books_are_of_a_backend_and_a_checkout(demo: RunningDemo, place: str) -> None:
    async with aiohttp.ClientSession() as session, session.get(f"{demo.url}/demo/books/{place}") as response:
        assert response.status == 404
