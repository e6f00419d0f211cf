"""The shipped suites of every port Square serves, over the sandbox's socket."""

from __future__ import annotations

import pytest

from adapters.square.manifest import MANIFEST
from adapters.square.sandbox import SquareSandbox, create
from gateway.testing import conformance as suites
from gateway.testing.conformance.example import example_seed
from tests.contract.adapters.square.connected import BACKEND
from tests.contract.adapters.square.facts import square_facts


class Square(suites.Served):
    under_test = MANIFEST
    named = BACKEND

    @pytest.fixture
    def sandbox(self) -> SquareSandbox:
        return create(example_seed())

    @pytest.fixture
    def stated(self) -> suites.ConformanceFacts:
        return square_facts()


class TestCatalog(Square, suites.CatalogConformance): ...


class TestIdentity(Square, suites.IdentityConformance): ...


class TestPrices(Square, suites.PriceConformance): ...


class TestStock(Square, suites.StockConformance): ...


class TestStores(Square, suites.StoreConformance): ...


class TestCustomers(Square, suites.CustomerConformance): ...


class TestLoyalty(Square, suites.LoyaltyConformance): ...


class TestOrders(Square, suites.OrdersConformance): ...
