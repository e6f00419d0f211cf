"""A sandbox shop on a real socket, and the adapter in front of it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import datetime
from typing import Any

import pytest

from adapters.shopify.manifest import MANIFEST
from adapters.shopify.sandbox import ShopifySandbox, create
from gateway.model.identity import KeyRule
from gateway.settings import PolicyNumbers
from gateway.testing import running
from gateway.testing.conformance.example import NOW
from gateway.testing.plugin import Attach
from gateway.testing.sandbox import Seed

from .shops import Shopify, shop_seed

OpenShop = Callable[..., Awaitable[tuple[ShopifySandbox, Shopify]]]
OpenAdapter = Callable[..., Shopify]
ONE_ATTEMPT = PolicyNumbers(retry_budget=0.0)


class Clock:
    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def open_adapter(attach: Attach) -> OpenAdapter:
    """`open_adapter(sandbox, rule=..., clock=..., **keys)`: an adapter in front of a sandbox that runs."""

    def connected(
        sandbox: ShopifySandbox, *, rule: KeyRule | None = None, clock: Clock | None = None, **keys: Any
    ) -> Shopify:
        target = running(sandbox, sandbox.url)
        now = clock or Clock(NOW)
        made = attach(MANIFEST, target, keys, name="shop", key_rule=rule, clock=now, policies=ONE_ATTEMPT).adapter
        assert isinstance(made, Shopify)
        return made

    return connected


@pytest.fixture
async def sandbox() -> AsyncGenerator[ShopifySandbox]:
    shop = create(shop_seed())
    await shop.start()
    yield shop
    await shop.stop()


@pytest.fixture
async def open_shop(open_adapter: OpenAdapter) -> AsyncGenerator[OpenShop]:
    """Opens a shop of the test's own: a running sandbox and an adapter in front of it."""
    opened: list[ShopifySandbox] = []

    async def start(seed: Seed, **keys: Any) -> tuple[ShopifySandbox, Shopify]:
        opened.append(create(seed))
        await opened[-1].start()
        return opened[-1], open_adapter(opened[-1], **keys)

    yield start
    for sandbox in opened:
        await sandbox.stop()


@pytest.fixture
def shop(sandbox: ShopifySandbox, open_adapter: OpenAdapter) -> Shopify:
    return open_adapter(sandbox)
