"""Products, collections and the search index."""

from __future__ import annotations

from datetime import datetime

from adapters.vendure.wire.common import Camel, WireName, WireNamed


class WireTranslation(Camel, frozen=True):
    language_code: str
    name: str
    slug: str
    description: str


class WireAsset(Camel, frozen=True):
    type: str
    source: str
    mime_type: str
    name: str
    width: int
    height: int


class WireOptionGroup(Camel, frozen=True):
    name: str
    options: tuple[WireName, ...]


class WireOption(Camel, frozen=True):
    name: str
    group: WireName


class WireFacet(Camel, frozen=True):
    code: str
    name: str = ""


class WireFacetValue(Camel, frozen=True):
    name: str
    facet: WireFacet
    code: str = ""
    id: str = ""


class WireCollectionRef(Camel, frozen=True):
    id: str
    is_private: bool = False


class WireBarcode(Camel, frozen=True):
    barcode: str | None = None


class WireVariant(Camel, frozen=True):
    id: str
    sku: str
    enabled: bool
    name: str
    language_code: str
    options: tuple[WireOption, ...]
    assets: tuple[WireAsset, ...]
    custom_fields: WireBarcode = WireBarcode()


class WireProduct(Camel, frozen=True):
    id: str
    enabled: bool
    updated_at: datetime
    translations: tuple[WireTranslation, ...]
    assets: tuple[WireAsset, ...]
    option_groups: tuple[WireOptionGroup, ...]
    facet_values: tuple[WireFacetValue, ...]
    collections: tuple[WireCollectionRef, ...]
    variants: tuple[WireVariant, ...]


class ProductList(Camel, frozen=True):
    total_items: int
    items: tuple[WireProduct, ...]


class _Barcode(Camel, frozen=True):
    product: WireProduct


class _Barcodes(Camel, frozen=True):
    items: tuple[_Barcode, ...]


class ProductsData(Camel, frozen=True):
    products: ProductList = ProductList(0, ())
    barcodes: _Barcodes = _Barcodes(())


class WireCollection(Camel, frozen=True):
    id: str
    name: str
    slug: str
    description: str
    position: int
    is_private: bool
    parent_id: str
    language_code: str | None = None
    featured_asset: WireAsset | None = None


class _CollectionList(Camel, frozen=True):
    total_items: int
    items: tuple[WireCollection, ...]


class CollectionsData(Camel, frozen=True):
    collections: _CollectionList


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


class _Seen(Camel, frozen=True):
    id: str


class SearchData(Camel, frozen=True):
    """`collection`: null where shoppers may not see it; absent where none was asked for."""

    search: SearchResult
    collection: _Seen | None = None
