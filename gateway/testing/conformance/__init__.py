"""Conformance suites, one per port, shipped to integrators: inherit a class, override four fixtures."""

from gateway.testing.conformance.base import Conformance
from gateway.testing.conformance.commerce import (
    CatalogConformance,
    IdentityConformance,
    PriceConformance,
    StockConformance,
)
from gateway.testing.conformance.control import ControlledTransport, ReferenceControl
from gateway.testing.conformance.facts import BackendControl, ConformanceFacts
from gateway.testing.conformance.people import (
    CustomerConformance,
    LoyaltyConformance,
    OrdersConformance,
    SearchConformance,
    StoreConformance,
)
from gateway.testing.conformance.writes import (
    KeylessWriteConformance,
    LaggingWriteConformance,
    LookedUpWriteConformance,
    WriteConformance,
    WriteControl,
    WriteFault,
)

__all__ = [
    "BackendControl",
    "CatalogConformance",
    "Conformance",
    "ConformanceFacts",
    "ControlledTransport",
    "CustomerConformance",
    "IdentityConformance",
    "KeylessWriteConformance",
    "LaggingWriteConformance",
    "LookedUpWriteConformance",
    "LoyaltyConformance",
    "OrdersConformance",
    "PriceConformance",
    "ReferenceControl",
    "SearchConformance",
    "StockConformance",
    "StoreConformance",
    "WriteConformance",
    "WriteControl",
    "WriteFault",
]
