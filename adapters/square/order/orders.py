"""`OrdersPort`: receipts, newest first, over any number of places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from adapters.square.client import SquareClient
from adapters.square.config import SquareConfig
from adapters.square.identifiers import Identifiers
from adapters.square.ids import ids_among
from adapters.square.order.receipts import OrdersAnswer, WireOrder, foreign, order, variations
from adapters.square.store import read_locations
from gateway.errors import AdapterError
from gateway.kit.concurrency import gathered
from gateway.kit.keyed import chunks
from gateway.kit.moments import as_rfc3339
from gateway.kit.readings import Reading
from gateway.kit.tables import Table
from gateway.model.context import CallContext, ContextView
from gateway.model.identity import INT32, NativeRef, record_number
from gateway.model.orders import Order, OrderPosition, OrdersPage, OrdersQuery
from gateway.ports.manifest import AdapterEnvironment

LOCATIONS_PER_SEARCH = 10
CUSTOMERS_PER_SEARCH = 10
ORDERS_PER_READ = 100
ROWS_PER_SEARCH = 1_000
LONG_AGO = datetime.min.replace(tzinfo=UTC)
SPARE = 4
"""Rows asked for beyond the page, so that a few receipts of one instant do not cost another request."""


class Orders:
    def __init__(self, env: AdapterEnvironment[SquareConfig], client: SquareClient, identifiers: Identifiers) -> None:
        self._env = env
        self._config = env.config
        self._client = client
        self._identifiers = identifiers
        self.places: Table[Sequence[str]] = Table(self._load_places, env.config.table_seconds, env.clock)

    async def list_orders(self, query: OrdersQuery, context: ContextView, call: CallContext) -> OrdersPage:
        """ceil(places / 10) requests, times ceil(profiles / 10): Square must be asked by place, ten at a time. A
        cashier's sale without a customer cannot be found. What other systems took is told by its own source and
        reference, so leaving it out here loses nothing; many of them in a row cost another request."""
        people = ids_among(each.id for each in query.customers if each.backend == self._env.name)
        if not people or query.first < 1:
            return OrdersPage((), (), False)
        places = query.locations or self._env.locations or await self.places.get(call)
        searches = [
            self._search(query, some, persons, call)
            for some in chunks(tuple(places), LOCATIONS_PER_SEARCH)
            for persons in chunks(people, CUSTOMERS_PER_SEARCH)
        ]
        found = {each.id: each for rows in await gathered(searches) for each in rows}
        newest = sorted(found.values(), key=_position, reverse=True)
        shown = newest[: query.first]
        orders = await self._mapped(shown, call)
        return OrdersPage(tuple(orders), _positions(orders, query.after), len(newest) > query.first)

    async def get_orders(
        self, keys: Sequence[NativeRef], context: ContextView, call: CallContext
    ) -> Mapping[NativeRef, Order | AdapterError]:
        """100 orders a request; drafts are left out."""
        ids = ids_among(key.id for key in keys if key.backend == self._env.name)
        found: list[WireOrder] = []
        for batch in chunks(ids, ORDERS_PER_READ):
            body = {"order_ids": batch}
            answer = await self._client.post("/v2/orders/batch-retrieve", body, OrdersAnswer, call)
            found.extend(each for each in answer.orders or () if each.state != "DRAFT")
        return {order.ref: order for order in await self._mapped(found, call)}

    async def _search(
        self, query: OrdersQuery, places: Sequence[str], people: Sequence[str], call: CallContext
    ) -> Sequence[WireOrder]:
        """Enough of what lies behind the position to fill the page. Square's cursor belongs to its own page, so the
        position is the last receipt given: its closing time is the range's end, which is inclusive, and what was given
        at that instant is skipped."""
        after = query.after
        wanted: dict[str, object] = {
            "customer_filter": {"customer_ids": people},
            "state_filter": {"states": self._config.order_states},
        }
        if query.exclude_foreign and self._config.own_sources:
            wanted["source_filter"] = {"source_names": self._config.own_sources}
        if after is not None:
            wanted["date_time_filter"] = {"closed_at": {"end_at": as_rfc3339(after.placed_at)}}
        room = query.first + 1 + SPARE + _given(after)
        if query.exclude_foreign and not self._config.own_sources:
            room += query.first  # some of them will be other systems'
        body = {
            "location_ids": places,
            "limit": min(room, ROWS_PER_SEARCH),
            "query": {"filter": wanted, "sort": {"sort_field": "CLOSED_AT", "sort_order": "DESC"}},
        }
        found: list[WireOrder] = []
        async for page in self._client.pages("/v2/orders/search", body, OrdersAnswer, call):
            rows = [each for each in page.orders or () if each.closed_at is not None]
            found.extend(
                each
                for each in rows
                if (after is None or _position(each) < (after.placed_at, after.id))
                and not (query.exclude_foreign and foreign(each, self._config))
            )
            # Receipts of one instant come in no order that means anything: only what is newer than the last row is
            # known to be whole.
            if rows and sum(_position(each)[0] > _position(rows[-1])[0] for each in found) > query.first:
                break
        return found

    async def _mapped(self, wires: Sequence[WireOrder], call: CallContext) -> list[Order]:
        skus = await self._identifiers.skus_of(variations(wires), call)
        freshness = Reading.now(self._env).freshness
        return [order(each, skus, self._config, freshness) for each in wires]

    async def _load_places(self, call: CallContext) -> Sequence[str]:
        return [each.id for each in await read_locations(self._client, call)]


def _position(order: WireOrder) -> tuple[datetime, str]:
    return order.closed_at or LONG_AGO, order.id


def _positions(orders: Sequence[Order], after: OrderPosition | None) -> tuple[OrderPosition, ...]:
    """The token counts what has been given at the position's instant, so that the next page asks for that many more."""
    positions: list[OrderPosition] = []
    instant, given = (after.placed_at, _given(after)) if after else (None, 0)
    for each in orders:
        instant, given = each.placed_at, given + 1 if each.placed_at == instant else 1
        positions.append(OrderPosition(each.placed_at, each.ref.id, str(given)))
    return tuple(positions)


def _given(after: OrderPosition | None) -> int:
    token = after.token if after else None
    return min(record_number(token, INT32) or 0, ROWS_PER_SEARCH) if token else 0
