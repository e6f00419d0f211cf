"""What Odoo answers about sales orders and receipts, and the orders they stand for."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import cast

from msgspec import defstruct, field

from adapters.odoo.contacts import ADDRESSES
from adapters.odoo.price.rows import CurrencyRow
from adapters.odoo.values import Coded, Empty, Row, link, moment, number, record, text
from gateway.errors import InvalidAnswer
from gateway.kit.readings import Reading
from gateway.model.identity import NativeRef
from gateway.model.money import Money, TaxedMoney, TaxTreatment
from gateway.model.orders import Order, OrderKind, OrderLine, OrderOrigin, OrderStatus


class _Article(Row, frozen=True):
    default_code: str | Empty


class Buyer(Row, frozen=True):
    """Who an order was made out to: a person, or an address of theirs."""

    type: str | Empty
    parent_id: int | Empty


class _SaleLine(Row, frozen=True):
    """`display_type` marks a heading or a note."""

    name: str | Empty
    display_type: str | Empty
    product_id: _Article | Empty
    product_uom_qty: Decimal
    price_subtotal: Decimal
    price_total: Decimal


class SaleRow(Row, frozen=True):
    name: str
    state: str
    delivery_status: str | Empty
    date_order: str | Empty
    partner_id: Buyer | Empty
    currency_id: CurrencyRow | Empty
    warehouse_id: Coded | Empty
    amount_untaxed: Decimal
    amount_tax: Decimal
    amount_total: Decimal
    order_line: tuple[_SaleLine, ...]


@lru_cache(maxsize=8)
def sale_row(origin_field: str) -> type[SaleRow]:
    """`SaleRow`, with its origin read from the configured field, if there is one."""
    if not origin_field:
        return SaleRow
    origin = ("origin", str | Empty, field(name=origin_field))
    return cast("type[SaleRow]", defstruct("SaleRow", [origin], bases=(SaleRow,), frozen=True))


class _ReceiptLine(Row, frozen=True):
    full_product_name: str | Empty
    product_id: _Article | Empty
    qty: Decimal
    price_unit: Decimal
    discount: Decimal
    price_subtotal: Decimal
    price_subtotal_incl: Decimal


class _PickingType(Row, frozen=True):
    warehouse_id: Coded | Empty


class _Till(Row, frozen=True):
    picking_type_id: _PickingType | Empty


class ReceiptRow(Row, frozen=True):
    name: str
    pos_reference: str | Empty
    state: str
    date_order: str | Empty
    partner_id: Buyer | Empty
    currency_id: CurrencyRow | Empty
    config_id: _Till | Empty
    amount_tax: Decimal
    amount_total: Decimal
    lines: tuple[_ReceiptLine, ...]


def sale_order(row: SaleRow, identifier: str, reading: Reading) -> Order:
    currency = _currency(row.currency_id)
    origin = text(getattr(row, "origin", False))
    return Order(
        ref=reading.ref(identifier),
        number=row.name,
        kind=OrderKind.WEB,
        placed_at=_placed(row.date_order),
        status=_sale_status(row),
        raw_status=row.state if not row.delivery_status else f"{row.state}/{row.delivery_status}",
        total=_total(row.amount_untaxed, row.amount_total, currency),
        freshness=reading.freshness,
        lines=tuple(
            _line(line, line.name, line.product_uom_qty, _total(line.price_subtotal, line.price_total, currency))
            for line in row.order_line
            if not text(line.display_type)
        ),
        location=_code(row.warehouse_id),
        origin=OrderOrigin.read(origin) if origin else None,
        customer=_customer(row.partner_id, reading),
    )


def _sale_status(row: SaleRow) -> OrderStatus:
    if row.state == "cancel":
        return OrderStatus.CANCELLED
    match text(row.delivery_status):
        case "full":
            return OrderStatus.FULFILLED
        case "partial":
            return OrderStatus.PARTIALLY_FULFILLED
        case _:
            return OrderStatus.CONFIRMED


def receipt_order(row: ReceiptRow, identifier: str, reading: Reading) -> Order:
    """A refund is a receipt of its own, with negative amounts."""
    currency = _currency(row.currency_id)
    gross, tax = number(row.amount_total), number(row.amount_tax)
    refund = gross < 0
    till = record(row.config_id)
    picking = record(till.picking_type_id) if till is not None else None
    return Order(
        ref=reading.ref(identifier),
        number=text(row.pos_reference) or row.name,
        kind=OrderKind.REFUND if refund else OrderKind.RECEIPT,
        placed_at=_placed(row.date_order),
        status=OrderStatus.RETURNED if refund else OrderStatus.FULFILLED,
        raw_status=row.state,
        total=_total(gross - tax, gross, currency),
        freshness=reading.freshness,
        lines=tuple(
            _line(
                line, line.full_product_name, line.qty, _total(line.price_subtotal, line.price_subtotal_incl, currency)
            )
            for line in row.lines
        ),
        location=_code(picking.warehouse_id) if picking is not None else None,
        customer=_customer(row.partner_id, reading),
    )


def _code(value: Coded | Empty) -> str | None:
    warehouse = record(value)
    return text(warehouse.code) if warehouse is not None else None


def _customer(value: Buyer | Empty, reading: Reading) -> NativeRef | None:
    buyer = record(value)
    if buyer is None:
        return None
    parent = link(buyer.parent_id) if buyer.type in ADDRESSES else None
    return reading.ref(str(parent or buyer.id))


def _line(row: _SaleLine | _ReceiptLine, title: str | Empty, quantity: Decimal, total: TaxedMoney) -> OrderLine:
    article = record(row.product_id)
    return OrderLine(
        id=str(row.id),
        title=text(title) or "",
        quantity=number(quantity),
        sku=text(article.default_code) if article is not None else None,
        unit=_share(total, number(quantity)),
        total=total,
    )


def _total(net: Decimal, gross: Decimal, currency: str) -> TaxedMoney:
    """Monetary floats arrive as 67.82999999999998."""
    return _taxed(Money(number(net), currency), Money(number(gross), currency))


def _share(total: TaxedMoney, quantity: Decimal) -> TaxedMoney | None:
    """One piece's part of what was charged: a line's unit price is before discount, and its rounding is the line's."""
    if not quantity or total.net is None or total.gross is None:
        return None
    return _taxed(total.net.times(1 / quantity), total.gross.times(1 / quantity))


def _taxed(net: Money, gross: Money) -> TaxedMoney:
    net, gross = net.settled(), gross.settled()
    tax = Money(gross.amount - net.amount, gross.currency)
    return TaxedMoney(net=net, gross=gross, tax=tax, treatment=TaxTreatment.INCLUDED)


def _currency(value: CurrencyRow | Empty) -> str:
    found = record(value)
    if found is None:
        raise InvalidAnswer(detail="an order without a currency")
    return found.name


def _placed(value: str | Empty) -> datetime:
    at = moment(value)
    if at is None:
        raise InvalidAnswer(detail="an order without a date")
    return at
