"""What each operation costs and depends on. Request counts hold when identifiers are remembered; one more search per
hundred SKUs or barcodes otherwise, and one more for all products of an answer that have over a hundred variants."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from adapters.shopify.cost import fitting
from adapters.shopify.order.documents import LINE_POINTS, ORDER_POINTS
from adapters.shopify.order.orders import BY_ID_LINES, ROWS
from adapters.shopify.price import BREAK_POINTS, POINTS
from adapters.shopify.stock import item_points
from gateway.model.operation import OperationSpec
from gateway.ports.customer import FIND_CUSTOMERS, GET_CONSENTS
from gateway.ports.order import GET_BY_ORIGIN, GET_ORDERS, LIST_ORDERS
from gateway.ports.price import GET_PRICES, PRICE_CONTEXT
from gateway.ports.product import GET_PRODUCTS, LIST_CATEGORIES, LIST_COLLECTIONS, LIST_PRODUCTS
from gateway.ports.search import SEARCH
from gateway.ports.stock import GET_STOCK
from gateway.ports.store import LIST_STORES

_SHOWN = frozenset({"country", "language"})
EIGHT_MEBIBYTES = 8 << 20


def per(size: int) -> Callable[[int, Mapping[str, int]], int]:
    """One request for each `size` keys."""

    def requests(keys: int, axes: Mapping[str, int]) -> int:
        return -(-max(keys, 1) // size)

    return requests


def product_requests(keys: int, axes: Mapping[str, int]) -> int:
    """`translated` is 1 where another language than the shop's own is asked: the originals are read beside, to tell
    which texts are translated."""
    return per(100)(keys, axes) * (2 if axes.get("translated") else 1)


def price_requests(keys: int, axes: Mapping[str, int]) -> int:
    """`company` is 1 where a company location's prices are asked, which bring their quantity breaks."""
    return per(fitting(POINTS + BREAK_POINTS if axes.get("company") else POINTS, 100))(keys, axes)


def stock_requests(keys: int, axes: Mapping[str, int]) -> int:
    """`locations` are the places asked for; without it, a dozen."""
    return per(fitting(item_points(axes.get("locations", 12)), 100))(keys, axes)


def order_requests(keys: int, axes: Mapping[str, int]) -> int:
    """`first` is the page; one more request where orders have more lines than fit beside it."""
    return per(ROWS)(axes.get("first", keys), axes) + 1


def orders_by_id_requests(keys: int, axes: Mapping[str, int]) -> int:
    return per(fitting(ORDER_POINTS + BY_ID_LINES * LINE_POINTS, 250))(keys, axes) + 1


OPERATIONS: Mapping[str, OperationSpec] = {
    GET_PRODUCTS.name: OperationSpec(
        vary_on=_SHOWN,
        requests=product_requests,
        time_to_live=60.0,
        stale_for=600.0,
        max_response_bytes=EIGHT_MEBIBYTES,
    ),
    LIST_PRODUCTS.name: OperationSpec(
        vary_on=_SHOWN, time_to_live=60.0, stale_for=600.0, max_response_bytes=EIGHT_MEBIBYTES
    ),
    LIST_CATEGORIES.name: OperationSpec(vary_on=_SHOWN, time_to_live=300.0, stale_for=3600.0),
    LIST_COLLECTIONS.name: OperationSpec(vary_on=_SHOWN, time_to_live=300.0, stale_for=3600.0),
    SEARCH.name: OperationSpec(vary_on=_SHOWN, time_to_live=30.0, max_response_bytes=EIGHT_MEBIBYTES),
    GET_PRICES.name: OperationSpec(
        vary_on=frozenset({"country", "currency", "price_group"}),
        requests=price_requests,
        time_to_live=30.0,
        stale_for=300.0,
    ),
    PRICE_CONTEXT.name: OperationSpec(personal=True, requests=per(100), time_to_live=300.0),
    GET_STOCK.name: OperationSpec(axes={"locations": 100}, requests=stock_requests, time_to_live=5.0, stale_for=60.0),
    LIST_STORES.name: OperationSpec(time_to_live=300.0, stale_for=3600.0),
    FIND_CUSTOMERS.name: OperationSpec(personal=True, requests=per(100), time_to_live=10.0),
    GET_CONSENTS.name: OperationSpec(personal=True, requests=per(100)),
    LIST_ORDERS.name: OperationSpec(personal=True, requests=order_requests),
    GET_ORDERS.name: OperationSpec(personal=True, requests=orders_by_id_requests),
    GET_BY_ORIGIN.name: OperationSpec(personal=True, requests=lambda keys, axes: per(25)(keys, axes) + 1),
}
