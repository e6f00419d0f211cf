"""A whole gateway over a real Vendure: product, price and stock in one query, and what it costs at Vendure's socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gateway.app import Gateway
from gateway.settings import load
from tests.servers.vendure_server import VendureServer

CONFIGURATION = """
[gateway]
state = "sqlite+aiosqlite:///{folder}/gateway.sqlite"
cursor_secret = "cursor"
[secrets]
cursor = {{ env = ["TEST_CURSOR_SECRET"] }}
shop = {{ env = ["TEST_SHOP_PASSWORD"] }}
[backends.shop]
adapter = "vendure"
alias = "webshop"
url = "{url}"
allow_private_network = true
username = "{username}"
password = "shop"
channel_token = "{default}"
channels = {{ europe = "{eu}" }}
barcode_field = "gtin"
policy = {{ timeout = 30.0 }}
[domains.product]
order = ["shop"]
[domains.price]
order = ["shop"]
[domains.stock]
order = ["shop"]
[domains.search]
order = ["shop"]
[locations.bristol]
refs = {{ shop = "{warehouse}" }}
[locations.bath]
refs = {{ shop = "{shop}" }}
[channels.web]
countries = ["GB"]
currencies = {{ GB = ["USD"] }}
locations = ["bristol", "bath"]
[channels.europe]
countries = ["DE"]
currencies = {{ DE = ["EUR"] }}
locations = ["bath"]
[languages]
default = "en"
available = ["en", "de"]
[profiles.anonymous]
touchpoint = "web"
deadline = 60.0
default_channel = "web"
default_country = "GB"
default_currency = "USD"
"""

LISTING = """query ($first: Int!) { products(first: $first) { nodes { title { value } variants {
  sku price { current { gross { amount currencyCode } } } availability { status quantity } } } } }"""


class Client:
    """Speaks ASGI to the gateway; what the gateway asks goes over real sockets."""

    def __init__(self, gateway: Gateway) -> None:
        self._application = gateway.doors()

    async def ask(self, query: str, **variables: object) -> dict[str, Any]:
        body = msgspec.json.encode({"query": query, "variables": variables})
        headers = [(b"content-type", b"application/json"), (b"host", b"test"), (b"accept", b"application/json")]
        scope: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": "/graphql",
            "raw_path": b"/graphql",
            "query_string": b"",
            "root_path": "",
            "headers": [*headers, (b"content-length", str(len(body)).encode())],
            "client": ("127.0.0.1", 1),
            "server": ("test", 80),
        }
        requests = [{"type": "http.request", "body": body, "more_body": False}]
        sent: list[bytes] = []

        async def receive() -> Any:
            if not requests:
                await asyncio.Event().wait()  # the caller stays until it has its answer
            return requests.pop(0)

        async def send(message: Any) -> None:
            sent.append(message.get("body", b""))

        await self._application(scope, receive, send)
        return msgspec.json.decode(b"".join(sent))


@pytest.fixture
async def client(vendure: VendureServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Client]:
    seed = vendure.seed
    monkeypatch.setenv("TEST_CURSOR_SECRET", "c" * 40)
    monkeypatch.setenv("TEST_SHOP_PASSWORD", seed.reader.password)
    path = tmp_path / "gateway.toml"
    path.write_text(
        CONFIGURATION.format(
            folder=tmp_path,
            url=vendure.url,
            username=seed.reader.username,
            default=seed.channels["default"],
            eu=seed.channels["eu"],
            **seed.locations,
        )
    )
    gateway = await Gateway.open(load(path))
    yield Client(gateway)
    await gateway.close()


async def test_product_price_and_stock_in_one_query(client: Client) -> None:
    answer = await client.ask(
        """{ product(by: { barcode: "4006381333931" }) { title { value } brand variants { sku
          price { current { net { amount } gross { amount currencyCode } taxTreatment } freshness { source } }
          availability { status complete freshness { source } } } } }"""
    )
    laptop = answer["data"]["product"]
    assert (laptop["title"]["value"], laptop["brand"]) == ("Laptop", "Apple")
    first, twice, *_ = laptop["variants"]
    assert first == {
        "sku": "L2201308",
        "price": {
            "current": {
                "net": {"amount": "1299.00"},
                "gross": {"amount": "1558.80", "currencyCode": "USD"},
                "taxTreatment": "EXCLUDED",
            },
            "freshness": {"source": "webshop"},
        },
        "availability": {"status": "IN_STOCK", "complete": True, "freshness": [{"source": "webshop"}]},
    }
    assert twice == {"sku": "TWICE", "price": None, "availability": None}
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"AMBIGUOUS_KEY"}


async def test_channel_country_and_language_of_the_operation_reach_vendure(client: Client) -> None:
    answer = await client.ask(
        """query @inContext(channel: "europe", country: "DE", currency: "EUR", language: "de") {
          product(by: { sku: "L2201308" }) { title { value language } variants { sku
            price { current { gross { amount currencyCode } taxTreatment } } } } }"""
    )
    laptop = answer["data"]["product"]
    assert laptop["title"] == {"value": "Klapprechner", "language": "de"}
    assert laptop["variants"][0]["price"]["current"] == {
        "gross": {"amount": "1402.92", "currencyCode": "EUR"},
        "taxTreatment": "INCLUDED",
    }


@pytest.mark.parametrize("first", [1, 24, 54])
async def test_listing_with_price_and_stock_costs_three_requests(
    client: Client, vendure: VendureServer, first: int
) -> None:
    await client.ask('{ product(by: { sku: "834444" }) { variants { price { current { gross { amount } } } } } }')
    before = vendure.requests
    answer = await client.ask(LISTING, first=first)
    assert len(answer["data"]["products"]["nodes"]) == min(first, 53)
    assert vendure.requests - before == 3


async def test_search_with_price_costs_three_requests(client: Client, vendure: VendureServer) -> None:
    await client.ask('{ product(by: { sku: "834444" }) { variants { price { current { gross { amount } } } } } }')
    before = vendure.requests
    answer = await client.ask(
        """{ search(query: "camera", first: 5) { totalCount facets { name } nodes { title { value } variants {
          price { current { gross { amount } } } } } } }"""
    )
    found = answer["data"]["search"]
    assert found["totalCount"] == 8
    assert [facet["name"] for facet in found["facets"]] == ["category", "brand", "collection"]
    assert all(variant["price"] for node in found["nodes"] for variant in node["variants"])
    assert vendure.requests - before == 3
