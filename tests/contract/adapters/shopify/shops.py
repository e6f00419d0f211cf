"""Small shops for single tests: seeds with one thing that matters."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Protocol, runtime_checkable

from msgspec.structs import replace

from gateway.model.baskets import CodeRefusal
from gateway.model.catalog import Product, ProductOption, SelectedOption, Variant
from gateway.model.context import CallContext, CommerceContext, ContextView
from gateway.model.customers import CustomerKey, CustomerKeyKind
from gateway.model.identity import NativeRef
from gateway.model.money import Money
from gateway.model.text import Text
from gateway.ports.backend import Probed
from gateway.ports.customer import ConsentPort, CustomerPort
from gateway.ports.identity import IdentityPort
from gateway.ports.manifest import Manifest
from gateway.ports.order import OrderOriginPort, OrdersPort
from gateway.ports.price import PriceContextPort, PricePort
from gateway.ports.product import CatalogPort, CategoryPort, CollectionPort
from gateway.ports.stock import StockPort
from gateway.ports.store import StorePort
from gateway.ports.webhooks import WebhookPort
from gateway.testing.conformance import ConformanceFacts
from gateway.testing.conformance.example import (
    HIDDEN,
    NAMELESS,
    NOW,
    SEEN,
    SHOPPER,
    example_facts,
    example_seed,
)
from gateway.testing.sandbox import Seed

NO_GIDS = (
    "gid://shopify/Product/",
    "gid://shopify/Product/²0",
    "gid://shopify/Product/01",
    "gid://shopify/Product/9223372036854775808",
    "gid://shopify/Customer/01",
    "gid://shopify/ProductVariant/+1",
    "gid://shopify/Nothing/1",
)
VIP = "gid://shopify/CompanyLocation/1"


@runtime_checkable
class Shopify(
    CatalogPort,
    CategoryPort,
    CollectionPort,
    PricePort,
    PriceContextPort,
    StockPort,
    StorePort,
    CustomerPort,
    ConsentPort,
    OrdersPort,
    OrderOriginPort,
    IdentityPort,
    WebhookPort,
    Probed,
    Protocol,
):
    """What every shop can do, with a Storefront token or without."""


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


def place(ref: str) -> str:
    """A location as this vendor writes it: its ids are global ones only."""
    return ref if ref.startswith("gid://") else f"gid://shopify/Location/{ref}"


def shop_seed() -> Seed:
    """The example's retailer, with places that this vendor could have."""
    given = example_seed()
    return replace(
        given,
        stores=tuple(replace(each, ref=NativeRef("seed", place(each.ref.id))) for each in given.stores),
        stock=tuple(replace(each, location=place(each.location)) for each in given.stock),
        orders=tuple(replace(each, location=place(each.location)) if each.location else each for each in given.orders),
    )


def shop_facts(name: str) -> ConformanceFacts:
    """Of `shop_seed`, in the ids of this vendor."""
    facts = example_facts(name)
    assert facts.group_price is not None
    assert facts.nameless is not None
    assert facts.nameless[2] is not None
    assert facts.stock is not None
    assert facts.uncounted is not None
    phone, _ = facts.same_customer
    shopper = f"gid://shopify/Customer/{SHOPPER}"
    return replace(
        facts,
        shopper=NativeRef(name, shopper),
        same_customer=(phone, CustomerKey(CustomerKeyKind.NATIVE, shopper)),
        nameless=(
            NativeRef(name, f"gid://shopify/ProductVariant/{NAMELESS.id}"),
            facts.nameless[1],
            (place(facts.nameless[2][0]), facts.nameless[2][1]),
        ),
        hidden=replace(HIDDEN, native=f"gid://shopify/Product/{HIDDEN.native}"),
        unknown_ids=tuple(f"gid://shopify/{kind}/999999999" for kind in ("Product", "ProductVariant", "Customer")),
        no_ids=NO_GIDS,
        locations=tuple(map(place, facts.locations)),
        store_ids=tuple(map(place, facts.store_ids)),
        stock=(facts.stock[0], place(facts.stock[1]), facts.stock[2]),
        uncounted=(facts.uncounted[0], place(facts.uncounted[1])),
        group_price=(VIP, *facts.group_price[1:]),
        grouped_customer=(NativeRef(name, "gid://shopify/Customer/503"), VIP),
        refused_codes={
            **facts.refused_codes,
            "OTHER": CodeRefusal.REFUSED,  # which the vendor does not explain
            "VIPS": CodeRefusal.REFUSED,
        },
        shipping_option=("shopify-standard-4.80", money("4.80")),
        category="mugs",
        collection="summer",
        impossible={
            "shared": "email and phone are unique in a shop",
            "net": "a shop says what shoppers pay, not how much of it is tax",
            "quantity_price": "no breaks but in companies' catalogues",
            "kit": "bundles are not read",
        },
    )


def seed(*products: Product, **fields: Any) -> Seed:
    given: dict[str, Any] = {"currency": "GBP", "country": "GB", "products": products, "now": NOW, **fields}
    return Seed(**given)
