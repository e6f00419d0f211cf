"""Search: full text over the assortment, with facets."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from gateway.model.context import CallContext, ContextView
from gateway.model.search import SearchCapabilities, SearchPage, SearchQuery
from gateway.ports.domain import DataDomain, PagedOperation


@runtime_checkable
class SearchPort(Protocol):
    @property
    def search_capabilities(self) -> SearchCapabilities: ...

    async def search(self, query: SearchQuery, context: ContextView, call: CallContext) -> SearchPage:
        """Raises UnsupportedFilter for a facet or sort it does not declare."""
        ...


SEARCHING = DataDomain("search")

SEARCH = PagedOperation[SearchQuery, SearchPage](SEARCHING, SearchPort, SearchPort.search, SearchPage, essential=True)
