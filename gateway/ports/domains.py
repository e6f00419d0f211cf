"""One small Protocol per data domain. An adapter implements the ones its vendor can answer; that it does is a
*capability*. Reads are keyed (a missing key does not exist; an error is about that key alone) or paged. A call that
fails as a whole raises `AdapterError`. Keys of one call are distinct; adapters look at no more of the commerce context
than their manifest declares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

from msgspec import Struct

from gateway.errors import AdapterError, Mistake
from gateway.model.catalog import Category, Collection, Product, ProductKey, ProductPage, ProductQuery
from gateway.model.context import CallContext, ContextView
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
from gateway.model.orders import Order, OrderOrigin, OrdersPage, OrdersQuery, PlacedOrder, PlaceOrder
from gateway.model.pricing import Price, PriceKey
from gateway.model.search import SearchCapabilities, SearchPage, SearchQuery
from gateway.model.stock import StockKey, StockLevels
from gateway.model.stores import StoreRecord


class Probe(Struct, frozen=True):
    """What `gateway check` prints. `version` is what the running system says of itself; `notes` are facts an operator
    should see (a truncated history). `problems` keep the backend from doing what its section of the configuration says
    and make the check fail: sentences, or mistakes whose `place` is a key of that section. `lacking`: rights that the
    credential does not have, by the data domain that needs them; a problem where the backend serves that domain."""

    version: str
    notes: tuple[str, ...] = ()
    problems: tuple[str | Mistake, ...] = ()
    lacking: Mapping[str, tuple[str, ...]] = {}


@runtime_checkable
class Adapter(Protocol):
    """What every adapter has. `name` is the configured name of the backend it stands for."""

    name: str

    async def probe(self, call: CallContext) -> Probe:
        """One cheap authenticated request. Raises AdapterError with a cause a person can act on."""
        ...

    async def close(self) -> None: ...


@runtime_checkable
class CatalogPort(Protocol):
    async def get_products(
        self, keys: Sequence[ProductKey], context: ContextView, call: CallContext
    ) -> Mapping[ProductKey, Product | AdapterError]:
        """Whole products, with all variants, whichever way they were asked for. A SKU or barcode borne by two variants
        is AmbiguousKey. Unpublished products are absent."""
        ...

    async def list_products(self, query: ProductQuery, context: ContextView, call: CallContext) -> ProductPage: ...

    async def list_categories(self, query: None, context: ContextView, call: CallContext) -> tuple[Category, ...]: ...

    async def list_collections(
        self, query: None, context: ContextView, call: CallContext
    ) -> tuple[Collection, ...]: ...


@runtime_checkable
class SearchPort(Protocol):
    @property
    def search_capabilities(self) -> SearchCapabilities: ...

    async def search(self, query: SearchQuery, context: ContextView, call: CallContext) -> SearchPage:
        """Raises UnsupportedFilter for a facet or sort it does not declare."""
        ...


@runtime_checkable
class PricePort(Protocol):
    async def get_prices(
        self, keys: Sequence[PriceKey], context: ContextView, call: CallContext
    ) -> Mapping[PriceKey, Price | AdapterError]:
        """An absent key is "not sold here". A price in another currency than the context's is CurrencyNotSold; a rule
        that cannot be evaluated is UnsupportedPriceRule, never the list price. `call.fresh` asks the system itself."""
        ...

    async def price_context(
        self, keys: Sequence[NativeRef], context: ContextView, call: CallContext
    ) -> Mapping[NativeRef, str | AdapterError]:
        """Which of this backend's price contexts (price list, customer group) each of its customers is in; absent:
        none of their own."""
        ...


@runtime_checkable
class StockPort(Protocol):
    async def get_stock(
        self, keys: Sequence[StockKey], context: ContextView, call: CallContext
    ) -> Mapping[StockKey, StockLevels | AdapterError]:
        """An absent key is an unknown SKU; a location absent from an answer was never counted there."""
        ...


@runtime_checkable
class StorePort(Protocol):
    async def list_stores(self, query: None, context: ContextView, call: CallContext) -> tuple[StoreRecord, ...]:
        """All places, inactive ones too."""
        ...


@runtime_checkable
class CustomerPort(Protocol):
    async def find_customers(
        self, keys: Sequence[CustomerKey], context: ContextView, call: CallContext
    ) -> Mapping[CustomerKey, tuple[CustomerRecord, ...] | AdapterError]:
        """Every record that matches exactly; several are normal."""
        ...


@runtime_checkable
class ConsentPort(Protocol):
    async def get_consents(
        self, keys: Sequence[str], context: ContextView, call: CallContext
    ) -> Mapping[str, tuple[Consent, ...] | AdapterError]:
        """By lower-cased email."""
        ...


@runtime_checkable
class LoyaltyPort(Protocol):
    async def find_accounts(
        self, keys: Sequence[CustomerKey], context: ContextView, call: CallContext
    ) -> Mapping[CustomerKey, tuple[LoyaltyAccount, ...] | AdapterError]: ...

    async def list_entries(self, query: LoyaltyEntryQuery, context: ContextView, call: CallContext) -> LoyaltyEntryPage:
        """Newest first."""
        ...

    async def list_programs(
        self, query: None, context: ContextView, call: CallContext
    ) -> tuple[LoyaltyProgram, ...]: ...


@runtime_checkable
class OrdersPort(Protocol):
    async def list_orders(self, query: OrdersQuery, context: ContextView, call: CallContext) -> OrdersPage:
        """Newest first by (placed_at, id), both descending; drafts, carts and test orders are left out."""
        ...

    async def get_orders(
        self, keys: Sequence[NativeRef], context: ContextView, call: CallContext
    ) -> Mapping[NativeRef, Order | AdapterError]: ...

    async def get_by_origin(
        self, keys: Sequence[OrderOrigin], context: ContextView, call: CallContext
    ) -> Mapping[OrderOrigin, Order | AdapterError]:
        """This backend's record of an order that another system took first; or, where `system` is this backend, its own
        order with that number."""
        ...


@runtime_checkable
class OrderWritePort(Protocol):
    async def place_order(self, command: PlaceOrder, context: ContextView, call: CallContext) -> PlacedOrder:
        """Makes one order under the command's reference. Raises RequestRefused where the owner says no; any other error
        leaves open whether it exists."""
        ...

    async def find_order(self, reference: str, context: ContextView, call: CallContext) -> PlacedOrder | None:
        """The order under our reference; None where there is none now."""
        ...


class IdentityAudit(Struct, frozen=True):
    """Business keys as this backend has them: how many records, how many without a key, which keys are borne twice."""

    records: int
    missing: int
    duplicates: tuple[str, ...] = ()


@runtime_checkable
class IdentityPort(Protocol):
    async def resolve(
        self, keys: Sequence[str], context: ContextView, call: CallContext
    ) -> Mapping[str, NativeRef | AdapterError]:
        """SKU to native variant; absent is missing, AmbiguousKey where two bear it."""
        ...

    async def audit(self, call: CallContext) -> IdentityAudit: ...


class PriceDrift(Struct, frozen=True):
    """One price or total by the adapter's own evaluation of the rules, and by the system's own calculation. `what` says
    which amount of what; `cause` what explains it, as far as is known."""

    sku: str
    evaluated: str
    charged: str
    what: str = "one piece"
    cause: str = "a customisation decides this price"


class PriceAudit(Struct, frozen=True):
    """`skus` were priced on each of `lists`, which made `compared` pairs of amounts."""

    skus: tuple[str, ...]
    lists: tuple[str, ...]
    compared: int
    drift: tuple[PriceDrift, ...] = ()


@runtime_checkable
class PriceAuditPort(Protocol):
    async def price_drift(self, sample: int, call: CallContext, skus: Sequence[str] = ()) -> PriceAudit:
        """Prices the chosen SKUs, or `sample` random ones, both ways, unit and total, and lists what differs: a setting
        that the configuration does not know, a customisation, or our mistake."""
        ...


PORTS: Mapping[str, type] = {
    "product": CatalogPort,
    "search": SearchPort,
    "price": PricePort,
    "stock": StockPort,
    "store": StorePort,
    "customer": CustomerPort,
    "loyalty": LoyaltyPort,
    "order": OrdersPort,
}
"""Data domain to the port a backend must implement to serve it."""
