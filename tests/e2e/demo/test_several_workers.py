"""Four workers of one machine without Redis: what one is told, the next request to any of them knows."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from adapters.odoo.sandbox import OdooSandbox
from gateway.demo.backends import running_backends
from gateway.demo.sandboxes import Sandboxes
from tests.unit.state.servers import free_port

pytestmark = [pytest.mark.timeout(180), pytest.mark.asyncio(loop_scope="module")]
WORKERS = 4
HOOK = "a-token-for-webhooks"
SKU = "MUG-HAR-S"
PRICE = '{ product(by: {sku: "%s"}) { variants { sku price { current { net { amount } } } } } }' % SKU  # noqa: UP031


class Shop:
    def __init__(self, url: str, folder: Path, environment: dict[str, str], sandboxes: Sandboxes) -> None:
        self.url = url
        self.folder = folder
        self.environment = environment
        self.sandboxes = sandboxes

    async def ask(self, query: str, token: str | None = None) -> dict[str, Any]:
        """Over a connection of its own, so that any worker may answer."""
        headers = {} if token is None else {"authorization": f"Bearer {token}"}
        async with (
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as session,
            session.post(f"{self.url}/graphql", json={"query": query}, headers=headers) as answer,
        ):
            return await answer.json()

    async def prices(self, times: int) -> set[str]:
        answers = await asyncio.gather(*(self.ask(PRICE) for _ in range(times)))
        found: set[str] = set()
        for answer in answers:
            for variant in answer["data"]["product"]["variants"]:
                if variant["sku"] == SKU:
                    found.add(variant["price"]["current"]["net"]["amount"])
        return found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shop(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shop]:
    folder = tmp_path_factory.mktemp("shop")
    url = f"http://127.0.0.1:{free_port()}"
    async with running_backends(folder, url) as sandboxes:
        config = folder / "gateway.toml"
        listened = config.read_text().replace("erp_key = {", 'hook = { env = ["HOOK"] }\nerp_key = {')
        assert "[server]\n" in listened
        listened = listened.replace("[server]\n", "[server]\ndrain_accept_seconds = 0\n")  # there is no balancer
        config.write_text(listened.replace('api_key = "erp_key"', 'api_key = "erp_key"\nwebhook_token = "hook"'))
        lines = (folder / "environment").read_text().splitlines()
        environment = {**os.environ, **dict(line.split("=", 1) for line in lines)}
        environment = {**{name: value.strip("'") for name, value in environment.items()}, "HOOK": HOOK}
        serve = ["serve", "--config", str(config), "--port", url.rpartition(":")[2]]
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "gateway.cli", *serve, "--workers", str(WORKERS), env=environment
        )
        try:
            async with asyncio.timeout(90), aiohttp.ClientSession() as session:
                while True:
                    with contextlib.suppress(aiohttp.ClientError):
                        async with session.get(f"{url}/readyz") as ready:
                            if ready.status == 200:
                                break
                    await asyncio.sleep(0.1)
            yield Shop(url, folder, environment, sandboxes)
        finally:
            process.terminate()
            async with asyncio.timeout(60):
                await process.wait()


async def test_a_change_at_a_backend_is_known_to_every_worker(shop: Shop) -> None:
    (before,) = await shop.prices(60)
    odoo = shop.sandboxes.running["erp"].sandbox
    assert isinstance(odoo, OdooSandbox)
    for pricelist in set(odoo.seeded.pricelists.values()):
        odoo.set_price(SKU, Decimal("3.21"), pricelist)
    assert before in await shop.prices(40), "kept answers hide the change, else this test proves nothing"
    body = json.dumps({"_model": "product.pricelist.item", "_id": 1}).encode()
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{shop.url}/webhooks/erp", data=body, headers={"x-gateway-token": HOOK}) as answer,
    ):
        assert answer.status == 200
    await asyncio.sleep(1.0)
    assert await shop.prices(60) == {"3.21"}


async def test_a_revoked_token_is_refused_by_the_next_request_to_any_worker(shop: Shop) -> None:
    tokens = json.loads((shop.folder / "tokens.json").read_text())
    token, issuer, subject = tokens["shopper"], "https://id.northlight.example/customers", "ada"
    me = "{ me { id } }"
    for _ in range(30):
        assert "errors" not in await shop.ask(me, token)
    revoke = ["revoke", "--config", str(shop.folder / "gateway.toml"), issuer, subject]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway.cli", *revoke, env=shop.environment, stdout=asyncio.subprocess.DEVNULL
    )
    assert await process.wait() == 0
    for _ in range(30):
        (error,) = (await shop.ask(me, token))["errors"]
        assert error["extensions"]["code"] == "UNAUTHENTICATED"
