"""The suite of search: what is asked is really applied, and nothing hidden is found."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from gateway.errors import InvalidCursor, UnsupportedFilter
from gateway.model.catalog import Product
from gateway.model.operation import OperationSpec
from gateway.model.pricing import Price, PriceKey
from gateway.model.search import FacetValue, SearchFilter, SearchPage, SearchQuery, SearchSort
from gateway.ports.manifest import Manifest
from gateway.ports.price import GET_PRICES, PricePort
from gateway.ports.search import SEARCH, SearchPort
from gateway.testing.conformance.base import a_call, assert_counted, declared, given, served, view
from gateway.testing.conformance.facts import Adapter, BackendControl, ConformanceFacts
from gateway.testing.conformance.failures import FailingConformance
from gateway.testing.conformance.paging import NO_POSITIONS, walk
from gateway.testing.conformance.wellformed import assert_well_formed

MANY = 100


class SearchConformance(FailingConformance):
    port = SearchPort

    @pytest.fixture
    def spec(self, manifest: Manifest) -> OperationSpec:
        return declared(manifest, SEARCH.name)

    async def read(self, adapter: Adapter, facts: ConformanceFacts, manifest: Manifest) -> object:
        query = SearchQuery(given(facts.search_text, "search_text", facts), 5)
        return await self.hits(adapter, facts, declared(manifest, SEARCH.name), query)

    async def hits(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec, query: SearchQuery
    ) -> SearchPage:
        page = await served(adapter, SearchPort).search(query, view(facts, spec), a_call())
        assert len(page.products) == len(page.positions) <= query.first
        assert_well_formed(page, adapter.name)
        return page

    async def narrowed(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec, *filters: SearchFilter
    ) -> set[str]:
        """Ids of all hits of the known text that pass the filters."""
        query = SearchQuery(given(facts.search_text, "search_text", facts), MANY, filters=filters)
        return set(ids((await self.hits(adapter, facts, spec, query)).products))

    async def counted(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> list[tuple[str, FacetValue]]:
        """Values of facets that say how many they leave; not none."""
        query = SearchQuery(given(facts.search_text, "search_text", facts), 1)
        facets = (await self.hits(adapter, facts, spec, query)).facets
        found = [(facet.name, value) for facet in facets for value in facet.values if value.count is not None]
        return list(given(tuple(found), "facets with counts", facts))

    async def test_a_known_text_is_found(self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec) -> None:
        query = SearchQuery(given(facts.search_text, "search_text", facts), 20)
        page = await self.hits(adapter, facts, spec, query)
        assert given(facts.search_slug, "search_slug", facts) in [product.slug for product in page.products]

    async def test_a_text_nobody_wrote_finds_nothing(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        page = await self.hits(adapter, facts, spec, SearchQuery("zzqxjnowhere", 5))
        assert (page.products, page.has_next) == ((), False)

    async def test_what_is_hidden_is_not_found(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        hidden = given(facts.hidden, "hidden", facts)
        for text in filter(None, (hidden.text, hidden.sku, "")):
            page = await self.hits(adapter, facts, spec, SearchQuery(text, MANY))
            assert hidden.native not in ids(page.products), text

    async def test_an_undeclared_facet_is_refused(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        if "*" in served(adapter, SearchPort).search_capabilities.facets:
            pytest.xfail("every facet is declared")
        query = SearchQuery("", 5, filters=(SearchFilter("shoe_size_of_the_moon", ("1",)),))
        with pytest.raises(UnsupportedFilter):
            await self.hits(adapter, facts, spec, query)

    async def test_a_facet_value_narrows_to_as_many_as_it_counts(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        everything = await self.narrowed(adapter, facts, spec)
        sizes: list[int] = []
        for name, value in (await self.counted(adapter, facts, spec))[:8]:
            left = await self.narrowed(adapter, facts, spec, SearchFilter(name, (value.value,)))
            assert left <= everything
            assert len(left) == min(value.count or 0, MANY)
            sizes.append(len(left))
        assert any(0 < size < len(everything) for size in sizes), "no value narrows anything"

    async def test_values_of_a_facet_add_up_and_facets_narrow_each_other(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        by_name: dict[str, list[str]] = {}
        for name, value in await self.counted(adapter, facts, spec):
            by_name.setdefault(name, []).append(value.value)
        name, (one, other) = next((name, values[:2]) for name, values in by_name.items() if len(values) > 1)
        first = await self.narrowed(adapter, facts, spec, SearchFilter(name, (one,)))
        second = await self.narrowed(adapter, facts, spec, SearchFilter(name, (other,)))
        both = SearchFilter(name, (one, other))
        assert await self.narrowed(adapter, facts, spec, both) == first | second
        for another, values in by_name.items():
            if another != name:
                that = SearchFilter(another, (values[0],))
                alone = await self.narrowed(adapter, facts, spec, that)
                assert await self.narrowed(adapter, facts, spec, that, SearchFilter(name, (one,))) == alone & first

    async def test_every_declared_order_is_applied_and_no_other(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec, manifest: Manifest
    ) -> None:
        """No order loses a hit; titles and prices are compared, what is new only the backend knows."""
        text = given(facts.search_text, "search_text", facts)
        everything = await self.narrowed(adapter, facts, spec)
        sorts = served(adapter, SearchPort).search_capabilities.sorts
        for sort in SearchSort:
            query = SearchQuery(text, MANY, sort=sort)
            if sort not in sorts:
                with pytest.raises(UnsupportedFilter):
                    await self.hits(adapter, facts, spec, query)
                continue
            products = (await self.hits(adapter, facts, spec, query)).products
            assert set(ids(products)) == everything, sort
            if sort is SearchSort.TITLE:
                titles = [product.title.value.casefold() for product in products]
                assert titles == sorted(titles)
            elif sort in (SearchSort.PRICE_ASC, SearchSort.PRICE_DESC) and GET_PRICES.name in manifest.operations:
                await _assert_by_price(adapter, facts, manifest, products, falling=sort is SearchSort.PRICE_DESC)

    async def test_pages_of_hits_neither_lose_nor_double(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec, backend: BackendControl
    ) -> None:
        text = given(facts.search_text, "search_text", facts)
        whole = await self.hits(adapter, facts, spec, SearchQuery(text, MANY))
        walked = await walk(
            lambda after: self.hits(adapter, facts, spec, SearchQuery(text, 3, after)),
            lambda page: page.products,
            lambda product: product.ref.id,
        )
        assert len(walked) > 3
        assert ids(walked[:MANY]) == ids(whole.products)
        assert whole.total in (None, len(walked))
        work = lambda: self.hits(adapter, facts, spec, SearchQuery(text, 20))  # noqa: E731
        await assert_counted(work, SEARCH.name, spec, facts, backend, first=20)

    async def test_a_position_that_was_never_given_out_is_an_invalid_cursor(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        text = given(facts.search_text, "search_text", facts)
        for position in NO_POSITIONS:
            with pytest.raises(InvalidCursor):
                await self.hits(adapter, facts, spec, SearchQuery(text, 5, position))


def ids(products: Sequence[Product]) -> list[str]:
    return [product.ref.id for product in products]


async def _assert_by_price(
    adapter: Adapter, facts: ConformanceFacts, manifest: Manifest, products: Sequence[Product], *, falling: bool
) -> None:
    """By the least that a variant costs; several variants of one product may have any price, so the extremes of two
    neighbours must allow the order."""
    spec = declared(manifest, GET_PRICES.name)
    keys: dict[Any, str] = {
        PriceKey(variant.key): product.ref.id for product in products for variant in product.variants
    }
    amounts: dict[str, list[Decimal]] = {}
    wanted = list(keys)
    for start in range(0, len(wanted), min(spec.max_keys, MANY)):
        some = wanted[start : start + min(spec.max_keys, MANY)]
        for key, price in (await served(adapter, PricePort).get_prices(some, view(facts, spec), a_call())).items():
            if isinstance(price, Price):
                amounts.setdefault(keys[key], []).append(price.current.stated.amount)
    ranges = [amounts[id_] for id_ in ids(products) if id_ in amounts]
    assert len(ranges) > 1
    for here, there in pairwise(ranges):
        low, high = (there, here) if falling else (here, there)
        assert min(low) <= max(high)
