"""What a catalogue's listings have to hold: pages, categories and collections really applied, nothing hidden."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from gateway.errors import InvalidCursor
from gateway.model.catalog import Product, ProductPage, ProductQuery
from gateway.model.operation import OperationSpec
from gateway.ports.manifest import Manifest
from gateway.ports.product import (
    LIST_CATEGORIES,
    LIST_COLLECTIONS,
    LIST_PRODUCTS,
    CatalogPort,
    CategoryPort,
    CollectionPort,
)
from gateway.testing.conformance.base import Conformance, a_call, assert_counted, declared, given, served, view
from gateway.testing.conformance.facts import Adapter, BackendControl, ConformanceFacts
from gateway.testing.conformance.hostile import no_ids
from gateway.testing.conformance.paging import NO_POSITIONS, walk
from gateway.testing.conformance.wellformed import assert_well_formed

PAGE = 7


async def listed(
    adapter: Adapter,
    facts: ConformanceFacts,
    spec: OperationSpec,
    *,
    category: str | None = None,
    collection: str | None = None,
) -> list[Product]:
    """All pages of a listing."""

    async def page(after: str | None) -> ProductPage:
        query = ProductQuery(PAGE, after, category, collection)
        found = await served(adapter, CatalogPort).list_products(query, view(facts, spec), a_call())
        assert len(found.products) <= PAGE
        assert_well_formed(found, adapter.name)
        return found

    return await walk(page, lambda found: found.products, lambda product: product.ref.id)


def ids(products: Sequence[Product]) -> list[str]:
    return [product.ref.id for product in products]


class ListingConformance(Conformance):
    @pytest.fixture
    def listing(self, manifest: Manifest) -> OperationSpec:
        return declared(manifest, LIST_PRODUCTS.name)

    async def test_pages_of_the_assortment_neither_lose_nor_double(
        self, adapter: Adapter, facts: ConformanceFacts, listing: OperationSpec
    ) -> None:
        walked = await listed(adapter, facts, listing)
        assert len(walked) == given(facts.product_count, "product_count", facts)
        page = await served(adapter, CatalogPort).list_products(ProductQuery(PAGE), view(facts, listing), a_call())
        assert page.total in (None, len(walked))
        assert page.has_next is (len(walked) > PAGE)

    async def test_a_page_resumes_after_any_of_its_products(
        self, adapter: Adapter, facts: ConformanceFacts, listing: OperationSpec
    ) -> None:
        port, context = served(adapter, CatalogPort), view(facts, listing)
        page = await port.list_products(ProductQuery(5), context, a_call())
        assert len(page.products) > 1
        for index, position in enumerate(page.positions[:-1]):
            rest = await port.list_products(ProductQuery(len(page.products) - index - 1, position), context, a_call())
            assert ids(rest.products) == ids(page.products)[index + 1 :]

    async def test_a_listing_makes_as_many_requests_as_declared(
        self, adapter: Adapter, facts: ConformanceFacts, listing: OperationSpec, backend: BackendControl
    ) -> None:
        port, context = served(adapter, CatalogPort), view(facts, listing)
        for category in (None, facts.category):
            if category is not None and "category" in facts.impossible:
                continue
            query = ProductQuery(24, category=category)
            await assert_counted(
                lambda query=query: port.list_products(query, context, a_call()),
                LIST_PRODUCTS.name,
                listing,
                facts,
                backend,
                first=24,
                category=int(category is not None),
            )

    async def test_a_category_lists_its_products_and_no_others(
        self, adapter: Adapter, facts: ConformanceFacts, listing: OperationSpec, manifest: Manifest
    ) -> None:
        spec = declared(manifest, LIST_CATEGORIES.name)
        category = given(facts.category, "category", facts)
        tree = await served(adapter, CategoryPort).list_categories(None, view(facts, spec), a_call())
        everything = await listed(adapter, facts, listing)
        above = [entry.parent for entry in tree if entry.key == category and entry.parent is not None]
        for key in (category, *above):
            below = {key}
            for _ in tree:
                below |= {entry.key for entry in tree if entry.parent in below}
            expected = [product.ref.id for product in everything if not below.isdisjoint(product.category_keys)]
            found = ids(await listed(adapter, facts, listing, category=key))
            assert sorted(found) == sorted(expected)
            assert 0 < len(found) < len(everything)

    async def test_a_collection_lists_its_products_and_no_others(
        self, adapter: Adapter, facts: ConformanceFacts, listing: OperationSpec
    ) -> None:
        collection = given(facts.collection, "collection", facts)
        everything = await listed(adapter, facts, listing)
        expected = [product.ref.id for product in everything if collection in product.collection_keys]
        found = ids(await listed(adapter, facts, listing, collection=collection))
        assert sorted(found) == sorted(expected)
        assert 0 < len(found) < len(everything)

    async def test_categories_are_a_tree_that_products_are_in(
        self, adapter: Adapter, facts: ConformanceFacts, manifest: Manifest, backend: BackendControl
    ) -> None:
        spec = declared(manifest, LIST_CATEGORIES.name)
        port = served(adapter, CategoryPort)
        tree = await port.list_categories(None, view(facts, spec), a_call())
        assert_well_formed(tree, adapter.name)
        keys = [entry.key for entry in tree]
        assert given(facts.category, "category", facts) in keys
        assert len(keys) == len(set(keys))
        assert {entry.parent for entry in tree} <= {None, *keys}
        work = lambda: port.list_categories(None, view(facts, spec), a_call())  # noqa: E731
        await assert_counted(work, LIST_CATEGORIES.name, spec, facts, backend)

    async def test_collections_are_listed_once(
        self, adapter: Adapter, facts: ConformanceFacts, manifest: Manifest, backend: BackendControl
    ) -> None:
        spec = declared(manifest, LIST_COLLECTIONS.name)
        port = served(adapter, CollectionPort)
        found = await port.list_collections(None, view(facts, spec), a_call())
        assert_well_formed(found, adapter.name)
        keys = [entry.key for entry in found]
        assert given(facts.collection, "collection", facts) in keys
        assert len(keys) == len(set(keys))
        work = lambda: port.list_collections(None, view(facts, spec), a_call())  # noqa: E731
        await assert_counted(work, LIST_COLLECTIONS.name, spec, facts, backend)

    async def test_what_is_hidden_is_in_no_listing(
        self, adapter: Adapter, facts: ConformanceFacts, listing: OperationSpec
    ) -> None:
        hidden = given(facts.hidden, "hidden", facts)
        everywhere = await listed(adapter, facts, listing)
        if facts.category and "category" not in facts.impossible:
            everywhere += await listed(adapter, facts, listing, category=facts.category)
        if facts.collection and "collection" not in facts.impossible:
            everywhere += await listed(adapter, facts, listing, collection=facts.collection)
        assert everywhere
        assert hidden.native not in ids(everywhere)
        assert hidden.sku not in [variant.sku for product in everywhere for variant in product.variants]

    async def test_what_was_never_given_out_lists_nothing(
        self, adapter: Adapter, facts: ConformanceFacts, listing: OperationSpec
    ) -> None:
        """No such category or collection is an empty page, no such position an invalid cursor."""
        port, context = served(adapter, CatalogPort), view(facts, listing)
        for text in (*no_ids(facts), *facts.unknown_ids, "nonsense"):
            for query in (ProductQuery(5, category=text or "?"), ProductQuery(5, collection=text or "?")):
                page = await port.list_products(query, context, a_call())
                assert (page.products, page.has_next) == ((), False), text
        for text in NO_POSITIONS:
            with pytest.raises(InvalidCursor):
                await port.list_products(ProductQuery(5, after=text), context, a_call())
