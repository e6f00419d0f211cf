"""Suites of the people's and places' domains: stores, customers, loyalty, orders and search."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import pytest

from gateway.errors import AdapterError, UnsupportedFilter
from gateway.model.customers import (
    CustomerKey,
    CustomerKeyKind,
    CustomerRecord,
    LoyaltyAccount,
    LoyaltyEntryQuery,
)
from gateway.model.identity import NativeRef
from gateway.model.operation import OperationSpec
from gateway.model.orders import Order, OrderPosition, OrdersPage, OrdersQuery
from gateway.model.search import SearchFilter, SearchQuery
from gateway.ports.customer import FIND_CUSTOMERS, CustomerPort
from gateway.ports.loyalty import FIND_ACCOUNTS, LIST_ENTRIES, LoyaltyEntryPort, LoyaltyPort
from gateway.ports.manifest import Manifest
from gateway.ports.order import GET_BY_ORIGIN, GET_ORDERS, LIST_ORDERS, OrderOriginPort, OrdersPort
from gateway.ports.search import SEARCH, SearchPort
from gateway.ports.store import LIST_STORES, StorePort
from gateway.testing.conformance.base import (
    Conformance,
    a_call,
    assert_cancellable,
    assert_well_formed,
    declared,
    given,
    view,
)
from gateway.testing.conformance.facts import Adapter, BackendControl, ConformanceFacts
from gateway.testing.conformance.hostile import no_ids
from gateway.testing.conformance.keyed import KeyedConformance


class StoreConformance(Conformance):
    port = StorePort

    async def test_all_places_are_listed_once(
        self, adapter: Adapter, facts: ConformanceFacts, manifest: Manifest
    ) -> None:
        spec = declared(manifest, LIST_STORES.name)
        assert isinstance(adapter, StorePort)
        stores = await adapter.list_stores(None, view(facts, spec), a_call())
        assert_well_formed(stores, adapter.name)
        assert sorted(store.ref.id for store in stores) == sorted(given(facts.store_ids, "store_ids"))

    async def test_a_backend_that_is_down_raises_an_adapter_error(
        self, adapter: Adapter, facts: ConformanceFacts, manifest: Manifest, backend: BackendControl
    ) -> None:
        spec = declared(manifest, LIST_STORES.name)
        assert isinstance(adapter, StorePort)
        async with backend.down():
            with pytest.raises(AdapterError):
                await adapter.list_stores(None, view(facts, spec), a_call())


def native_customers(facts: ConformanceFacts) -> list[CustomerKey]:
    return [CustomerKey(CustomerKeyKind.NATIVE, text) for text in no_ids(facts)]


class CustomerConformance(KeyedConformance):
    port = CustomerPort
    operation = FIND_CUSTOMERS

    def no_keys(self, adapter: Adapter, facts: ConformanceFacts) -> Sequence[CustomerKey]:
        return native_customers(facts)

    def known_keys(self, facts: ConformanceFacts) -> Sequence[CustomerKey]:
        return [key for key in (facts.customer,) if key is not None]

    def unknown_key(self, index: int, facts: ConformanceFacts) -> CustomerKey:
        return CustomerKey(CustomerKeyKind.EMAIL, f"nobody-{index}@unknown.example")

    async def test_every_match_really_matches(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        key = given(facts.customer, "customer")
        records = cast("tuple[CustomerRecord, ...]", (await self.ask(adapter, (key,), facts, spec))[key])
        assert records
        for record in records:
            assert key.value in (*record.emails, *record.phones, record.ref.id)
            assert all(email == email.lower() for email in record.emails)
            assert all(phone.startswith("+") for phone in record.phones)

    async def test_all_who_share_a_key_are_answered(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        key = given(facts.shared, "shared")
        records = (await self.ask(adapter, (key,), facts, spec))[key]
        assert len(records) == facts.shared_matches > 1
        assert len({record.ref for record in records}) == facts.shared_matches


class LoyaltyConformance(KeyedConformance):
    port = LoyaltyPort
    operation = FIND_ACCOUNTS

    def no_keys(self, adapter: Adapter, facts: ConformanceFacts) -> Sequence[CustomerKey]:
        return native_customers(facts)

    async def test_what_is_no_account_has_no_entries(
        self, adapter: Adapter, facts: ConformanceFacts, manifest: Manifest
    ) -> None:
        context = view(facts, declared(manifest, LIST_ENTRIES.name))
        assert isinstance(adapter, LoyaltyEntryPort)
        for text in no_ids(facts):
            query = LoyaltyEntryQuery(NativeRef(adapter.name, text), 5)
            page = await adapter.list_entries(query, context, a_call())
            assert (page.entries, page.has_next) == ((), False), text

    def known_keys(self, facts: ConformanceFacts) -> Sequence[CustomerKey]:
        return [key for key in (facts.loyalty,) if key is not None]

    def unknown_key(self, index: int, facts: ConformanceFacts) -> CustomerKey:
        kind = CustomerKeyKind.PHONE if facts.loyalty is None else facts.loyalty.kind
        return CustomerKey(kind, f"+4420794600{index % 100:02}" if kind is CustomerKeyKind.PHONE else f"no{index}")

    async def test_the_known_balance_is_answered_exactly(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        key = given(facts.loyalty, "loyalty")
        accounts = cast("tuple[LoyaltyAccount, ...]", (await self.ask(adapter, (key,), facts, spec))[key])
        assert [account.balance for account in accounts] == [given(facts.loyalty_balance, "loyalty_balance")]

    async def test_entries_are_paged_newest_first_without_loss(
        self, adapter: Adapter, facts: ConformanceFacts, manifest: Manifest, spec: OperationSpec
    ) -> None:
        entries_spec = declared(manifest, LIST_ENTRIES.name)
        assert isinstance(adapter, LoyaltyEntryPort)
        key = given(facts.loyalty, "loyalty")
        account = (await self.ask(adapter, (key,), facts, spec))[key][0]
        context = view(facts, entries_spec)
        whole = await adapter.list_entries(LoyaltyEntryQuery(account.ref, 25), context, a_call())
        assert_well_formed(whole, adapter.name)
        walked: list[str] = []
        after: str | None = None
        while len(walked) < len(whole.entries):
            page = await adapter.list_entries(LoyaltyEntryQuery(account.ref, 2, after), context, a_call())
            walked += [entry.id for entry in page.entries]
            if not page.has_next or not page.positions:
                break
            after = page.positions[-1]
        assert walked[: len(whole.entries)] == [entry.id for entry in whole.entries]
        assert [entry.at for entry in whole.entries] == sorted((e.at for e in whole.entries), reverse=True)


class OrdersConformance(Conformance):
    port = OrdersPort

    @pytest.fixture
    def spec(self, manifest: Manifest) -> OperationSpec:
        return declared(manifest, LIST_ORDERS.name)

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
        assert isinstance(adapter, OrdersPort)
        query = OrdersQuery(
            customers=(given(facts.shopper, "shopper"),),
            emails=facts.shopper_emails,
            first=first,
            after=after,
            exclude_foreign=exclude_foreign,
            locations=facts.locations,
        )
        page = await adapter.list_orders(query, view(facts, spec), a_call())
        assert len(page.orders) == len(page.positions) <= first
        assert_well_formed(page, adapter.name)
        return page

    async def test_pages_neither_lose_nor_double(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        whole = await self.page(adapter, facts, spec, 50)
        walked: list[Order] = []
        after: OrderPosition | None = None
        for _ in range(100):
            page = await self.page(adapter, facts, spec, 2, after)
            walked += page.orders
            if not page.has_next:
                break
            after = page.positions[-1]
        assert [order.ref for order in walked[:50]] == [order.ref for order in whole.orders]
        assert len(walked) == len({order.ref for order in walked}) == given(facts.order_count, "order_count")
        assert [order.placed_at for order in walked] == sorted((o.placed_at for o in walked), reverse=True)

    async def test_a_page_resumes_after_any_of_its_orders(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        page = await self.page(adapter, facts, spec, 4)
        for index, position in enumerate(page.positions[:-1]):
            rest = await self.page(adapter, facts, spec, len(page.orders) - index - 1, position)
            assert [order.ref for order in rest.orders] == [order.ref for order in page.orders[index + 1 :]]

    async def test_orders_another_system_took_are_left_out_at_the_source(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        foreign = {origin.reference for origin in given(facts.foreign_origins, "foreign_origins")}
        own = await self.page(adapter, facts, spec, 50)
        everything = await self.page(adapter, facts, spec, 50, exclude_foreign=False)
        assert [order for order in own.orders if order.origin and order.origin.reference in foreign] == []
        assert foreign <= {order.origin.reference for order in everything.orders if order.origin is not None}

    async def test_an_order_is_found_by_where_it_came_from(
        self, adapter: Adapter, facts: ConformanceFacts, manifest: Manifest
    ) -> None:
        spec = declared(manifest, GET_BY_ORIGIN.name)
        assert isinstance(adapter, OrderOriginPort)
        origins = given(facts.foreign_origins, "foreign_origins")
        answer = await adapter.get_by_origin(origins, view(facts, spec), a_call())
        assert set(answer) == set(origins)
        assert_well_formed(answer, adapter.name)

    async def test_an_order_is_found_by_its_reference_and_an_unknown_one_is_absent(
        self, adapter: Adapter, facts: ConformanceFacts, manifest: Manifest, spec: OperationSpec
    ) -> None:
        keyed = declared(manifest, GET_ORDERS.name)
        assert isinstance(adapter, OrdersPort)
        refs = [order.ref for order in (await self.page(adapter, facts, spec, 3)).orders]
        unknown = NativeRef(adapter.name, "999999999")
        answer = await adapter.get_orders((*refs, unknown), view(facts, keyed), a_call())
        assert set(answer) == set(refs)
        hostile = [NativeRef(adapter.name, text) for text in no_ids(facts)]
        for start in range(0, len(hostile), keyed.max_keys - 1):
            some = hostile[start : start + keyed.max_keys - 1]
            assert set(await adapter.get_orders((refs[0], *some), view(facts, keyed), a_call())) == {refs[0]}

    async def test_what_is_no_customer_has_no_orders(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        assert isinstance(adapter, OrdersPort)
        nobody = tuple(NativeRef(adapter.name, text) for text in no_ids(facts))
        page = await adapter.list_orders(OrdersQuery(nobody, 5, locations=facts.locations), view(facts, spec), a_call())
        assert (page.orders, page.has_next) == ((), False)

    async def test_nobody_has_no_orders(self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec) -> None:
        assert isinstance(adapter, OrdersPort)
        query = OrdersQuery(customers=(), emails=("nobody@unknown.example",), first=5, locations=facts.locations)
        page = await adapter.list_orders(query, view(facts, spec), a_call())
        assert (page.orders, page.has_next) == ((), False)

    async def test_a_backend_that_is_down_raises_an_adapter_error(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec, backend: BackendControl
    ) -> None:
        async with backend.down():
            with pytest.raises(AdapterError):
                await self.page(adapter, facts, spec, 5)

    async def test_cancellation_reaches_the_call(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec, backend: BackendControl
    ) -> None:
        await assert_cancellable(lambda: self.page(adapter, facts, spec, 5), backend)


class SearchConformance(Conformance):
    port = SearchPort

    @pytest.fixture
    def spec(self, manifest: Manifest) -> OperationSpec:
        return declared(manifest, SEARCH.name)

    async def hits(self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec, query: SearchQuery) -> Any:
        assert isinstance(adapter, SearchPort)
        page = await adapter.search(query, view(facts, spec), a_call())
        assert len(page.products) == len(page.positions) <= query.first
        assert_well_formed(page, adapter.name)
        return page

    async def test_a_known_text_is_found(self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec) -> None:
        page = await self.hits(adapter, facts, spec, SearchQuery(given(facts.search_text, "search_text"), 20))
        assert given(facts.search_slug, "search_slug") in [product.slug for product in page.products]

    async def test_a_text_nobody_wrote_finds_nothing(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        page = await self.hits(adapter, facts, spec, SearchQuery("zzqxjnowhere", 5))
        assert (page.products, page.has_next) == ((), False)

    async def test_an_undeclared_facet_is_refused(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        assert isinstance(adapter, SearchPort)
        if "*" in adapter.search_capabilities.facets:
            pytest.skip("every facet is declared")
        query = SearchQuery("", 5, filters=(SearchFilter("shoe_size_of_the_moon", ("1",)),))
        with pytest.raises(UnsupportedFilter):
            await self.hits(adapter, facts, spec, query)

    async def test_a_facet_value_narrows_to_as_many_as_it_counts(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        text = given(facts.search_text, "search_text")
        facets = (await self.hits(adapter, facts, spec, SearchQuery(text, 1))).facets
        counted = [(facet.name, value) for facet in facets for value in facet.values if value.count is not None]
        for name, value in counted[:5]:
            query = SearchQuery(text, 100, filters=(SearchFilter(name, (value.value,)),))
            narrowed = await self.hits(adapter, facts, spec, query)
            assert len(narrowed.products) == min(value.count, 100)

    async def test_pages_of_hits_neither_lose_nor_double(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        text = given(facts.search_text, "search_text")
        whole = await self.hits(adapter, facts, spec, SearchQuery(text, 20))
        walked: list[str] = []
        after: str | None = None
        while len(walked) < len(whole.products):
            page = await self.hits(adapter, facts, spec, SearchQuery(text, 3, after))
            walked += [product.ref.id for product in page.products]
            if not page.has_next:
                break
            after = page.positions[-1]
        assert walked[: len(whole.products)] == [product.ref.id for product in whole.products]
