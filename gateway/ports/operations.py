"""The operations of all ports, as typed values: what services name when they call a backend through `calls/`."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any, Generic, TypeVar

from gateway.model.catalog import (
    Category,
    Collection,
    Product,
    ProductKey,
    ProductPage,
    ProductQuery,
)
from gateway.model.customers import (
    Consent,
    CustomerKey,
    CustomerRecord,
    LoyaltyAccount,
    LoyaltyEntryPage,
    LoyaltyEntryQuery,
    LoyaltyProgram,
)
from gateway.model.identity import NativeRef
from gateway.model.orders import Order, OrderOrigin, OrdersPage, OrdersQuery
from gateway.model.pricing import Price, PriceKey
from gateway.model.search import SearchPage, SearchQuery
from gateway.model.stock import StockKey, StockLevels
from gateway.model.stores import StoreRecord

K = TypeVar("K")
V = TypeVar("V")
Q = TypeVar("Q")
R = TypeVar("R")


class Domain(Enum):
    """The data domains a system of record can be named for."""

    PRODUCT = "product"
    PRICE = "price"
    STOCK = "stock"
    STORE = "store"
    CUSTOMER = "customer"
    LOYALTY = "loyalty"
    ORDER = "order"
    SEARCH = "search"


class KeyedOperation(Generic[K, V]):
    """Many keys in, a mapping out: a key that is absent does not exist, an error is about that key alone."""

    __slots__ = ("domain", "method", "name")

    def __init__(self, domain: Domain, method: str) -> None:
        self.domain = domain
        self.method = method
        self.name = f"{domain.value}.{method}"


class PagedOperation(Generic[Q, R]):
    """One query in, one answer out."""

    __slots__ = ("domain", "method", "name")

    def __init__(self, domain: Domain, method: str) -> None:
        self.domain = domain
        self.method = method
        self.name = f"{domain.value}.{method}"


GET_PRODUCTS = KeyedOperation[ProductKey, Product](Domain.PRODUCT, "get_products")
LIST_PRODUCTS = PagedOperation[ProductQuery, ProductPage](Domain.PRODUCT, "list_products")
LIST_CATEGORIES = PagedOperation[None, tuple[Category, ...]](Domain.PRODUCT, "list_categories")
LIST_COLLECTIONS = PagedOperation[None, tuple[Collection, ...]](Domain.PRODUCT, "list_collections")
SEARCH = PagedOperation[SearchQuery, SearchPage](Domain.SEARCH, "search")
GET_PRICES = KeyedOperation[PriceKey, Price](Domain.PRICE, "get_prices")
PRICE_CONTEXT = KeyedOperation[NativeRef, str](Domain.PRICE, "price_context")
GET_STOCK = KeyedOperation[StockKey, StockLevels](Domain.STOCK, "get_stock")
LIST_STORES = PagedOperation[None, tuple[StoreRecord, ...]](Domain.STORE, "list_stores")
FIND_CUSTOMERS = KeyedOperation[CustomerKey, tuple[CustomerRecord, ...]](Domain.CUSTOMER, "find_customers")
GET_CONSENTS = KeyedOperation[str, tuple[Consent, ...]](Domain.CUSTOMER, "get_consents")
FIND_ACCOUNTS = KeyedOperation[CustomerKey, tuple[LoyaltyAccount, ...]](Domain.LOYALTY, "find_accounts")
LIST_ENTRIES = PagedOperation[LoyaltyEntryQuery, LoyaltyEntryPage](Domain.LOYALTY, "list_entries")
LIST_PROGRAMS = PagedOperation[None, tuple[LoyaltyProgram, ...]](Domain.LOYALTY, "list_programs")
LIST_ORDERS = PagedOperation[OrdersQuery, OrdersPage](Domain.ORDER, "list_orders")
GET_ORDERS = KeyedOperation[NativeRef, Order](Domain.ORDER, "get_orders")
GET_BY_ORIGIN = KeyedOperation[OrderOrigin, Order](Domain.ORDER, "get_by_origin")

OPERATIONS: Mapping[str, KeyedOperation[Any, Any] | PagedOperation[Any, Any]] = {
    operation.name: operation
    for operation in (
        GET_PRODUCTS,
        LIST_PRODUCTS,
        LIST_CATEGORIES,
        LIST_COLLECTIONS,
        SEARCH,
        GET_PRICES,
        PRICE_CONTEXT,
        GET_STOCK,
        LIST_STORES,
        FIND_CUSTOMERS,
        GET_CONSENTS,
        FIND_ACCOUNTS,
        LIST_ENTRIES,
        LIST_PROGRAMS,
        LIST_ORDERS,
        GET_ORDERS,
        GET_BY_ORIGIN,
    )
}
"""By name: what a manifest may declare."""
