"""Carts over HTTP, streams and sockets: filled on one device, handed to another; the secret is in no address, no cache
and no log.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import uvicorn

from gateway.app import build_app
from gateway.model.money import Money
from gateway.settings import decode
from gateway.testing.reference.manifest import manifest_of
from gateway.testing.sandbox import Seed, SeedPrice
from tests.unit.services.retailer import NOW, product

LINES = '{variant: {sku: "MUG"}, quantity: 2}'
CREATE = (
    f"mutation {{ cartCreate(input: {{lines: [{LINES}]}}) {{ secret cart {{ id version }} userErrors {{ code }} }} }}"
)
READ = "query ($id: ID!) { cart(id: $id) { itemCount lines { sku quantity } } }"
ADD = """mutation ($id: ID!) { cartLinesAdd(input: {cartId: $id, lines: [{variant: {sku: "MUG"}}]}) {
  cart { itemCount totals { total { gross { amount } } } } userErrors { __typename } } }"""
OFFER = "mutation ($i: CartHandOffCreateInput!) { cartHandOffCreate(input: $i) { code userErrors { __typename } } }"
CLAIM = """mutation ($i: CartHandOffClaimInput!) { cartHandOffClaim(input: $i) { secret cart { id itemCount }
  userErrors { __typename } } }"""
SECRET = "Commerce-Cart-Secret"


class Shop:
    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self.url = url
        self._session = session

    async def ask(
        self, query: str, secret: str | None = None, *, headers: dict[str, str] | None = None, **variables: Any
    ) -> dict[str, Any]:
        bearing = {**({SECRET: secret} if secret else {}), **(headers or {})}
        body = {"query": query, "variables": variables}
        async with self._session.post(f"{self.url}/graphql", json=body, headers=bearing) as response:
            assert response.headers["cache-control"] == "private, no-store"
            told = await response.json()
        assert "errors" not in told, told
        return told["data"]


@asynccontextmanager
async def serving(folder: Path) -> AsyncGenerator[Shop]:
    order = {"order": ["shop"]}
    stores: dict[str, dict[str, Any]] = {
        name: {"name": name, "locations": [], "country": "GB", "timezone": "Europe/London", "channel": "web"}
        for name in ("soho", "leeds")
    }
    raw: dict[str, Any] = {
        "gateway": {"state": f"sqlite+aiosqlite:///{folder}/state.sqlite"},
        "backends": {"shop": {"adapter": "memory", "url": "http://127.0.0.1:9", "allow_private_network": True}},
        "channels": {"web": {"countries": ["GB"], "currencies": {"GB": ["GBP"]}}},
        "profiles": {"anonymous": {"touchpoint": "web", "default_country": "GB"}},
        "stores": stores,
        "server": {"cors_origins": ["https://shop.example"]},
        "domains": dict.fromkeys(("product", "price", "stock"), order),
    }
    seed = Seed(
        currency="GBP", country="GB", products=(product("1", "MUG"),), now=NOW,
        prices=(SeedPrice("MUG", Money(Decimal("12.00"), "GBP")),), tax_rates={"GB": Decimal("0.2")},
    )  # fmt: skip
    application = build_app(decode(raw, {}, base=folder), manifests={"memory": manifest_of({"shop": seed})})
    config = uvicorn.Config(application, host="127.0.0.1", port=0, log_config=None, lifespan="on")
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    async with asyncio.timeout(20):
        while not server.started:
            assert not running.done(), "the gateway did not start"
            await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    async with aiohttp.ClientSession() as session:
        try:
            yield Shop(f"http://127.0.0.1:{port}", session)
        finally:
            await session.close()
            server.should_exit = True
            await running


async def test_added_on_one_device_and_handed_to_another(tmp_path: Path) -> None:
    async with serving(tmp_path) as shop:
        made = (await shop.ask(CREATE))["cartCreate"]
        identifier, phone = made["cart"]["id"], made["secret"]
        added = (await shop.ask(ADD, phone, id=identifier))["cartLinesAdd"]
        assert added["cart"] == {"itemCount": 3, "totals": {"total": {"gross": {"amount": "36.00"}}}}
        given = {"cartId": identifier, "mode": "MOVE"}
        soho = {"X-Commerce-Store": "soho"}
        offer = (await shop.ask(OFFER, phone, headers=soho, i=given))["cartHandOffCreate"]
        wrong = await shop.ask(CLAIM, headers={"X-Commerce-Store": "leeds"}, i={"code": offer["code"]})
        assert wrong["cartHandOffClaim"]["userErrors"] == [{"__typename": "HandOffCodeInvalid"}]
        claim = (await shop.ask(CLAIM, headers=soho, i={"code": offer["code"]}))["cartHandOffClaim"]
        assert claim["cart"] == {"id": identifier, "itemCount": 3}
        assert await shop.ask(READ, phone, id=identifier) == {"cart": None}
        assert (await shop.ask(ADD, claim["secret"], id=identifier))["cartLinesAdd"]["cart"]["itemCount"] == 4
        assert await shop.ask(READ, id=identifier) == {"cart": None}


async def test_a_cart_is_there_after_the_gateway_was_started_anew(tmp_path: Path) -> None:
    async with serving(tmp_path) as shop:
        made = (await shop.ask(CREATE))["cartCreate"]
    async with serving(tmp_path) as shop:
        assert (await shop.ask(READ, made["secret"], id=made["cart"]["id"]))["cart"]["itemCount"] == 2


async def test_with_a_secret_nothing_is_sent_by_get_and_nothing_is_kept(tmp_path: Path) -> None:
    public = '{ product(by: {slug: "p1"}) { title { value } } }'
    async with serving(tmp_path) as shop, aiohttp.ClientSession() as session:
        made = (await shop.ask(CREATE))["cartCreate"]
        headers = {SECRET: made["secret"], "X-Commerce-Client": "test"}
        for accept in ("application/json", "text/event-stream"):
            asked = session.get(f"{shop.url}/graphql", params={"query": public}, headers={**headers, "accept": accept})
            async with asked as response:
                assert response.status == 405
                assert response.headers["allow"] == "POST"
        for bearing, kept in ((headers, False), ({}, True)):
            async with session.post(f"{shop.url}/graphql", json={"query": public}, headers=bearing) as response:
                assert ("etag" in response.headers) is kept


@pytest.mark.parametrize("odd", ["qqq", "a b" * 9, "é" * 20, "a" * 129, "'; --" * 5])
async def test_a_secret_that_is_none_is_refused_and_not_repeated(tmp_path: Path, odd: str) -> None:
    async with serving(tmp_path) as shop, aiohttp.ClientSession() as session:
        headers = {SECRET: odd}
        async with session.post(f"{shop.url}/graphql", json={"query": "{ __typename }"}, headers=headers) as response:
            assert response.status == 400
            assert odd not in await response.text()


async def test_a_page_of_another_origin_may_send_the_header(tmp_path: Path) -> None:
    async with serving(tmp_path) as shop, aiohttp.ClientSession() as session:
        asked = session.options(f"{shop.url}/graphql", headers={"origin": "https://shop.example"})
        async with asked as response:
            assert "commerce-cart-secret" in response.headers["access-control-allow-headers"]


async def test_a_stream_by_post_and_a_socket_bear_the_secret_too(tmp_path: Path) -> None:
    async with serving(tmp_path) as shop, aiohttp.ClientSession() as session:
        made = (await shop.ask(CREATE))["cartCreate"]
        asked = {"query": READ, "variables": {"id": made["cart"]["id"]}}
        headers = {SECRET: made["secret"], "accept": "text/event-stream"}
        async with session.post(f"{shop.url}/graphql", json=asked, headers=headers) as response:
            assert '"itemCount":2' in await response.text()
        for payload, expected in (({SECRET: made["secret"]}, '"itemCount":2'), ({}, '"cart":null')):
            async with session.ws_connect(f"{shop.url}/graphql", protocols=["graphql-transport-ws"]) as socket:
                await socket.send_json({"type": "connection_init", "payload": payload})
                assert (await socket.receive_json())["type"] == "connection_ack"
                await socket.send_json({"type": "subscribe", "id": "1", "payload": asked})
                assert expected in (await socket.receive_str()).replace(" ", "")


async def test_no_secret_is_logged_or_stored(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with serving(tmp_path) as shop:
        made = (await shop.ask(CREATE))["cartCreate"]
        await shop.ask(ADD, made["secret"], id=made["cart"]["id"])
        async with aiohttp.ClientSession() as session:
            body = {"query": "{ nonsense }"}
            await session.post(f"{shop.url}/graphql", json=body, headers={SECRET: made["secret"]})
    printed = capsys.readouterr()
    assert made["secret"] not in printed.out + printed.err
    for file in tmp_path.iterdir():
        assert made["secret"].encode() not in file.read_bytes(), file


async def test_a_card_number_in_a_note_is_refused_and_stored_nowhere(tmp_path: Path) -> None:
    async with serving(tmp_path) as shop, aiohttp.ClientSession() as session:
        query = (
            'mutation { cartCreate(input: {lines: [{variant: {sku: "MUG"}, note: "4111 1111 1111 1111"}]}) { secret } }'
        )
        async with session.post(f"{shop.url}/graphql", json={"query": query}) as response:
            told = await response.json()
        assert told["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
        assert "4111" not in json.dumps(told)


NEWS = "subscription ($id: ID!) { cartChanged(id: $id) { ended cart { version itemCount } } }"
GIVE_BACK = "mutation ($id: ID!) { cartHolderRevoke(input: {cartId: $id}) { userErrors { __typename } } }"


async def told_next(stream: aiohttp.ClientResponse) -> Any:
    """The next event of a stream: its data, or None where it is complete."""
    async with asyncio.timeout(10):
        while True:
            line = (await stream.content.readline()).decode()
            if line.startswith("event: complete"):
                return None
            if line.startswith("data: {"):
                return json.loads(line.removeprefix("data: "))


async def test_a_cart_is_followed_over_a_stream_and_the_last_event_says_why(tmp_path: Path) -> None:
    async with serving(tmp_path) as shop, aiohttp.ClientSession() as session:
        made = (await shop.ask(CREATE))["cartCreate"]
        identifier, secret = made["cart"]["id"], made["secret"]
        headers = {"accept": "text/event-stream", SECRET: secret}
        body = {"query": NEWS, "variables": {"id": identifier}}
        async with session.post(f"{shop.url}/graphql", json=body, headers=headers) as stream:
            news = (await told_next(stream))["data"]["cartChanged"]
            assert news == {"ended": None, "cart": {"version": 1, "itemCount": 2}}
            await shop.ask(ADD, secret, id=identifier)
            news = (await told_next(stream))["data"]["cartChanged"]
            assert news == {"ended": None, "cart": {"version": 2, "itemCount": 3}}
            await shop.ask(GIVE_BACK, secret, id=identifier)
            news = (await told_next(stream))["data"]["cartChanged"]
            assert news == {"ended": "NOT_YOURS", "cart": None}
            assert await told_next(stream) is None


async def test_who_may_not_open_a_cart_follows_nothing_and_cannot_tell_whether_it_is_there(tmp_path: Path) -> None:
    async with serving(tmp_path) as shop, aiohttp.ClientSession() as session:
        made = (await shop.ask(CREATE))["cartCreate"]
        for identifier in (made["cart"]["id"], "A" * 26, "no id"):
            for secret in ({}, {SECRET: "0" * 64}):
                headers = {"accept": "text/event-stream", **secret}
                body = {"query": NEWS, "variables": {"id": identifier}}
                async with session.post(f"{shop.url}/graphql", json=body, headers=headers) as stream:
                    assert await told_next(stream) == {"data": {"cartChanged": {"ended": "NOT_YOURS", "cart": None}}}
                    assert await told_next(stream) is None


async def test_a_cart_is_followed_over_a_socket_until_it_is_over(tmp_path: Path) -> None:
    async with serving(tmp_path) as shop, aiohttp.ClientSession() as session:
        made = (await shop.ask(CREATE))["cartCreate"]
        identifier, secret = made["cart"]["id"], made["secret"]
        async with session.ws_connect(f"{shop.url}/graphql", protocols=("graphql-transport-ws",)) as socket:
            await socket.send_json({"type": "connection_init", "payload": {SECRET: secret}})
            assert (await socket.receive_json())["type"] == "connection_ack"
            payload = {"query": NEWS, "variables": {"id": identifier}}
            await socket.send_json({"type": "subscribe", "id": "1", "payload": payload})
            told = await socket.receive_json(timeout=10)
            assert told["payload"]["data"]["cartChanged"]["cart"] == {"version": 1, "itemCount": 2}
            over = "mutation ($id: ID!) { cartAbandon(input: {cartId: $id}) { userErrors { __typename } } }"
            await shop.ask(over, secret, id=identifier)
            told = await socket.receive_json(timeout=10)
            assert told["payload"]["data"]["cartChanged"]["ended"] == "OVER"
            assert (await socket.receive_json(timeout=10))["type"] == "complete"


async def test_each_event_has_as_long_to_be_answered_as_the_first(tmp_path: Path) -> None:
    more = """mutation ($id: ID!) { cartLinesAdd(input: {cartId: $id, lines: [{variant: {sku: "MUG"}}]}) {
      cart { version } } }"""  # asks for no price: the stream is the first to
    priced = "subscription ($id: ID!) { cartChanged(id: $id) { cart { totals { total { gross { amount } } } } } }"
    async with serving(tmp_path) as shop, aiohttp.ClientSession() as session:
        made = (await shop.ask(CREATE))["cartCreate"]
        identifier, secret = made["cart"]["id"], made["secret"]
        headers = {"accept": "text/event-stream", SECRET: secret, "X-Commerce-Deadline-Ms": "1000"}
        body = {"query": priced, "variables": {"id": identifier}}
        async with session.post(f"{shop.url}/graphql", json=body, headers=headers) as stream:
            for pieces in (2, 3):
                told = await told_next(stream)
                assert "errors" not in told, told
                amount = told["data"]["cartChanged"]["cart"]["totals"]["total"]["gross"]["amount"]
                assert Decimal(amount) == pieces * 12
                await asyncio.sleep(1.2)
                await shop.ask(more, secret, id=identifier)
