"""Orders: sales, returns and exchanges."""

from __future__ import annotations

from msgspec import Struct

from adapters.square.wire.common import Answer, Instant, WireMoney


class Source(Struct, frozen=True):
    name: str | None = None


class Line(Struct, frozen=True):
    """A line item, sold or returned: both carry these names."""

    quantity: str
    uid: str | None = None
    name: str | None = None
    variation_name: str | None = None
    catalog_object_id: str | None = None
    base_price_money: WireMoney | None = None
    total_money: WireMoney | None = None
    total_tax_money: WireMoney | None = None
    source_line_item_uid: str | None = None


class Return(Struct, frozen=True):
    source_order_id: str | None = None
    return_line_items: tuple[Line, ...] | None = None


class Amounts(Struct, frozen=True):
    total_money: WireMoney | None = None
    tax_money: WireMoney | None = None


class Refund(Struct, frozen=True):
    amount_money: WireMoney
    status: str


class WireOrder(Struct, frozen=True):
    id: str
    location_id: str
    state: str | None = None
    reference_id: str | None = None
    ticket_name: str | None = None
    source: Source | None = None
    customer_id: str | None = None
    line_items: tuple[Line, ...] | None = None
    returns: tuple[Return, ...] | None = None
    net_amounts: Amounts | None = None
    refunds: tuple[Refund, ...] | None = None
    created_at: Instant | None = None
    closed_at: Instant | None = None
    total_money: WireMoney | None = None
    total_tax_money: WireMoney | None = None


class OrdersAnswer(Answer, frozen=True, kw_only=True):
    orders: tuple[WireOrder, ...] | None = None
