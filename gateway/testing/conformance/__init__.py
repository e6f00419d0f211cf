"""Conformance suites, one per port, shipped to integrators: inherit a class, and give it a backend (`Served`)."""
# ruff: noqa: E402  pytest has to rewrite the suites before they are imported

import pkgutil

import pytest

# Before they are imported: a failing inherited test then shows its two values.
pytest.register_assert_rewrite(*(f"{__name__}.{module.name}" for module in pkgutil.iter_modules(__path__)))

from gateway.testing.conformance.base import Conformance
from gateway.testing.conformance.catalogue import CatalogConformance, IdentityConformance
from gateway.testing.conformance.committing import CommittingConformance, RestockingConformance
from gateway.testing.conformance.control import ReferenceControl
from gateway.testing.conformance.delivery import ShippingConformance, TaxConformance
from gateway.testing.conformance.drawn import drawn
from gateway.testing.conformance.facts import BackendControl, ConformanceFacts, Hidden
from gateway.testing.conformance.gift_cards import GiftCardConformance
from gateway.testing.conformance.orders import OrdersConformance
from gateway.testing.conformance.payments import PaymentConformance
from gateway.testing.conformance.people import ConsentConformance, CustomerConformance, LoyaltyConformance
from gateway.testing.conformance.people_writes import EnsuringConformance
from gateway.testing.conformance.prices import PriceConformance
from gateway.testing.conformance.promotions import PromotionConformance
from gateway.testing.conformance.search import SearchConformance
from gateway.testing.conformance.served import Served
from gateway.testing.conformance.served_writes import (
    ServedCustomers,
    ServedOrders,
    ServedRestock,
    ServedStock,
    email_of,
)
from gateway.testing.conformance.stock import StockConformance, StoreConformance
from gateway.testing.conformance.writes import (
    KeylessWriteConformance,
    LaggingWriteConformance,
    LookedUpWriteConformance,
    WriteConformance,
    WriteControl,
    WriteFault,
)
from gateway.testing.control import BadAnswer, ControlledTransport

__all__ = [
    "BackendControl",
    "BadAnswer",
    "CatalogConformance",
    "CommittingConformance",
    "Conformance",
    "ConformanceFacts",
    "ConsentConformance",
    "ControlledTransport",
    "CustomerConformance",
    "EnsuringConformance",
    "GiftCardConformance",
    "Hidden",
    "IdentityConformance",
    "KeylessWriteConformance",
    "LaggingWriteConformance",
    "LookedUpWriteConformance",
    "LoyaltyConformance",
    "OrdersConformance",
    "PaymentConformance",
    "PriceConformance",
    "PromotionConformance",
    "ReferenceControl",
    "RestockingConformance",
    "SearchConformance",
    "Served",
    "ServedCustomers",
    "ServedOrders",
    "ServedRestock",
    "ServedStock",
    "ShippingConformance",
    "StockConformance",
    "StoreConformance",
    "TaxConformance",
    "WriteConformance",
    "WriteControl",
    "WriteFault",
    "drawn",
    "email_of",
]
