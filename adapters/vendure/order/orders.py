"""`OrdersPort` and `OrderOriginPort`: orders by customer, by reference and by origin."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Raw

from adapters.vendure.ids import ids_among
from adapters.vendure.order.records import (
    CustomerOrders,
    OrdersData,
    WireOrder,
    customer_orders_query,
    order,
    orders_query,
)
from adapters.vendure.shop import PAGE, Shop
from gateway.errors import AdapterError
from gateway.kit.decoding import decoded
from gateway.kit.keyed import answered, one_of
from gateway.kit.moments import as_rfc3339
from gateway.model.context import CallContext, ContextView
from gateway.model.identity import NativeRef
from gateway.model.orders import Order, OrderOrigin, OrderPosition, OrdersPage, OrdersQuery


class Orders:
    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._origin = shop.config.order_origin_field

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
        if query.exclude_foreign and self._origin:
            narrow[self._origin] = {"isNull": True}
        options = {"filter": narrow, "sort": {"orderPlacedAt": "DESC"}, "take": min(take, PAGE)}
        customers = {f"c{index}": native for index, native in enumerate(known)}
        document = customer_orders_query(len(customers), self._origin)
        data = await self._shop.client.ask(document, dict[str, Raw], call, {"options": options, **customers})
        wire = [order for alias in customers for order in self._theirs(data.get(alias, Raw()))]
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
        orders = await self._orders([{"id": {"in": ids}}], call)
        by_id = {order.ref.id: order for order in orders}
        return {key: by_id[key.id] for key in keys if key.id in by_id}

    async def get_by_origin(
        self, keys: Sequence[OrderOrigin], context: ContextView, call: CallContext
    ) -> Mapping[OrderOrigin, Order | AdapterError]:
        """Own numbers and other systems' in one request. Without `order_origin_field` the latter are absent."""
        own = [key.reference for key in keys if key.system == self._shop.env.name]
        foreign = [text for key in keys if key.system != self._shop.env.name for text in key.spellings]
        wanted: list[Mapping[str, object]] = []
        if own:
            wanted.append({"code": {"in": own}})
        if foreign and self._origin:
            wanted.append({self._origin: {"in": foreign}})
        orders = await self._orders(wanted, call) if wanted else []
        return answered(
            keys,
            lambda key: one_of([order for order in orders if self._is_of(order, key)], self._shop.env.name),
            lambda _, order: order,
        )

    def _is_of(self, order: Order, key: OrderOrigin) -> bool:
        if key.system == self._shop.env.name:
            return order.number == key.reference
        return order.origin is not None and order.origin.means(key)

    async def _orders(self, wanted: Sequence[Mapping[str, object]], call: CallContext) -> list[Order]:
        variables = {"options": {"filter": {"_or": wanted, "type": {"notEq": "Seller"}}, "take": PAGE}}
        data = await self._shop.client.ask(orders_query(self._origin), OrdersData, call, variables)
        return await self._records(data.orders.items, call)

    def _theirs(self, customer: Raw) -> tuple[WireOrder, ...]:
        """An unknown customer is null."""
        if bytes(customer) == b"null":
            return ()
        return decoded(customer, CustomerOrders, source=self._shop.env.name).orders.items

    async def _records(self, wire: Iterable[WireOrder], call: CallContext) -> list[Order]:
        facts = await self._shop.facts.get(self._shop.config.channel_token, call)
        reading = self._shop.reading()
        orders = (order(entry, facts.precision, reading) for entry in wire)
        return [each for each in orders if each is not None]


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
    for each in page:
        if each.placed_at != instant:
            instant, ids = each.placed_at, []
        ids = [*ids, each.ref.id]
        positions.append(OrderPosition(each.placed_at, each.ref.id, ",".join(ids)))
    return tuple(positions)
