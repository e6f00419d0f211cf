"""What the reference adapter declares: every operation it has, one request each, with the parts of the commerce context
it really reads."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.model.operation import OperationSpec
from gateway.ports.backend import implements
from gateway.ports.customer import ENSURE_CUSTOMER, FIND_CUSTOMERS, GET_CONSENTS
from gateway.ports.domain import reads
from gateway.ports.loyalty import FIND_ACCOUNTS, LIST_ENTRIES, LIST_PROGRAMS
from gateway.ports.order import (
    CANCEL_ORDER,
    CONFIRM_ORDER,
    GET_BY_ORIGIN,
    GET_ORDERS,
    LIST_ORDERS,
    PLACE_ORDER,
    OrderWriting,
    Placement,
    TellsPayment,
)
from gateway.ports.payment import (
    AUTHORISE,
    CAPTURE,
    DELETE_METHOD,
    ENSURE_PAYER,
    GET_PAYMENTS,
    LIST_METHODS,
    REFUND,
    VOID,
)
from gateway.ports.price import GET_PRICES, PRICE_CONTEXT
from gateway.ports.product import GET_PRODUCTS, LIST_CATEGORIES, LIST_COLLECTIONS, LIST_PRODUCTS
from gateway.ports.promotion import EVALUATE
from gateway.ports.search import SEARCH
from gateway.ports.shipping import LIST_OPTIONS
from gateway.ports.stock import COMMIT_STOCK, GET_STOCK, RESTOCK
from gateway.ports.store import LIST_STORES
from gateway.ports.tax import CALCULATE
from gateway.ports.writes import FindKind, WriteSpec

_TEXT = frozenset({"language"})
_PRICE = frozenset({"country", "currency", "price_group", "store"})
_BASKET = frozenset({"currency"})
_SEARCH = frozenset({"country", "currency", "language"})

_PLAIN = OperationSpec(max_keys=100, time_to_live=60.0)
_PERSONAL = OperationSpec(max_keys=100, personal=True)

WRITES: Mapping[str, WriteSpec] = {
    write.name: WriteSpec(find=FindKind.EXACT)
    for write in (
        ENSURE_CUSTOMER,
        PLACE_ORDER,
        CONFIRM_ORDER,
        CANCEL_ORDER,
        COMMIT_STOCK,
        RESTOCK,
        AUTHORISE,
        CAPTURE,
        VOID,
        REFUND,
        ENSURE_PAYER,
        DELETE_METHOD,
    )
}

ORDERING = OrderWriting(placement=Placement.PER_LINE, payment=TellsPayment.EXTERNAL, pending=True, stockless=True)

OPERATIONS: Mapping[str, OperationSpec] = {
    GET_PRODUCTS.name: OperationSpec(vary_on=_TEXT, max_keys=250, time_to_live=60.0, stale_for=600.0),
    LIST_PRODUCTS.name: OperationSpec(vary_on=_TEXT, time_to_live=60.0),
    LIST_CATEGORIES.name: OperationSpec(vary_on=_TEXT, time_to_live=300.0),
    LIST_COLLECTIONS.name: OperationSpec(vary_on=_TEXT, time_to_live=300.0),
    SEARCH.name: OperationSpec(vary_on=_SEARCH, time_to_live=10.0),
    GET_PRICES.name: OperationSpec(vary_on=_PRICE, max_keys=1000, time_to_live=30.0, stale_for=300.0),
    PRICE_CONTEXT.name: OperationSpec(personal=True, max_keys=100),
    GET_STOCK.name: OperationSpec(max_keys=1000, time_to_live=5.0, stale_for=60.0),
    LIST_STORES.name: OperationSpec(time_to_live=300.0, stale_for=3600.0),
    FIND_CUSTOMERS.name: OperationSpec(personal=True, max_keys=100),
    GET_CONSENTS.name: OperationSpec(personal=True, max_keys=100),
    FIND_ACCOUNTS.name: OperationSpec(personal=True, max_keys=100),
    LIST_ENTRIES.name: OperationSpec(personal=True),
    LIST_PROGRAMS.name: OperationSpec(time_to_live=300.0),
    LIST_ORDERS.name: OperationSpec(personal=True),
    GET_ORDERS.name: OperationSpec(personal=True, max_keys=100),
    GET_BY_ORIGIN.name: OperationSpec(personal=True, max_keys=100),
    LIST_METHODS.name: OperationSpec(personal=True),
    GET_PAYMENTS.name: OperationSpec(personal=True, max_keys=100),
    EVALUATE.name: OperationSpec(vary_on=_BASKET, personal=True),
    LIST_OPTIONS.name: OperationSpec(vary_on=_BASKET, personal=True),
    CALCULATE.name: OperationSpec(vary_on=_BASKET, personal=True),
}


def operations_of(adapter: type) -> dict[str, OperationSpec]:
    """Of every declared port that the class implements. What is not said above depends on nothing and is kept for a
    while, or is a person's own."""
    return {
        name: OPERATIONS.get(name, _PERSONAL if operation.personal else _PLAIN)
        for name, operation in reads().items()
        if implements(adapter, operation.port)
    }
