"""What a shop needs to sell, added to a running Vendure by its own API: promotions, and an administrator with the
rights that the gateway asks for."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

import aiohttp
import pytest
from msgspec import Struct

from adapters.vendure.config import VendureConfig
from adapters.vendure.manifest import MANIFEST
from gateway.ports.manifest import Secret
from gateway.testing import Standing
from gateway.testing import conformance as suites
from tests.servers.vendure_server import VendureServer

RIGHTS = (
    "ReadCatalog",
    "ReadCustomer",
    "ReadOrder",
    "ReadStockLocation",
    "ReadShippingMethod",
    "CreateOrder",
    "UpdateOrder",
    "DeleteOrder",
    "CreateCustomer",
)
SELLER, SELLING = "seller@example.com", "sells-things"


class Admin:
    """The administrator who may do everything."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = f"{url}/admin-api"
        self._token = ""

    async def ask(self, query: str, **variables: Any) -> Any:
        value = await self.first(query, **variables)
        assert "errorCode" not in value, value
        return value

    async def first(self, query: str, **variables: Any) -> Any:
        """The answer of the one field, whatever it is."""
        headers = {"authorization": f"Bearer {self._token}"} if self._token else {}
        async with self._session.post(
            self._url, json={"query": query, "variables": variables}, headers=headers
        ) as answer:
            self._token = answer.headers.get("vendure-auth-token", self._token)
            body = await answer.json()
        assert "errors" not in body, body["errors"][0]
        return next(iter(body["data"].values()))

    async def log_in(self) -> None:
        await self.ask(
            'mutation { login(username: "superadmin", password: "superadmin")'
            " { ... on CurrentUser { id } ... on ErrorResult { errorCode } } }"
        )

    async def placed(self, reference: str) -> list[Any]:
        """Orders under our reference, drafts left out."""
        narrow = {"gatewayReference": {"eq": reference}, "orderPlacedAt": {"isNull": False}}
        query = (
            "query ($options: OrderListOptions) { orders(options: $options) { items { id code state totalWithTax"
            " payments { method transactionId amount } lines { quantity } couponCodes } } }"
        )
        return (await self.ask(query, options={"filter": narrow}))["items"]

    async def waiting(self) -> int:
        """Drafts, and orders that wait for their payment."""
        query = "query ($options: OrderListOptions) { orders(options: $options) { totalItems } }"
        states = {"filter": {"state": {"in": ["Draft", "ArrangingPayment"]}}}
        return (await self.ask(query, options=states))["totalItems"]

    async def orders(self) -> int:
        """Of every state, drafts and carts too."""
        return (await self.ask("{ orders(options: { take: 1 }) { totalItems } }"))["totalItems"]


def asked_by_admin(server: VendureServer, query: str, variables: Any) -> Any:
    """By the administrator who may see everything, over a connection of its own; for who does not await."""
    login = 'mutation { login(username: "superadmin", password: "superadmin") { __typename } }'
    token = _posted(server, login, {}, "")[1]
    return _posted(server, query, variables, token)[0]["data"]


def _posted(server: VendureServer, query: str, variables: Any, token: str) -> tuple[Any, str]:
    body = json.dumps({"query": query, "variables": variables}).encode()
    headers = {"content-type": "application/json", **({"authorization": f"Bearer {token}"} if token else {})}
    request = urllib.request.Request(f"{server.url}/admin-api", body, headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.loads(answer.read()), answer.headers.get("vendure-auth-token") or token


class Promotion(Struct, frozen=True):
    """`off`: per cent of the whole order. `variants`: of these only. `least`: the order's value in minor units."""

    name: str
    code: str = ""
    off: int = 10
    variants: tuple[str, ...] = ()
    least: int = 0
    starts: str | None = None
    ends: str | None = None
    limit: int | None = None
    free_shipping: bool = False


PROMOTIONS = (
    Promotion("Ten off", "TEN"),
    Promotion("Last year", "OLD", ends="2020-01-01T00:00:00Z"),
    Promotion("Gone", "GONE", limit=0),
    Promotion("Large baskets", "LARGE", least=100_000_000),
    Promotion("Free delivery", "FREESHIP", free_shipping=True),
)


async def open_for_business(server: VendureServer) -> None:
    async with aiohttp.ClientSession() as session:
        admin = Admin(session, server.url)
        await admin.log_in()
        channels = [channel["id"] for channel in (await admin.ask("{ channels { items { id } } }"))["items"]]
        role = await admin.ask(
            "mutation ($input: CreateRoleInput!) { createRole(input: $input) { id } }",
            input={"code": "seller", "description": "", "channelIds": channels, "permissions": RIGHTS},
        )
        await admin.ask(
            "mutation ($input: CreateAdministratorInput!) { createAdministrator(input: $input) { id } }",
            input={
                "firstName": "Sells",
                "lastName": "Things",
                "emailAddress": SELLER,
                "password": SELLING,
                "roleIds": [role["id"]],
            },
        )
        for promotion in PROMOTIONS:
            await admin.ask(
                "mutation ($input: CreatePromotionInput!) { createPromotion(input: $input)"
                " { ... on Promotion { id } ... on ErrorResult { errorCode } } }",
                input=_input(promotion),
            )


def _input(promotion: Promotion) -> dict[str, Any]:
    arguments = [] if promotion.free_shipping else [{"name": "discount", "value": str(promotion.off)}]
    action = "free_shipping" if promotion.free_shipping else "order_percentage_discount"
    conditions = [
        {
            "code": "minimum_order_amount",
            "arguments": [
                {"name": "amount", "value": str(promotion.least)},
                {"name": "taxInclusive", "value": "true"},
            ],
        }
    ]
    return {
        "enabled": True,
        "couponCode": promotion.code or None,
        "startsAt": promotion.starts,
        "endsAt": promotion.ends,
        "usageLimit": promotion.limit,
        "conditions": conditions if promotion.least or not promotion.code else [],
        "actions": [{"code": action, "arguments": arguments}],
        "translations": [{"languageCode": "en", "name": promotion.name}],
    }


def by_seller(server: VendureServer, **more: object) -> VendureConfig:
    settings: dict[str, object] = {
        "channel_token": server.seed.channels["default"],
        "channels": {"europe": server.seed.channels["eu"]},
        "username": SELLER,
        "password": Secret((SELLING,)),
        "order_origin_field": "originReference",
        "order_reference_field": "gatewayReference",
        **more,
    }
    return VendureConfig(**settings)  # type: ignore[arg-type]


class OpenShop(suites.Served):
    """For the suites of what is sold: a real shop, asked with a seller's rights."""

    under_test = MANIFEST
    named = "shop"

    @pytest.fixture
    def sandbox(self, open_shop: VendureServer) -> Standing:
        return Standing(open_shop.url, requests=lambda: open_shop.requests)

    @pytest.fixture
    def config(self, open_shop: VendureServer) -> VendureConfig:
        return by_seller(open_shop)
