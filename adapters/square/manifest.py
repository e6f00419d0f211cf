"""What Square can serve, within which limits, at how many requests. Found by entry point."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.square.adapter import create
from adapters.square.config import API_VERSION, SquareConfig
from adapters.square.identifiers import FIELDS, OBJECTS_PER_READ, VALUES_PER_QUERY
from adapters.square.reads.catalog import ITEMS_PER_PAGE
from adapters.square.reads.customers import PROFILES_PER_READ
from adapters.square.reads.loyalty import EVENTS_PER_PAGE, KEYS_PER_SEARCH
from adapters.square.reads.orders import CUSTOMERS_PER_SEARCH, LOCATIONS_PER_SEARCH, ORDERS_PER_READ
from adapters.square.reads.stock import ROWS_PER_PAGE
from adapters.square.webhooks import TOPICS
from gateway.model.operation import MEBIBYTE, OperationSpec
from gateway.ports.manifest import Manifest, QualityTier

LARGE = 16 * MEBIBYTE


def pages(rows: int, size: int) -> int:
    """How many requests of `size` rows it takes; at least one."""
    return max(1, -(-rows // size))


def by_object(keys: int, axes: Mapping[str, int]) -> int:
    return pages(keys, OBJECTS_PER_READ)


def by_count(keys: int, axes: Mapping[str, int]) -> int:
    """Rows are SKUs times `locations` (axis)."""
    return pages(keys * axes.get("locations", 1), ROWS_PER_PAGE)


def by_customer(keys: int, axes: Mapping[str, int]) -> int:
    """One search per email or phone; `native` (axis) of the keys are ids, 100 a request."""
    native = axes.get("native", 0)
    return keys - native + -(-native // PROFILES_PER_READ)


def by_holder(keys: int, axes: Mapping[str, int]) -> int:
    """30 phones or 30 customer ids a request; each of `emails` (axis) is searched for first and `native` are ids."""
    emails, native = axes.get("emails", 0), axes.get("native", 0)
    phones = max(0, keys - emails - native)
    return -(-phones // KEYS_PER_SEARCH) + -(-(emails + native) // KEYS_PER_SEARCH) + emails


def by_entry(keys: int, axes: Mapping[str, int]) -> int:
    """Enough pages of 30 for `first` (axis) movements, the one before them and one more."""
    return pages(axes.get("first", 20) + 3, EVENTS_PER_PAGE)


def by_place(keys: int, axes: Mapping[str, int]) -> int:
    """ceil(`locations` / 10) times ceil(`customers` / 10) (axes)."""
    places = pages(axes.get("locations", 1), LOCATIONS_PER_SEARCH)
    return places * pages(axes.get("customers", 1), CUSTOMERS_PER_SEARCH)


def by_order(keys: int, axes: Mapping[str, int]) -> int:
    return pages(keys, ORDERS_PER_READ)


def by_listing(keys: int, axes: Mapping[str, int]) -> int:
    """One page; with a `category` (axis) one more request for images."""
    return 1 + axes.get("category", 0)


def none(keys: int, axes: Mapping[str, int]) -> int:
    return 0


OPERATIONS: Mapping[str, OperationSpec] = {
    "product.get_products": OperationSpec(
        axes={"objects": OBJECTS_PER_READ, "skus per look-up": VALUES_PER_QUERY},
        requests=by_object,
        time_to_live=300.0,
        stale_for=3600.0,
        max_response_bytes=LARGE,
    ),
    "product.list_products": OperationSpec(
        axes={"page": ITEMS_PER_PAGE},
        requests=by_listing,
        time_to_live=300.0,
        stale_for=3600.0,
        max_response_bytes=LARGE,
    ),
    "product.list_categories": OperationSpec(time_to_live=3600.0, stale_for=86_400.0, max_response_bytes=LARGE),
    "product.list_collections": OperationSpec(requests=none, time_to_live=3600.0),
    "price.get_prices": OperationSpec(
        vary_on=frozenset({"store", "currency"}),
        axes={"objects": OBJECTS_PER_READ, "skus per look-up": VALUES_PER_QUERY},
        requests=by_object,
        time_to_live=60.0,
        stale_for=600.0,
        max_response_bytes=LARGE,
    ),
    "price.price_context": OperationSpec(requests=none, time_to_live=3600.0),
    "stock.get_stock": OperationSpec(
        axes={"rows": ROWS_PER_PAGE, "skus per look-up": VALUES_PER_QUERY},
        requests=by_count,
        time_to_live=10.0,
        stale_for=60.0,
        max_response_bytes=LARGE,
    ),
    "store.list_stores": OperationSpec(time_to_live=3600.0, stale_for=86_400.0, max_response_bytes=LARGE),
    "customer.find_customers": OperationSpec(
        personal=True, axes={"ids": PROFILES_PER_READ}, requests=by_customer, time_to_live=60.0
    ),
    "loyalty.find_accounts": OperationSpec(
        personal=True, axes={"keys": KEYS_PER_SEARCH}, requests=by_holder, time_to_live=30.0, stale_for=300.0
    ),
    "loyalty.list_entries": OperationSpec(
        personal=True, axes={"page": EVENTS_PER_PAGE}, requests=by_entry, time_to_live=30.0
    ),
    "loyalty.list_programs": OperationSpec(time_to_live=300.0, stale_for=3600.0),
    "order.list_orders": OperationSpec(
        personal=True,
        axes={"locations": LOCATIONS_PER_SEARCH, "customers": CUSTOMERS_PER_SEARCH},
        requests=by_place,
        time_to_live=15.0,
        max_response_bytes=LARGE,
    ),
    "order.get_orders": OperationSpec(
        personal=True,
        axes={"orders": ORDERS_PER_READ},
        requests=by_order,
        time_to_live=15.0,
        max_response_bytes=LARGE,
    ),
}

UNVERIFIED = (
    "tills leave order.source.name empty (seen by others, not documented): set own_sources where receipts have one",
    "how many ids customers/bulk-retrieve takes (100 assumed)",
    "whether inventory counts limit the number of ids in one query (no limit assumed)",
    "the sign of points in EXPIRE_POINTS events (taken as negative whichever is written)",
)

MANIFEST = Manifest(
    name="square",
    title="Square",
    api_version=API_VERSION,
    config=SquareConfig,
    create=create,
    operations=OPERATIONS,
    tier=QualityTier.SILVER,
    unverified=UNVERIFIED,
    webhook_topics=TOPICS,
    key_fields=FIELDS,
)
