"""SearchPort over Storefront's `search`. Facets carry the vendor's filters as plain values: `availability`, `brand`,
`product_type`, `tag`, `price` (`min:max`) and `option.<name>` for the options that the configuration lists; each value
is checked before it is sent back."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Struct

from adapters.shopify.config import ShopifyConfig
from adapters.shopify.product import rows
from adapters.shopify.product.documents import PRODUCT, VARIANT
from adapters.shopify.product.storefront import VARIANTS_PER_PRODUCT, ShopperProducts
from adapters.shopify.shapes import Edges, Node
from adapters.shopify.shopfront import Head, Shopfront, in_context
from gateway.errors import InvalidAnswer, UnsupportedFilter
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
from gateway.model.written_numbers import decimal_of
from gateway.ports.manifest import AdapterEnvironment

SEARCH = in_context(
    "Search",
    "$query:String! $first:Int! $after:String $vn:Int! $filters:[ProductFilter!] $sort:SearchSortKeys!"
    " $reverse:Boolean!",
    "search(query:$query first:$first after:$after types:[PRODUCT] productFilters:$filters sortKey:$sort"
    " reverse:$reverse){totalCount productFilters{id label type values{id label count input}}"
    " pageInfo{hasNextPage endCursor} edges{cursor node{...on Product{...P}}}}",
    PRODUCT,
    VARIANT,
)
SORTS = (SearchSort.RELEVANCE, SearchSort.PRICE_ASC, SearchSort.PRICE_DESC)
OPTION = "option."
HIGHEST = Decimal(10) ** 12
_PLAIN = {"brand": "productVendor", "product_type": "productType", "tag": "tag"}
_FACETS = {
    "filter.v.availability": "availability",
    "filter.p.vendor": "brand",
    "filter.p.product_type": "product_type",
    "filter.p.tag": "tag",
    "filter.v.price": "price",
}
_OPTION_FILTER = "filter.v.option."


class _Price(Struct):
    min: Decimal | None = None
    max: Decimal | None = None


class _Option(Struct):
    name: str
    value: str


class _Input(Struct, rename="camel"):
    """One `ProductFilter`, as the vendor writes it into a filter value."""

    available: bool | None = None
    product_vendor: str | None = None
    product_type: str | None = None
    tag: str | None = None
    price: _Price | None = None
    variant_option: _Option | None = None


class _Value(Node, frozen=True, kw_only=True):
    label: str
    count: int
    input: str


class _Filter(Node, frozen=True, kw_only=True):
    id: str
    label: str
    values: list[_Value]


class _Hits(Edges[rows.Product], frozen=True, kw_only=True):
    total_count: int
    product_filters: list[_Filter]


class _Answer(Head, frozen=True, kw_only=True):
    search: _Hits


class Search:
    def __init__(self, env: AdapterEnvironment[ShopifyConfig], shopfront: Shopfront, products: ShopperProducts) -> None:
        self._shopfront = shopfront
        self._products = products
        options = (name.strip().lower() for name in env.config.option_facets.split(","))
        facets = (*_FACETS.values(), *(f"{OPTION}{name}" for name in options if name))
        self.search_capabilities = SearchCapabilities(facets=facets, sorts=SORTS)

    async def search(self, query: SearchQuery, context: ContextView, call: CallContext) -> SearchPage:
        if query.sort not in self.search_capabilities.sorts:
            raise UnsupportedFilter(f"Search cannot be sorted by {query.sort.value} here.")
        if any(narrowed.facet not in self.search_capabilities.facets for narrowed in query.filters):
            raise UnsupportedFilter("Search has no such facet here.")
        filters = [each for narrowed in query.filters for each in filters_of(narrowed)]
        answer, shown = await self._shopfront.ask(
            SEARCH,
            {
                "query": query.text,
                "first": query.first,
                "after": query.after,
                "vn": VARIANTS_PER_PRODUCT,
                "filters": filters or None,
                "sort": "RELEVANCE" if query.sort is SearchSort.RELEVANCE else "PRICE",
                "reverse": query.sort is SearchSort.PRICE_DESC,
            },
            _Answer,
            context,
            call,
        )
        hits = answer.search
        products = await self._products.whole([edge.node for edge in hits.edges], shown, context, call)
        return SearchPage(
            products=tuple(products),
            positions=tuple(edge.cursor for edge in hits.edges),
            has_next=hits.page_info.has_next_page,
            facets=tuple(
                facet
                for found in hits.product_filters
                if (facet := _facet(found)) and facet.name in self.search_capabilities.facets
            ),
            total=hits.total_count,
        )


def filters_of(narrowed: SearchFilter) -> list[Mapping[str, Any]]:
    """The vendor's filters for one facet's values, alternatives of each other."""
    name = narrowed.facet
    if name in _PLAIN:
        return [{_PLAIN[name]: value} for value in narrowed.values]
    if name.startswith(OPTION):
        return [{"variantOption": {"name": name[len(OPTION) :], "value": value}} for value in narrowed.values]
    if name == "availability":
        if not set(narrowed.values) <= {"true", "false"}:
            raise UnsupportedFilter("`availability` takes `true` or `false`.")
        return [{"available": value == "true"} for value in narrowed.values]
    if name == "price":
        return [{"price": _span(value)} for value in narrowed.values]
    raise UnsupportedFilter("Search has no such facet here.")


def _span(value: str) -> dict[str, Decimal]:
    low, colon, high = value.partition(":")
    try:
        found = {name: decimal_of(text) for name, text in (("min", low), ("max", high)) if text}
    except ValueError:
        found = {}
    if not colon or not found or not all(0 <= bound < HIGHEST for bound in found.values()):
        raise UnsupportedFilter("`price` takes `min:max`, such as `10:20`, `:20` or `10:`.")
    return found


def _facet(found: _Filter) -> Facet | None:
    """None for the kinds of filter that cannot be sent back (metafields, taxonomy)."""
    name = _FACETS.get(found.id)
    if found.id.startswith(_OPTION_FILTER):
        name = OPTION + found.id[len(_OPTION_FILTER) :]
    if name is None:
        return None
    values: list[FacetValue] = []
    for value in found.values:
        try:
            given = msgspec.json.decode(value.input, type=_Input)
        except msgspec.DecodeError:
            raise InvalidAnswer(detail=f"Search: the filter {found.id} holds no filter") from None
        if (text := _value(name, given)) is not None:
            if name.startswith(OPTION) and given.variant_option:
                name = OPTION + given.variant_option.name.lower()
            values.append(FacetValue(text, value.label, value.count))
    return Facet(name, found.label, tuple(values)) if values else None


def _value(name: str, given: _Input) -> str | None:
    if name == "availability":
        return None if given.available is None else str(given.available).lower()
    if name == "price":
        low, high = (given.price.min, given.price.max) if given.price else (None, None)
        return None if low is None and high is None else f"{_digits(low)}:{_digits(high)}"
    if name.startswith(OPTION):
        return given.variant_option.value if given.variant_option else None
    return {"brand": given.product_vendor, "product_type": given.product_type, "tag": given.tag}.get(name)


def _digits(bound: Decimal | None) -> str:
    return "" if bound is None else format(bound, "f")
