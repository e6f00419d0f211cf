"""Orders: read by customer, by reference and by origin; and placed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

from gateway.errors import AdapterError
from gateway.model.context import CallContext, ContextView
from gateway.model.identity import NativeRef
from gateway.model.orders import Order, OrderOrigin, OrdersPage, OrdersQuery, PlacedOrder, PlaceOrder
from gateway.ports.domain import DataDomain, KeyedOperation, PagedOperation, WriteOperation
from gateway.ports.stock import STOCK


@runtime_checkable
class OrdersPort(Protocol):
    async def list_orders(self, query: OrdersQuery, context: ContextView, call: CallContext) -> OrdersPage:
        """Newest first by (placed_at, id), both descending; drafts, carts and test orders are left out."""
        ...

    async def get_orders(
        self, keys: Sequence[NativeRef], context: ContextView, call: CallContext
    ) -> Mapping[NativeRef, Order | AdapterError]: ...


@runtime_checkable
class OrderOriginPort(Protocol):
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


ORDER = DataDomain("order", optional=False, people=True)

LIST_ORDERS = PagedOperation[OrdersQuery, OrdersPage](
    ORDER, OrdersPort, OrdersPort.list_orders, OrdersPage, personal=True, essential=True
)
GET_ORDERS = KeyedOperation[NativeRef, Order](
    ORDER,
    OrdersPort,
    OrdersPort.get_orders,
    Order,
    names=lambda ref: (ref.id,),
    understands=lambda ref, backend, owner: ref.backend == backend,
    personal=True,
)
GET_BY_ORIGIN = KeyedOperation[OrderOrigin, Order](
    ORDER,
    OrderOriginPort,
    OrderOriginPort.get_by_origin,
    Order,
    names=lambda origin: (origin.reference,),
    personal=True,
)
PLACE_ORDER = WriteOperation[PlaceOrder, PlacedOrder](
    ORDER,
    OrderWritePort,
    OrderWritePort.place_order,
    OrderWritePort.find_order,
    PlacedOrder,
    changes=lambda placed: (f"{ORDER.name}:{placed.ref.id}", STOCK.name),
)
