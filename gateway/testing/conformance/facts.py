"""What an integrator tells the suites about the backend under test: the facts it was seeded with, and a hand on it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from decimal import Decimal
from typing import Protocol

from msgspec import Struct

from gateway.model.baskets import BasketLine, CodeRefusal, Destination
from gateway.model.context import CallContext, CommerceContext
from gateway.model.customers import ConsentState, CustomerKey
from gateway.model.identity import NativeRef
from gateway.model.money import Money, TaxTreatment
from gateway.model.orders import OrderOrigin
from gateway.ports.backend import Probe
from gateway.testing.control import BadAnswer


class Adapter(Protocol):
    """What the suites are given: one object that implements their port. `name` is the backend's configured name."""

    name: str

    async def probe(self, call: CallContext) -> Probe: ...


NOWHERE = CommerceContext("GB", "GBP", "en")
UNIT_DIGITS = 6
"""Decimal places of a price for one piece, where the backend says no other number."""


class Hidden(Struct, frozen=True, kw_only=True):
    """A product that exists and is not for sale yet: a draft, archived, unpublished. `text` is a word only it has."""

    sku: str
    native: str
    slug: str | None = None
    barcode: str | None = None
    text: str | None = None


class ConformanceFacts(Struct, frozen=True, kw_only=True):
    """What is not given is drawn from the backend where it can be (`drawn`); what cannot be is stated here, or declared
    in `impossible` with the reason, which the report repeats. A test whose fact is neither fails with the fact's name,
    unless the facts are `partial`, as of a hosted system that nobody seeded: then it is skipped.

    `skus` are sold, stocked and unique (the more, the better: request counts are taken with up to 100 keys).
    `duplicate_sku` is borne by two native records. `case_pair` are two SKUs that differ only by case and are two
    variants. `category` and `collection` hold some products and not all. `hidden` must not be found.
    `translated`: a SKU, another language than the context's, and its product's title in it.

    `price`: one SKU and what it costs in `context`, which is taxed as `treatment` says and `net` without tax.
    `quantity_price`: a SKU, a quantity from which on a piece costs less, and what. `unsold_currency` has no prices.
    `unit_digits`: decimal places of a price for one piece. `stock`: SKU, location, pieces that can be sold;
    `uncounted`: SKU and a location where it was never counted. `kit`: a SKU that is made of others, one of those that
    is sold by itself too, and how many of it. `store_ids` are all places.

    `customer` matches one record, which `same_customer` find too; `shared` (such as a family's phone) matches
    `shared_matches`. `consent`: an email, a channel and what was said. `shopper` has `order_count` orders, not counting
    `foreign_origins`, which other systems took first. `search_text` finds `search_slug`.

    `nameless` is a variant without a SKU, what it costs in `context`, and a location with the pieces to be sold there
    (None: not sold, not counted). `unknown_ids` are written as this vendor writes ids, and nobody has them; `no_ids`
    only look like one.

    `basket` are lines as the price owner states them, each of another SKU (the more, the better); what is told of money
    below is told of the first line alone. `destination` is where it can be sent, `unserved` where nobody carries
    anything. `promotion`: a code and what it takes off. `refused_codes`: codes and why each does nothing.
    `shipping_option`: the cheapest option's id and what it costs, as prices are stated. `line_tax`: the tax in it.

    `axes` per operation name are what `OperationSpec.requests` is given."""

    context: CommerceContext = NOWHERE
    skus: tuple[str, ...] = ()
    duplicate_sku: str | None = None
    case_pair: tuple[str, str] | None = None
    slug: str | None = None
    barcode: str | None = None
    category: str | None = None
    collection: str | None = None
    hidden: Hidden | None = None
    translated: tuple[str, str, str] | None = None
    product_count: int | None = None
    price: tuple[str, Money] | None = None
    treatment: TaxTreatment | None = None
    net: Money | None = None
    quantity_price: tuple[str, Decimal, Money] | None = None
    unit_digits: int = UNIT_DIGITS
    unsold_currency: str | None = None
    group_price: tuple[str, str, Money] | None = None
    grouped_customer: tuple[NativeRef, str] | None = None
    locations: tuple[str, ...] = ()
    stock: tuple[str, str, Decimal] | None = None
    uncounted: tuple[str, str] | None = None
    kit: tuple[str, str, Decimal] | None = None
    store_ids: tuple[str, ...] = ()
    customer: CustomerKey | None = None
    same_customer: tuple[CustomerKey, ...] = ()
    shared: CustomerKey | None = None
    shared_matches: int = 0
    consent: tuple[str, str, ConsentState] | None = None
    loyalty: CustomerKey | None = None
    loyalty_balance: Decimal | None = None
    shopper: NativeRef | None = None
    shopper_emails: tuple[str, ...] = ()
    order_count: int | None = None
    foreign_origins: tuple[OrderOrigin, ...] = ()
    search_text: str | None = None
    search_slug: str | None = None
    nameless: tuple[NativeRef, Money | None, tuple[str, Decimal] | None] | None = None
    unknown_ids: tuple[str, ...] = ("999999999",)
    no_ids: tuple[str, ...] = ()
    basket: tuple[BasketLine, ...] = ()
    destination: Destination | None = None
    unserved: Destination | None = None
    promotion: tuple[str, Money] | None = None
    refused_codes: Mapping[str, CodeRefusal] = {}
    shipping_option: tuple[str, Money] | None = None
    line_tax: Money | None = None
    axes: Mapping[str, Mapping[str, int]] = {}
    impossible: Mapping[str, str] = {}
    partial: bool = False


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

    def answering(self, bad: BadAnswer) -> AbstractAsyncContextManager[None]:
        """While entered, every answer is replaced by that."""
        ...
