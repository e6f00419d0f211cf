"""The shop's data, made from a seed and changed at run time. Ids become the vendor's: digits into `gid://shopify/...`,
except for places, which keep theirs."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from babel.core import get_global
from msgspec.structs import replace

from adapters.shopify.sandbox.schemas import countries
from gateway.model.catalog import Product, ProductStatus, Variant
from gateway.model.customers import CustomerRecord
from gateway.model.identity import VariantKey, gtin_forms
from gateway.model.orders import Order
from gateway.model.stores import StoreRecord
from gateway.testing.sandbox import Seed, SeedPrice


def gid(kind: str, native: str) -> str:
    if native.startswith("gid://"):
        return native
    number = native if native.isdigit() else str(zlib.crc32(native.encode()) + 10**10)
    return f"gid://shopify/{kind}/{number}"


def number(native: str) -> int:
    """The digits at the end of an id."""
    tail = native.rpartition("/")[2]
    return int(tail) if tail.isdigit() else zlib.crc32(native.encode())


@dataclass
class ShopVariant:
    id: str
    product: str
    sku: str | None
    barcode: str | None
    record: Variant
    taxable: bool = True
    tracked: bool = True

    @property
    def key(self) -> VariantKey:
        """What the seed's prices and counts name it by."""
        return self.sku or self.record.ref

    @property
    def item(self) -> str:
        return f"gid://shopify/InventoryItem/{number(self.id)}"


@dataclass
class ShopProduct:
    id: str
    handle: str
    record: Product
    status: str
    variants: list[ShopVariant]
    collections: list[str]
    published: bool = True

    @property
    def visible(self) -> bool:
        """Whether Storefront shows it."""
        return self.status == "ACTIVE" and self.published


@dataclass
class ShopCollection:
    id: str
    handle: str
    title: str
    description: str = ""
    image: str | None = None


@dataclass
class Level:
    on_hand: int
    available: int
    incoming: int = 0


@dataclass
class ShopOrder:
    id: str
    record: Order
    customer: str | None
    email: str | None
    source_name: str
    source_identifier: str | None = None


