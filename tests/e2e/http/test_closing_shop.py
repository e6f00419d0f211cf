"""A gateway that sells is closed: from then on nothing is delivered to its checkout; what comes is the next one's."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gateway.ports.payment import FACTS
from gateway.ports.webhooks import Received
from gateway.services import Services

sys.path.insert(0, str(Path(__file__).parent))
from selling_shop import selling

LONG_ENOUGH = 2.0
"""Seconds: both look for what is waiting oftener, and are woken by what is written."""


async def test_nothing_is_delivered_to_a_checkout_that_is_closed(tmp_path: Path) -> None:
    delivered: list[str] = []
    async with selling(tmp_path) as shop:
        gateway = shop.gateway
        service, close = gateway.selling.service, gateway.selling.close
        assert service is not None

        async def followed(event: Any) -> None:
            delivered.append(event.subject)

        async def heard(event: Received) -> None:
            delivered.append(event.subject)

        service.desk.followed, service.desk.heard = followed, heard

        async def write(name: str) -> None:
            async with gateway.database.write() as connection:
                await gateway.kept.outbox.write(connection, "order.placed", f"{name} event", {}, key=name)
            kind, told = next(iter(FACTS)), f"{name} fact"
            fact = Received(identity=told, backend="pay", kind=kind, subject=told, facts={}, at=datetime.now(UTC))
            await gateway.kept.inbox.store([fact])

        async def closed(services: Services) -> None:
            await close(services)
            await write("late")
            await asyncio.sleep(LONG_ENOUGH)

        gateway.selling.close = closed
        await write("early")
        async with asyncio.timeout(20):
            while len(delivered) < 2:  # noqa: ASYNC110  timers of the gateway's do it
                await asyncio.sleep(0.05)
    assert sorted(delivered) == ["early event", "early fact"]
