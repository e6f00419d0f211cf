"""Sandboxes on ephemeral ports, and adapters connected to them."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

import pytest

from adapters.square.sandbox import create
from gateway.model.identity import KeyRule
from gateway.testing.sandbox import Seed
from tests.contract.adapters.square.connected import Connect, Connected, small_seed


@pytest.fixture
async def connect() -> AsyncGenerator[Connect]:
    """`await connect(seed, key_rule=..., **config)`; everything is closed after the test."""
    opened: list[Connected] = []

    async def make(seed: Seed | None = None, key_rule: KeyRule | None = None, **config: Any) -> Connected:
        sandbox = create(seed or small_seed())
        url = await sandbox.start()
        opened.append(Connected(sandbox, url, key_rule or KeyRule(), config))
        return opened[-1]

    yield make
    for connected in opened:
        await connected.close()
        await connected.sandbox.stop()


@pytest.fixture
async def till(connect: Connect) -> Connected:
    """The small retailer, with its two stores configured."""
    return await connect(store_locations={"soho": "L1", "camden": "L2"})