@dataclass
class World:
    seed: Seed
    products: dict[str, ShopProduct] = field(default_factory=dict[str, ShopProduct])
    variants: dict[str, ShopVariant] = field(default_factory=dict[str, ShopVariant])
    handles: dict[str, ShopProduct] = field(default_factory=dict[str, ShopProduct])
    collections: dict[str, ShopCollection] = field(default_factory=dict[str, ShopCollection])
    stock: dict[tuple[VariantKey, str], Level] = field(default_factory=dict[tuple[VariantKey, str], Level])
    prices: dict[VariantKey, list[SeedPrice]] = field(default_factory=dict[VariantKey, list[SeedPrice]])
    stores: dict[str, StoreRecord] = field(default_factory=dict[str, StoreRecord])
    customers: dict[str, CustomerRecord] = field(default_factory=dict[str, CustomerRecord])
    orders: dict[str, ShopOrder] = field(default_factory=dict[str, ShopOrder])
    contacts: dict[str, str] = field(default_factory=dict[str, str])
    """Email (lower case) or phone to its one customer."""
    company_locations: dict[str, str] = field(default_factory=dict[str, str])
    """Price group to the id of the company location whose catalogue it is."""
    effects: list[tuple[str, str, str]] = field(default_factory=list[tuple[str, str, str]])
    """What was made here, in order: by which mutation, under which reference, and its id."""
    unique_metafields: set[tuple[str, str]] = field(default_factory=lambda: {("gateway", "reference")})
    """Definitions of type `id` for orders, by name space and key."""
    metafields: dict[tuple[str, str, str], str] = field(default_factory=dict[tuple[str, str, str], str])
    """Their values, with the order that bears each."""
    adjustments: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    """Of stock: what was asked, by the id of what came of it."""
    keys: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict[str, tuple[str, dict[str, Any]]])
    """Idempotency keys, with what was asked under each and what is answered if it is asked again."""
    failing: int = 0
    """How many of the next adjustments of stock fail for no reason of theirs."""
    reduced_rates: dict[str, Decimal] = field(default_factory=dict[str, Decimal])
    """Of SKUs that are taxed otherwise than the country's usual goods."""
    taxes_included: bool = True
    tax_overrides: dict[str, bool] = field(default_factory=dict[str, bool])

    def __post_init__(self) -> None:
        seed = self.seed
        self._markets: Mapping[str, str] | None = None
        self._texts = {(text.product, text.language): text for text in seed.translations}
        self.taxes_included = seed.prices_include_tax
        for price in seed.prices:
            self.prices.setdefault(price.variant, []).append(price)
        groups = sorted({price.price_group for price in seed.prices if price.price_group})
        self.company_locations = {
            group: group if group.startswith("gid://") else f"gid://shopify/CompanyLocation/{place}"
            for place, group in enumerate(groups, 1)
        }
        for place, category in enumerate([*seed.categories, *seed.collections], 1):
            handle = category.slug or category.key
            self.collections[handle] = ShopCollection(
                f"gid://shopify/Collection/{place}",
                handle,
                category.name.value,
                getattr(getattr(category, "description", None), "value", ""),
                getattr(getattr(category, "image", None), "url", None),
            )
        self._handles = {record.key: record.slug or record.key for record in [*seed.categories, *seed.collections]}
        self._parents = {category.key: category.parent for category in seed.categories}
        for product in seed.products:
            self.add_product(product)
        for level in seed.stock:
            self.set_stock(level.variant, level.location, on_hand=level.on_hand, reserved=level.reserved)
        self.stores = {store.ref.id: store for store in seed.stores}
        for customer in seed.customers:
            self.add_customer(customer)
        for order in seed.orders:
            self.add_order(order)

    @property
    def now(self) -> datetime:
        return self.seed.now or datetime.now(UTC)

    def add_product(self, record: Product) -> ShopProduct:
        native = gid("Product", record.ref.id)
        product = ShopProduct(
            id=native,
            handle=record.slug or f"product-{number(native)}",
            record=record,
            status=record.status.value,
            variants=[],
            collections=self._collections_of(record),
            published=record.status is ProductStatus.ACTIVE,
        )
        for variant in record.variants:
            forms = gtin_forms(variant.gtins[0]) if variant.gtins else ()
            shop_variant = ShopVariant(
                id=gid("ProductVariant", variant.ref.id),
                product=native,
                sku=variant.sku,
                barcode=forms[-1] if forms else None,
                record=variant,
                taxable=variant.taxable is not False,
            )
            product.variants.append(shop_variant)
            self.variants[shop_variant.id] = shop_variant
        self.products[native] = product
        self.handles[product.handle] = product
        return product

    def _collections_of(self, record: Product) -> list[str]:
        """A category's collection holds what is in the categories below it too, as merchants' own do."""
        keys = [*record.category_keys, *record.collection_keys]
        for key in keys:
            parent = self._parents.get(key)
            if parent is not None and parent not in keys:
                keys.append(parent)
        return [self._handles[key] for key in keys if key in self._handles]

    def add_customer(self, record: CustomerRecord) -> str:
        """One email and one phone each, and neither is given twice: the vendor keeps both unique in a shop."""
        native = gid("Customer", record.ref.id)
        self.customers[native] = replace(
            record,
            emails=tuple(email for email in record.emails[:1] if email.lower() not in self.contacts),
            phones=tuple(phone for phone in record.phones[:1] if phone not in self.contacts),
        )
        for contact in (*self.customers[native].emails, *self.customers[native].phones):
            self.contacts[contact.lower()] = native
        return native

    def add_order(self, record: Order, *, email: str | None = None) -> ShopOrder:
        customer = gid("Customer", record.customer.id) if record.customer else None
        known = self.customers.get(customer or "")
        order = ShopOrder(
            id=gid("Order", record.ref.id),
            record=record,
            customer=customer if known else None,
            email=email or (known.emails[0] if known and known.emails else None),
            source_name="import" if record.origin else ("web" if record.kind.value == "WEB" else "pos"),
            source_identifier=record.origin.reference if record.origin else None,
        )
        self.orders[order.id] = order
        return order

    def set_stock(
        self, variant: VariantKey, location: str, *, on_hand: Decimal | int, reserved: Decimal | int = 0
    ) -> None:
        self.stock[variant, location] = Level(int(on_hand), int(on_hand) - int(reserved))

    def set_price(self, price: SeedPrice) -> None:
        """Replaces the price of the same country, group and quantity."""
        kept = [
            other
            for other in self.prices.get(price.variant, [])
            if (other.country, other.price_group, other.minimum_quantity, other.price.currency)
            != (price.country, price.price_group, price.minimum_quantity, price.price.currency)
        ]
        self.prices[price.variant] = [*kept, price]
        self._markets = None

    # --- markets ------------------------------------------------------------------------------------------------

    @property
    def markets(self) -> Mapping[str, str]:
        """Countries the shop sells to, with their currencies: its own, those with prices of their own, and those
        whose tender is a currency the shop has prices in."""
        if self._markets is None:
            self._markets = self._find_markets()
        return self._markets

    def _find_markets(self) -> Mapping[str, str]:
        found = {self.seed.country: self.seed.currency}
        every = [price for prices in self.prices.values() for price in prices]
        foreign = {price.price.currency for price in every if not price.country} - {self.seed.currency}
        for country, uses in get_global("territory_currencies").items():
            tender = next((code for code, _, until, legal in reversed(uses) if legal and until is None), None)
            if tender in foreign or tender in self.seed.currencies:
                found.setdefault(country, tender)
        found.update({price.country: price.price.currency for price in every if price.country})
        return {country: found[country] for country in countries() if country in found}

    def price_for(self, variant: VariantKey, country: str, company_location: str | None) -> list[SeedPrice]:
        """The prices of one variant in a market, the one from 1 piece first, then its quantity breaks. Where the
        market has none of its own, the shop's price is converted at the shop's rate, if it has one."""
        prices = self.prices.get(variant, [])
        currency = self.markets.get(country, self.seed.currency)
        group = next((g for g, native in self.company_locations.items() if native == company_location), None)
        if group is not None:
            own = [p for p in prices if p.price_group == group and p.country in ("", country)]
            own = [p for p in own if p.price.currency == currency] or own
            if any(p.minimum_quantity <= 1 for p in own):
                return sorted(own, key=lambda price: price.minimum_quantity)
        public = [p for p in prices if not p.price_group and not p.location and p.minimum_quantity <= 1]
        for wanted in (country, ""):
            here = [p for p in public if p.country == wanted and p.price.currency == currency]
            if here:
                return here[:1]
        base = [p for p in public if p.price.currency == self.seed.currency]
        return base[:1]

    def translation(self, product: ShopProduct, language: str) -> Any:
        keys = (product.record.ref.id, product.handle, product.id)
        return next((self._texts[key, language] for key in keys if (key, language) in self._texts), None)

    @property
    def option_names(self) -> list[str]:
        return sorted({option.name for product in self.products.values() for option in product.record.options})

    @property
    def languages(self) -> set[str]:
        return {self.seed.default_language} | {translation.language for translation in self.seed.translations}
