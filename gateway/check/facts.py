"""What a deep check asks each operation: keys that were found in the backends themselves, and for people an address
that nobody can have, unless a customer's was given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from msgspec import Struct
from msgspec.structs import replace

from gateway.model.catalog import Product, ProductKey, ProductKeyKind, ProductQuery
from gateway.model.customers import CustomerKey, CustomerKeyKind, LoyaltyEntryQuery
from gateway.model.identity import NativeRef
from gateway.model.orders import OrderOrigin, OrdersQuery
from gateway.model.pricing import PriceKey
from gateway.model.search import SearchQuery
from gateway.model.stock import StockKey
from gateway.ports.customer import FIND_CUSTOMERS, GET_CONSENTS
from gateway.ports.loyalty import FIND_ACCOUNTS, LIST_ENTRIES, LIST_PROGRAMS
from gateway.ports.order import ANYWHERE, GET_BY_ORIGIN, GET_CURRENCIES, GET_ORDERS, LIST_ORDERS
from gateway.ports.price import GET_PRICES, PRICE_CONTEXT
from gateway.ports.product import GET_PRODUCTS, LIST_CATEGORIES, LIST_COLLECTIONS, LIST_PRODUCTS
from gateway.ports.search import SEARCH
from gateway.ports.stock import GET_STOCK
from gateway.ports.store import LIST_STORES

NOBODY = "nobody@gateway-check.invalid"
"""RFC 2606: no such host can ever be."""
FIRST = 10
"""Entries of a page."""
NO_NUMBER = "GATEWAY-CHECK-0"
NO_ID = "999999999"
"""An id as most systems write them, that hardly one has reached."""


class FoundFacts(Struct, frozen=True, kw_only=True):
    """Of one backend. `products` are its own, `skus` the catalogue owner's. The rest is found on the way."""

    backend: str
    products: tuple[Product, ...]
    skus: tuple[str, ...]
    places: tuple[str, ...]
    customer: str | None
    person: NativeRef | None = None
    account: NativeRef | None = None
    order: NativeRef | None = None

    def with_answers(self, operation: str, answers: Mapping[Any, Any]) -> FoundFacts:
        """With whom and what an answer named."""
        for answer in answers.values():
            first = _first_ref(getattr(answer, "orders", answer))
            if first is not None and operation in _FINDS:
                return replace(self, **{_FINDS[operation]: first})
        return self


_FINDS = {FIND_CUSTOMERS.name: "person", FIND_ACCOUNTS.name: "account", LIST_ORDERS.name: "order"}


def _first_ref(found: Any) -> NativeRef | None:
    """Of a tuple of records."""
    records = cast("tuple[Any, ...]", found) if isinstance(found, tuple) else ()
    ref: object = getattr(records[0], "ref", None) if records else None
    return ref if isinstance(ref, NativeRef) else None


class Asked(Struct, frozen=True):
    """The keys of a keyed operation, or the one query of a paged one; and what a manifest counts requests by, in the
    names that manifests use."""

    keys: tuple[Any, ...]
    axes: Mapping[str, int] = {}


def questions(operation: str, facts: FoundFacts) -> Asked | str:
    """What to ask; or why nothing can be."""
    if operation in _NEEDS_PRODUCTS and not facts.products:
        return "its catalogue shows no product"
    if operation in _NEEDS_SKUS and not facts.skus:
        return "no SKU was found to ask about"
    if operation == GET_STOCK.name and not facts.places:
        return "no location is mapped to this backend"
    if operation not in _ASKED:
        return "nobody knows what to ask it"
    keys = _ASKED[operation](facts)
    emails = sum(isinstance(key, CustomerKey) for key in keys)
    return Asked(
        keys,
        {
            "emails": emails,
            "native": 0,
            "kinds": 1,
            "customers": 1,
            "locations": len(facts.places),
            "first": FIRST,
            "translated": 1,  # as if the default language were not the backend's own: no more than that
        },
    )


_NEEDS_PRODUCTS = frozenset({GET_PRODUCTS.name, SEARCH.name})
_NEEDS_SKUS = frozenset({GET_PRICES.name, GET_STOCK.name})


def _email(facts: FoundFacts) -> str:
    return (facts.customer or NOBODY).lower()


def _people(facts: FoundFacts) -> tuple[Any, ...]:
    return (CustomerKey(CustomerKeyKind.EMAIL, _email(facts)),)


def _persons(facts: FoundFacts) -> tuple[NativeRef, ...]:
    return (facts.person or _nobodys(facts),)


def _nobodys(facts: FoundFacts) -> NativeRef:
    return NativeRef(facts.backend, NO_ID)


def _products(facts: FoundFacts) -> tuple[Any, ...]:
    return tuple(ProductKey(ProductKeyKind.NATIVE, product.ref.id) for product in facts.products)


def _search(facts: FoundFacts) -> tuple[Any, ...]:
    words = facts.products[0].title.value.split()
    return (SearchQuery(words[0] if words else "a", FIRST),)


_ASKED: Mapping[str, Callable[[FoundFacts], tuple[Any, ...]]] = {
    GET_PRODUCTS.name: _products,
    LIST_PRODUCTS.name: lambda facts: (ProductQuery(FIRST),),
    LIST_CATEGORIES.name: lambda facts: (None,),
    LIST_COLLECTIONS.name: lambda facts: (None,),
    SEARCH.name: _search,
    GET_PRICES.name: lambda facts: tuple(PriceKey(sku) for sku in facts.skus),
    PRICE_CONTEXT.name: _persons,
    GET_STOCK.name: lambda facts: tuple(StockKey(sku, facts.places) for sku in facts.skus),
    LIST_STORES.name: lambda facts: (None,),
    GET_CURRENCIES.name: lambda facts: (*facts.places, ANYWHERE),
    FIND_CUSTOMERS.name: _people,
    GET_CONSENTS.name: lambda facts: (_email(facts),),
    FIND_ACCOUNTS.name: _people,
    LIST_ENTRIES.name: lambda facts: (LoyaltyEntryQuery(facts.account or NativeRef(facts.backend, NO_ID), FIRST),),
    LIST_PROGRAMS.name: lambda facts: (None,),
    LIST_ORDERS.name: lambda facts: (
        OrdersQuery(_persons(facts), FIRST, emails=(_email(facts),), locations=facts.places),
    ),
    GET_ORDERS.name: lambda facts: (facts.order or _nobodys(facts),),
    GET_BY_ORIGIN.name: lambda facts: (OrderOrigin(NO_NUMBER, None),),
}
