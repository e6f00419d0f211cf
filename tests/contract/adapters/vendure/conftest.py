"""A real Vendure, once per session, and adapters connected to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Generator

import aiohttp
import pytest

from adapters.vendure.config import VendureConfig
from adapters.vendure.manifest import MANIFEST
from gateway.model.identity import KeyRule
from gateway.testing import Standing
from gateway.testing.plugin import Attach
from tests.contract.adapters.vendure.connected import Connect, Connected, by_key, by_login
from tests.contract.adapters.vendure.selling import Admin, open_for_business
from tests.servers.vendure_server import Installation, VendureServer, require_vendure, running


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The first run installs and populates: minutes on a slow line."""
    for item in items:
        if "vendure_installation" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.node)
            item.add_marker(pytest.mark.timeout(900))


@pytest.fixture(scope="session")
def vendure_installation() -> Installation:
    return require_vendure()


@pytest.fixture(scope="session")
def vendure(vendure_installation: Installation) -> Generator[VendureServer]:
    """Three channels, two stock locations, a customer with six orders."""
    with running(vendure_installation, vendure_installation.database) as server:
        yield server


@pytest.fixture(scope="session")
def open_shop(vendure_installation: Installation) -> Generator[VendureServer]:
    """A server that orders are placed on, with promotions and a seller."""
    with running(vendure_installation, vendure_installation.database) as server:
        asyncio.run(open_for_business(server))
        yield server


@pytest.fixture
async def admin(open_shop: VendureServer) -> AsyncGenerator[Admin]:
    async with aiohttp.ClientSession() as session:
        admin = Admin(session, open_shop.url)
        await admin.log_in()
        yield admin


@pytest.fixture(scope="session")
def one_channel_vendure(vendure_installation: Installation) -> Generator[VendureServer]:
    """Vendure as installed: one channel, so that any channel token is answered with it. (Its data has no seed: of
    `seed`, nothing but ids of the sample catalogue is true here.)"""
    with running(vendure_installation, vendure_installation.plain) as server:
        yield server


@pytest.fixture
def connect(attach: Attach) -> Connect:
    """`connect(server, config)`, or the URL of a server; everything connected is closed after the test."""

    def make(server: VendureServer | str, config: VendureConfig, key_rule: KeyRule | None = None) -> Connected:
        target = Standing(server) if isinstance(server, str) else Standing(server.url, {}, lambda: server.requests)
        return Connected(attach(MANIFEST, target, config, name="shop", key_rule=key_rule))

    return make


@pytest.fixture
async def shop(vendure: VendureServer, connect: Connect) -> Connected:
    """The default channel, by API key."""
    return connect(vendure, by_key(vendure))


@pytest.fixture
async def everywhere(vendure: VendureServer, connect: Connect) -> Connected:
    """All three channels, by login."""
    return connect(vendure, by_login(vendure))
