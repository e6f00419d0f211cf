"""Placing orders with the reference adapter: an order desk that knows no idempotency keys, as most vendors' do not."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal

from msgspec.structs import replace

from gateway.errors import AdapterError, RequestRefused
from gateway.model.context import CallContext, ContextView
from gateway.model.identity import NativeRef
from gateway.model.money import Money, TaxedMoney
from gateway.model.orders import (
    CancelOrder,
    ConfirmOrder,
    Order,
    OrderKind,
    OrderLine,
    OrderPreview,
    OrderStatus,
    PlacedOrder,
    PlaceOrder,
)
from gateway.ports.order import CANCEL_ORDER, CONFIRM_ORDER, GET_CURRENCIES, PLACE_ORDER, PREVIEW_ORDER
from gateway.testing.reference.controls import Controls


class OrderDesk(Controls):
    """Every port of who takes orders. `placed` is its effect log: every order it made, by our reference; `order_states`
    is how each stands now, by its number. `after_placing` is awaited between an effect and its answer: a test loses the
    answer there, or keeps it back. An order is found `lag` seconds after it was made. `surcharge` is what its own total
    differs by, which a `surprising` one does not say beforehand; `uncancellable`: it is always too late to cancel;
    `order_currencies`: all that it takes orders in (None: it does not say); `refused_places`:
    from where it takes none, which it says when it is to make one."""

    async def place_order(self, command: PlaceOrder, context: ContextView, call: CallContext) -> PlacedOrder:
        await self._written(PLACE_ORDER.name, command, call)
        total = self._comes_to(command)
        if any(place in self.refused_places for line in command.lines for place, _ in line.places):
            raise RequestRefused(detail="no orders are taken there", source=self.name, domain="order")
        number = str(10_000 + len(self.placed))
        status = OrderStatus.OPEN if command.pending else OrderStatus.CONFIRMED
        order = PlacedOrder(NativeRef(self.name, number), number, status, total)
        self.placed.append((command.reference, order, asyncio.get_running_loop().time()))
        self.order_states[number] = status
        self.order_records[number] = self._record(command, order)
        goods: Counter[tuple[str, str]] = Counter()
        for line in command.lines if command.moves_stock else ():
            for place, pieces in line.places:
                goods.update(self.goods(line.sku, place, pieces))
        self.order_goods[number] = goods
        self.sold.update(goods)
        await self.after_placing()
        return order

    async def preview_order(self, query: PlaceOrder, context: ContextView, call: CallContext) -> OrderPreview:
        await self._request(PREVIEW_ORDER.name, (query,))
        total = self._comes_to(query)
        return OrderPreview(Money(total.amount - self.surcharge, total.currency) if self.surprising else total)

    async def get_currencies(
        self, keys: Sequence[str], context: ContextView, call: CallContext
    ) -> Mapping[str, tuple[str, ...] | AdapterError]:
        await self._request(GET_CURRENCIES.name, keys)
        return {} if self.order_currencies is None else dict.fromkeys(keys, self.order_currencies)

    def _comes_to(self, command: PlaceOrder) -> Money:
        """Raises RequestRefused for what is no order."""
        if not command.lines or any(line.quantity <= 0 for line in command.lines):
            raise RequestRefused(detail="an order has lines, and a line pieces", source=self.name, domain="order")
        currency = command.lines[0].unit.currency
        if self.order_currencies is not None and currency not in self.order_currencies:
            raise RequestRefused(detail="not in this currency", source=self.name, domain="order")
        total = command.total
        if total is None:
            pieces = sum((line.unit.amount * line.quantity for line in command.lines), Decimal(0))
            total = Money(pieces, currency).quantized()
        return Money(total.amount + self.surcharge, total.currency)

    async def find_order(self, reference: str, context: ContextView, call: CallContext) -> PlacedOrder | None:
        await self._request("order.find_order", (reference,))
        return self._order_found(reference)

    async def find_orders(self, reference: str, context: ContextView, call: CallContext) -> Sequence[PlacedOrder]:
        await self._request("order.find_orders", (reference,))
        return [
            replace(order, status=self.order_states[order.number])
            for known, order, _ in self.placed
            if known == reference
        ]

    async def confirm_order(self, command: ConfirmOrder, context: ContextView, call: CallContext) -> PlacedOrder:
        await self._written(CONFIRM_ORDER.name, command, call)
        return await self._order_moved(command.order.id, OrderStatus.CONFIRMED)

    async def find_confirmed(self, reference: str, context: ContextView, call: CallContext) -> PlacedOrder | None:
        await self._request("order.find_confirmed", (reference,))
        return self._order_in(reference, OrderStatus.CONFIRMED)

    async def cancel_order(self, command: CancelOrder, context: ContextView, call: CallContext) -> PlacedOrder:
        await self._written(CANCEL_ORDER.name, command, call)
        if self.uncancellable:
            raise RequestRefused(detail="too late", source=self.name, domain="order")
        return await self._order_moved(command.order.id, OrderStatus.CANCELLED)

    async def find_cancelled(self, reference: str, context: ContextView, call: CallContext) -> PlacedOrder | None:
        await self._request("order.find_cancelled", (reference,))
        return self._order_in(reference, OrderStatus.CANCELLED)

    def _record(self, command: PlaceOrder, placed: PlacedOrder) -> Order:
        """As it is read from now on."""
        lines = tuple(
            OrderLine(str(number), line.sku, line.quantity, line.sku, total=line.total)
            for number, line in enumerate(command.lines)
        )
        return Order(
            ref=placed.ref,
            number=placed.number,
            kind=OrderKind.WEB,
            placed_at=self.clock(),
            status=placed.status,
            raw_status=placed.status.value,
            total=TaxedMoney(gross=placed.total),
            freshness=self._freshness(),
            lines=lines,
            origin=command.origin,
            customer=command.customer,
        )

    async def _order_moved(self, number: str, status: OrderStatus) -> PlacedOrder:
        order = next((order for _, order, _ in self.placed if order.number == number), None)
        if order is None:
            raise RequestRefused(detail="no such order", source=self.name, domain="order")
        if self.order_states[number] is OrderStatus.CANCELLED and status is not OrderStatus.CANCELLED:
            raise RequestRefused(detail="the order is cancelled", source=self.name, domain="order")
        if status is OrderStatus.CANCELLED and self.order_states[number] is not status:
            self.sold.subtract(self.order_goods[number])
        self.order_states[number] = status
        await self.after_placing()
        return replace(order, status=status)

    def _order_in(self, reference: str, status: OrderStatus) -> PlacedOrder | None:
        order = self._order_found(reference)
        return order if order is not None and order.status is status else None

    def _order_found(self, reference: str) -> PlacedOrder | None:
        now = asyncio.get_running_loop().time()
        for known, order, at in self.placed:
            if known == reference and now - at >= self.lag:
                return replace(order, status=self.order_states[order.number])
        return None
