"""The ports' conformance suites over the sandbox, in both protocols."""

from __future__ import annotations

from contextlib import AsyncExitStack

import pytest
from msgspec.structs import replace

from adapters.odoo.adapter import OdooAdapter
from adapters.odoo.manifest import MANIFEST
from gateway.ports.manifest import Manifest
from gateway.testing.conformance import (
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
from gateway.testing.conformance.control import ControlledTransport
from gateway.testing.conformance.example import example_facts, example_seed
from tests.contract.adapters.odoo.connected import Running, run


class Fixtures:
    @pytest.fixture
    async def odoo(self, stack: AsyncExitStack, version: int) -> Running:
        return await run(stack, example_seed(), version)

    @pytest.fixture
    def backend(self, odoo: Running) -> ControlledTransport:
        return odoo.controlled()

    @pytest.fixture
    def adapter(self, odoo: Running, backend: ControlledTransport) -> OdooAdapter:
        lists = odoo.sandbox.seeded.pricelists
        pricelists = [{"pricelist": lists["", "", "GBP"]}, {"pricelist": lists["", "VIP", "GBP"], "group": "VIP"}]
        languages = {"en": "en_US", "ja": "ja_JP"}
        return odoo.adapter(
            transport=backend, pricelists=pricelists, languages=languages, origin_field="client_order_ref"
        )

    @pytest.fixture
    def manifest(self) -> Manifest:
        return MANIFEST

    @pytest.fixture
    def facts(self) -> ConformanceFacts:
        # Odoo says 0 of what it never counted in a warehouse of its own; only foreign places are unknown to it.
        given = example_facts("erp")
        return replace(given, slug="mug-1-100", uncounted=(given.skus[0], "elsewhere"))


class TestCatalog(Fixtures, CatalogConformance): ...


class TestIdentity(Fixtures, IdentityConformance): ...


class TestPrices(Fixtures, PriceConformance): ...


class TestStock(Fixtures, StockConformance): ...


class TestStores(Fixtures, StoreConformance): ...


class TestCustomers(Fixtures, CustomerConformance): ...


class TestLoyalty(Fixtures, LoyaltyConformance): ...


class TestOrders(Fixtures, OrdersConformance): ...
