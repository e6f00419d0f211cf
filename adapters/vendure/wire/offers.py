"""Prices, stock levels and stock locations by variant."""

from __future__ import annotations

from decimal import Decimal

from adapters.vendure.wire.common import Camel, WireNamed


class _Enabled(Camel, frozen=True):
    enabled: bool


class WireCurrency(Camel, frozen=True):
    currency_code: str


class WireTaxRate(Camel, frozen=True):
    """`value` in per cent."""

    value: Decimal


class WirePriced(Camel, frozen=True):
    id: str
    sku: str
    enabled: bool
    product: _Enabled
    price: int
    price_with_tax: int
    currency_code: str
    tax_rate_applied: WireTaxRate


class _PricedList(Camel, frozen=True):
    items: tuple[WirePriced, ...]


class PricesData(Camel, frozen=True):
    product_variants: _PricedList


class WireCurrencies(Camel, frozen=True):
    id: str
    sku: str
    enabled: bool
    product: _Enabled
    prices: tuple[WireCurrency, ...]


class _CurrenciesList(Camel, frozen=True):
    items: tuple[WireCurrencies, ...]


class CurrenciesData(Camel, frozen=True):
    product_variants: _CurrenciesList


class WireStockLevel(Camel, frozen=True):
    stock_location_id: str
    stock_on_hand: int
    stock_allocated: int


class WireStock(Camel, frozen=True):
    id: str
    sku: str
    enabled: bool
    track_inventory: str
    use_global_out_of_stock_threshold: bool
    out_of_stock_threshold: int
    stock_levels: tuple[WireStockLevel, ...]


class _StockList(Camel, frozen=True):
    items: tuple[WireStock, ...]


class StockData(Camel, frozen=True):
    product_variants: _StockList


class WireSku(Camel, frozen=True):
    id: str
    sku: str
    enabled: bool


class SkuList(Camel, frozen=True):
    total_items: int
    items: tuple[WireSku, ...]


class SkusData(Camel, frozen=True):
    product_variants: SkuList


class _LocationList(Camel, frozen=True):
    total_items: int
    items: tuple[WireNamed, ...]


class LocationsData(Camel, frozen=True):
    stock_locations: _LocationList
