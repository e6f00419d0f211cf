"""`CustomerPort` and `OrdersPort` of a Vendure shop."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from adapters.vendure import documents, people
from adapters.vendure.ids import ids_among
from adapters.vendure.reader import PAGE, Reader
from adapters.vendure.wire.accounts import CustomerOrders, CustomersData, OrdersData, WireOrder
from gateway.errors import AdapterError
from gateway.kit.keyed import answered, by_kind, one_of
from gateway.kit.moments import as_rfc3339
from gateway.kit.people import bears
from gateway.model.context import CallContext, ContextView
from gateway.model.customers import CustomerKey, CustomerKeyKind, CustomerRecord
from gateway.model.identity import NativeRef
from gateway.model.operation import MEBIBYTE
from gateway.model.orders import Order, OrderOrigin, OrderPosition, OrdersPage, OrdersQuery

ORDERS_BYTES = 8 * MEBIBYTE


class AccountReader(Reader):
    async def find_customers(
        self, keys: Sequence[CustomerKey], context: ContextView, call: CallContext
    ) -> Mapping[CustomerKey, tuple[CustomerRecord, ...] | AdapterError]:
        """One request. Vendure stores emails in lower case and phone numbers as typed."""
        values = by_kind(keys)
        country = self.config.phone_country
        phones = [form for number in values[CustomerKeyKind.PHONE] for form in people.spellings(number, country)]
        wanted: list[Mapping[str, object]] = [
            {field: {"in": found}}
            for field, found in (
                ("emailAddress", values[CustomerKeyKind.EMAIL]),
                ("phoneNumber", phones),
                ("id", ids_among(values[CustomerKeyKind.NATIVE])),
            )
            if found
        ]
        if not wanted:
            return {}
        data = await self.ask(
            documents.customers(self.config.customer_id_fields),
            CustomersData,
            call,
            operation="customer.find_customers",
            variables={"options": {"filter": {"_or": wanted}, "take": PAGE}},
        )
        reading = self.reading()
        fields = self.config.customer_id_fields
        records = [people.customer(wire, fields, country, reading) for wire in data.customers.items]
        theirs = {key: tuple(record for record in records if bears(record, key)) for key in keys}
        return {key: found for key, found in theirs.items() if found}

    async def list_orders(self, query: OrdersQuery, context: ContextView, call: CallContext) -> OrdersPage:
        """One request for all customers of the query. Orders are read up to and including the instant of the position,
        less those already given at that instant."""
        known = ids_among(ref.id for ref in query.customers)
        if not known:
            return OrdersPage((), (), has_next=False)
        given = _given(query.after)
        take = query.first + 1 + len(given)
        placed: dict[str, object] = {"isNull": False}
        if query.after is not None:
            placed["before"] = as_rfc3339(query.after.placed_at + timedelta(milliseconds=1))
        narrow: dict[str, object] = {"orderPlacedAt": placed, "type": {"notEq": "Seller"}}
        if query.exclude_foreign and self.config.order_origin_field:
            narrow[self.config.order_origin_field] = {"isNull": True}
        options = {"filter": narrow, "sort": {"orderPlacedAt": "DESC"}, "take": min(take, PAGE)}
        customers = {f"c{index}": native for index, native in enumerate(known)}
        data = await self.ask(
            documents.customer_orders(len(customers), self.config.order_origin_field),
            dict[str, msgspec.Raw],
            call,
            operation="order.list_orders",
            variables={"options": options, **customers},
            max_response_bytes=ORDERS_BYTES,
        )
        wire = [order for alias in customers for order in self._orders_of(data[alias])]
        orders = sorted(await self._records(wire, call), key=_newest_first, reverse=True)
        rest = [order for order in orders if not (query.after and _consumed(order, query.after, given))]
        page = rest[: query.first]
        return OrdersPage(tuple(page), _positions(page, query.after, given), has_next=len(rest) > query.first)

    async def get_orders(
        self, keys: Sequence[NativeRef], context: ContextView, call: CallContext
    ) -> Mapping[NativeRef, Order | AdapterError]:
        ids = ids_among(key.id for key in keys)
        if not ids:
            return {}
        orders = await self._orders([{"id": {"in": ids}}], "order.get_orders", call)
        by_id = {order.ref.id: order for order in orders}
        return {key: by_id[key.id] for key in keys if key.id in by_id}

    async def get_by_origin(
        self, keys: Sequence[OrderOrigin], context: ContextView, call: CallContext
    ) -> Mapping[OrderOrigin, Order | AdapterError]:
        """Own numbers and other systems' in one request. Without `order_origin_field` the latter are absent."""
        own = [key.reference for key in keys if key.system == self.name]
        foreign = [key.reference for key in keys if key.system != self.name]
        wanted: list[Mapping[str, object]] = []
        if own:
            wanted.append({"code": {"in": own}})
        if foreign and self.config.order_origin_field:
            wanted.append({self.config.order_origin_field: {"in": foreign}})
        orders = await self._orders(wanted, "order.get_by_origin", call) if wanted else []
        return answered(
            keys,
            lambda key: one_of([order for order in orders if self._is_of(order, key)], self.name),
            lambda _, order: order,
        )

    def _is_of(self, order: Order, key: OrderOrigin) -> bool:
        if key.system == self.name:
            return order.number == key.reference
        return order.origin is not None and order.origin.reference == key.reference

    async def _orders(self, wanted: Sequence[Mapping[str, object]], operation: str, call: CallContext) -> list[Order]:
        data = await self.ask(
            documents.orders(self.config.order_origin_field),
            OrdersData,
            call,
            operation=operation,
            variables={"options": {"filter": {"_or": wanted, "type": {"notEq": "Seller"}}, "take": PAGE}},
            max_response_bytes=ORDERS_BYTES,
        )
        return await self._records(data.orders.items, call)

    def _orders_of(self, raw: msgspec.Raw) -> tuple[WireOrder, ...]:
        """An unknown customer is null."""
        return () if bytes(raw) == b"null" else self.client.decode(raw, CustomerOrders).orders.items

    async def _records(self, wire: Iterable[WireOrder], call: CallContext) -> list[Order]:
        facts = await self.facts.get(self.config.channel_token, call)
        reading = self.reading()
        orders = (people.order(entry, facts.precision, reading) for entry in wire)
        return [order for order in orders if order is not None]


def _newest_first(order: Order) -> tuple[datetime, str]:
    return order.placed_at, order.ref.id


def _given(after: OrderPosition | None) -> frozenset[str]:
    """Ids already given at the instant of the position."""
    return frozenset((after.token or after.id).split(",")) if after else frozenset()


def _consumed(order: Order, after: OrderPosition, given: frozenset[str]) -> bool:
    return order.placed_at > after.placed_at or (order.placed_at == after.placed_at and order.ref.id in given)


def _positions(page: Sequence[Order], after: OrderPosition | None, given: frozenset[str]) -> tuple[OrderPosition, ...]:
    positions: list[OrderPosition] = []
    instant = after.placed_at if after else None
    ids = list(given)
    for order in page:
        if order.placed_at != instant:
            instant, ids = order.placed_at, []
        ids = [*ids, order.ref.id]
        positions.append(OrderPosition(order.placed_at, order.ref.id, ",".join(ids)))
    return tuple(positions)
