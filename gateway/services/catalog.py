"""The assortment: products, categories, collections and search, from their systems of record."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from gateway.errors import AdapterError, UnsupportedFilter
from gateway.model.catalog import (
    Category,
    Collection,
    Product,
    ProductKey,
    ProductKeyKind,
    ProductQuery,
    ProductStatus,
    Variant,
)
from gateway.model.identity import NativeRef, canonical_key
from gateway.model.paging import PageInfo, ProductEdge, ProductList, SearchResult
from gateway.model.search import SearchFilter, SearchQuery, SearchSort
from gateway.ports.domains import SearchPort
from gateway.ports.operations import GET_PRODUCTS, LIST_CATEGORIES, LIST_COLLECTIONS, LIST_PRODUCTS, SEARCH
from gateway.services.cursors import Cursors, PlainPosition
from gateway.services.scope import Scope
from gateway.services.systems import SystemsOfRecord, fallback_freshness


class Catalog:
    def __init__(self, systems: SystemsOfRecord, cursors: Cursors) -> None:
        self._systems = systems
        self._cursors = cursors

    async def products(self, keys: Sequence[ProductKey], scope: Scope) -> list[Product | AdapterError | None]:
        """By slug, SKU, GTIN or native id, in the order of `keys`; unpublished ones only for staff."""
        asked = list(dict.fromkeys(keys))
        found = await self._systems.keyed(GET_PRODUCTS, asked, scope.commerce, scope.call, _stand_in)
        return [_published(found.get(key), scope) for key in keys]

    async def by_ref(self, refs: Sequence[NativeRef], scope: Scope) -> list[Product | AdapterError | None]:
        """By native reference: asked only of the backend that gave it."""
        answers: dict[NativeRef, Product | AdapterError | None] = {}
        for backend in dict.fromkeys(ref.backend for ref in refs):
            keys = {ref: ProductKey(ProductKeyKind.NATIVE, ref.id) for ref in refs if ref.backend == backend}
            found = await self._systems.caller.keyed(
                backend, GET_PRODUCTS, list(dict.fromkeys(keys.values())), scope.commerce, scope.call
            )
            answers |= {ref: _published(found.get(key), scope) for ref, key in keys.items()}
        return [answers.get(ref) for ref in refs]

    async def variant(self, sku: str, scope: Scope) -> Variant | AdapterError | None:
        (product,) = await self.products([ProductKey(ProductKeyKind.SKU, sku)], scope)
        if product is None or isinstance(product, AdapterError):
            return product
        return next((variant for variant in product.variants if variant.sku == canonical_key(sku)), None)

    async def page(
        self, first: int, after: str | None, category: str | None, collection: str | None, scope: Scope
    ) -> ProductList:
        """A page of the assortment. Raises InvalidCursor, AdapterError."""
        bound_to = f"products|{category}|{collection}|{scope.commerce.channel}|{scope.commerce.language}"
        position = self._cursors.open(after, PlainPosition, bound_to=bound_to).position if after else None
        query = ProductQuery(first, position, category, collection)
        page = await self._systems.paged(LIST_PRODUCTS, query, scope.commerce, scope.call)
        return ProductList(page.products, page.positions, bound_to, page.has_next, page.total)

    async def search(
        self,
        text: str,
        first: int,
        after: str | None,
        filters: tuple[SearchFilter, ...],
        sort: SearchSort,
        scope: Scope,
    ) -> SearchResult:
        """Raises UnsupportedFilter for what the one search system does not declare; InvalidCursor, AdapterError."""
        self._refuse_undeclared(filters, sort, scope)
        bound_to = f"search|{text}|{filters}|{sort.name}|{scope.commerce.channel}|{scope.commerce.language}"
        position = self._cursors.open(after, PlainPosition, bound_to=bound_to).position if after else None
        query = SearchQuery(text, first, position, filters, sort)
        page = await self._systems.paged(SEARCH, query, scope.commerce, scope.call)
        return SearchResult(page.products, page.positions, bound_to, page.has_next, page.facets, page.total)

    def _refuse_undeclared(self, filters: tuple[SearchFilter, ...], sort: SearchSort, scope: Scope) -> None:
        owner = next(iter(self._systems.ownership.serving("search", scope.commerce.country)), None)
        adapter = None if owner is None else self._systems.ownership.backends[owner].adapter
        if not isinstance(adapter, SearchPort):
            return
        able = adapter.search_capabilities
        for chosen in filters:
            if "*" not in able.facets and chosen.facet not in able.facets:
                raise UnsupportedFilter(f"Search cannot be filtered by this facet; it can by {', '.join(able.facets)}.")
        if sort not in able.sorts:
            raise UnsupportedFilter(f"Search cannot be sorted so; it can by {', '.join(s.name for s in able.sorts)}.")

    def edges(self, page: ProductList | SearchResult) -> list[ProductEdge]:
        """Each product of a page with its cursor."""
        return [
            ProductEdge(product, self._cursor(page, position))
            for product, position in zip(page.products, page.positions, strict=True)
        ]

    def page_info(self, page: ProductList | SearchResult) -> PageInfo:
        return PageInfo(page.has_next, self._cursor(page, page.positions[-1]) if page.positions else None)

    def _cursor(self, page: ProductList | SearchResult, position: str) -> str:
        return self._cursors.seal(PlainPosition(page.products[0].ref.backend, position), bound_to=page.bound_to)

    async def categories(self, scope: Scope) -> tuple[Category, ...]:
        return await self._systems.paged(LIST_CATEGORIES, None, scope.commerce, scope.call)

    async def collections(self, scope: Scope) -> tuple[Collection, ...]:
        return await self._systems.paged(LIST_COLLECTIONS, None, scope.commerce, scope.call)


def _published(product: Product | AdapterError | None, scope: Scope) -> Product | AdapterError | None:
    if not isinstance(product, Product):
        return product
    return product if product.status is ProductStatus.ACTIVE or "staff" in scope.principal.roles else None


def _stand_in(product: Product, reason: str) -> Product:
    return replace(product, freshness=fallback_freshness(product.freshness, reason))
