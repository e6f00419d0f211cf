"""What every sandbox is: a server that speaks a vendor's real protocol over a real socket, seeded with model records.
The demo and the tests find sandboxes by entry point (`commerce_gateway.sandboxes`)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from msgspec import Struct

from gateway.model.catalog import Category, Collection, Product
from gateway.model.customers import CustomerRecord, LoyaltyAccount, LoyaltyEntry, LoyaltyProgram
from gateway.model.identity import VariantKey, sku_of
from gateway.model.money import Money
from gateway.model.orders import Order
from gateway.model.stores import StoreRecord


class SeedTranslation(Struct, frozen=True):
    """Texts of one product in one language (BCP 47). `options` translates option values."""

    product: str
    language: str
    title: str
    description: str = ""


class SeedPrice(Struct, frozen=True):
    """What this backend asks for one piece of a variant, which is named by SKU, or by the seed's own reference where it
    has none. `list` is the higher regular price. Empty `country` is everywhere; `price_group` names a price list or
    group; `location` a till's own price; `minimum_quantity` a break. `starts` and `ends` (aware, inclusive) only where
    the vendor knows dated prices."""

    variant: VariantKey
    price: Money
    list: Money | None = None
    country: str = ""
    price_group: str = ""
    location: str = ""
    minimum_quantity: Decimal = Decimal(0)
    starts: datetime | None = None
    ends: datetime | None = None

    def holds(self, at: datetime) -> bool:
        return (self.starts is None or self.starts <= at) and (self.ends is None or at <= self.ends)

    @property
    def sku(self) -> str | None:
        return sku_of(self.variant)


class SeedStock(Struct, frozen=True):
    """`location` is the backend's own reference (as it will stand in the gateway's configuration)."""

    variant: VariantKey
    location: str
    on_hand: Decimal
    reserved: Decimal = Decimal(0)

    @property
    def sku(self) -> str | None:
        return sku_of(self.variant)


class SeedKit(Struct, frozen=True):
    """A variant that is sold and not kept: so many of each of its parts are. Only where the vendor knows such."""

    variant: VariantKey
    parts: tuple[tuple[VariantKey, Decimal], ...]


class SeedAccount(Struct, frozen=True):
    """`phone` (E.164) and `email` are how the holder is found."""

    account: LoyaltyAccount
    entries: tuple[LoyaltyEntry, ...] = ()
    phone: str | None = None
    email: str | None = None


class SeedPromotion(Struct, frozen=True, kw_only=True):
    """What this backend lets a basket off: `percent` (a fraction) or `amount` of what the lines cost, as prices are
    stated; of the lines with these `skus`, or of all; with `shipping`, of what delivery costs. It comes by itself, or
    with its `code` (upper case). `minimum` is what the basket costs at least. `groups`: only customers who are in one.
    `used_up`: the code was given too often. `exclusive`: with no other code. `starts` and `ends` aware, inclusive."""

    label: str
    code: str = ""
    percent: Decimal | None = None
    amount: Money | None = None
    skus: tuple[str, ...] = ()
    shipping: bool = False
    minimum: Money | None = None
    groups: tuple[str, ...] = ()
    used_up: bool = False
    exclusive: bool = False
    starts: datetime | None = None
    ends: datetime | None = None


class SeedShipping(Struct, frozen=True, kw_only=True):
    """A way this backend delivers: to these `countries` (none: everywhere), for `price` as prices are stated, free for
    baskets of `free_from` or more; `days` are the first and last day of arrival, counted from the order, which has to
    be there by `cut_off` (hour of the day, UTC)."""

    id: str
    label: str
    price: Money
    countries: tuple[str, ...] = ()
    carrier: str | None = None
    free_from: Money | None = None
    days: tuple[int, int] | None = None
    cut_off: int | None = None

    def price_for(self, worth: Decimal) -> Money:
        """What it costs for a basket of so much."""
        free = self.free_from is not None and worth >= self.free_from.amount
        return Money(Decimal(0), self.price.currency) if free else self.price


class Seed(Struct, frozen=True, kw_only=True):
    """One backend's view of the retailer; two backends of one retailer get two seeds, which need not agree. Native ids
    of records (`ref.id`) are in a neutral form (digits); the sandbox writes them as its vendor does, except for places:
    `StoreRecord.ref.id` is used as it stands, because the gateway's configuration names it.
    `tax_rates` by country as fractions; `prices_include_tax` as the system stores them. `default_language` is the
    language of the records' own texts. `now` fixes the sandbox's idea of recent."""

    currency: str
    country: str
    default_language: str = "en"
    currencies: tuple[str, ...] = ()
    rates: Mapping[str, Decimal] = {}
    products: tuple[Product, ...] = ()
    translations: tuple[SeedTranslation, ...] = ()
    categories: tuple[Category, ...] = ()
    collections: tuple[Collection, ...] = ()
    prices: tuple[SeedPrice, ...] = ()
    prices_include_tax: bool = True
    tax_rates: Mapping[str, Decimal] = {}
    stock: tuple[SeedStock, ...] = ()
    kits: tuple[SeedKit, ...] = ()
    stores: tuple[StoreRecord, ...] = ()
    customers: tuple[CustomerRecord, ...] = ()
    program: LoyaltyProgram | None = None
    accounts: tuple[SeedAccount, ...] = ()
    orders: tuple[Order, ...] = ()
    promotions: tuple[SeedPromotion, ...] = ()
    shipping: tuple[SeedShipping, ...] = ()
    now: datetime | None = None


class RecordedRequest(Struct, frozen=True):
    """One HTTP request that arrived at the socket. `operation` is the sandbox's own reading of it (a GraphQL
    operation's name, an RPC's model and method, a REST path without ids)."""

    method: str
    path: str
    operation: str
    status: int


class Sandbox(Protocol):
    """One running backend of one vendor. Construct with a `Seed`; `start` listens on 127.0.0.1."""

    async def start(self, port: int = 0) -> str:
        """Listen and return the base URL, as `backends.x.url` takes it."""
        ...

    async def stop(self) -> None: ...

    @property
    def settings(self) -> Mapping[str, str]:
        """The adapter's own configuration keys for this sandbox, credentials included (as plain texts)."""
        ...

    @property
    def requests(self) -> list[RecordedRequest]:
        """Every request since the start, oldest first; tests clear it."""
        ...


class SandboxFactory(Protocol):
    """What the entry point names: a callable that makes a sandbox from a seed."""

    def __call__(self, seed: Seed) -> Sandbox: ...
