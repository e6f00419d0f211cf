"""The HubSpot sandbox with the conformance retailer's people, and adapters connected to it."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest

from adapters.hubspot.config import HubSpotConfig
from adapters.hubspot.manifest import MANIFEST
from adapters.hubspot.sandbox import HubSpotSandbox, create
from gateway.testing import Standing, running
from gateway.testing.conformance.example import example_seed
from gateway.testing.plugin import Attach
from tests.contract.adapters.hubspot.connected import Connect, Crm


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
def connect(sandbox: HubSpotSandbox, url: str, attach: Attach) -> Connect:
    """`connect()` to the sandbox, with more settings, or `connect(at=url)` to another server."""

    def make(*, at: str = "", config: HubSpotConfig | None = None, **more: object) -> Crm:
        target = Standing(at, sandbox.settings) if at else running(sandbox, url)
        return Crm(attach(MANIFEST, target, config or more, name="crm"))

    return make


@pytest.fixture
def crm(connect: Connect) -> Crm:
    return connect()
