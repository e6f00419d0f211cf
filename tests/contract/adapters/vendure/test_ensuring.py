"""Customers ensured at a real Vendure: one of each verified email, whoever asks."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gateway.testing import conformance as suites
from tests.contract.adapters.vendure.facts import facts_of
from tests.contract.adapters.vendure.selling import OpenShop, asked_by_admin
from tests.servers.vendure_server import VendureServer


class EnsuringShop(OpenShop):
    @pytest.fixture
    def stated(self, open_shop: VendureServer) -> suites.ConformanceFacts:
        return facts_of(open_shop)


def bearing(server: VendureServer, email: str) -> int:
    query = "query ($options: CustomerListOptions) { customers(options: $options) { totalItems } }"
    narrow = {"options": {"filter": {"emailAddress": {"eq": email}}}}
    return asked_by_admin(server, query, narrow)["customers"]["totalItems"]


class TestWrites(suites.ServedCustomers, EnsuringShop, suites.WriteConformance):
    writes = (b"mutation CreateCustomer",)
    timeout = 2.5
    settles = 3.0

    @pytest.fixture
    def effects(self, open_shop: VendureServer) -> Callable[[str], int]:
        return lambda reference: bearing(open_shop, suites.email_of(reference))


class TestEnsuring(EnsuringShop, suites.EnsuringConformance):
    @pytest.fixture
    def bearers(self, open_shop: VendureServer) -> Callable[[str], int]:
        return lambda email: bearing(open_shop, email)
