"""The search index, through the shop API, which leaves out what is not for sale."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.vendure.client import GUARD, SHOP
from adapters.vendure.product.rows import WireFacetValue
from adapters.vendure.rows import Camel, WireId, WireNamed
from adapters.vendure.shop import Shop, Where
from gateway.model.context import CallContext

_HITS = """search(input: $input) {
    totalItems
    items { productId }
    facetValues { count facetValue { id name facet { code name } } }
    collections { count collection { id name } }
  }"""

SEARCH = f"""query Search($input: SearchInput!) {{
  {GUARD}
  {_HITS}
}}"""

COLLECTION = f"""query Collection($input: SearchInput!, $collection: ID!) {{
  {GUARD}
  collection(id: $collection) {{ id }}
  {_HITS}
}}"""
"""The index names products of private collections too; whether shoppers may see the collection is asked beside it."""


class _Hit(Camel, frozen=True):
    product_id: str


class WireFacetCount(Camel, frozen=True):
    count: int
    facet_value: WireFacetValue


class WireCollectionCount(Camel, frozen=True):
    count: int
    collection: WireNamed


class SearchResult(Camel, frozen=True):
    total_items: int
    items: tuple[_Hit, ...]
    facet_values: tuple[WireFacetCount, ...] = ()
    collections: tuple[WireCollectionCount, ...] = ()


class SearchData(Camel, frozen=True):
    """`collection`: null where shoppers may not see it; absent where none was asked for."""

    search: SearchResult
    collection: WireId | None = None


async def search_index(
    shop: Shop, request: Mapping[str, object], where: Where, call: CallContext, *, collection: str | None = None
) -> SearchResult:
    """Nothing where shoppers may not see the collection."""
    wanted: dict[str, object] = {"input": {"groupByProduct": True, **request}}
    data = await shop.client.ask(
        SEARCH if collection is None else COLLECTION,
        SearchData,
        call,
        wanted if collection is None else {**wanted, "collection": collection},
        channel=where.channel,
        language=where.language,
        path=SHOP,
    )
    hidden = collection is not None and data.collection is None
    return SearchResult(0, ()) if hidden else data.search
