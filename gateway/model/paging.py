"""Pages as services answer them. One record class per connection type, so that the schema can tell them apart."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from gateway.model.carts import Cart
from gateway.model.catalog import Product
from gateway.model.customers import LoyaltyEntry
from gateway.model.freshness import Freshness
from gateway.model.orders import Order
from gateway.model.search import Facet
from gateway.model.stores import GeoPoint, Store
from gateway.model.tasks import Task


class PageInfo(Struct, frozen=True, gc=False):
    """Forward only. `end_cursor` resumes after the last node of this page."""

    has_next_page: bool
    end_cursor: str | None = None


class Gap(Struct, frozen=True, gc=False):
    """A backend whose part of a list is missing. `source` is its configured name; `code` says why; `before` is set
    where only entries older than that are missing."""

    source: str
    code: str
    retryable: bool
    before: datetime | None = None


class ProductEdge(Struct, frozen=True, gc=False):
    node: Product
    cursor: str


class ProductList(Struct, frozen=True, gc=False):
    """`positions[i]` resumes after `products[i]`; `bound_to` says of which list, `freshness` whose it is, also where it
    is empty. Cursors are sealed when they are selected: most pages show none but the last."""

    products: tuple[Product, ...]
    positions: tuple[str, ...]
    bound_to: str
    has_next: bool
    freshness: Freshness
    total_count: int | None = None


class SearchResult(Struct, frozen=True, gc=False):
    """As `ProductList`, with facets."""

    products: tuple[Product, ...]
    positions: tuple[str, ...]
    bound_to: str
    has_next: bool
    freshness: Freshness
    facets: tuple[Facet, ...] = ()
    total_count: int | None = None


class OrderEdge(Struct, frozen=True, gc=False):
    """`late`: placed in what was a gap when an earlier page was read, so it stands below older orders."""

    node: Order
    cursor: str
    late: bool = False


class OrderList(Struct, frozen=True, gc=False):
    """`gaps` lists what is missing; an order that appears later was placed in a gap."""

    edges: tuple[OrderEdge, ...]
    page_info: PageInfo
    gaps: tuple[Gap, ...] = ()


class StoreEdge(Struct, frozen=True, gc=False):
    node: Store
    cursor: str


class StoreList(Struct, frozen=True, gc=False):
    edges: tuple[StoreEdge, ...]
    page_info: PageInfo
    total_count: int | None = None


class EntryEdge(Struct, frozen=True, gc=False):
    node: LoyaltyEntry
    cursor: str


class EntryList(Struct, frozen=True, gc=False):
    edges: tuple[EntryEdge, ...]
    page_info: PageInfo


class TaskEdge(Struct, frozen=True, gc=False):
    node: Task
    cursor: str


class TaskList(Struct, frozen=True, gc=False):
    edges: tuple[TaskEdge, ...]
    page_info: PageInfo


class CartEdge(Struct, frozen=True):
    node: Cart
    cursor: str


class CartList(Struct, frozen=True):
    edges: tuple[CartEdge, ...]
    page_info: PageInfo


class Near(Struct, frozen=True, gc=False):
    """A point and how far from it, in kilometres along the great circle."""

    point: GeoPoint
    radius_km: float | None = None
