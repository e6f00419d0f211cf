"""The adapter over its sandbox's real socket, through the gateway's own transport; a small retailer to ask about."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from adapters.square.manifest import MANIFEST
from adapters.square.sandbox import SquareSandbox
from gateway.model.catalog import Category, Image, Product, ProductOption, SelectedOption, Variant
from gateway.model.context import CallContext, CommerceContext, ContextView
from gateway.model.freshness import Freshness
from gateway.model.identity import NativeRef
from gateway.model.money import Money
from gateway.model.stores import Address, StoreRecord
from gateway.model.text import Text
from gateway.settings import PolicyNumbers
from gateway.testing import running
from gateway.testing.identifiers import MemoryIdentifiers
from gateway.testing.plugin import Attach
from gateway.testing.sandbox import Seed, SeedPrice, SeedStock

NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
SEEN = Freshness("seed", NOW)
BACKEND = "till"

Connect = Callable[..., Awaitable["Connected"]]


class Connected:
    """An adapter, the sandbox behind it, and the clock both are told."""

    def __init__(self, sandbox: SquareSandbox, url: str, attach: Attach, **more: Any) -> None:
        self.sandbox = sandbox
        self.now = NOW
        sandbox.account.clock = lambda: self.now
        places = tuple(sandbox.account.locations)
        made = attach(
            MANIFEST,
            running(sandbox, url),
            name=BACKEND,
            locations=places,
            clock=lambda: self.now,
            policies=PolicyNumbers(),
            **more,
        )
        self.env = made.environment
        self.control = made.control
        self.adapter = made.adapter
        assert isinstance(self.env.identifiers, MemoryIdentifiers)
        self.identifiers = self.env.identifiers

    def pass_time(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def asked(self) -> list[str]:
        """What arrived at the socket since this was last called."""
        seen = [each.operation for each in self.sandbox.requests]
        self.sandbox.requests.clear()
        return seen


def call(*, fresh: bool = False) -> CallContext:
    return CallContext.within(20.0, fresh=fresh)


def seen_by(operation: str, **parts: str | None) -> ContextView:
    """The context narrowed to what the operation declares."""
    context = replace(CommerceContext("GB", "GBP", "en"), **parts)
    return context.only(MANIFEST.operations[operation].vary_on)


def gbp(amount: str) -> Money:
    return Money(Decimal(amount), "GBP")


def variant(number: int, sku: str | None, title: str = "Regular", gtin: str | None = None, size: str = "") -> Variant:
    return Variant(
        NativeRef("seed", str(2000 + number)),
        NativeRef("seed", str(100 + number)),
        sku,
        Text(title, "en"),
        SEEN,
        options=(SelectedOption("Size", size),) if size else (),
        gtins=(gtin,) if gtin else (),
    )


def product(number: int, *variants: Variant, **more: Any) -> Product:
    return Product(NativeRef("seed", str(100 + number)), Text(f"Item {number}", "en"), SEEN, variants=variants, **more)


def store(ref: str, currency: str = "GBP", country: str = "GB") -> StoreRecord:
    where = Address(("1 High Street",), "London", None, "W1A 1AA", country)
    return StoreRecord(NativeRef("seed", ref), f"Store {ref}", SEEN, where, timezone="Europe/London", currency=currency)


def small_seed(**more: Any) -> Seed:
    """Three items in two stores; a mug in two sizes, a tote whose price differs in the second store, a gift card."""
    parts: dict[str, Any] = {
        "currency": "GBP",
        "country": "GB",
        "now": NOW,
        "categories": (
            Category("10", Text("Kitchen", "en"), SEEN),
            Category("11", Text("Mugs", "en"), SEEN, parent="10"),
        ),
        "products": (
            product(
                1,
                variant(1, "MUG-S", "Small", "05012345678900", size="S"),
                variant(2, "MUG-L", "Large", size="L"),
                description=Text("Stoneware.", "en"),
                options=(ProductOption("Size", ("S", "L")),),
                category_keys=("11",),
                media=(Image("https://images.example/mug.jpg", "A mug"),),
            ),
            product(3, variant(3, "TOTE")),
            product(4, variant(4, "GIFT")),
        ),
        "prices": (
            SeedPrice("MUG-S", gbp("10.50")),
            SeedPrice("MUG-L", gbp("12.00")),
            SeedPrice("TOTE", gbp("20.00")),
            SeedPrice("TOTE", gbp("18.00"), location="L2"),
        ),
        "tax_rates": {"GB": Decimal("0.2")},
        "stock": (
            SeedStock("MUG-S", "L1", Decimal(7), Decimal(2)),
            SeedStock("MUG-S", "L2", Decimal(3)),
            SeedStock("MUG-L", "L1", Decimal(-1)),
        ),
        "stores": (store("L1"), store("L2")),
    }
    return Seed(**{**parts, **more})
