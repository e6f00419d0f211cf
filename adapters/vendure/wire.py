"""Vendure's answers as they arrive: amounts are integers whose scale the server states (`moneyStrategyPrecision`, the
same for every currency, so JPY has two digits too)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from msgspec import Struct


class _Camel(Struct, frozen=True, rename="camel"):
    pass


# --- the channel ---------------------------------------------------------------------------------------------------


class WireChannel(_Camel, frozen=True):
    token: str
    code: str
    default_language_code: str
    default_currency_code: str
    available_currency_codes: tuple[str, ...]
    prices_include_tax: bool
    available_language_codes: tuple[str, ...] | None = None


class WireServerConfig(_Camel, frozen=True):
    money_strategy_precision: int


class WireSettings(_Camel, frozen=True):
    track_inventory: bool
    out_of_stock_threshold: int
    server_config: WireServerConfig


class FactsData(_Camel, frozen=True):
    active_channel: WireChannel
    global_settings: WireSettings


class _Count(_Camel, frozen=True):
    total_items: int


class ProbeData(_Camel, frozen=True):
    products: _Count
    customers: _Count
    orders: _Count
    stock_locations: _Count


# --- catalogue -----------------------------------------------------------------------------------------------------


class WireTranslation(_Camel, frozen=True):
    language_code: str
    name: str
    slug: str
    description: str


class WireAsset(_Camel, frozen=True):
    type: str
    source: str
    mime_type: str
    name: str
    width: int
    height: int


class WireName(_Camel, frozen=True):
    name: str


class WireOptionGroup(_Camel, frozen=True):
    name: str
    options: tuple[WireName, ...]


class WireOption(_Camel, frozen=True):
    name: str
    group: WireName


class WireFacet(_Camel, frozen=True):
    code: str
    name: str = ""


class WireFacetValue(_Camel, frozen=True):
    name: str
    facet: WireFacet
    code: str = ""
    id: str = ""


class WireCollectionRef(_Camel, frozen=True):
    id: str
    is_private: bool = False


class WireBarcode(_Camel, frozen=True):
    barcode: str | None = None


class WireVariant(_Camel, frozen=True):
    id: str
    sku: str
    enabled: bool
    name: str
    language_code: str
    options: tuple[WireOption, ...]
    assets: tuple[WireAsset, ...]
    custom_fields: WireBarcode = WireBarcode()


class WireProduct(_Camel, frozen=True):
    id: str
    enabled: bool
    updated_at: datetime
    translations: tuple[WireTranslation, ...]
    assets: tuple[WireAsset, ...]
    option_groups: tuple[WireOptionGroup, ...]
    facet_values: tuple[WireFacetValue, ...]
    collections: tuple[WireCollectionRef, ...]
    variants: tuple[WireVariant, ...]


class ProductList(_Camel, frozen=True):
    total_items: int
    items: tuple[WireProduct, ...]


class _Barcode(_Camel, frozen=True):
    product: WireProduct


class _Barcodes(_Camel, frozen=True):
    items: tuple[_Barcode, ...]


class ProductsData(_Camel, frozen=True):
    products: ProductList = ProductList(0, ())
    barcodes: _Barcodes = _Barcodes(())


class WireCollection(_Camel, frozen=True):
    id: str
    name: str
    slug: str
    description: str
    position: int
    is_private: bool
    parent_id: str
    language_code: str | None = None
    featured_asset: WireAsset | None = None


class _CollectionList(_Camel, frozen=True):
    total_items: int
    items: tuple[WireCollection, ...]


class CollectionsData(_Camel, frozen=True):
    collections: _CollectionList


# --- search --------------------------------------------------------------------------------------------------------


class _Hit(_Camel, frozen=True):
    product_id: str


class WireFacetCount(_Camel, frozen=True):
    count: int
    facet_value: WireFacetValue


class WireNamed(_Camel, frozen=True):
    id: str
    name: str


class WireCollectionCount(_Camel, frozen=True):
    count: int
    collection: WireNamed


class SearchResult(_Camel, frozen=True):
    total_items: int
    items: tuple[_Hit, ...]
    facet_values: tuple[WireFacetCount, ...] = ()
    collections: tuple[WireCollectionCount, ...] = ()


class SearchData(_Camel, frozen=True):
    search: SearchResult


# --- prices, stock, places -----------------------------------------------------------------------------------------


class _Enabled(_Camel, frozen=True):
    enabled: bool


class WireCurrency(_Camel, frozen=True):
    currency_code: str


class WireTaxRate(_Camel, frozen=True):
    """`value` in per cent."""

    value: Decimal


class WirePriced(_Camel, frozen=True):
    id: str
    sku: str
    enabled: bool
    product: _Enabled
    price: int
    price_with_tax: int
    currency_code: str
    tax_rate_applied: WireTaxRate


class _PricedList(_Camel, frozen=True):
    items: tuple[WirePriced, ...]


class PricesData(_Camel, frozen=True):
    product_variants: _PricedList


class WireCurrencies(_Camel, frozen=True):
    id: str
    sku: str
    enabled: bool
    product: _Enabled
    prices: tuple[WireCurrency, ...]


class _CurrenciesList(_Camel, frozen=True):
    items: tuple[WireCurrencies, ...]


class CurrenciesData(_Camel, frozen=True):
    product_variants: _CurrenciesList


class WireStockLevel(_Camel, frozen=True):
    stock_location_id: str
    stock_on_hand: int
    stock_allocated: int


class WireStock(_Camel, frozen=True):
    id: str
    sku: str
    enabled: bool
    track_inventory: str
    use_global_out_of_stock_threshold: bool
    out_of_stock_threshold: int
    stock_levels: tuple[WireStockLevel, ...]


class _StockList(_Camel, frozen=True):
    items: tuple[WireStock, ...]


class StockData(_Camel, frozen=True):
    product_variants: _StockList


class WireSku(_Camel, frozen=True):
    id: str
    sku: str
    enabled: bool


class SkuList(_Camel, frozen=True):
    total_items: int
    items: tuple[WireSku, ...]


class SkusData(_Camel, frozen=True):
    product_variants: SkuList


class _LocationList(_Camel, frozen=True):
    total_items: int
    items: tuple[WireNamed, ...]


class LocationsData(_Camel, frozen=True):
    stock_locations: _LocationList


# --- customers and orders ------------------------------------------------------------------------------------------


class WireCustomer(_Camel, frozen=True):
    id: str
    email_address: str
    first_name: str
    last_name: str
    updated_at: datetime
    phone_number: str | None = None
    groups: tuple[WireName, ...] = ()
    custom_fields: Mapping[str, str | int | None] = {}


class _CustomerList(_Camel, frozen=True):
    items: tuple[WireCustomer, ...]


class CustomersData(_Camel, frozen=True):
    customers: _CustomerList


class WireOrderChannel(_Camel, frozen=True):
    code: str
    prices_include_tax: bool


class WireId(_Camel, frozen=True):
    id: str


class WireLineVariant(_Camel, frozen=True):
    sku: str
    name: str


class WireOrderLine(_Camel, frozen=True):
    id: str
    quantity: int
    order_placed_quantity: int
    prorated_unit_price: int
    prorated_unit_price_with_tax: int
    prorated_line_price: int
    prorated_line_price_with_tax: int
    product_variant: WireLineVariant


class WireRefund(_Camel, frozen=True):
    total: int
    state: str


class WirePayment(_Camel, frozen=True):
    refunds: tuple[WireRefund, ...]


class WireOrigin(_Camel, frozen=True):
    origin: str | None = None


class WireOrder(_Camel, frozen=True):
    id: str
    code: str
    state: str
    currency_code: str
    total: int
    total_with_tax: int
    channels: tuple[WireOrderChannel, ...]
    lines: tuple[WireOrderLine, ...]
    order_placed_at: datetime | None = None
    customer: WireId | None = None
    payments: tuple[WirePayment, ...] | None = None
    custom_fields: WireOrigin = WireOrigin()


class OrderList(_Camel, frozen=True):
    items: tuple[WireOrder, ...]


class OrdersData(_Camel, frozen=True):
    orders: OrderList


class CustomerOrders(_Camel, frozen=True):
    orders: OrderList
