"""The HubSpot sandbox with the conformance retailer's people, and adapters connected to it."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest

from adapters.hubspot.config import HubSpotConfig
from adapters.hubspot.sandbox import HubSpotSandbox, create
from gateway.testing.conformance.example import example_seed
from tests.contract.adapters.hubspot.connected import Connect, Connected, configured


@pytest.fixture
async def sandbox() -> AsyncGenerator[HubSpotSandbox]:
    made = create(example_seed())
    made.limits.searches_per_second = 1000
    made.limits.per_ten_seconds = 10_000
    yield made
    await made.stop()


@pytest.fixture
async def url(sandbox: HubSpotSandbox) -> str:
    return await sandbox.start()


@pytest.fixture
async def connect(sandbox: HubSpotSandbox, url: str) -> AsyncGenerator[Connect]:
    """`connect()` to the sandbox, with more settings, or `connect(at=url)` to another server."""
    opened: list[Connected] = []

    def make(*, at: str = "", config: HubSpotConfig | None = None, **more: object) -> Connected:
        settings = config or configured(sandbox.settings, **more)
        opened.append(Connected(at or url, settings, None if at else lambda: len(sandbox.requests)))
        return opened[-1]

    yield make
    for connected in opened:
        await connected.close()


@pytest.fixture
async def crm(connect: Connect) -> Connected:
    return connect()
