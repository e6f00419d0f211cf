"""Placing orders with the reference adapter: an order desk that knows no idempotency keys, as most vendors' do not."""

from __future__ import annotations

import asyncio
from decimal import Decimal

from gateway.errors import DeadlineExceeded, RequestRefused
from gateway.model.context import CallContext, ContextView
from gateway.model.identity import NativeRef
from gateway.model.money import Money
from gateway.model.orders import OrderStatus, PlacedOrder, PlaceOrder
from gateway.ports.order import PLACE_ORDER
from gateway.testing.reference.controls import Controls


class OrderDesk(Controls):
    """OrderWritePort. `placed` is its effect log: every order it made, by our reference. `after_placing` is awaited
    between the effect and the answer: a test loses the answer there, or keeps it back. An order is found `lag` seconds
    after it was made."""

    async def place_order(self, command: PlaceOrder, context: ContextView, call: CallContext) -> PlacedOrder:
        await self._request(PLACE_ORDER.name, (command,))
        if call.once and call.remaining() <= 0:  # as the wire does: nothing is sent after its time
            late = DeadlineExceeded(source=self.name, domain="order")
            late.unsent = True
            raise late
        if not command.lines or any(line.quantity <= 0 for line in command.lines):
            raise RequestRefused(detail="an order has lines, and a line pieces", source=self.name, domain="order")
        number = str(10_000 + len(self.placed))
        total = sum((line.unit.amount * line.quantity for line in command.lines), Decimal(0))
        order = PlacedOrder(
            NativeRef(self.name, number), number, OrderStatus.OPEN, Money(total, command.lines[0].unit.currency)
        )
        self.placed.append((command.reference, order, asyncio.get_running_loop().time()))
        await self.after_placing()
        return order

    async def find_order(self, reference: str, context: ContextView, call: CallContext) -> PlacedOrder | None:
        await self._request("order.find_order", (reference,))
        now = asyncio.get_running_loop().time()
        for known, order, at in self.placed:
            if known == reference and now - at >= self.lag:
                return order
        return None
