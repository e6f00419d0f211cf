"""Customers ensured at a real Vendure: one of each verified email, whoever asks."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from adapters.vendure.config import VendureConfig
from adapters.vendure.manifest import MANIFEST
from gateway.testing import Standing
from gateway.testing import conformance as suites
from tests.contract.adapters.vendure.facts import facts_of
from tests.contract.adapters.vendure.selling import asked_by_admin, by_seller
from tests.servers.vendure_server import VendureServer


class Vendure(suites.Served):
    under_test = MANIFEST
    named = "shop"

    @pytest.fixture
    def sandbox(self, open_shop: VendureServer) -> Standing:
        return Standing(open_shop.url, requests=lambda: open_shop.requests)

    @pytest.fixture
    def config(self, open_shop: VendureServer) -> VendureConfig:
        return by_seller(open_shop)

    @pytest.fixture
    def stated(self, open_shop: VendureServer) -> suites.ConformanceFacts:
        return facts_of(open_shop)


def bearing(server: VendureServer, email: str) -> int:
    query = "query ($options: CustomerListOptions) { customers(options: $options) { totalItems } }"
    narrow = {"options": {"filter": {"emailAddress": {"eq": email}}}}
    return asked_by_admin(server, query, narrow)["customers"]["totalItems"]


class TestWrites(suites.ServedCustomers, Vendure, suites.WriteConformance):
    writes = (b"mutation CreateCustomer",)
    timeout = 2.5
    settles = 3.0

    @pytest.fixture
    def effects(self, open_shop: VendureServer) -> Callable[[str], int]:
        return lambda reference: bearing(open_shop, suites.email_of(reference))


class TestEnsuring(Vendure, suites.EnsuringConformance):
    @pytest.fixture
    def bearers(self, open_shop: VendureServer) -> Callable[[str], int]:
        return lambda email: bearing(open_shop, email)
