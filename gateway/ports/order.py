"""Orders: read by customer, by reference and by origin; and placed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Protocol, runtime_checkable

from msgspec import Struct

from gateway.errors import AdapterError
from gateway.model.context import CallContext, ContextView
from gateway.model.identity import NativeRef
from gateway.model.orders import (
    CancelOrder,
    ConfirmOrder,
    Order,
    OrderOrigin,
    OrderPreview,
    OrdersPage,
    OrdersQuery,
    PlacedOrder,
    PlaceOrder,
)
from gateway.ports.domain import DataDomain, KeyedOperation, PagedOperation, WriteOperation
from gateway.ports.stock import STOCK


class Placement(Enum):
    """Where an order's goods may come from, as its owner can be told."""

    PER_LINE = "per_line"
    PER_ORDER = "per_order"
    """One place for the whole order: several places are several orders."""
    MOVED_AFTER = "moved_after"
    """Placed wherever the owner puts it, moved afterwards."""
    OWNER_DECIDES = "owner_decides"


class Amounts(Enum):
    """Whose prices an order bears."""

    GIVEN = "given"
    OWN = "own"
    """The owner recomputes every line: only what it says itself can be sold."""


class TellsPayment(Enum):
    """How the owner is told that somebody else took the money."""

    TRANSACTION = "transaction"
    EXTERNAL = "external"
    MANUAL = "manual"
    NONE = "none"


class OrderWriting(Struct, frozen=True, kw_only=True):
    """What an owner of orders can do, as its adapter declares it. `pending`: an order can be placed and confirmed
    later; `pending_holds`: its stock is kept back meanwhile. `counted`: stock readings leave out what was ordered, from
    the order on; else not before it is shipped. `dry_run`: it says beforehand whether it would take an order, and what
    it comes to where it works that out itself. `cancels`: the port is served. `stockless`: an order can be taken that
    leaves its stock as it is. `paid_after`: one that is not pending can be placed without its payment,
    is told of it by `ConfirmOrder`, and can be cancelled until then. Which of these may go together with whose prices
    is checked at start."""

    placement: Placement = Placement.OWNER_DECIDES
    amounts: Amounts = Amounts.GIVEN
    payment: TellsPayment = TellsPayment.NONE
    pending: bool = False
    pending_holds: bool = False
    counted: bool = True
    dry_run: bool = False
    cancels: bool = True
    stockless: bool = False
    paid_after: bool = False

    @property
    def apart(self) -> bool:
        """Whether one checkout may place several orders here, each from a place of its own: none of them may be past
        cancelling while another can still be refused."""
        retractable = self.cancels and (self.pending or self.paid_after)
        return self.placement is Placement.PER_ORDER and self.amounts is Amounts.GIVEN and retractable

    def unsafe(self, *, foreign_prices: bool) -> str | None:
        """Why no checkout may sell through it. `foreign_prices`: another system is the owner of the prices."""
        if self.amounts is Amounts.OWN and foreign_prices:
            return "computes its own prices, and another system owns them here"
        if self.amounts is Amounts.OWN and not self.pending and not self.dry_run and not self.cancels:
            return "computes its own total, says it only when the order stands, and cannot cancel it"
        return None


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


@runtime_checkable
class OrderConfirmPort(Protocol):
    """Of owners whose orders can be pending, or placed before their payment is told (`OrderWriting.paid_after`)."""

    async def confirm_order(self, command: ConfirmOrder, context: ContextView, call: CallContext) -> PlacedOrder: ...

    async def find_confirmed(self, reference: str, context: ContextView, call: CallContext) -> PlacedOrder | None:
        """The order under our reference, where it is confirmed."""
        ...


@runtime_checkable
class OrderCancelPort(Protocol):
    async def cancel_order(self, command: CancelOrder, context: ContextView, call: CallContext) -> PlacedOrder:
        """Raises RequestRefused where it is too late."""
        ...

    async def find_cancelled(self, reference: str, context: ContextView, call: CallContext) -> PlacedOrder | None:
        """The order under our reference, where it is cancelled."""
        ...


@runtime_checkable
class OrderPreviewPort(Protocol):
    """Of owners whose orders are not pending: what they would say no to is found out before money is held."""

    async def preview_order(self, query: PlaceOrder, context: ContextView, call: CallContext) -> OrderPreview:
        """As `place_order` would be told, but for its payment; nothing that stands is made. Raises RequestRefused where
        the owner would say no."""
        ...


@runtime_checkable
class OrderCurrenciesPort(Protocol):
    async def get_currencies(
        self, keys: Sequence[str], context: ContextView, call: CallContext
    ) -> Mapping[str, tuple[str, ...] | AdapterError]:
        """In which currencies (ISO 4217) this market's orders may be, by the place that they name in the owner's own
        words, or `ANYWHERE`. Absent: there is no such place, or nobody knows."""
        ...


@runtime_checkable
class OrderTwinsPort(Protocol):
    """Of owners whose own look-up can show two records under one reference: whoever reconciles sees the second one."""

    async def find_orders(self, reference: str, context: ContextView, call: CallContext) -> Sequence[PlacedOrder]:
        """All orders under our reference, oldest first, cancelled ones too; a handful at most."""
        ...


ORDER = DataDomain("order", optional=False, people=True)

ANYWHERE = "anywhere"
"""The place of an order that names none."""

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
PREVIEW_ORDER = PagedOperation[PlaceOrder, OrderPreview](
    ORDER, OrderPreviewPort, OrderPreviewPort.preview_order, OrderPreview, personal=True
)
GET_CURRENCIES = KeyedOperation[str, tuple[str, ...]](
    ORDER, OrderCurrenciesPort, OrderCurrenciesPort.get_currencies, tuple[str, ...], names=lambda place: (place,)
)
PLACE_ORDER = WriteOperation[PlaceOrder, PlacedOrder](
    ORDER,
    OrderWritePort,
    OrderWritePort.place_order,
    OrderWritePort.find_order,
    PlacedOrder,
    changes=lambda placed: (f"{ORDER.name}:{placed.ref.id}", STOCK.name),
)
CONFIRM_ORDER = WriteOperation[ConfirmOrder, PlacedOrder](
    ORDER,
    OrderConfirmPort,
    OrderConfirmPort.confirm_order,
    OrderConfirmPort.find_confirmed,
    PlacedOrder,
    changes=lambda placed: (f"{ORDER.name}:{placed.ref.id}", STOCK.name),
)
CANCEL_ORDER = WriteOperation[CancelOrder, PlacedOrder](
    ORDER,
    OrderCancelPort,
    OrderCancelPort.cancel_order,
    OrderCancelPort.find_cancelled,
    PlacedOrder,
    changes=lambda placed: (f"{ORDER.name}:{placed.ref.id}", STOCK.name),
)
