"""A gateway that sells: one shop that owns products, prices, stock and orders, one processor, over HTTP."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import aiohttp
import uvicorn
from msgspec.structs import replace

from gateway.app import Gateway, build_app
from gateway.model.money import Money
from gateway.ports.manifest import Manifest
from gateway.settings import decode
from gateway.testing.reference import ReferenceAdapter
from gateway.testing.reference.manifest import manifest_of
from gateway.testing.sandbox import Seed, SeedPrice
from tests.unit.services.retailer import NOW, product, stock

SECRET = "Commerce-Cart-Secret"
ORIGIN = "https://shop.example"
ADDRESS = {"country": "GB", "lines": ["1 Canary Wharf"], "city": "London", "postalCode": "E14 5AB"}
CREATE = """mutation ($n: Decimal!) { cartCreate(input: {lines: [{variant: {sku: "MUG"}, quantity: $n}]}) {
  secret cart { id version } userErrors { code } } }"""
TO = """mutation ($i: CartAddressUpdateInput!) { cartAddressUpdate(input: $i) {
  cart { version } userErrors { code } } }"""
SHOWN = """query ($id: ID!) { cart(id: $id) { version state checkoutId orderReference
  quote { id complete total { amount } } paymentOptions { methods { id kind source } gaps { code } } } }"""
STATE = """id total { amount currencyCode } state { __typename code
  ... on CheckoutProcessing { pollAfter }
  ... on CheckoutActionRequired { expiresAt nextAction {
    kind url token method amount { amount } fields { name value } } }
  ... on CheckoutCompleted { orderNumber order { number lines { sku quantity } } }
  ... on CheckoutFailed { reason remedy lineId mayReturn retryAfter declineReason missing newTotal { amount } } }"""
ERRORS = """userErrors { __typename code path
  ... on CartNotReady { problems { kind remedy } }
  ... on QuoteExpired { quote { id complete total { amount } } }
  ... on QuoteIncomplete { quote { id complete } }
  ... on CheckoutInProgress { checkoutId }
  ... on TooManyAttempts { kind retryAfter }
  ... on CartChanged { version } }"""
SUBMIT = f"""mutation ($i: CheckoutSubmitInput!) {{ checkoutSubmit(input: $i) {{
  checkout {{ {STATE} }} warnings {{ quoted {{ amount }} total {{ amount }} }} {ERRORS} }} }}"""
CONTINUE = (
    f"mutation ($i: CheckoutContinueInput!) {{ checkoutContinue(input: $i) {{ checkout {{ {STATE} }} {ERRORS} }} }}"
)
CANCEL = f"mutation ($i: CheckoutCancelInput!) {{ checkoutCancel(input: $i) {{ checkout {{ {STATE} }} {ERRORS} }} }}"
NEWS = """subscription ($id: ID!) { checkoutChanged(id: $id) { ended checkout { state { __typename } } } }"""
CHECKOUT = f"query ($id: ID!) {{ checkout(id: $id) {{ {STATE} cart {{ state }} }} }}"
SESSION = f"""mutation ($i: PaymentSessionCreateInput!) {{ paymentSessionCreate(input: $i) {{
  session {{ id reference clientToken publishableKey expiresAt }} {ERRORS} }} }}"""


class Cart:
    """A shopper's, with its secret, and what they were shown of it last."""

    def __init__(self, identifier: str, secret: str) -> None:
        self.id = identifier
        self.secret = secret
        self.version = 0
        self.quote = ""
        self.method = ""


