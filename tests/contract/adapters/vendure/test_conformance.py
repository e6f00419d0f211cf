"""The shipped conformance suites over a real Vendure."""

from __future__ import annotations

import pytest

from adapters.vendure.config import VendureConfig
from adapters.vendure.manifest import MANIFEST
from gateway.testing import Standing
from gateway.testing import conformance as suites
from tests.contract.adapters.vendure.connected import by_key
from tests.contract.adapters.vendure.facts import facts_of
from tests.servers.vendure_server import VendureServer


class OnVendure(suites.Served):
    under_test = MANIFEST
    named = "shop"

    @pytest.fixture
    def sandbox(self, vendure: VendureServer) -> Standing:
        return Standing(vendure.url, requests=lambda: vendure.requests)

    @pytest.fixture
    def config(self, vendure: VendureServer) -> VendureConfig:
        return by_key(vendure)

    @pytest.fixture
    def stated(self, vendure: VendureServer) -> suites.ConformanceFacts:
        return facts_of(vendure)


class TestCatalog(OnVendure, suites.CatalogConformance): ...


class TestIdentity(OnVendure, suites.IdentityConformance): ...


class TestPrice(OnVendure, suites.PriceConformance): ...


class TestStock(OnVendure, suites.StockConformance): ...


class TestStore(OnVendure, suites.StoreConformance): ...


class TestCustomer(OnVendure, suites.CustomerConformance): ...


class TestOrders(OnVendure, suites.OrdersConformance): ...


class TestSearch(OnVendure, suites.SearchConformance): ...
