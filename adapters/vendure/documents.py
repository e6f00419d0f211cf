"""The GraphQL documents. Each selects `activeChannel { token }`, which the client compares with what was asked."""

from __future__ import annotations

from collections.abc import Sequence

GUARD = "activeChannel { token }"

FACTS = """query Facts {
  activeChannel { token code defaultLanguageCode availableLanguageCodes defaultCurrencyCode availableCurrencyCodes
    pricesIncludeTax }
  globalSettings { trackInventory outOfStockThreshold serverConfig { moneyStrategyPrecision } }
}"""


def probe(barcode_field: str, id_fields: Sequence[str], origin_field: str) -> str:
    """One of everything that is read, with the configured custom fields: a missing permission or field shows here."""
    barcode = f"customFields {{ {barcode_field} }}" if barcode_field else ""
    ids = f"customFields {{ {' '.join(id_fields)} }}" if id_fields else ""
    origin = f"customFields {{ {origin_field} }}" if origin_field else ""
    return f"""query Probe {{
  {GUARD}
  products(options: {{ take: 1 }}) {{ totalItems items {{ variants {{ id {barcode} }} }} }}
  customers(options: {{ take: 1 }}) {{ totalItems items {{ id {ids} }} }}
  orders(options: {{ take: 1 }}) {{ totalItems items {{ id {origin} }} }}
  stockLocations(options: {{ take: 1 }}) {{ totalItems }}
}}"""


_ASSETS = "assets { type source mimeType name width height }"


def product_fields(barcode_field: str) -> str:
    """A product with all its variants. Texts come from `translations`: asked by slug, Vendure answers in the language
    whose slug matched, not in the one that was asked for."""
    custom = f"customFields {{ barcode: {barcode_field} }}" if barcode_field else ""
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


def products(barcode_field: str) -> str:
    return f"""query Products($options: ProductListOptions, $barcodes: ProductVariantListOptions,
    $byKey: Boolean!, $byBarcode: Boolean!) {{
  {GUARD}
  products(options: $options) @include(if: $byKey) {{ totalItems items {{ ...ProductFields }} }}
  barcodes: productVariants(options: $barcodes) @include(if: $byBarcode) {{
    items {{ product {{ ...ProductFields }} }}
  }}
}}
{product_fields(barcode_field)}"""


COLLECTIONS = f"""query Collections($options: CollectionListOptions!) {{
  {GUARD}
  collections(options: $options) {{
    totalItems
    items {{ id name slug languageCode description position isPrivate parentId
      featuredAsset {{ type source mimeType name width height }} }}
  }}
}}"""

COLLECTION_IDS = f"""query CollectionIds($options: CollectionListOptions!) {{
  {GUARD}
  collections(options: $options) {{ items {{ id }} }}
}}"""

SEARCH = f"""query Search($input: SearchInput!) {{
  {GUARD}
  search(input: $input) {{
    totalItems
    items {{ productId }}
    facetValues {{ count facetValue {{ id name facet {{ code name }} }} }}
    collections {{ count collection {{ id name }} }}
  }}
}}"""

PRICES = f"""query Prices($options: ProductVariantListOptions!) {{
  {GUARD}
  productVariants(options: $options) {{
    totalItems
    items {{ id sku enabled product {{ enabled }} price priceWithTax currencyCode taxRateApplied {{ value }} }}
  }}
}}"""

CURRENCIES = f"""query Currencies($options: ProductVariantListOptions!) {{
  {GUARD}
  productVariants(options: $options) {{
    totalItems
    items {{ id sku enabled product {{ enabled }} prices {{ currencyCode }} }}
  }}
}}"""

STOCK = f"""query Stock($options: ProductVariantListOptions!) {{
  {GUARD}
  productVariants(options: $options) {{
    totalItems
    items {{ id sku enabled trackInventory useGlobalOutOfStockThreshold outOfStockThreshold
      stockLevels {{ stockLocationId stockOnHand stockAllocated }} }}
  }}
}}"""

SKUS = f"""query Skus($options: ProductVariantListOptions!) {{
  {GUARD}
  productVariants(options: $options) {{ totalItems items {{ id sku enabled }} }}
}}"""

LOCATIONS = f"""query Locations($options: StockLocationListOptions!) {{
  {GUARD}
  stockLocations(options: $options) {{ totalItems items {{ id name }} }}
}}"""


def customers(id_fields: Sequence[str]) -> str:
    custom = f"customFields {{ {' '.join(id_fields)} }}" if id_fields else ""
    return f"""query Customers($options: CustomerListOptions!) {{
  {GUARD}
  customers(options: $options) {{
    totalItems
    items {{ id emailAddress phoneNumber firstName lastName updatedAt groups {{ name }} {custom} }}
  }}
}}"""


def order_fields(origin_field: str) -> str:
    custom = f"customFields {{ origin: {origin_field} }}" if origin_field else ""
    return f"""fragment OrderFields on Order {{
  id code state orderPlacedAt currencyCode total totalWithTax
  channels {{ code pricesIncludeTax }}
  customer {{ id }}
  lines {{
    id quantity orderPlacedQuantity
    proratedUnitPrice proratedUnitPriceWithTax proratedLinePrice proratedLinePriceWithTax
    productVariant {{ sku name }}
  }}
  payments {{ refunds {{ total state }} }}
  {custom}
}}"""


def customer_orders(customers: int, origin_field: str) -> str:
    """The newest orders of some customers, each under an alias `c0`, `c1`..."""
    variables = "".join(f", $c{index}: ID!" for index in range(customers))
    aliases = "\n".join(
        f"  c{index}: customer(id: $c{index}) {{ orders(options: $options) {{ items {{ ...OrderFields }} }} }}"
        for index in range(customers)
    )
    return f"""query CustomerOrders($options: OrderListOptions!{variables}) {{
  {GUARD}
{aliases}
}}
{order_fields(origin_field)}"""


def orders(origin_field: str) -> str:
    return f"""query Orders($options: OrderListOptions!) {{
  {GUARD}
  orders(options: $options) {{ totalItems items {{ ...OrderFields }} }}
}}
{order_fields(origin_field)}"""
