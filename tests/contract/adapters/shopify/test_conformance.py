"""The gateway's conformance suites, over the sandbox."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from adapters.shopify.manifest import MANIFEST
from adapters.shopify.sandbox import ShopifySandbox, create
from gateway.testing import conformance as suites
from gateway.testing.conformance.baskets import Records

from .shops import shop_facts, shop_seed


class Shop(suites.Served):
    under_test = MANIFEST
    named = "shop"

    @pytest.fixture
    def sandbox(self) -> ShopifySandbox:
        return create(shop_seed())

    @pytest.fixture
    def config(self) -> Mapping[str, object]:
        return {"b2b": True}

    @pytest.fixture
    def stated(self) -> suites.ConformanceFacts:
        return shop_facts(self.named)


class TestCatalog(Shop, suites.CatalogConformance): ...


class TestIdentity(Shop, suites.IdentityConformance): ...


class TestPrices(Shop, suites.PriceConformance): ...


class TestStock(Shop, suites.StockConformance): ...


class TestStores(Shop, suites.StoreConformance): ...


class TestCustomers(Shop, suites.CustomerConformance): ...


class TestConsents(Shop, suites.ConsentConformance): ...


class TestOrders(Shop, suites.OrdersConformance): ...


class TestSearch(Shop, suites.SearchConformance): ...


class TestPromotions(Shop, suites.PromotionConformance):
    @pytest.fixture
    def records(self, sandbox: ShopifySandbox) -> Records:
        return kept(sandbox)


class TestShipping(Shop, suites.ShippingConformance):
    @pytest.fixture
    def records(self, sandbox: ShopifySandbox) -> Records:
        return kept(sandbox)


class TestTax(Shop, suites.TaxConformance):
    @pytest.fixture
    def records(self, sandbox: ShopifySandbox) -> Records:
        return kept(sandbox)


def kept(sandbox: ShopifySandbox) -> Records:
    async def count() -> int:
        return len(sandbox.world.orders)

    return count