class SellingShop:
    def __init__(self, url: str, session: aiohttp.ClientSession, gateway: Gateway, made: dict[str, Any]) -> None:
        self.url = url
        self.gateway = gateway
        self.erp: ReferenceAdapter = made["erp"]
        self.pay: ReferenceAdapter = made["pay"]
        self.headers: dict[str, str] = {}
        self.till: ReferenceAdapter = made["till"]
        self._session = session

    async def ask(self, query: str, secret: str | None = None, **variables: Any) -> dict[str, Any]:
        """The data; an error is a failure of the test."""
        told = await self.told(query, secret, **variables)
        assert "errors" not in told, told
        return told["data"]

    async def told(self, query: str, secret: str | None = None, **variables: Any) -> dict[str, Any]:
        headers = {**self.headers, **({SECRET: secret} if secret else {})}
        body = {"query": query, "variables": variables}
        async with self._session.post(f"{self.url}/graphql", json=body, headers=headers) as response:
            assert response.status == 200, await response.text()
            assert response.headers["cache-control"] == "private, no-store"
            return await response.json()

    async def in_stock(self) -> int:
        """How many pieces anybody is shown, in an answer that may be kept."""
        query = '{ product(by: {sku: "MUG"}) { variants { availability { quantity } } } }'
        async with self._session.post(f"{self.url}/graphql", json={"query": query}) as response:
            told = await response.json()
            (variant,) = told["data"]["product"]["variants"]
            return variant["availability"]["quantity"]

    async def cart(self, pieces: int = 1, *, address: bool = True) -> Cart:
        made = (await self.ask(CREATE, n=str(pieces)))["cartCreate"]
        cart = Cart(made["cart"]["id"], made["secret"])
        if address:
            given = {"cartId": cart.id, "address": ADDRESS}
            assert (await self.ask(TO, cart.secret, i=given))["cartAddressUpdate"]["userErrors"] == []
        await self.shown(cart)
        return cart

    async def shown(self, cart: Cart) -> dict[str, Any]:
        """What the shopper sees of it now."""
        found = (await self.ask(SHOWN, cart.secret, id=cart.id))["cart"]
        cart.version, cart.quote = found["version"], found["quote"]["id"]
        methods = found["paymentOptions"]["methods"]
        cart.method = methods[0]["id"] if methods else ""
        return found

    async def submit(self, cart: Cart, key: str = "key", token: str | None = "tok", **more: Any) -> dict[str, Any]:
        given = {
            "cartId": cart.id,
            "quoteId": cart.quote,
            "expectedVersion": cart.version,
            "idempotencyKey": key,
            "payment": {"methodId": cart.method, "token": token},
            **more,
        }
        return (await self.ask(SUBMIT, cart.secret, i=given))["checkoutSubmit"]

    async def go_on(self, cart: Cart, checkout: str, **details: str) -> dict[str, Any]:
        given = {"checkoutId": checkout, "details": [{"name": n, "value": v} for n, v in details.items()]}
        return (await self.ask(CONTINUE, cart.secret, i=given))["checkoutContinue"]

    async def pay_rest(self, cart: Cart, checkout: str, **payment: Any) -> dict[str, Any]:
        given = {"checkoutId": checkout, "payment": {"methodId": cart.method, **payment}}
        return (await self.ask(CONTINUE, cart.secret, i=given))["checkoutContinue"]

    async def followed(self, checkout: str, secret: str | None) -> AsyncGenerator[tuple[str | None, str | None]]:
        """Each event's state and end, as they come over a stream."""
        headers = {"accept": "text/event-stream", **({SECRET: secret} if secret else {})}
        body = {"query": NEWS, "variables": {"id": checkout}}
        async with self._session.post(f"{self.url}/graphql", json=body, headers=headers) as stream:
            async for line in stream.content:
                text = line.decode().strip()
                if text.startswith("data:") and text != "data:":
                    news = json.loads(text[5:])["data"]["checkoutChanged"]
                    state = None if news["checkout"] is None else news["checkout"]["state"]["__typename"]
                    yield state, news["ended"]

    async def reprice(self, amount: str) -> None:
        """At its owner, which tells the gateway."""
        price = SeedPrice("MUG", Money(Decimal(amount), "GBP"))
        self.erp.seed = replace(self.erp.seed, prices=(price,))
        vars(self.erp).pop("_prices_by_key", None)  # read once of a seed
        await self.gateway.changed("erp", ["price:MUG"])

    def orders(self) -> int:
        return len(self.erp.placed)

    def payments(self) -> list[str]:
        return [held.state.value for held in self.pay.book.payments.values()]


@asynccontextmanager
async def selling(
    folder: Path,
    *,
    pieces: int = 10,
    state: str | None = None,
    counts: str = "erp",
    processor: tuple[Manifest, Mapping[str, str], Mapping[str, str]] | None = None,
    **sections: dict[str, Any],
) -> AsyncGenerator[SellingShop]:
    """`counts`: who counts the stock, the shop itself or the `till`. `processor`: a vendor's in place of `pay`, with
    its section and the environment that has its secrets. `sections` replace those of the configuration."""
    order = {"order": ["erp"]}
    raw: dict[str, Any] = {
        "gateway": {"state": state or f"sqlite+aiosqlite:///{folder}/state.sqlite"},
        "backends": {
            name: {"adapter": "memory", "url": "http://127.0.0.1:9", "allow_private_network": True}
            for name in ("erp", "pay", "till")
        },
        "channels": {
            "web": {"countries": ["GB"], "currencies": {"GB": ["GBP"]}, "locations": ["london"]},
        },
        "locations": {"london": {"refs": {"erp": "LON", "till": "LON"}, "stock": counts}},
        "profiles": {"anonymous": {"touchpoint": "web", "default_country": "GB", "deadline": 30.0}},
        "server": {"cors_origins": [ORIGIN]},
        "domains": {
            **dict.fromkeys(("product", "price", "stock", "order"), order),
            "payment": {"order": ["pay"]},
        },
        **sections,
    }
    environment: Mapping[str, str] = {}
    manifests: dict[str, Manifest] = {}
    if processor is not None:
        manifest, section, environment = processor
        manifests[manifest.name] = manifest
        raw["backends"]["psp"] = {"adapter": manifest.name, "allow_private_network": True, **section}
        raw["secrets"] = {name.lower(): {"env": [name]} for name in environment}
        raw["domains"]["payment"] = {"order": ["psp"]}
    seed = Seed(
        currency="GBP", country="GB", products=(product("1", "MUG"),), now=NOW,
        prices=(SeedPrice("MUG", Money(Decimal("12.00"), "GBP")),), tax_rates={"GB": Decimal("0.2")},
        stock=(stock("MUG", "LON", pieces),),
    )  # fmt: skip
    made: dict[str, ReferenceAdapter] = {}
    seeds = {"erp": seed, "till": seed, "pay": Seed(currency="GBP", country="GB", now=NOW)}
    manifests["memory"] = manifest_of(seeds, made)
    application = build_app(decode(raw, environment, base=folder), manifests=manifests)
    config = uvicorn.Config(application, host="127.0.0.1", port=0, log_config=None, lifespan="on", proxy_headers=False)
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    async with asyncio.timeout(30):
        while not server.started:
            assert not running.done(), "the gateway did not start"
            await asyncio.sleep(0.01)
    assert application.gateway is not None
    port = server.servers[0].sockets[0].getsockname()[1]
    async with aiohttp.ClientSession() as session:
        try:
            yield SellingShop(f"http://127.0.0.1:{port}", session, application.gateway, made)
        finally:
            await session.close()
            server.should_exit = True
            await running
