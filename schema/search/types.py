"""Search: the page, its facets, and how it is asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import strawberry

from gateway.context import OperationContext
from gateway.errors import BadInput
from gateway.execution import batched, computed, records
from gateway.graph.directives import CacheControl, ListSize
from gateway.model import search as model
from gateway.model.catalog import Product
from gateway.model.paging import PageInfo, ProductEdge, SearchResult
from gateway.model.search import SearchFilter, SearchSort
from schema.arguments import AfterArgument, FirstArgument
from schema.catalog.types import ProductEdgeView, ProductView
from schema.values import FreshnessView, PageInfoView, page_size


@strawberry.type(name="FacetValue", description="One value of a facet.")
class FacetValueView:
    is_type_of = records(model.FacetValue)

    value: str = strawberry.field(description="Pass it in `filters`.")
    label: str = strawberry.field(description="As customers read it.")
    count: int | None = strawberry.field(description="Hits with it; null where the index does not say.")


@strawberry.type(name="Facet", description="A way to narrow a search.")
class FacetView:
    is_type_of = records(model.Facet)

    name: str = strawberry.field(description="Pass it in `filters`.")
    label: str = strawberry.field(description="As customers read it.")
    values: list[FacetValueView] = strawberry.field(description="Its values among the hits.")


@strawberry.type(
    name="SearchConnection",
    description="A page of hits. What a hit shows comes from each fact's own system and may differ from the index.",
)
class SearchConnectionView:
    is_type_of = records(SearchResult)

    @computed(list[ProductView], description="The hits of this page, without their cursors.")
    @staticmethod
    def nodes(record: SearchResult) -> tuple[Product, ...]:
        return record.products

    @computed(list[ProductEdgeView], description="The hits of this page, each with its cursor.")
    @staticmethod
    def edges(record: SearchResult, ctx: OperationContext) -> list[ProductEdge]:
        return ctx.services.catalog.edges(record)

    @computed(PageInfoView, description="Where this page ends.")
    @staticmethod
    def page_info(record: SearchResult, ctx: OperationContext) -> PageInfo:
        return ctx.services.catalog.page_info(record)

    facets: list[FacetView] = strawberry.field(
        description="How the whole search could be narrowed; none where a stand-in answers, whose words are its own."
    )
    freshness: FreshnessView = strawberry.field(description="Whose index this is: its owner's or a stand-in's.")
    total_count: int | None = strawberry.field(description="All hits; null where the index does not count.")


@strawberry.input(
    name="SearchFilterInput", description="One facet narrowed: any of the values; facets narrow together."
)
class SearchFilterInput:
    facet: str = strawberry.field(description="The name of a facet.")
    values: list[str] = strawberry.field(description="Values of that facet, 1 to 50.")


@strawberry.type
class SearchQueries:
    @batched(
        SearchConnectionView | None,
        cost=5,
        directives=[CacheControl(max_age=30), ListSize(assumed_size=24, slicing_arguments=["first"])],
        description="Full-text search of the assortment, with facets to narrow it.",
    )
    @staticmethod
    async def search(
        parents: Sequence[None],
        ctx: OperationContext,
        query: Annotated[str, strawberry.argument(description="What to look for, at most 200 characters.")],
        first: FirstArgument = None,
        after: AfterArgument = None,
        filters: Annotated[
            list[SearchFilterInput] | None, strawberry.argument(description="At most 20; all must hold.")
        ] = None,
        sort: Annotated[SearchSort, strawberry.argument(description="Default: by relevance.")] = SearchSort.RELEVANCE,
    ) -> Sequence[SearchResult | None]:
        text = query.strip()
        if len(text) > 200:
            raise BadInput("A search is at most 200 characters long.")
        narrowed = _filters(filters or [])
        size = page_size(first, ctx, 24)
        return [await ctx.services.searching.search(text, size, after, narrowed, sort, ctx.scope)]


def _filters(filters: Sequence[SearchFilterInput]) -> tuple[SearchFilter, ...]:
    if len(filters) > 20 or any(not 1 <= len(chosen.values) <= 50 for chosen in filters):
        raise BadInput("At most 20 facets, each with 1 to 50 values.")
    return tuple(SearchFilter(chosen.facet, tuple(chosen.values)) for chosen in filters)
