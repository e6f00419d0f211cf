"""The ports' conformance suites over the sandbox, in both protocols."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from adapters.odoo.manifest import MANIFEST
from adapters.odoo.sandbox import OdooSandbox, create
from gateway.testing import conformance as suites
from gateway.testing.conformance.example import KIT, example_facts, example_seed, with_a_kit


class Odoo(suites.Served):
    under_test = MANIFEST
    named = "erp"

    @pytest.fixture(params=[18, 19])
    def sandbox(self, request: pytest.FixtureRequest) -> OdooSandbox:
        return create(example_seed(), request.param)

    @pytest.fixture
    def config(self, sandbox: OdooSandbox) -> dict[str, object]:
        lists, languages = sandbox.seeded.pricelists, {"en": "en_US", "ja": "ja_JP"}
        chosen = [{"pricelist": lists["", "", "GBP"]}, {"pricelist": lists["", "VIP", "GBP"], "group": "VIP"}]
        return {"pricelists": chosen, "languages": languages, "origin_field": "client_order_ref"}

    @pytest.fixture
    def stated(self) -> suites.ConformanceFacts:
        # Odoo says 0 of what it never counted in a warehouse of its own; only foreign places are unknown to it.
        facts = example_facts(self.named)
        uncounted, none = (facts.skus[0], "elsewhere"), {"collection": "Odoo has no collections"}
        return replace(facts, slug="mug-1-100", uncounted=uncounted, kit=KIT, impossible=none)


class TestCatalog(Odoo, suites.CatalogConformance): ...


class TestIdentity(Odoo, suites.IdentityConformance): ...


class TestPrices(Odoo, suites.PriceConformance): ...


class TestStock(Odoo, suites.StockConformance):
    @pytest.fixture(params=[18, 19])
    def sandbox(self, request: pytest.FixtureRequest) -> OdooSandbox:
        return create(with_a_kit(example_seed()), request.param)


class TestStores(Odoo, suites.StoreConformance): ...


class TestCustomers(Odoo, suites.CustomerConformance): ...


class TestLoyalty(Odoo, suites.LoyaltyConformance): ...


class TestOrders(Odoo, suites.OrdersConformance): ...
