"""Sandboxes on ephemeral ports, and adapters connected to them."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

import pytest

from adapters.square.sandbox import SquareSandbox, create
from gateway.model.identity import KeyRule
from gateway.testing.plugin import Attach
from gateway.testing.sandbox import Seed
from tests.contract.adapters.square.connected import Connect, Connected, small_seed


@pytest.fixture
async def connect(attach: Attach) -> AsyncGenerator[Connect]:
    """`await connect(seed, key_rule=..., **config)`; everything is closed after the test."""
    started: list[SquareSandbox] = []

    async def make(seed: Seed | None = None, key_rule: KeyRule | None = None, **config: Any) -> Connected:
        started.append(create(seed or small_seed()))
        return Connected(started[-1], await started[-1].start(), attach, key_rule=key_rule, config=config)

    yield make
    for sandbox in started:
        await sandbox.stop()


@pytest.fixture
async def till(connect: Connect) -> Connected:
    """The small retailer, with its two stores configured."""
    return await connect(store_locations={"soho": "L1", "camden": "L2"})
