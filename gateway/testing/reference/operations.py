"""What the reference adapter declares: every operation of every port, one request each, with the parts of the commerce
context it really reads."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.model.operation import OperationSpec
from gateway.ports import operations as ports
from gateway.ports.commands import PLACE_ORDER
from gateway.ports.writes import FindKind, WriteSpec

_TEXT = frozenset({"language"})
_PRICE = frozenset({"country", "currency", "price_group", "store"})
_SEARCH = frozenset({"country", "currency", "language"})

WRITES: Mapping[str, WriteSpec] = {PLACE_ORDER.name: WriteSpec(find=FindKind.EXACT)}

OPERATIONS: Mapping[str, OperationSpec] = {
    ports.GET_PRODUCTS.name: OperationSpec(vary_on=_TEXT, max_keys=250, time_to_live=60.0, stale_for=600.0),
    ports.LIST_PRODUCTS.name: OperationSpec(vary_on=_TEXT, time_to_live=60.0),
    ports.LIST_CATEGORIES.name: OperationSpec(vary_on=_TEXT, time_to_live=300.0),
    ports.LIST_COLLECTIONS.name: OperationSpec(vary_on=_TEXT, time_to_live=300.0),
    ports.SEARCH.name: OperationSpec(vary_on=_SEARCH, time_to_live=10.0),
    ports.GET_PRICES.name: OperationSpec(vary_on=_PRICE, max_keys=1000, time_to_live=30.0, stale_for=300.0),
    ports.PRICE_CONTEXT.name: OperationSpec(personal=True, max_keys=100),
    ports.GET_STOCK.name: OperationSpec(max_keys=1000, time_to_live=5.0, stale_for=60.0),
    ports.LIST_STORES.name: OperationSpec(time_to_live=300.0, stale_for=3600.0),
    ports.FIND_CUSTOMERS.name: OperationSpec(personal=True, max_keys=100),
    ports.GET_CONSENTS.name: OperationSpec(personal=True, max_keys=100),
    ports.FIND_ACCOUNTS.name: OperationSpec(personal=True, max_keys=100),
    ports.LIST_ENTRIES.name: OperationSpec(personal=True),
    ports.LIST_PROGRAMS.name: OperationSpec(time_to_live=300.0),
    ports.LIST_ORDERS.name: OperationSpec(personal=True),
    ports.GET_ORDERS.name: OperationSpec(personal=True, max_keys=100),
    ports.GET_BY_ORIGIN.name: OperationSpec(personal=True, max_keys=100),
}
