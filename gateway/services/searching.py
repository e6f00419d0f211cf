"""Search: by its one system of record, which declares what it can narrow and sort by. A stand-in is asked for the text
alone: the names and values of facets are the owner's words."""

from __future__ import annotations

from gateway.errors import BadInput, UnsupportedFilter
from gateway.model.identity import is_plain
from gateway.model.paging import SearchResult
from gateway.model.search import SearchCapabilities, SearchFilter, SearchQuery, SearchSort
from gateway.ports.search import SEARCH, SEARCHING, SearchPort
from gateway.services.catalog import Catalog, marked, seen
from gateway.services.scope import Scope
from gateway.services.systems import SystemsOfRecord


class Searching:
    def __init__(self, systems: SystemsOfRecord, catalog: Catalog) -> None:
        self._systems = systems
        self._catalog = catalog

    async def search(
        self,
        text: str,
        first: int,
        after: str | None,
        filters: tuple[SearchFilter, ...],
        sort: SearchSort,
        scope: Scope,
    ) -> SearchResult | None:
        """None where nobody serves search in this market. A stand-in's answer has no facets, because nothing could be
        narrowed by them once the owner is back. Raises UnsupportedFilter for what the one search system does not
        declare; BadInput, InvalidCursor, AdapterError."""
        if not all(map(is_plain, (text, *(value for chosen in filters for value in (chosen.facet, *chosen.values))))):
            raise BadInput("A search has no control characters.")
        if not self._systems.ownership.serving(SEARCHING, scope.commerce.country):
            return None
        self._refuse_undeclared(filters, sort, scope)
        bound_to = repr(("search", text, filters, sort.name, scope.commerce.channel, scope.commerce.language))
        only, position = self._catalog.position(after, bound_to, SEARCHING, scope)
        query = SearchQuery(text, first, position, filters, sort)

        def able(backend: str) -> bool:
            can = self._capabilities(backend)
            return not filters and can is not None and sort in can.sorts

        page, answered = await self._systems.paged(SEARCH, query, scope.commerce, scope.call, only=only, able=able)
        products = marked(page.products, answered)
        facets = page.facets if answered.reason is None else ()
        freshness = seen(products, answered, scope)
        return SearchResult(products, page.positions, bound_to, page.has_next, freshness, facets, page.total)

    def _capabilities(self, backend: str) -> SearchCapabilities | None:
        port = self._systems.ownership.backends[backend].backend.port(SearchPort)
        return None if port is None else port.search_capabilities

    def _refuse_undeclared(self, filters: tuple[SearchFilter, ...], sort: SearchSort, scope: Scope) -> None:
        owner = next(iter(self._systems.ownership.serving(SEARCHING, scope.commerce.country)), None)
        able = None if owner is None else self._capabilities(owner)
        if able is None:
            return
        for chosen in filters:
            if "*" not in able.facets and chosen.facet not in able.facets:
                raise UnsupportedFilter(f"Search cannot be filtered by this facet; it can by {', '.join(able.facets)}.")
        if sort not in able.sorts:
            raise UnsupportedFilter(f"Search cannot be sorted so; it can by {', '.join(s.name for s in able.sorts)}.")
