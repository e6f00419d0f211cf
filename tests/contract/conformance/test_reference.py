"""The reference adapter passes every suite: an adapter inherits them like this."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from msgspec.structs import replace

from gateway.model.gift_cards import GiftCard
from gateway.model.identity import NativeRef
from gateway.model.money import Money
from gateway.model.payments import PaymentMethod
from gateway.ports.manifest import Manifest
from gateway.testing import conformance as suites
from gateway.testing.conformance.example import KIT, example_facts, example_seed, with_a_kit
from gateway.testing.reference import ReferenceAdapter
from gateway.testing.reference.manifest import MANIFEST
from gateway.testing.reference.payment_book import ValueCard


class Fixtures:
    @pytest.fixture
    def adapter(self) -> ReferenceAdapter:
        return ReferenceAdapter("reference", example_seed())

    @pytest.fixture
    def manifest(self) -> Manifest:
        return MANIFEST

    @pytest.fixture
    def facts(self) -> suites.ConformanceFacts:
        return example_facts("reference")

    @pytest.fixture
    def backend(self, adapter: ReferenceAdapter) -> suites.BackendControl:
        return suites.ReferenceControl(adapter)


class TestCatalog(Fixtures, suites.CatalogConformance): ...


class TestIdentity(Fixtures, suites.IdentityConformance): ...


class TestPrice(Fixtures, suites.PriceConformance): ...


class TestStock(Fixtures, suites.StockConformance):
    @pytest.fixture
    def adapter(self) -> ReferenceAdapter:
        return ReferenceAdapter("reference", with_a_kit(example_seed()))

    @pytest.fixture
    def facts(self) -> suites.ConformanceFacts:
        return replace(example_facts("reference"), kit=KIT, impossible={})


class TestCommitting(Fixtures, suites.CommittingConformance): ...


class TestRestocking(Fixtures, suites.RestockingConformance): ...


class TestStore(Fixtures, suites.StoreConformance): ...


class TestConsent(Fixtures, suites.ConsentConformance): ...


class TestCustomer(Fixtures, suites.CustomerConformance): ...


class TestEnsuring(Fixtures, suites.EnsuringConformance):
    @pytest.fixture
    def bearers(self, adapter: ReferenceAdapter) -> Callable[[str], int]:
        def count(email: str) -> int:
            records = (*adapter.seed.customers, *(record for _, record in adapter.ensured))
            return sum(1 for record in records if email in record.emails)

        return count


class TestLoyalty(Fixtures, suites.LoyaltyConformance): ...


class TestOrders(Fixtures, suites.OrdersConformance): ...


class TestSearch(Fixtures, suites.SearchConformance): ...


class TestPayment(Fixtures, suites.PaymentConformance):
    @pytest.fixture
    def adapter(self) -> ReferenceAdapter:
        adapter = ReferenceAdapter("reference", example_seed())
        adapter.book.stored["70"] = (PaymentMethod("stored_1", "card", "Visa **** 4242", stored=True),)
        return adapter

    @pytest.fixture
    def facts(self) -> suites.ConformanceFacts:
        return suites.ConformanceFacts(shopper=NativeRef("reference", "70"), unknown_ids=("pay_1", "71"))


class TestGiftCards(Fixtures, suites.GiftCardConformance):
    @pytest.fixture
    def card(self, adapter: ReferenceAdapter) -> GiftCard:
        adapter.book.cards["6036280000007401"] = ValueCard("737", Money(Decimal(20), "GBP"))
        return GiftCard(brand="mug_card", number="6036280000007401", pin="737")

    @pytest.fixture
    def worth(self, adapter: ReferenceAdapter, card: GiftCard) -> Callable[[], Decimal]:
        return lambda: adapter.book.cards[card.number].balance.amount

    @pytest.fixture
    def token(self) -> str:
        return "tok"


class TestPromotion(Fixtures, suites.PromotionConformance): ...


class TestShipping(Fixtures, suites.ShippingConformance): ...


class TestTax(Fixtures, suites.TaxConformance): ...
