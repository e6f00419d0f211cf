"""OrdersPort: one search for all of a person's customer records and emails, newest first, resumed by edge cursor. The
search is an index, so every hit is checked; test orders are left out. Without the right to all orders, the vendor hides
what is older than 60 days, and the page says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from adapters.shopify.client import Client, whole_lists
from adapters.shopify.config import ShopifyConfig
from adapters.shopify.gids import CUSTOMER, ORDER, is_gid
from adapters.shopify.identifiers import term
from adapters.shopify.order import documents
from adapters.shopify.order.records import is_mirror, order_record
from adapters.shopify.shapes import Edges, Nodes
from gateway.errors import AdapterError, InvalidCursor
from gateway.kit.graphql import RelayNodes
from gateway.kit.keyed import answered, chunks, grouped, one_of
from gateway.kit.pages import cursor_pages
from gateway.kit.readings import Reading
from gateway.model.context import CallContext, ContextView
from gateway.model.identity import NativeRef
from gateway.model.orders import Order, OrderOrigin, OrderPosition, OrdersPage, OrdersQuery
from gateway.ports.manifest import AdapterEnvironment

HISTORY = timedelta(days=60)
ROWS = 50
"""Orders of one request, whatever the page; at this many, one line each fits beside them."""
LINES = range(1, 11)
BY_ID_LINES = 5
MORE_LINES = 50
LINE_ROUNDS = 4
ROUNDS = 40
TERMS = 12
"""Orders of one search, each by two spellings at most."""


class Orders:
    def __init__(self, env: AdapterEnvironment[ShopifyConfig], client: Client) -> None:
        self._env = env
        self._client = client
        sources = (name.strip() for name in env.config.foreign_sources.split(","))
        self._foreign = frozenset(name for name in sources if name)

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
            foreign = query.exclude_foreign and (order.source_name in self._foreign or is_mirror(order))
            return theirs and not order.test and not foreign

        rows: list[tuple[str, documents.Order]] = []
        has_next = False

        async def ask(after: str | None) -> Edges[documents.Order]:
            return await self._search(words, min(ROWS, query.first - len(rows)), after, call)

        after = query.after.token if query.after else None
        async for page in cursor_pages(ask, lambda page: page.following, most=ROUNDS, what="Orders", after=after):
            rows.extend((edge.cursor, edge.node) for edge in page.edges if wanted(edge.node))
            has_next = page.page_info.has_next_page
            if len(rows) >= query.first:
                break
        orders = await self._records([order for _, order in rows], call)
        return OrdersPage(
            orders=tuple(orders),
            positions=tuple(
                OrderPosition(order.placed_at, order.ref.id, cursor)
                for order, (cursor, _) in zip(orders, rows, strict=True)
            ),
            has_next=has_next,
            truncated_before=None if self._env.config.read_all_orders else self._env.clock() - HISTORY,
        )

    async def get_orders(
        self, keys: Sequence[NativeRef], context: ContextView, call: CallContext
    ) -> Mapping[NativeRef, Order | AdapterError]:
        found: list[documents.Order] = []
        asked = [key for key in keys if is_gid(ORDER, key.id)]
        points = documents.ORDER_POINTS + BY_ID_LINES * documents.LINE_POINTS

        async def send(refs: Sequence[NativeRef]) -> None:
            variables = {"ids": [ref.id for ref in refs], "lines": BY_ID_LINES}
            answer = await self._client.ask(
                documents.ORDERS_BY_ID, variables, Nodes[documents.Order | None], call, float(points * len(refs))
            )
            found.extend(order for order in answer.nodes if order is not None and not order.test)

        await self._client.costs.in_pieces(documents.ORDERS_BY_ID.name, asked, points, 250, send)
        records = {order.ref.id: order for order in await self._records(found, call)}
        return {key: records[key.id] for key in asked if key.id in records}

    async def get_by_origin(
        self, keys: Sequence[OrderOrigin], context: ContextView, call: CallContext
    ) -> Mapping[OrderOrigin, Order | AdapterError]:
        hits: dict[str, documents.Order] = {}
        for piece in chunks(keys, TERMS):
            words = " OR ".join(
                term("name", key.reference)
                if key.system == self._env.name
                else " OR ".join(term("source_identifier", text) for text in key.spellings)
                for key in piece
            )

            async def ask(after: str | None, words: str = words) -> Edges[documents.Order]:
                return await self._search(words, ROWS, after, call)

            async for page in cursor_pages(ask, lambda page: page.following, most=ROUNDS, what="Orders"):
                hits.update({edge.node.id: edge.node for edge in page.edges if not edge.node.test})
        by_name = grouped((order.name, order) for order in hits.values())
        by_source = grouped((order.source_identifier, order) for order in hits.values())

        def bearers(key: OrderOrigin) -> Sequence[documents.Order]:
            if key.system == self._env.name:
                return by_name.get(key.reference, ())
            return [order for text in key.spellings for order in by_source.get(text, ())]

        matches = {key: one_of(bearers(key), self._env.name) for key in keys}
        single = [match for match in matches.values() if isinstance(match, documents.Order)]
        records = {order.ref.id: order for order in await self._records(single, call)}
        return answered(matches, lambda key: matches[key], lambda key, order: records[order.id])

    async def _search(self, words: str, first: int, after: str | None, call: CallContext) -> Edges[documents.Order]:
        """A page of orders with as many lines each as the cost of one query allows."""

        async def send(rows: int, lines: int, points: float) -> Edges[documents.Order]:
            variables = {"q": words, "first": rows, "after": after, "lines": lines}
            return (await self._client.ask(documents.ORDERS, variables, documents.OrderList, call, points)).orders

        return await self._client.costs.page(
            documents.ORDERS.name, first, documents.ORDER_POINTS, documents.LINE_POINTS, LINES, send
        )

    async def _records(self, orders: Sequence[documents.Order], call: CallContext) -> list[Order]:
        """With all their lines: one more request for all orders that have more than the nested page."""

        async def more(pending: Sequence[tuple[str, str]]) -> dict[tuple[str, str], RelayNodes[documents.Line]]:
            each = self._client.costs.nested("MoreLines", len(pending), documents.LINE_POINTS, MORE_LINES)
            found = await self._client.by_alias(
                documents.more_lines,
                pending,
                lambda place, at: {f"i{place}": at[0], f"a{place}": at[1]},
                documents.Lines,
                call,
                points=1 + each * documents.LINE_POINTS,
                most=len(pending),
                beside={"lines": each},
            )
            return {at: answer.line_items for at, answer in found.items()}

        lines, cut = await whole_lists({order.id: order.line_items for order in orders}, more, LINE_ROUNDS)
        reading = Reading.now(self._env)
        return [
            order_record(order, lines[order.id], reading=reading, truncated=order.id in cut, foreign=self._foreign)
            for order in orders
        ]
