"""Customers and their orders."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from adapters.vendure.wire.common import Camel, WireId, WireName


class WireCustomer(Camel, frozen=True):
    id: str
    email_address: str
    first_name: str
    last_name: str
    updated_at: datetime
    phone_number: str | None = None
    groups: tuple[WireName, ...] = ()
    custom_fields: Mapping[str, str | int | None] = {}


class _CustomerList(Camel, frozen=True):
    items: tuple[WireCustomer, ...]


class CustomersData(Camel, frozen=True):
    customers: _CustomerList


class WireOrderChannel(Camel, frozen=True):
    code: str
    prices_include_tax: bool


class WireLineVariant(Camel, frozen=True):
    sku: str
    name: str


class WireOrderLine(Camel, frozen=True):
    id: str
    quantity: int
    order_placed_quantity: int
    prorated_unit_price: int
    prorated_unit_price_with_tax: int
    prorated_line_price: int
    prorated_line_price_with_tax: int
    product_variant: WireLineVariant


class WireRefund(Camel, frozen=True):
    total: int
    state: str


class WirePayment(Camel, frozen=True):
    refunds: tuple[WireRefund, ...]


class WireOrigin(Camel, frozen=True):
    origin: str | None = None


class WireOrder(Camel, frozen=True):
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


class OrderList(Camel, frozen=True):
    items: tuple[WireOrder, ...]


class OrdersData(Camel, frozen=True):
    orders: OrderList


class CustomerOrders(Camel, frozen=True):
    orders: OrderList
