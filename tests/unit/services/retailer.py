"""A retailer of a few facts, as each of its systems would know them; tests say what differs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from gateway.model.catalog import Product, Variant
from gateway.model.customers import CustomerRecord
from gateway.model.freshness import Freshness
from gateway.model.identity import NativeRef
from gateway.model.money import Money, TaxedMoney, TaxTreatment
from gateway.model.orders import Order, OrderKind, OrderLine, OrderOrigin, OrderStatus
from gateway.model.principal import Principal
from gateway.model.text import Text
from gateway.testing.sandbox import Seed, SeedPrice, SeedStock

NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
SEEN = Freshness("seed", NOW)


def gbp(amount: str) -> Money:
    return Money(Decimal(amount), "GBP")


def product(native: str, *skus: str | None, slug: str | None = None, title: str = "Mug") -> Product:
    ref = NativeRef("seed", native)
    variants = tuple(
        Variant(NativeRef("seed", f"{native}{place}"), ref, sku, Text(sku or "-", "en"), SEEN)
        for place, sku in enumerate(skus)
    )
    return Product(ref, Text(title, "en"), SEEN, slug=slug or f"p{native}", variants=variants)


def shop(*skus: str, price: str = "12.00", **parts: Any) -> Seed:
    """A web shop: gross prices, 20 % tax."""
    facts: dict[str, Any] = {
        "products": (product("1", *skus),),
        "prices": tuple(SeedPrice(sku, gbp(price)) for sku in skus),
        "tax_rates": {"GB": Decimal("0.2")},
        "now": NOW,
    }
    return Seed(currency="GBP", country="GB", **{**facts, **parts})


def erp(*skus: str, price: str = "10.00", **parts: Any) -> Seed:
    """An ERP: net prices, 20 % tax."""
    return shop(*skus, price=price, prices_include_tax=False, **parts)


def stock(sku: str, location: str, on_hand: int, reserved: int = 0) -> SeedStock:
    return SeedStock(sku, location, Decimal(on_hand), Decimal(reserved))


def person(native: str, *emails: str, phone: str | None = None, **parts: Any) -> CustomerRecord:
    phones = () if phone is None else (phone,)
    return CustomerRecord(NativeRef("seed", native), SEEN, emails=emails, phones=phones, **parts)


def order(native: str, customer: str, days_ago: float, *, number: str = "", origin: OrderOrigin | None = None) -> Order:
    total = TaxedMoney(gross=gbp("12.00"), treatment=TaxTreatment.INCLUDED)
    return Order(
        NativeRef("seed", native),
        number or f"N{native}",
        OrderKind.WEB,
        NOW - timedelta(days=days_ago),
        OrderStatus.FULFILLED,
        "done",
        total,
        SEEN,
        lines=(OrderLine("1", "Mug", Decimal(1), "MUG", total, total),),
        origin=origin,
        customer=NativeRef("seed", customer),
    )


def domains(product: str = "shop", **orders: Any) -> dict[str, Any]:
    """Systems of record: all is the shop's unless said otherwise. A tuple is an order, a dict a whole section."""
    sections: dict[str, Any] = {
        name: {"order": [product]}
        for name in ("product", "price", "stock", "store", "customer", "loyalty", "order", "search")
    }
    for name, said in orders.items():
        sections[name] = said if isinstance(said, dict) else {"order": list(said)}
    return sections


def configuration(**sections: Any) -> dict[str, Any]:
    """A gateway.toml without backends."""
    base: dict[str, Any] = {
        "domains": domains(),
        "channels": {"web": {"countries": ["GB"], "currencies": {"GB": ["GBP"]}}},
        "profiles": {
            "anonymous": {"touchpoint": "web", "default_country": "GB"},
            "web": {"touchpoint": "web", "default_country": "GB"},
            "kiosk": {"touchpoint": "kiosk", "default_country": "GB", "personal_data": False, "page_limit": 5},
            "staff": {"touchpoint": "agent", "default_country": "GB"},
        },
        "languages": {"default": "en", "available": ["en", "ja", "he", "ar"]},
    }
    return {**base, **sections}


def shopper(email: str | None = None, phone: str | None = None, subject: str = "ada") -> Principal:
    return Principal(subject, "https://id.example", profile="web", email=email, phone=phone, kind="customer")


STAFF = Principal("boss", "https://staff.example", roles=frozenset({"staff"}), profile="staff", kind="staff")
KIOSK = Principal("kiosk-1", "https://devices.example", profile="kiosk", kind="device")
