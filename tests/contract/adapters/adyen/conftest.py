"""Sandboxes on ephemeral ports, and adapters connected to them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any

import pytest

from adapters.adyen.sandbox import AdyenSandbox
from gateway.testing.plugin import Attach
from tests.contract.adapters.adyen.connected import Connected

Connect = Callable[..., Awaitable[Connected]]


@pytest.fixture
async def connect(attach: Attach) -> AsyncGenerator[Connect]:
    """`await connect(**config)`; everything is closed after the test."""
    started: list[AdyenSandbox] = []

    async def make(**config: Any) -> Connected:
        started.append(AdyenSandbox())
        return Connected(started[-1], await started[-1].start(), attach, **config)

    yield make
    for sandbox in started:
        await sandbox.stop()


@pytest.fixture
async def psp(connect: Connect) -> Connected:
    return await connect()
