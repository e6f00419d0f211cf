"""Webhooks as they really arrive, posted to the gateway's own door: an Odoo before a running gateway application."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from gateway.app import Application
from gateway.settings import decode
from gateway.testing.faults.deliveries import Delivery, forged, post, reordered, repeated, unreadable

TOKEN = "a-long-webhook-token"


class Served:
    """The application on a real socket."""

    def __init__(self, folder: Path) -> None:
        raw: dict[str, Any] = {
            "gateway": {"state": f"sqlite+aiosqlite:///{folder}/state.sqlite"},
            "secrets": {"key": {"env": ["KEY"]}, "hook": {"env": ["HOOK"]}},
            "backends": {
                "erp": {
                    "adapter": "odoo",
                    "url": "http://127.0.0.1:1",
                    "allow_private_network": True,
                    "database": "shop",
                    "api_key": "key",
                    "webhook_token": "hook",
                }
            },
            "domains": {"price": {"order": ["erp"]}},
            "channels": {"retail": {"countries": ["GB"], "currencies": {"GB": ["GBP"]}}},
            "profiles": {"anonymous": {"touchpoint": "web", "default_country": "GB"}},
        }
        self.application = Application(decode(raw, {"KEY": "k", "HOOK": TOKEN}, base=folder))
        config = uvicorn.Config(self.application, host="127.0.0.1", port=0, log_level="error", lifespan="on")
        self._server = uvicorn.Server(config)
        self._task: asyncio.Task[None] | None = None
        self.url = ""

    async def start(self) -> None:
        self._task = asyncio.create_task(self._server.serve())
        while not self._server.started:
            assert not self._task.done(), "the gateway did not start"
            await asyncio.sleep(0.02)
        port = self._server.servers[0].sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}/webhooks/erp"

    async def stop(self) -> None:
        self._server.should_exit = True
        if self._task is not None:
            await self._task

    def count(self, outcome: str) -> float:
        assert self.application.gateway is not None
        labels = {"backend": "erp", "outcome": outcome}
        return self.application.gateway.metrics.registry.get_sample_value("gateway_webhooks_total", labels) or 0.0

    async def settled(self) -> None:
        assert self.application.gateway is not None
        await self.application.gateway.inbox.settled()


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    made = Served(tmp_path)
    await made.start()
    yield made
    await made.stop()


def change(record: int, second: int, token: str = TOKEN) -> Delivery:
    body = {"_model": "stock.quant", "_id": record, "write_date": f"2026-11-01 10:00:{second:02d}"}
    return Delivery({"x-gateway-token": token, "content-type": "application/json"}, json.dumps(body).encode())


async def test_a_delivery_repeated_a_hundred_times_is_applied_once(served: Served) -> None:
    statuses = await post(served.url, repeated([change(1, 1), change(2, 2)], 100))
    assert set(statuses) == {200}
    await served.settled()
    assert served.count("applied") == 2
    assert served.count("duplicate") == 198


async def test_in_whatever_order_they_come_each_is_applied_once(served: Served) -> None:
    deliveries = [change(number, number) for number in range(4)]
    for order in reordered(deliveries):
        assert set(await post(served.url, order)) == {200}
    await served.settled()
    assert served.count("applied") == 4


async def test_the_token_may_stand_in_the_address_as_the_vendor_writes_it(served: Served) -> None:
    plain = Delivery({"content-type": "application/json"}, change(1, 1).body)
    assert await post(served.url, [plain]) == [401]
    assert await post(f"{served.url}?token={TOKEN}", [plain]) == [200]
    assert await post(f"{served.url}?token=wrong", [plain]) == [401]


async def test_forged_and_senseless_deliveries_cause_no_work(served: Served) -> None:
    assert set(await post(served.url, list(forged(change(1, 1, token="forged")))[:20])) == {401}
    nonsense = Delivery({"x-gateway-token": TOKEN}, b"[]")
    assert await post(served.url, [nonsense]) == [400]
    assert await post(served.url.replace("erp", "nobody"), [change(1, 1)]) == [404]
    await served.settled()
    assert served.count("applied") == 0


async def test_what_cannot_be_read_is_the_senders_mistake(served: Served) -> None:
    bodies = list(unreadable(change(1, 1).body))
    signed = [Delivery(change(1, 1).headers, body) for body in bodies]
    assert set(await post(served.url, signed)) <= {200, 400}
    strangers = [Delivery({}, body) for body in bodies[:30]]
    assert set(await post(served.url, strangers)) == {401}
    assert set(await post(served.url.replace("erp", "nobody"), strangers)) == {404}
