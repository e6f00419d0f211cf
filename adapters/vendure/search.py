"""`SearchPort`: the search index, then the products it found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from adapters.vendure.ids import is_id
from adapters.vendure.product.index import SearchResult, search_index
from adapters.vendure.product.products import Products, offset
from adapters.vendure.shop import Shop
from gateway.errors import UnsupportedFilter
from gateway.model.context import CallContext, ContextView
from gateway.model.search import (
    Facet,
    FacetValue,
    SearchCapabilities,
    SearchFilter,
    SearchPage,
    SearchQuery,
    SearchSort,
)

COLLECTION_FACET = "collection"

SORTS: Mapping[SearchSort, Mapping[str, str] | None] = {
    SearchSort.RELEVANCE: None,
    SearchSort.PRICE_ASC: {"price": "ASC"},
    SearchSort.PRICE_DESC: {"price": "DESC"},
    SearchSort.TITLE: {"name": "ASC"},
}


class Search:
    def __init__(self, shop: Shop, products: Products) -> None:
        self._shop = shop
        self._products = products

    @property
    def search_capabilities(self) -> SearchCapabilities:
        """Facets are whatever the shop defined, by code, and `collection`."""
        return SearchCapabilities(facets=("*",), sorts=tuple(SORTS))

    async def search(self, query: SearchQuery, context: ContextView, call: CallContext) -> SearchPage:
        """Two requests."""
        if query.sort not in SORTS:
            raise UnsupportedFilter(f"sorting by {query.sort.value} is not supported")
        for each in query.filters:
            if not all(map(is_id, each.values)):
                raise UnsupportedFilter("this facet has no such value")
        where = await self._shop.where(context, call)
        skip = offset(query.after)
        request: dict[str, object] = {"term": query.text, "skip": skip, "take": query.first}
        if sort := SORTS[query.sort]:
            request["sort"] = sort
        facets = [entry for entry in query.filters if entry.facet != COLLECTION_FACET]
        if facets:
            request["facetValueFilters"] = [{"or": list(entry.values)} for entry in facets]
        collections = [value for entry in query.filters if entry.facet == COLLECTION_FACET for value in entry.values]
        if collections:
            request["collectionIds"] = collections
        index = await search_index(self._shop, request, where, call)
        _check_facets(facets, index)
        asked = [hit.product_id for hit in index.items]
        products, positions = await self._products.page(asked, skip, where, call)
        return SearchPage(
            products,
            positions,
            has_next=bool(products) and skip + len(asked) < index.total_items,
            facets=_facets(index),
            total=index.total_items,
        )


def _check_facets(filters: Sequence[SearchFilter], index: SearchResult) -> None:
    """Vendure narrows by ids of values, whatever facet they are of; the hits show which."""
    facet_of = {entry.facet_value.id: entry.facet_value.facet.code for entry in index.facet_values}
    for each in filters:
        if any(facet_of.get(value, each.facet) != each.facet for value in each.values):
            raise UnsupportedFilter(f"`{each.facet}` has no such value")


def _facets(index: SearchResult) -> tuple[Facet, ...]:
    """Vendure's facets in the order they came, then the collections of the hits."""
    labels: dict[str, str] = {}
    values: dict[str, list[FacetValue]] = {}
    for entry in index.facet_values:
        facet = entry.facet_value.facet
        labels.setdefault(facet.code, facet.name)
        values.setdefault(facet.code, []).append(FacetValue(entry.facet_value.id, entry.facet_value.name, entry.count))
    facets = [Facet(code, label, tuple(values[code])) for code, label in labels.items()]
    return (
        *facets,
        *_collection_facet((entry.collection.id, entry.collection.name, entry.count) for entry in index.collections),
    )


def _collection_facet(entries: Iterable[tuple[str, str, int]]) -> tuple[Facet, ...]:
    values = tuple(FacetValue(id, name, count) for id, name, count in entries)  # noqa: A001
    return (Facet(COLLECTION_FACET, "Collection", values),) if values else ()
