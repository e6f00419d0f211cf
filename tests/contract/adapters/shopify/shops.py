"""Small shops for single tests: seeds with one thing that matters."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from gateway.model.catalog import Product, ProductOption, SelectedOption, Variant
from gateway.model.context import CallContext, CommerceContext, ContextView
from gateway.model.identity import NativeRef
from gateway.model.money import Money
from gateway.model.text import Text
from gateway.ports.manifest import Manifest
from gateway.testing.conformance.example import NOW, SEEN
from gateway.testing.sandbox import Seed


def call(**parts: Any) -> CallContext:
    return CallContext.within(20, **parts)


def money(amount: str, currency: str = "GBP") -> Money:
    return Money(Decimal(amount), currency)


def view(
    manifest: Manifest, operation: str, country: str = "GB", currency: str = "GBP", language: str = "en", **parts: str
) -> ContextView:
    """The context, narrowed to what the operation declares."""
    context = CommerceContext(country, currency, language, **parts)
    return context.only(manifest.operations[operation].vary_on)


def product(number: int, *skus: str | None, slug: str | None = None, **fields: Any) -> Product:
    """A product with one variant for each SKU."""
    ref = NativeRef("seed", str(number))
    many = len(skus) > 1
    variants = tuple(
        Variant(
            NativeRef("seed", str(number * 1000 + place)),
            ref,
            sku,
            Text(f"Kind {place}", "en"),
            SEEN,
            options=(SelectedOption("Kind", str(place)),) if many else (),
        )
        for place, sku in enumerate(skus)
    )
    options = (ProductOption("Kind", tuple(str(place) for place in range(len(skus)))),) if many else ()
    return Product(
        ref,
        Text(f"Thing {number}", "en"),
        SEEN,
        slug=slug or f"thing-{number}",
        options=options,
        variants=variants,
        **fields,
    )


def seed(*products: Product, **fields: Any) -> Seed:
    given: dict[str, Any] = {"currency": "GBP", "country": "GB", "products": products, "now": NOW, **fields}
    return Seed(**given)
