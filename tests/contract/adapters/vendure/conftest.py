"""A real Vendure, once per session."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.servers.vendure_server import Installation, VendureServer, require_vendure, running


@pytest.fixture(scope="session")
def vendure_installation() -> Installation:
    return require_vendure()


@pytest.fixture(scope="session")
def vendure(vendure_installation: Installation) -> Iterator[VendureServer]:
    """Three channels, two stock locations, a customer with two orders."""
    with running(vendure_installation, vendure_installation.database) as server:
        yield server


@pytest.fixture(scope="session")
def one_channel_vendure(vendure_installation: Installation) -> Iterator[VendureServer]:
    """Vendure as installed: one channel, so that any channel token is answered with it. (Its data has no seed: of
    `seed`, nothing but ids of the sample catalogue is true here.)"""
    with running(vendure_installation, vendure_installation.plain) as server:
        yield server
