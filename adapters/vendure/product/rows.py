"""What is asked of products, and what comes back."""

from __future__ import annotations

from datetime import datetime

from adapters.vendure.client import GUARD
from adapters.vendure.rows import Camel, Items, Page, WireName, custom_fields

_ASSETS = "assets { type source mimeType name width height }"


def product_fields(barcode_field: str) -> str:
    """A product with all its variants. Texts come from `translations`: asked by slug, Vendure answers in the language
    whose slug matched, not in the one that was asked for."""
    custom = custom_fields([f"barcode: {barcode_field}"]) if barcode_field else ""
    return f"""fragment ProductFields on Product {{
  id enabled updatedAt
  translations {{ languageCode name slug description }}
  {_ASSETS}
  optionGroups {{ name options {{ name }} }}
  facetValues {{ code facet {{ code }} name }}
  collections {{ id isPrivate }}
  variants {{
    id sku enabled name languageCode
    options {{ name group {{ name }} }}
    {_ASSETS}
    {custom}
  }}
}}"""


def products_query(barcode_field: str) -> str:
    return f"""query Products($options: ProductListOptions, $barcodes: ProductVariantListOptions,
    $byKey: Boolean!, $byBarcode: Boolean!) {{
  {GUARD}
  products(options: $options) @include(if: $byKey) {{ totalItems items {{ ...ProductFields }} }}
  barcodes: productVariants(options: $barcodes) @include(if: $byBarcode) {{
    items {{ product {{ ...ProductFields }} }}
  }}
}}
{product_fields(barcode_field)}"""


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


class _Barcode(Camel, frozen=True):
    product: WireProduct


class ProductsData(Camel, frozen=True):
    products: Page[WireProduct] = Page(0, ())
    barcodes: Items[_Barcode] = Items(())
