"""A customer's orders over every backend as one list: web orders and till receipts, newest first, each once.

Duplicates are excluded at their source (an ERP's twin has another date and may lie pages away). Pages merge by keyset
per backend; the signed cursor holds where each backend stands. A backend that is down keeps its place, is named in
`gaps`, and its orders come later, marked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace
from prometheus_client import Counter

from gateway.errors import AdapterError, GatewayError, Unavailable
from gateway.model.customers import LinkedCustomer
from gateway.model.freshness import Role
from gateway.model.identity import NativeRef
from gateway.model.orders import Order, OrderEnrichment, OrderOrigin, OrderPosition, OrdersPage, OrdersQuery
from gateway.model.paging import Gap, OrderEdge, OrderList, PageInfo
from gateway.ports.order import GET_BY_ORIGIN, GET_ORDERS, LIST_ORDERS, ORDER
from gateway.runtime.side_by_side import side_by_side
from gateway.services.cursors import Cursors
from gateway.services.customers import CustomerLinks, unheard
from gateway.services.orders_together import OrdersTogether
from gateway.services.scope import Scope
from gateway.services.systems import SystemsOfRecord
from gateway.state.further_orders import FurtherOrders, Together
from gateway.state.mirrors import StoredMirrors

TWINS = Counter(
    "gateway_order_twins_total", "Orders that two backends listed although one names the other", ["backend"]
)


class Watermark(Struct, frozen=True):
    """Where one backend stands in the merged list."""

    position: OrderPosition | None = None
    exhausted: bool = False


class MergedPosition(Struct, frozen=True, tag="o"):
    """Where the merged list stands: each backend by its public alias, and the oldest instant already shown."""

    places: dict[str, Watermark]
    shown_until: datetime | None = None


class Orders:
    def __init__(
        self,
        systems: SystemsOfRecord,
        links: CustomerLinks,
        cursors: Cursors,
        mirrors: StoredMirrors | None = None,
        further: FurtherOrders | None = None,
    ) -> None:
        self._systems = systems
        channels = systems.ownership.channels.values()
        self._mirrors = mirrors if any(each.orders.mirror or each.orders.expect for each in channels) else None
        self._together = OrdersTogether(systems, further)
        self._links = links
        self._cursors = cursors

    async def of_customer(self, linked: LinkedCustomer, first: int, after: str | None, scope: Scope) -> OrderList:
        """A page of a customer's orders. Raises InvalidCursor; AdapterError only when no backend at all was heard."""
        bound_to = f"orders|{linked.id}"
        start = self._opened(after, bound_to) if after else MergedPosition({})
        names = [name for name in self._backends(linked) if not start.places.get(name, Watermark()).exhausted]
        answers = await side_by_side(lambda name: self._page(name, linked, first, start, scope), names)
        pages = dict(zip(names, answers, strict=True))
        gaps, failures = self._gaps(pages)
        unsearched = unheard(linked, ORDER, self._systems, scope)
        if failures and len(failures) == len(pages) and not start.places:
            raise failures[0].fresh()
        heard = [page for page in pages.values() if isinstance(page, OrdersPage)]
        together = await self._together.of([order.ref for page in heard for order in page.orders])
        edges, end, taken = self._merge(pages, start, first, bound_to, together)
        left = any(page.has_next for page in heard) or taken < sum(len(page.orders) for page in heard)
        whole = await self._together.whole([edge.node for edge in edges], together, scope)
        edges = tuple(replace(edge, node=node) for edge, node in zip(edges, whole, strict=True))
        more = left or (bool(edges) and bool(failures or unsearched))
        cursor = self._sealed(end, bound_to) if taken or after else None
        missing = (Gap(name, Unavailable.code, retryable=True) for name in unsearched)
        return OrderList(edges, PageInfo(more, cursor), (*gaps, *missing))

    def _sealed(self, state: MergedPosition, bound_to: str) -> str:
        alias = self._systems.ownership.alias
        places = {alias(name): place for name, place in state.places.items()}
        return self._cursors.seal(MergedPosition(places, state.shown_until), bound_to=bound_to)

    def _opened(self, cursor: str, bound_to: str) -> MergedPosition:
        """Places of backends that are not configured any more are nobody's."""
        state = self._cursors.open(cursor, MergedPosition, bound_to=bound_to)
        named = self._systems.ownership.backend_of_alias
        places = {name: place for alias, place in state.places.items() if (name := named(alias)) is not None}
        return MergedPosition(places, state.shown_until)

    def _backends(self, linked: LinkedCustomer) -> list[str]:
        ownership = self._systems.ownership
        order = ownership.plan(ORDER).order
        return [name for name in order if linked.refs(name) and ownership.offers(name, LIST_ORDERS.name)]

    async def _page(
        self, name: str, linked: LinkedCustomer, first: int, start: MergedPosition, scope: Scope
    ) -> OrdersPage | AdapterError:
        query = OrdersQuery(
            customers=linked.refs(name),
            first=first + 1 + self._together.beside(name),
            after=start.places.get(name, Watermark()).position,
            exclude_foreign=self._has_twins(name, linked, scope),
            locations=self._systems.ownership.references(name),
        )
        try:
            return await self._systems.caller.paged(name, LIST_ORDERS, query, scope.commerce, scope.personal())
        except AdapterError as error:
            return error

    def _has_twins(self, name: str, linked: LinkedCustomer, scope: Scope) -> bool:
        """Whether another system may list the orders that this one says it was handed: where nobody else keeps orders
        of this customer, a foreign reference is a note and the order would be lost."""
        ownership = self._systems.ownership
        others = [other for other in ownership.plan(ORDER).order if other != name]
        unsearched = set(unheard(linked, ORDER, self._systems, scope))
        return any(
            ownership.offers(other, LIST_ORDERS.name) and (linked.refs(other) or other in unsearched)
            for other in others
        )

    def _gaps(self, pages: dict[str, OrdersPage | AdapterError]) -> tuple[tuple[Gap, ...], list[AdapterError]]:
        gaps: list[Gap] = []
        failures: list[AdapterError] = []
        for name, page in pages.items():
            if isinstance(page, AdapterError):
                failures.append(page)
                gaps.append(Gap(name, page.code, page.retryable))
                continue
            if page.restricted:
                gaps.append(Gap(name, "ACCESS_RESTRICTED", retryable=False))
            if page.truncated_before is not None and not page.has_next:
                gaps.append(Gap(name, "HISTORY_TRUNCATED", retryable=False, before=page.truncated_before))
        return tuple(gaps), failures

    def _merge(
        self,
        pages: dict[str, OrdersPage | AdapterError],
        start: MergedPosition,
        first: int,
        bound_to: str,
        together: Mapping[NativeRef, Together],
    ) -> tuple[tuple[OrderEdge, ...], MergedPosition, int]:
        """And how many orders were gone through: those that another shows are none of their own."""
        rows = [
            (order, position, name)
            for name, page in pages.items()
            if isinstance(page, OrdersPage)
            for order, position in zip(page.orders, page.positions, strict=True)
        ]
        rows.sort(key=lambda row: row[2])  # stable: within a backend its own order stands, as its positions need
        rows.sort(key=lambda row: row[0].placed_at, reverse=True)
        known = {(order.ref.backend, order.number) for order, _, _ in rows}
        state = start
        edges: list[OrderEdge] = []
        taken = dict.fromkeys(pages, 0)
        for order, position, name in rows:
            page = pages[name]
            if len(edges) == first:
                break
            taken[name] += 1
            mine = together.get(order.ref)
            if mine is not None and mine.first != order.ref:
                state = MergedPosition({**state.places, name: Watermark(position)}, state.shown_until)
                if isinstance(page, OrdersPage) and page.has_next and taken[name] == len(page.orders):
                    break  # what comes next of this system is newer than the rest of the others'
                continue
            if order.origin is not None and (order.origin.system or "", order.origin.reference) in known:
                TWINS.labels(name).inc()
            late = start.shown_until is not None and order.placed_at > start.shown_until
            shown = order.placed_at if state.shown_until is None else min(state.shown_until, order.placed_at)
            state = MergedPosition({**state.places, name: Watermark(position)}, shown)
            edges.append(OrderEdge(order, self._sealed(state, bound_to), late))
            if isinstance(page, OrdersPage) and page.has_next and taken[name] == len(page.orders):
                break
        exhausted = {
            name: Watermark(state.places.get(name, Watermark()).position, exhausted=True)
            for name, page in pages.items()
            if isinstance(page, OrdersPage) and not page.has_next and taken[name] == len(page.orders)
        }
        end = MergedPosition({**state.places, **exhausted}, state.shown_until)
        return tuple(edges), end, sum(taken.values())

    # --- one order ---------------------------------------------------------------------------------------------------

    async def by_refs(self, refs: Sequence[NativeRef], scope: Scope) -> list[Order | GatewayError | None]:
        """Orders by native reference, a mirror's as the order it is one of; one that is not the caller's reads exactly
        like one that does not exist, so nobody is asked for what the caller could not be shown."""
        if self._mirrors is not None:
            owners = await self._mirrors.owners_of(refs)
            refs = [owners.get(ref, ref) for ref in refs]
        together = await self._together.of(refs)
        refs = [together[ref].first if ref in together else ref for ref in refs]
        answers: dict[NativeRef, Order | AdapterError] = {}
        readable = await self._readable(scope)
        for name in dict.fromkeys(ref.backend for ref in refs):
            if name in readable and self._systems.ownership.offers(name, GET_ORDERS.name):
                mine = [ref for ref in refs if ref.backend == name]
                answers |= await self._systems.caller.keyed(name, GET_ORDERS, mine, scope.commerce, scope.personal())
        theirs = [await self._if_theirs(answers.get(ref), scope) for ref in refs]
        return await self._together.answers(theirs, together, scope)

    async def bought(self, refs: Sequence[NativeRef | None], scope: Scope) -> list[Order | GatewayError | None]:
        """Orders of checkouts that the caller may open. Whose they are is not asked again: a guest's is nobody's."""
        answers: dict[NativeRef, Order | AdapterError] = {}
        for name in dict.fromkeys(ref.backend for ref in refs if ref is not None):
            if self._systems.ownership.offers(name, GET_ORDERS.name):
                mine = [ref for ref in refs if ref is not None and ref.backend == name]
                answers |= await self._systems.caller.keyed(name, GET_ORDERS, mine, scope.commerce, scope.personal())
        together = await self._together.of([ref for ref in refs if ref is not None])
        found = [None if ref is None else answers.get(ref) for ref in refs]
        return await self._together.answers(found, together, scope)

    async def _readable(self, scope: Scope) -> frozenset[str]:
        """The systems that may hold an order this caller can be shown: all for staff, else those that know them."""
        ownership = self._systems.ownership
        order = ownership.plan(ORDER).order if ownership.serves(ORDER) else ()
        if "staff" in scope.principal.roles:
            return frozenset(order)
        linked = await self._links.linked(scope)
        return frozenset(name for name in order if linked is not None and linked.refs(name))

    async def _if_theirs(self, order: Order | AdapterError | None, scope: Scope) -> Order | GatewayError | None:
        if order is None or isinstance(order, AdapterError) or "staff" in scope.principal.roles:
            return order
        linked = await self._links.linked(scope)
        theirs = linked is not None and order.customer is not None and order.customer in linked.refs()
        return order if theirs else None

    async def enrichments(self, orders: Sequence[Order], scope: Scope) -> list[OrderEnrichment | AdapterError | None]:
        """What other systems know of each order (an ERP's fulfilment of a web order), one keyed call per system."""
        ownership = self._systems.ownership
        origins = [OrderOrigin(order.number, order.ref.backend) for order in orders]
        found: dict[OrderOrigin, Order | AdapterError] = {}
        for name in ownership.plan(ORDER).order:
            if not ownership.offers(name, GET_BY_ORIGIN.name):
                continue
            asked = [origin for origin in dict.fromkeys(origins) if origin.system != name]
            if asked:
                answers = await self._systems.caller.keyed(name, GET_BY_ORIGIN, asked, scope.commerce, scope.personal())
                for origin, answer in answers.items():
                    if origin not in found or isinstance(found[origin], AdapterError):
                        found[origin] = answer
        return [_enrichment(found.get(origin)) for origin in origins]


def _enrichment(answer: Order | AdapterError | None) -> OrderEnrichment | AdapterError | None:
    if not isinstance(answer, Order):
        return answer
    freshness = replace(answer.freshness, role=Role.ENRICHMENT)
    return OrderEnrichment(answer.ref, answer.number, answer.status, answer.raw_status, answer.placed_at, freshness)
