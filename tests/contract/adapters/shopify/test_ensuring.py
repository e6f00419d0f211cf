"""Customers ensured in a shop, whose emails are unique."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from adapters.shopify.manifest import MANIFEST
from adapters.shopify.sandbox import ShopifySandbox, create
from gateway.testing import conformance as suites
from gateway.testing.conformance.example import example_facts
from tests.contract.adapters.shopify.shops import shop_seed


class Shop(suites.Served):
    under_test = MANIFEST
    named = "shop"

    @pytest.fixture
    def sandbox(self) -> ShopifySandbox:
        return create(shop_seed())

    @pytest.fixture
    def stated(self) -> suites.ConformanceFacts:
        return example_facts(self.named)


class TestWrites(suites.ServedCustomers, Shop, suites.WriteConformance):
    writes = (b"mutation CustomerCreate",)

    @pytest.fixture
    def effects(self, sandbox: ShopifySandbox) -> Callable[[str], int]:
        return lambda reference: sum(
            1
            for kind, email, _ in sandbox.world.effects
            if (kind, email) == ("customerCreate", suites.email_of(reference))
        )


class TestEnsuring(Shop, suites.EnsuringConformance):
    @pytest.fixture
    def bearers(self, sandbox: ShopifySandbox) -> Callable[[str], int]:
        return lambda email: sum(1 for record in sandbox.world.customers.values() if email in record.emails)
