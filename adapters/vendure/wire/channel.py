"""What a channel is, and one of everything for the probe."""

from __future__ import annotations

from adapters.vendure.wire.common import Camel


class WireChannel(Camel, frozen=True):
    token: str
    code: str
    default_language_code: str
    default_currency_code: str
    available_currency_codes: tuple[str, ...]
    prices_include_tax: bool
    available_language_codes: tuple[str, ...] | None = None


class WireServerConfig(Camel, frozen=True):
    money_strategy_precision: int


class WireSettings(Camel, frozen=True):
    track_inventory: bool
    out_of_stock_threshold: int
    server_config: WireServerConfig


class FactsData(Camel, frozen=True):
    active_channel: WireChannel
    global_settings: WireSettings


class _Count(Camel, frozen=True):
    total_items: int


class _Id(Camel, frozen=True):
    id: str


class _Ids(Camel, frozen=True):
    items: tuple[_Id, ...]


class CollectionIds(Camel, frozen=True):
    collections: _Ids


class ProbeData(Camel, frozen=True):
    products: _Count
    customers: _Count
    orders: _Count
    stock_locations: _Count
