"""A sandbox shop on a real socket, and the adapter in front of it over a plain transport."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest

from adapters.shopify.adapter import Shopify
from adapters.shopify.adapter import create as create_adapter
from adapters.shopify.config import ShopifyConfig
from adapters.shopify.sandbox import ShopifySandbox, create
from gateway.errors import Unavailable
from gateway.model.context import CallContext
from gateway.model.identity import KeyRule
from gateway.ports.manifest import AdapterEnvironment, Secret
from gateway.ports.transport import Request, Response, Transport
from gateway.testing.conformance.example import NOW
from gateway.testing.sandbox import Seed

from .shops import shop_seed

OpenShop = Callable[..., Awaitable[tuple[ShopifySandbox, Shopify]]]


class PlainTransport:
    """One attempt per request, no policies."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._session = aiohttp.ClientSession()

    async def send(self, request: Request, call: CallContext) -> Response:
        try:
            async with self._session.request(
                request.method,
                self._url + request.path,
                data=request.body,
                headers=dict(request.headers),
                params=dict(request.query),
                timeout=aiohttp.ClientTimeout(total=max(0.01, call.remaining())),
            ) as answer:
                headers = {name.lower(): value for name, value in answer.headers.items()}
                return Response(answer.status, headers, await answer.read())
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Unavailable(detail=type(error).__name__) from error

    async def close(self) -> None:
        await self._session.close()


class Remembered:
    """An identifier cache in memory."""

    def __init__(self) -> None:
        self.spaces: dict[str, dict[str, str]] = {}

    async def get_many(self, space: str, keys: Sequence[str]) -> Mapping[str, str]:
        kept = self.spaces.get(space, {})
        return {key: kept[key] for key in keys if key in kept}

    async def set_many(self, space: str, entries: Mapping[str, str], ttl: float) -> None:
        self.spaces.setdefault(space, {}).update(entries)

    async def drop(self, space: str, keys: Sequence[str] | None = None) -> None:
        if keys is None:
            self.spaces.pop(space, None)
        for key in keys or ():
            self.spaces.get(space, {}).pop(key, None)


class Clock:
    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def config_of(sandbox: ShopifySandbox, **keys: Any) -> ShopifyConfig:
    """The sandbox's own settings, as the configuration reader would make them."""
    secrets = {"admin_token", "storefront_token", "webhook_secret"}
    read: dict[str, Any] = {
        name: Secret((value,)) if name in secrets else value for name, value in sandbox.settings.items()
    }
    return ShopifyConfig(**{**read, **keys})


def environment(
    url: str, config: ShopifyConfig, transport: Transport, *, rule: KeyRule | None = None, clock: Clock | None = None
) -> AdapterEnvironment:
    return AdapterEnvironment(
        name="shop",
        alias="Web shop",
        url=url,
        config=config,
        transport=transport,
        identifiers=Remembered(),
        key_rule=rule or KeyRule(),
        clock=clock or Clock(NOW.astimezone(UTC)),
    )


@pytest.fixture
async def sandbox() -> AsyncGenerator[ShopifySandbox]:
    shop = create(shop_seed())
    await shop.start()
    yield shop
    await shop.stop()


@pytest.fixture
async def transport(sandbox: ShopifySandbox) -> AsyncGenerator[PlainTransport]:
    plain = PlainTransport(sandbox.url)
    yield plain
    await plain.close()


@pytest.fixture
async def open_shop() -> AsyncGenerator[OpenShop]:
    """Opens a shop of the test's own: a running sandbox and an adapter in front of it."""
    opened: list[tuple[ShopifySandbox, PlainTransport]] = []

    async def start(seed: Seed, **keys: Any) -> tuple[ShopifySandbox, Shopify]:
        sandbox = create(seed)
        transport = PlainTransport(await sandbox.start())
        opened.append((sandbox, transport))
        return sandbox, create_adapter(environment(sandbox.url, config_of(sandbox, **keys), transport))

    yield start
    for sandbox, transport in opened:
        await transport.close()
        await sandbox.stop()


@pytest.fixture
def shop(sandbox: ShopifySandbox, transport: PlainTransport) -> Shopify:
    return create_adapter(environment(sandbox.url, config_of(sandbox), transport))
