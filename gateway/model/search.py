"""Search: what is asked of the one system of record for search, and what it answers."""

from __future__ import annotations

from enum import Enum

from msgspec import Struct

from gateway.model.catalog import Product


class SearchSort(Enum):
    RELEVANCE = "RELEVANCE"
    PRICE_ASC = "PRICE_ASC"
    PRICE_DESC = "PRICE_DESC"
    NEWEST = "NEWEST"
    TITLE = "TITLE"


class SearchFilter(Struct, frozen=True, gc=False):
    """One facet narrowed to some of its values (OR within a facet, AND between facets)."""

    facet: str
    values: tuple[str, ...]


class SearchQuery(Struct, frozen=True, gc=False):
    text: str
    first: int
    after: str | None = None
    filters: tuple[SearchFilter, ...] = ()
    sort: SearchSort = SearchSort.RELEVANCE


class FacetValue(Struct, frozen=True, gc=False):
    """`value` is what a filter takes; `count` hits if it were added, None where the index does not say."""

    value: str
    label: str
    count: int | None = None


class Facet(Struct, frozen=True, gc=False):
    name: str
    label: str
    values: tuple[FacetValue, ...] = ()


class SearchPage(Struct, frozen=True, gc=False):
    products: tuple[Product, ...]
    positions: tuple[str, ...]
    has_next: bool
    facets: tuple[Facet, ...] = ()
    total: int | None = None


class SearchCapabilities(Struct, frozen=True, gc=False):
    """What the search system of record can answer; `facets` are names usable in `SearchFilter.facet`, or `*`."""

    facets: tuple[str, ...] = ()
    sorts: tuple[SearchSort, ...] = (SearchSort.RELEVANCE,)
