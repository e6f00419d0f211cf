"""Orders and receipts of the reference adapter: newest first, resumed by keyset, foreign ones left out at source."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from msgspec.structs import replace

from gateway.errors import AdapterError, AmbiguousKey
from gateway.model.context import CallContext, ContextView
from gateway.model.identity import NativeRef
from gateway.model.orders import Order, OrderOrigin, OrderPosition, OrdersPage, OrdersQuery, OrderStatus
from gateway.ports.order import GET_BY_ORIGIN, GET_ORDERS, LIST_ORDERS
from gateway.testing.reference.controls import Controls


class Orders(Controls):
    """OrdersPort."""

    async def list_orders(self, query: OrdersQuery, context: ContextView, call: CallContext) -> OrdersPage:
        await self._request(LIST_ORDERS.name, (query,))
        people = {ref.id for ref in query.customers}
        people |= {person.ref.id for person in self.seed.customers if not set(query.emails).isdisjoint(person.emails)}
        theirs = sorted(
            (order for order in self._readable() if order.customer is not None and order.customer.id in people),
            key=_newest,
            reverse=True,
        )
        matching = [
            order
            for order in theirs
            if not (query.exclude_foreign and self._is_foreign(order))
            and not (query.locations and order.location is not None and order.location not in query.locations)
            and (query.after is None or _newest(order) < (query.after.placed_at, query.after.id))
        ]
        page = matching[: query.first]
        return OrdersPage(
            orders=tuple(self._shown_order(order) for order in page),
            positions=tuple(OrderPosition(order.placed_at, order.ref.id) for order in page),
            has_next=len(matching) > len(page),
            truncated_before=self.truncated_before,
            restricted=self.restricted,
        )

    async def get_orders(
        self, keys: Sequence[NativeRef], context: ContextView, call: CallContext
    ) -> Mapping[NativeRef, Order | AdapterError]:
        await self._request(GET_ORDERS.name, keys)
        by_id = {order.ref.id: order for order in self._readable()}
        answer: dict[NativeRef, Order | AdapterError] = {}
        for key in keys:
            if failure := self._failure(key.id, "order"):
                answer[key] = failure
            elif order := by_id.get(key.id):
                answer[key] = self._shown_order(order)
        return answer

    async def get_by_origin(
        self, keys: Sequence[OrderOrigin], context: ContextView, call: CallContext
    ) -> Mapping[OrderOrigin, Order | AdapterError]:
        await self._request(GET_BY_ORIGIN.name, keys)
        answer: dict[OrderOrigin, Order | AdapterError] = {}
        for key in keys:
            found = [order for order in self._readable() if self._answers(order, key)]
            if failure := self._failure(key.reference, "order"):
                answer[key] = failure
            elif len(found) > 1:
                answer[key] = AmbiguousKey(source=self.name, domain="order")
            elif found:
                answer[key] = self._shown_order(found[0])
        return answer

    def _readable(self) -> Iterable[Order]:
        since = self.truncated_before
        placed = (
            replace(order, status=status, raw_status=status.value)
            for number, order in self.order_records.items()
            if (status := self.order_states[number]) is not OrderStatus.OPEN
        )
        return (
            order
            for order in (*self.seed.orders, *placed)
            if not order.test and (since is None or order.placed_at >= since)
        )

    def _is_foreign(self, order: Order) -> bool:
        return order.origin is not None and order.origin.system != self.name

    def _answers(self, order: Order, key: OrderOrigin) -> bool:
        if key.system == self.name:
            return order.number == key.reference and not self._is_foreign(order)
        origin = order.origin
        if origin is None or origin.reference != key.reference:
            return False
        return origin.system is None or key.system is None or origin.system == key.system

    def _shown_order(self, order: Order) -> Order:
        customer = None if order.customer is None else self._own(order.customer)
        return replace(order, ref=self._own(order.ref), customer=customer, freshness=self._freshness())


def _newest(order: Order) -> tuple[datetime, str]:
    return order.placed_at, order.ref.id
