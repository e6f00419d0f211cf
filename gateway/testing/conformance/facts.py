"""What an integrator tells the suites about the backend under test: the facts it was seeded with, and a hand on it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from decimal import Decimal
from typing import Protocol

from msgspec import Struct

from gateway.model.context import CallContext, CommerceContext
from gateway.model.customers import CustomerKey
from gateway.model.identity import NativeRef
from gateway.model.money import Money
from gateway.model.orders import OrderOrigin
from gateway.ports.backend import Probe


class Adapter(Protocol):
    """What the suites are given: one object that implements their port. `name` is the backend's configured name."""

    name: str

    async def probe(self, call: CallContext) -> Probe: ...


NOWHERE = CommerceContext("GB", "GBP", "en")


class ConformanceFacts(Struct, frozen=True, kw_only=True):
    """Everything is optional but `context`; a test whose fact is not given is skipped with the fact's name.

    `skus` are sold, stocked and unique (the more, the better: request counts are taken with up to 100 keys).
    `duplicate_sku` is borne by two native records. `case_pair` are two SKUs that differ only by case and are two
    variants. `price`: one SKU and what it costs in `context`; `unsold_currency` has no prices. `stock`: SKU, location,
    pieces that can be sold; `uncounted`: SKU and a location where it was never counted. `store_ids` are all places.
    `customer` matches one record, `shared` (such as a family's phone) `shared_matches` ones. `shopper` has
    `order_count` orders, not counting `foreign_origins`, which other systems took first. `search_text` finds
    `search_slug`. `nameless` is a variant without a SKU, what it costs in `context`, and a location with the pieces to
    be sold there (None: not sold, not counted). `no_ids` are texts that only look like an id to this vendor. `axes` per
    operation name are what `OperationSpec.requests` is given."""

    context: CommerceContext = NOWHERE
    skus: tuple[str, ...] = ()
    duplicate_sku: str | None = None
    case_pair: tuple[str, str] | None = None
    slug: str | None = None
    barcode: str | None = None
    product_count: int | None = None
    price: tuple[str, Money] | None = None
    unsold_currency: str | None = None
    group_price: tuple[str, str, Money] | None = None
    grouped_customer: tuple[NativeRef, str] | None = None
    locations: tuple[str, ...] = ()
    stock: tuple[str, str, Decimal] | None = None
    uncounted: tuple[str, str] | None = None
    store_ids: tuple[str, ...] = ()
    customer: CustomerKey | None = None
    shared: CustomerKey | None = None
    shared_matches: int = 0
    loyalty: CustomerKey | None = None
    loyalty_balance: Decimal | None = None
    shopper: NativeRef | None = None
    shopper_emails: tuple[str, ...] = ()
    order_count: int | None = None
    foreign_origins: tuple[OrderOrigin, ...] = ()
    search_text: str | None = None
    search_slug: str | None = None
    nameless: tuple[NativeRef, Money | None, tuple[str, Decimal] | None] | None = None
    no_ids: tuple[str, ...] = ()
    axes: Mapping[str, Mapping[str, int]] = {}


class BackendControl(Protocol):
    """The hand on the backend. `requests` counts HTTP requests that arrived at its socket so far."""

    @property
    def requests(self) -> int: ...

    def down(self) -> AbstractAsyncContextManager[None]:
        """While entered, nothing answers."""
        ...

    def stalled(self) -> AbstractAsyncContextManager[None]:
        """While entered, requests are taken and never answered."""
        ...
