"""OrdersPort: one search for all of a person's customer records and emails, newest first, resumed by edge cursor. The
search is an index, so every hit is checked; test orders are left out. Without the right to all orders, the vendor hides
what is older than 60 days, and the page says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from adapters.shopify.client import Client
from adapters.shopify.config import ShopifyConfig
from adapters.shopify.errors import TooCostly
from adapters.shopify.gids import CUSTOMER, ORDER, is_gid
from adapters.shopify.identifiers import term
from adapters.shopify.order import documents
from adapters.shopify.order.records import order_record
from gateway.errors import AdapterError, AmbiguousKey, InvalidAnswer, InvalidCursor
from gateway.model.context import CallContext, ContextView
from gateway.model.freshness import Freshness
from gateway.model.identity import NativeRef
from gateway.model.orders import Order, OrderOrigin, OrderPosition, OrdersPage, OrdersQuery
from gateway.ports.manifest import AdapterEnvironment

HISTORY = timedelta(days=60)
ROWS = 50
"""Orders of one request, whatever the page; at this many, one line each fits beside them."""
LINES = 10
BY_ID_LINES = 5
MORE_LINES = 50
LINE_ROUNDS = 4
ROUNDS = 40
TERMS = 25


class Orders:
    def __init__(self, env: AdapterEnvironment, client: Client, config: ShopifyConfig) -> None:
        self._env = env
        self._client = client
        self._read_all = config.read_all_orders
        self._foreign = frozenset(name.strip() for name in config.foreign_sources.split(",") if name.strip())

    async def list_orders(self, query: OrdersQuery, context: ContextView, call: CallContext) -> OrdersPage:
        customers = {ref.id for ref in query.customers if is_gid(CUSTOMER, ref.id)}
        emails = {email.lower() for email in query.emails}
        if not customers and not emails:
            return OrdersPage((), (), False)
        if query.after is not None and query.after.token is None:
            raise InvalidCursor("The cursor does not belong to this list.")
        who = [f"customer_id:{native.rpartition('/')[2]}" for native in sorted(customers)]
        who += [term("email", email) for email in sorted(emails)]
        words = f"({' OR '.join(who)}) test:false"
        if query.exclude_foreign:
            words += "".join(f" -{term('source_name', name)}" for name in sorted(self._foreign))

        def wanted(order: documents.Order) -> bool:
            theirs = (order.customer is not None and order.customer.id in customers) or (
                order.email is not None and order.email.lower() in emails
            )
            foreign = query.exclude_foreign and order.source_name in self._foreign
            return theirs and not order.test and not foreign

        rows: list[tuple[str, documents.Order]] = []
        after = query.after.token if query.after else None
        has_next = True
        rounds = 0
        while has_next and len(rows) < query.first:
            rounds += 1
            if rounds > ROUNDS:
                raise InvalidAnswer(detail="Orders: the search returns only what was not asked for")
            page = await self._search(words, min(ROWS, query.first - len(rows)), after, call, "order.list_orders")
            rows.extend((edge.cursor, edge.node) for edge in page.edges if wanted(edge.node))
            after, has_next = page.page_info.end_cursor, page.page_info.has_next_page
        orders = await self._records([order for _, order in rows], call, "order.list_orders")
        return OrdersPage(
            orders=tuple(orders),
            positions=tuple(
                OrderPosition(order.placed_at, order.ref.id, cursor)
                for order, (cursor, _) in zip(orders, rows, strict=True)
            ),
            has_next=has_next,
            truncated_before=None if self._read_all else self._env.clock() - HISTORY,
        )

    async def get_orders(
        self, keys: Sequence[NativeRef], context: ContextView, call: CallContext
    ) -> Mapping[NativeRef, Order | AdapterError]:
        operation = "order.get_orders"
        found: list[documents.Order] = []
        asked = [key for key in keys if is_gid(ORDER, key.id)]

        async def send(refs: Sequence[NativeRef]) -> None:
            answer = await self._client.ask(
                documents.ORDERS_BY_ID,
                {"ids": [ref.id for ref in refs], "lines": BY_ID_LINES},
                documents.OrderNodes,
                operation=operation,
                call=call,
                points=float(points * len(refs)),
            )
            found.extend(order for order in answer.nodes if order is not None and not order.test)

        points = documents.ORDER_POINTS + BY_ID_LINES * documents.LINE_POINTS
        await self._client.costs.in_pieces(documents.ORDERS_BY_ID.name, asked, points, 250, send)
        records = {order.ref.id: order for order in await self._records(found, call, operation)}
        return {key: records[key.id] for key in asked if key.id in records}

    async def get_by_origin(
        self, keys: Sequence[OrderOrigin], context: ContextView, call: CallContext
    ) -> Mapping[OrderOrigin, Order | AdapterError]:
        operation = "order.get_by_origin"
        hits: dict[str, documents.Order] = {}
        for start in range(0, len(keys), TERMS):
            piece = keys[start : start + TERMS]
            words = " OR ".join(
                term("name" if key.system == self._env.name else "source_identifier", key.reference) for key in piece
            )
            after: str | None = None
            for _ in range(ROUNDS):
                page = await self._search(words, ROWS, after, call, operation)
                hits.update({edge.node.id: edge.node for edge in page.edges if not edge.node.test})
                after = page.page_info.end_cursor
                if not page.page_info.has_next_page:
                    break
        matches: dict[OrderOrigin, list[documents.Order]] = {}
        for key in keys:
            own = key.system == self._env.name
            for order in hits.values():
                if key.reference == (order.name if own else order.source_identifier):
                    matches.setdefault(key, []).append(order)
        single = {key: orders[0] for key, orders in matches.items() if len(orders) == 1}
        records = await self._records(list(single.values()), call, operation)
        answer: dict[OrderOrigin, Order | AdapterError] = dict(zip(single, records, strict=True))
        for key, orders in matches.items():
            if len(orders) > 1:
                answer[key] = AmbiguousKey(detail=f"{len(orders)} orders")
        return answer

    async def _search(
        self, words: str, first: int, after: str | None, call: CallContext, operation: str
    ) -> documents.Edges[documents.Order]:
        """A page of orders with as many lines each as the cost of one query allows; fewer when it turns out dearer."""
        costs = self._client.costs
        name = documents.ORDERS.name
        lines = LINES
        while True:
            points = documents.ORDER_POINTS + lines * documents.LINE_POINTS
            if lines > 1 and costs.pieces(name, points, first) < first:
                lines -= 1
                continue
            try:
                answer = await self._client.ask(
                    documents.ORDERS,
                    {"q": words, "first": first, "after": after, "lines": lines},
                    documents.OrderList,
                    operation=operation,
                    call=call,
                    points=float(points * first),
                )
                return answer.orders
            except TooCostly as error:
                if lines == 1 and first == 1:
                    raise
                costs.learn(name, error.cost, first, points)
                first = costs.pieces(name, documents.ORDER_POINTS + documents.LINE_POINTS, first)

    async def _records(self, orders: Sequence[documents.Order], call: CallContext, operation: str) -> list[Order]:
        """With all their lines: one more request for all orders that have more than the nested page."""
        lines = {order.id: list(order.line_items.nodes) for order in orders}
        pages = {order.id: order.line_items.page_info for order in orders}
        for _ in range(LINE_ROUNDS):
            pending = [(native, page.end_cursor or "") for native, page in pages.items() if page.has_next_page]
            if not pending:
                break
            each = self._client.costs.nested("MoreLines", len(pending), documents.LINE_POINTS, MORE_LINES)
            points = 1 + each * documents.LINE_POINTS

            async def send(piece: Sequence[tuple[str, str]], each: int = each, points: int = points) -> None:
                variables: dict[str, Any] = {"lines": each}
                for place, (native, after) in enumerate(piece):
                    variables |= {f"i{place}": native, f"a{place}": after}
                answer = await self._client.ask(
                    documents.more_lines(len(piece)),
                    variables,
                    dict[str, documents.Lines | None],
                    operation=operation,
                    call=call,
                    points=float(len(piece) * points),
                )
                for place, (native, _) in enumerate(piece):
                    if more := answer.get(f"n{place}"):
                        lines[native].extend(more.line_items.nodes)
                        pages[native] = more.line_items.page_info

            await self._client.costs.in_pieces("MoreLines", pending, points, len(pending), send)
        freshness = Freshness(self._env.name, self._env.clock())
        return [
            order_record(
                order,
                lines[order.id],
                backend=self._env.name,
                freshness=freshness,
                truncated=pages[order.id].has_next_page,
                foreign=self._foreign,
            )
            for order in orders
        ]
