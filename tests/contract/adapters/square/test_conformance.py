"""The shipped suites of every port Square serves, over the sandbox's socket."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from adapters.square.manifest import MANIFEST
from adapters.square.sandbox import SquareSandbox, create
from adapters.square.sandbox.account import native_id
from gateway.model.customers import CustomerKey, CustomerKeyKind
from gateway.model.identity import NativeRef
from gateway.testing import conformance as suites
from gateway.testing.conformance.example import HIDDEN, NAMELESS, SHOPPER, example_facts, example_seed

IMPOSSIBLE = {
    "net": "a price with its tax in it is not taken apart",
    "slug": "Square has no slugs",
    "collection": "Square has no collections",
    "translated": "an account has one language",
    "group_price": "Square has no price lists",
    "grouped_customer": "Square has no price lists",
    "quantity_price": "a till has one price for any quantity",
}


class Square(suites.Served):
    under_test = MANIFEST
    named = "till"

    @pytest.fixture
    def sandbox(self) -> SquareSandbox:
        return create(example_seed())

    @pytest.fixture
    def stated(self) -> suites.ConformanceFacts:
        facts = example_facts(self.named)
        assert facts.nameless is not None
        shopper = native_id("CUST", SHOPPER)
        return replace(
            facts,
            category=native_id("CATG", "11"),
            shopper=NativeRef(self.named, shopper),
            same_customer=(facts.same_customer[0], CustomerKey(CustomerKeyKind.NATIVE, shopper)),
            nameless=(NativeRef(self.named, native_id("VARI", NAMELESS.id)), *facts.nameless[1:]),
            hidden=replace(HIDDEN, native=native_id("ITEM", HIDDEN.native), slug=None),
            unknown_ids=("ZZZZZZZZZZZZZZZZZZZZZZZZ",),
            impossible=IMPOSSIBLE,
        )


class TestCatalog(Square, suites.CatalogConformance): ...


class TestIdentity(Square, suites.IdentityConformance): ...


class TestPrices(Square, suites.PriceConformance): ...


class TestStock(Square, suites.StockConformance): ...


class TestStores(Square, suites.StoreConformance): ...


class TestCustomers(Square, suites.CustomerConformance): ...


class TestLoyalty(Square, suites.LoyaltyConformance): ...


class TestOrders(Square, suites.OrdersConformance): ...
