"""Products: the assortment, its categories and its collections."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol, runtime_checkable

from gateway.errors import AdapterError
from gateway.model.catalog import Category, Collection, Product, ProductKey, ProductKeyKind, ProductPage, ProductQuery
from gateway.model.context import CallContext, ContextView
from gateway.ports.domain import DataDomain, KeyedOperation, PagedOperation

_SHARED = frozenset({ProductKeyKind.SKU, ProductKeyKind.BARCODE})
"""A slug or a native id is one backend's own word."""


@runtime_checkable
class CatalogPort(Protocol):
    async def get_products(
        self, keys: Sequence[ProductKey], context: ContextView, call: CallContext
    ) -> Mapping[ProductKey, Product | AdapterError]:
        """Whole products, with all variants, whichever way they were asked for. A SKU or barcode borne by two variants
        is AmbiguousKey. Unpublished products are absent."""
        ...

    async def list_products(self, query: ProductQuery, context: ContextView, call: CallContext) -> ProductPage: ...


@runtime_checkable
class CategoryPort(Protocol):
    async def list_categories(self, query: None, context: ContextView, call: CallContext) -> tuple[Category, ...]: ...


@runtime_checkable
class CollectionPort(Protocol):
    async def list_collections(
        self, query: None, context: ContextView, call: CallContext
    ) -> tuple[Collection, ...]: ...


def _understands(key: ProductKey, backend: str, owner: str) -> bool:
    return key.kind in _SHARED or backend == owner


def _bears(product: Product) -> Iterator[str]:
    yield product.ref.id
    for variant in product.variants:
        yield variant.ref.id
        if variant.sku is not None:
            yield variant.sku


PRODUCT = DataDomain("product", optional=False)

GET_PRODUCTS = KeyedOperation[ProductKey, Product](
    PRODUCT,
    CatalogPort,
    CatalogPort.get_products,
    Product,
    names=lambda key: (key.value,),
    bears=_bears,
    understands=_understands,
    essential=True,
)
LIST_PRODUCTS = PagedOperation[ProductQuery, ProductPage](
    PRODUCT, CatalogPort, CatalogPort.list_products, ProductPage, essential=True
)
LIST_CATEGORIES = PagedOperation[None, tuple[Category, ...]](
    PRODUCT, CategoryPort, CategoryPort.list_categories, tuple[Category, ...]
)
LIST_COLLECTIONS = PagedOperation[None, tuple[Collection, ...]](
    PRODUCT, CollectionPort, CollectionPort.list_collections, tuple[Collection, ...]
)
