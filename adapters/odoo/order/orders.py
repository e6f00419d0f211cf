"""OrdersPort and OrderOriginPort: sales orders and till receipts, two models of one backend, as one list.

Both are asked with the same keyset, (date_order, id) descending, and merged here; at one instant sales orders stand
before receipts. References are `sale.0000000041` and `pos.0000000005`, so that they sort as the ids do."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from adapters.odoo.client import OdooClient
from adapters.odoo.config import SOURCE_DOCUMENT, OdooConfig
from adapters.odoo.contacts import contact_domain
from adapters.odoo.order.records import ReceiptRow, receipt_order, sale_order, sale_row
from adapters.odoo.rights import sees_own_documents_only
from adapters.odoo.values import any_of, record_id, written_moment
from gateway.errors import AdapterError, InvalidCursor
from gateway.kit.concurrency import gathered, together
from gateway.kit.keyed import answered, grouped, one_of
from gateway.kit.readings import Reading
from gateway.kit.tables import Table
from gateway.model.context import CallContext, ContextView
from gateway.model.customers import CustomerKey, CustomerKeyKind
from gateway.model.identity import NativeRef
from gateway.model.orders import MIRRORED, Order, OrderOrigin, OrderPosition, OrdersPage, OrdersQuery
from gateway.ports.manifest import AdapterEnvironment
from gateway.ports.webhooks import EVERYTHING

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


class Orders:
    def __init__(self, env: AdapterEnvironment[OdooConfig], client: OdooClient) -> None:
        self._env = env
        self._client = client
        self._origin_field = env.config.origin_field
        self._sells, self._tills = env.config.orders != "pos", env.config.orders != "sale"
        self.own_only = Table(partial(sees_own_documents_only, client), RIGHTS_SECONDS, env.clock)
        self.close = self.own_only.close

    def forget(self, tags: Sequence[str]) -> None:
        if EVERYTHING[0] in tags:
            self.own_only.forget()

    async def list_orders(self, query: OrdersQuery, context: ContextView, call: CallContext) -> OrdersPage:
        people = _people(query)
        if not people:
            return OrdersPage((), (), has_next=False)
        foreign = self._own() if self._origin_field and query.exclude_foreign else []
        sales = [*people, *foreign, *_after(query.after, SALE)]
        receipts = [*people, *_after(query.after, POS)]
        async with together() as tasks:
            narrowed = tasks.create_task(self._sees_own_only(call))
            reading = tasks.create_task(self._both(sales, receipts, call, query.first + 1))
        found = reading.result()
        found.sort(key=lambda order: (order.placed_at, order.ref.id), reverse=True)
        page = tuple(found[: query.first])
        positions = tuple(OrderPosition(order.placed_at, order.ref.id) for order in page)
        return OrdersPage(page, positions, has_next=len(found) > query.first, restricted=narrowed.result())

    def _own(self) -> list[Any]:
        """Orders that no other system took first."""
        unnamed = [self._origin_field, "=", False]
        if self._origin_field == SOURCE_DOCUMENT:
            return ["|", unnamed, [self._origin_field, "not like", MIRRORED]]
        return [unnamed]

    async def _sees_own_only(self, call: CallContext) -> bool:
        """Whether Odoo hides the orders of other salespeople from the gateway's user. Where it does not say, it is not
        assumed."""
        try:
            return self._sells and await self.own_only.get(call, kept_is_enough=True)
        except AdapterError:
            return False

    async def get_orders(
        self, keys: Sequence[NativeRef], context: ContextView, call: CallContext
    ) -> Mapping[NativeRef, Order | AdapterError]:
        ids = grouped(parsed for key in keys if (parsed := parse_order_id(key.id)) is not None)
        sales, receipts = ([["id", "in", ids[kind]]] if kind in ids else None for kind in (SALE, POS))
        by_ref = {order.ref: order for order in await self._both(sales, receipts, call)}
        return {key: by_ref[key] for key in keys if key in by_ref}

    async def get_by_origin(
        self, keys: Sequence[OrderOrigin], context: ContextView, call: CallContext
    ) -> Mapping[OrderOrigin, Order | AdapterError]:
        """By the number another system gave it; for `system` this backend, by Odoo's own number or the receipt's."""
        own = [key.reference for key in keys if key.system == self._env.name]
        others = [text for key in keys if key.system != self._env.name for text in key.spellings]
        terms: list[Any] = [[self._origin_field, "in", others]] if others and self._origin_field else []
        terms += [["name", "in", own]] if own else []
        receipts = any_of([["pos_reference", "in", own], ["name", "in", own]]) if own else None
        found = await self._both(any_of(terms) if terms else None, receipts, call)

        def one(key: OrderOrigin) -> Order | AdapterError | None:
            return one_of([order for order in found if self._is(order, key)], self._env.name)

        return answered(keys, one, lambda key, order: order)

    def _is(self, order: Order, key: OrderOrigin) -> bool:
        if key.system == self._env.name:
            return order.number == key.reference
        return order.origin is not None and order.origin.means(key)

    async def _both(
        self, sales: list[Any] | None, receipts: list[Any] | None, call: CallContext, limit: int | None = None
    ) -> list[Order]:
        """One request for each model that is asked: by a domain, and what makes it an order."""

        async def sold(domain: list[Any]) -> list[Order]:
            row = sale_row(self._origin_field)
            asked = [SOLD, *domain]
            rows = await self._client.search(row, "sale.order", asked, call, order=NEWEST_FIRST, limit=limit)
            reading = Reading.now(self._env)
            return [sale_order(row, order_id(SALE, row.id), reading) for row in rows]

        async def paid(domain: list[Any]) -> list[Order]:
            asked = [PAID, *domain]
            rows = await self._client.search(ReceiptRow, "pos.order", asked, call, order=NEWEST_FIRST, limit=limit)
            reading = Reading.now(self._env)
            return [receipt_order(row, order_id(POS, row.id), reading) for row in rows]

        asking = [sold(sales)] if sales is not None and self._sells else []
        asking += [paid(receipts)] if receipts is not None and self._tills else []
        return [order for some in await gathered(asking) for order in some]
