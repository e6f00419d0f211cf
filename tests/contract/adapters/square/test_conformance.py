"""The shipped suites of every port Square serves, over the sandbox's socket and the gateway's own identifier cache."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from msgspec.structs import replace

from adapters.square.adapter import SquareAdapter
from adapters.square.manifest import MANIFEST
from adapters.square.sandbox.account import native_id
from gateway.model.identity import NativeRef
from gateway.ports.manifest import Manifest
from gateway.state.database import Database
from gateway.state.identifiers import StoredIdentifiers
from gateway.testing.conformance import (
    BackendControl,
    CatalogConformance,
    ConformanceFacts,
    CustomerConformance,
    IdentityConformance,
    LoyaltyConformance,
    OrdersConformance,
    PriceConformance,
    StockConformance,
    StoreConformance,
)
from gateway.testing.conformance.example import SHOPPER, example_facts, example_seed
from tests.contract.adapters.square.connected import BACKEND, Connect, Connected


class Fixtures:
    @pytest.fixture
    async def connected(self, connect: Connect, tmp_path: Path) -> AsyncGenerator[Connected]:
        connected = await connect(example_seed())
        database = await Database.open(f"sqlite+aiosqlite:///{tmp_path}/state.db")
        identifiers = StoredIdentifiers(database, BACKEND)
        connected.adapter = SquareAdapter(replace(connected.env, identifiers=identifiers))
        yield connected
        await identifiers.close()
        await database.close()

    @pytest.fixture
    def adapter(self, connected: Connected) -> SquareAdapter:
        return connected.adapter

    @pytest.fixture
    def manifest(self) -> Manifest:
        return MANIFEST

    @pytest.fixture
    def facts(self) -> ConformanceFacts:
        """Square has no slugs (its barcodes have a test of their own) and no price groups."""
        return replace(
            example_facts(BACKEND),
            slug=None,
            group_price=None,
            grouped_customer=None,
            shopper=NativeRef(BACKEND, native_id("CUST", SHOPPER)),
        )

    @pytest.fixture
    def backend(self, connected: Connected) -> BackendControl:
        return connected.control


class TestCatalog(Fixtures, CatalogConformance):
    pass


class TestIdentity(Fixtures, IdentityConformance):
    pass


class TestPrices(Fixtures, PriceConformance):
    pass


class TestStock(Fixtures, StockConformance):
    pass


class TestStores(Fixtures, StoreConformance):
    pass


class TestCustomers(Fixtures, CustomerConformance):
    pass


class TestLoyalty(Fixtures, LoyaltyConformance):
    pass


class TestOrders(Fixtures, OrdersConformance):
    pass
