"""OrdersPort: sales orders and till receipts, two models of one backend, as one list.

Both are asked with the same keyset, (date_order, id) descending, and merged here; at one instant sales orders stand
before receipts. References are `sale.0000000041` and `pos.0000000005`, so that they sort as the ids do."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from adapters.odoo.contacts import contact_domain
from adapters.odoo.order.rows import (
    ReceiptRow,
    receipt_order,
    sale_order,
    sale_row,
)
from adapters.odoo.rights import sees_own_documents_only
from adapters.odoo.shelf import Shelf
from adapters.odoo.together import together
from adapters.odoo.values import record_id, written_moment
from adapters.odoo.variants import OdooBackend
from gateway.errors import AdapterError, AmbiguousKey, ConfigurationError, InvalidCursor
from gateway.model.context import CallContext, ContextView
from gateway.model.customers import CustomerKey, CustomerKeyKind
from gateway.model.identity import NativeRef
from gateway.model.operation import MEBIBYTE
from gateway.model.orders import Order, OrderOrigin, OrderPosition, OrdersPage, OrdersQuery
from gateway.ports.manifest import AdapterEnvironment

LIST_ORDERS = "order.list_orders"
GET_ORDERS = "order.get_orders"
GET_BY_ORIGIN = "order.get_by_origin"
ORDERS_SIZE = 4 * MEBIBYTE
RIGHTS_SECONDS = 3600.0

SALE, POS = "sale", "pos"
NEWEST_FIRST = "date_order desc, id desc"
SOLD = ["state", "in", ["sale", "done", "cancel"]]
"""Drafts and sent quotations are carts."""
PAID = ["state", "in", ["paid", "done", "invoiced"]]

_REFERENCE = re.compile(r"(sale|pos)\.(0*([1-9][0-9]*))")

_LONGEST = len("sale.0000000000")


def order_id(kind: str, identifier: int) -> str:
    return f"{kind}.{identifier:010d}"


def parse_order_id(text: str) -> tuple[str, int] | None:
    """None also for another spelling of an id: an order has one."""
    found = _REFERENCE.fullmatch(text) if len(text) <= _LONGEST else None
    identifier = record_id(found[3]) if found else None
    if found is None or identifier is None or text != order_id(found[1], identifier):
        return None
    return found[1], identifier


def _people(query: OrdersQuery) -> list[Any]:
    """One term: these contacts with their addresses, or whoever has these emails; nothing when nobody is named."""
    keys = [CustomerKey(CustomerKeyKind.NATIVE, ref.id) for ref in query.customers]
    keys += [CustomerKey(CustomerKeyKind.EMAIL, email) for email in query.emails]
    return contact_domain(keys, "partner_id.")


def _after(position: OrderPosition | None, kind: str) -> list[Any]:
    """What lies below a position: earlier ones, and at the same instant what sorts lower. Receipts sort below sales."""
    if position is None:
        return []
    parsed = parse_order_id(position.id)
    if parsed is None:
        raise InvalidCursor("this is not a position in a list of orders")
    other, identifier = parsed
    at = written_moment(position.placed_at)
    earlier = ["date_order", "<", at]
    if kind == other:
        return ["|", earlier, "&", ["date_order", "=", at], ["id", "<", identifier]]
    return ["|", earlier, ["date_order", "=", at]] if kind < other else [earlier]


class OdooOrders(OdooBackend):
    def __init__(self, env: AdapterEnvironment) -> None:
        super().__init__(env)
        try:
            self._sale_row = sale_row(self.config.origin_field)
        except ValueError as error:
            place = f"backends.{env.name}.origin_field"
            raise ConfigurationError("this field of a sales order means something else", place=place) from error
        self.own_only = Shelf(self._read_own_only, RIGHTS_SECONDS)

    async def _read_own_only(self, call: CallContext) -> bool:
        return await sees_own_documents_only(self.client, call)

    @property
    def sells(self) -> bool:
        return self.config.orders in ("sale", "both")

    @property
    def tills(self) -> bool:
        return self.config.orders in ("pos", "both")

    async def list_orders(self, query: OrdersQuery, context: ContextView, call: CallContext) -> OrdersPage:
        people = _people(query)
        if not people:
            return OrdersPage((), (), has_next=False)
        origin = self.config.origin_field
        foreign = [[origin, "=", False]] if origin and query.exclude_foreign else []
        sales = [SOLD, *people, *foreign, *_after(query.after, SALE)]
        receipts = [PAID, *people, *_after(query.after, POS)]
        async with together() as tasks:
            narrowed = tasks.create_task(self._sees_own_only(call))
            reading = tasks.create_task(
                self._both(
                    sales if self.sells else None, receipts if self.tills else None, LIST_ORDERS, call, query.first + 1
                )
            )
        found = reading.result()
        found.sort(key=lambda order: (order.placed_at, order.ref.id), reverse=True)
        page = tuple(found[: query.first])
        positions = tuple(OrderPosition(order.placed_at, order.ref.id) for order in page)
        return OrdersPage(page, positions, has_next=len(found) > query.first, restricted=narrowed.result())

    async def _sees_own_only(self, call: CallContext) -> bool:
        """Whether Odoo hides the orders of other salespeople from the gateway's user. Where it does not say, it is not
        assumed."""
        if not self.sells:
            return False
        try:
            return await self.own_only.get(call)
        except AdapterError:
            return False

    async def get_orders(
        self, keys: Sequence[NativeRef], context: ContextView, call: CallContext
    ) -> Mapping[NativeRef, Order | AdapterError]:
        named = [parsed for key in keys if (parsed := parse_order_id(key.id)) is not None]
        ids = {kind: [identifier for other, identifier in named if other == kind] for kind in (SALE, POS)}
        found = await self._both(
            [SOLD, ["id", "in", ids[SALE]]] if self.sells and ids[SALE] else None,
            [PAID, ["id", "in", ids[POS]]] if self.tills and ids[POS] else None,
            GET_ORDERS,
            call,
        )
        by_ref = {order.ref: order for order in found}
        return {key: by_ref[key] for key in keys if key in by_ref}

    async def get_by_origin(
        self, keys: Sequence[OrderOrigin], context: ContextView, call: CallContext
    ) -> Mapping[OrderOrigin, Order | AdapterError]:
        """By the number another system gave it; for `system` this backend, by Odoo's own number or the receipt's."""
        own = [key.reference for key in keys if key.system == self.name]
        others = [key.reference for key in keys if key.system != self.name]
        terms: list[Any] = [[self.config.origin_field, "in", others]] if others and self.config.origin_field else []
        terms += [["name", "in", own]] if own else []
        found = await self._both(
            [SOLD, *["|"] * (len(terms) - 1), *terms] if self.sells and terms else None,
            [PAID, "|", ["pos_reference", "in", own], ["name", "in", own]] if self.tills and own else None,
            GET_BY_ORIGIN,
            call,
        )
        answers: dict[OrderOrigin, Order | AdapterError] = {}
        for key in keys:
            same = [order for order in found if self._is(order, key)]
            if same:
                answers[key] = same[0] if len(same) == 1 else AmbiguousKey(source=self.name)
        return answers

    def _is(self, order: Order, key: OrderOrigin) -> bool:
        if key.system == self.name:
            return order.number == key.reference
        return order.origin is not None and order.origin.reference == key.reference

    async def _both(
        self,
        sales: list[Any] | None,
        receipts: list[Any] | None,
        operation: str,
        call: CallContext,
        limit: int | None = None,
    ) -> list[Order]:
        """One request for each model that is asked."""
        async with together() as tasks:
            sold = tasks.create_task(self._sales(sales, operation, call, limit)) if sales else None
            paid = tasks.create_task(self._receipts(receipts, operation, call, limit)) if receipts else None
        return [*(sold.result() if sold else ()), *(paid.result() if paid else ())]

    async def _sales(self, domain: list[Any], operation: str, call: CallContext, limit: int | None) -> list[Order]:
        rows = await self.client.search(
            self._sale_row,
            "sale.order",
            domain,
            call,
            operation=operation,
            order=NEWEST_FIRST,
            limit=limit,
            max_response_bytes=ORDERS_SIZE,
        )
        freshness = self.freshness()
        return [sale_order(row, self.ref(order_id(SALE, row.id)), freshness) for row in rows]

    async def _receipts(self, domain: list[Any], operation: str, call: CallContext, limit: int | None) -> list[Order]:
        rows = await self.client.search(
            ReceiptRow,
            "pos.order",
            domain,
            call,
            operation=operation,
            order=NEWEST_FIRST,
            limit=limit,
            max_response_bytes=ORDERS_SIZE,
        )
        freshness = self.freshness()
        return [receipt_order(row, self.ref(order_id(POS, row.id)), freshness) for row in rows]

    async def close(self) -> None:
        await self.own_only.close()
        await super().close()
