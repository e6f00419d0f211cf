"""The suite of orders and receipts."""

from __future__ import annotations

import pytest

from gateway.model.identity import NativeRef
from gateway.model.operation import OperationSpec
from gateway.model.orders import OrderOrigin, OrderPosition, OrdersPage, OrdersQuery
from gateway.ports.manifest import Manifest
from gateway.ports.order import GET_BY_ORIGIN, GET_ORDERS, LIST_ORDERS, OrderOriginPort, OrdersPort
from gateway.testing.conformance.base import a_call, assert_counted, declared, given, served, view
from gateway.testing.conformance.facts import Adapter, BackendControl, ConformanceFacts
from gateway.testing.conformance.failures import FailingConformance
from gateway.testing.conformance.hostile import no_ids
from gateway.testing.conformance.paging import walk
from gateway.testing.conformance.wellformed import assert_charged, assert_well_formed, timeless


class OrdersConformance(FailingConformance):
    port = OrdersPort

    @pytest.fixture
    def spec(self, manifest: Manifest) -> OperationSpec:
        return declared(manifest, LIST_ORDERS.name)

    async def read(self, adapter: Adapter, facts: ConformanceFacts, manifest: Manifest) -> object:
        return await self.page(adapter, facts, declared(manifest, LIST_ORDERS.name), 5)

    async def page(
        self,
        adapter: Adapter,
        facts: ConformanceFacts,
        spec: OperationSpec,
        first: int,
        after: OrderPosition | None = None,
        *,
        exclude_foreign: bool = True,
    ) -> OrdersPage:
        query = OrdersQuery(
            customers=(given(facts.shopper, "shopper", facts),),
            emails=facts.shopper_emails,
            first=first,
            after=after,
            exclude_foreign=exclude_foreign,
            locations=facts.locations,
        )
        page = await served(adapter, OrdersPort).list_orders(query, view(facts, spec), a_call())
        assert len(page.orders) == len(page.positions) <= first
        assert_well_formed(page, adapter.name)
        return page

    async def test_pages_neither_lose_nor_double(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec, backend: BackendControl
    ) -> None:
        whole = await self.page(adapter, facts, spec, 50)
        walked = await walk(
            lambda after: self.page(adapter, facts, spec, 2, after),
            lambda page: page.orders,
            lambda order: order.ref.id,
        )
        assert timeless(walked[:50]) == timeless(whole.orders)
        assert len(walked) == given(facts.order_count, "order_count", facts)
        assert [order.placed_at for order in walked] == sorted((o.placed_at for o in walked), reverse=True)
        axes = {"locations": len(facts.locations), "customers": 1, "first": 20}
        work = lambda: self.page(adapter, facts, spec, 20)  # noqa: E731
        await assert_counted(work, LIST_ORDERS.name, spec, facts, backend, **axes)

    async def test_a_page_resumes_after_any_of_its_orders(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        page = await self.page(adapter, facts, spec, 4)
        assert len(page.orders) > 1
        for index, position in enumerate(page.positions[:-1]):
            rest = await self.page(adapter, facts, spec, len(page.orders) - index - 1, position)
            assert [order.ref for order in rest.orders] == [order.ref for order in page.orders[index + 1 :]]

    async def test_orders_are_the_customers_own(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        page = await self.page(adapter, facts, spec, 50)
        assert page.orders
        assert {order.customer for order in page.orders} <= {facts.shopper, None}

    async def test_what_was_paid_has_the_digits_of_the_currency(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        page = await self.page(adapter, facts, spec, 50)
        assert any(order.lines for order in page.orders)
        for order in page.orders:
            assert_charged(order.total, "an order's total")
            for line in order.lines:
                if line.total is not None:
                    assert_charged(line.total, "a line's total")

    async def test_orders_another_system_took_are_left_out_at_the_source(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        origins = given(facts.foreign_origins, "foreign_origins", facts)
        foreign = {origin.reference for origin in origins}
        own = await self.page(adapter, facts, spec, 50)
        everything = await self.page(adapter, facts, spec, 50, exclude_foreign=False)
        assert [order for order in own.orders if order.origin and order.origin.reference in foreign] == []
        assert foreign <= {order.origin.reference for order in everything.orders if order.origin is not None}

    async def test_an_order_is_found_by_where_it_came_from_and_an_unknown_one_is_absent(
        self, adapter: Adapter, facts: ConformanceFacts, manifest: Manifest
    ) -> None:
        spec = declared(manifest, GET_BY_ORIGIN.name)
        origins = given(facts.foreign_origins, "foreign_origins", facts)
        unknown = OrderOrigin("CONFORMANCE-UNKNOWN", origins[0].system)
        answer = await served(adapter, OrderOriginPort).get_by_origin((*origins, unknown), view(facts, spec), a_call())
        assert set(answer) == set(origins)
        assert_well_formed(answer, adapter.name)

    async def test_an_order_is_found_by_its_reference_and_an_unknown_one_is_absent(
        self, adapter: Adapter, facts: ConformanceFacts, manifest: Manifest, spec: OperationSpec
    ) -> None:
        keyed = declared(manifest, GET_ORDERS.name)
        port = served(adapter, OrdersPort)
        listed = {order.ref: order for order in (await self.page(adapter, facts, spec, 3)).orders}
        assert listed
        refs = tuple(listed)
        unknown = tuple(NativeRef(adapter.name, text) for text in facts.unknown_ids)
        answer = await port.get_orders((*refs, *unknown), view(facts, keyed), a_call())
        assert timeless(answer) == timeless(listed)
        hostile = [NativeRef(adapter.name, text) for text in no_ids(facts)]
        for start in range(0, len(hostile), keyed.max_keys - 1):
            some = hostile[start : start + keyed.max_keys - 1]
            assert set(await port.get_orders((refs[0], *some), view(facts, keyed), a_call())) == {refs[0]}

    async def test_what_is_no_customer_has_no_orders(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        nobody = tuple(NativeRef(adapter.name, text) for text in (*no_ids(facts), *facts.unknown_ids))
        query = OrdersQuery(nobody, 5, locations=facts.locations)
        page = await served(adapter, OrdersPort).list_orders(query, view(facts, spec), a_call())
        assert (page.orders, page.has_next) == ((), False)

    async def test_nobody_has_no_orders(self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec) -> None:
        query = OrdersQuery(customers=(), emails=("nobody@unknown.example",), first=5, locations=facts.locations)
        page = await served(adapter, OrdersPort).list_orders(query, view(facts, spec), a_call())
        assert (page.orders, page.has_next) == ((), False)
