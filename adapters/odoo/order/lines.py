"""An order's lines as Odoo keeps them: a price, a quantity and a percentage off, from which it works out its own totals
and taxes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from adapters.odoo.price.charging import stored
from adapters.odoo.price.digits import LineDigits
from adapters.odoo.price.rules import PERCENT
from adapters.odoo.values import written_number
from gateway.errors import RequestRefused
from gateway.model.money import Money
from gateway.model.orders import OrderDelivery, PlaceOrderLine

NEW = 0
"""The command that makes a record beside the one it belongs to."""


def line_commands(
    lines: Sequence[PlaceOrderLine], products: Mapping[str, int], digits: LineDigits
) -> Iterator[tuple[int, int, Mapping[str, Any]]]:
    """Raises RequestRefused for a price with more digits than this Odoo keeps."""
    for line in lines:
        for pieces, unit, percent in _charged(line, digits):
            yield _new(
                product_id=products[line.sku],
                product_uom_qty=written_number(pieces),
                price_unit=written_number(unit),
                discount=written_number(percent),
            )


def delivery_commands(
    deliveries: Sequence[OrderDelivery], product: int | None
) -> Iterator[tuple[int, int, Mapping[str, Any]]]:
    """Raises RequestRefused where a delivery costs something and no product stands for it."""
    for each in deliveries:
        if each.price is None or not each.price.stated.amount:
            continue
        if product is None:
            raise RequestRefused(detail="`delivery_product` is not configured")
        price = written_number(each.price.stated.quantized().amount)
        named = {"name": each.label} if each.label else {}
        yield _new(product_id=product, product_uom_qty=1, price_unit=price, discount=0, **named)


def note_command(note: str) -> tuple[int, int, Mapping[str, Any]]:
    return _new(display_type="line_note", name=note)


def _new(**values: Any) -> tuple[int, int, Mapping[str, Any]]:
    return NEW, 0, values


def _charged(line: PlaceOrderLine, digits: LineDigits) -> Sequence[tuple[Decimal, Decimal, Decimal]]:
    """Pieces, price of one, percent off. What is taken off is told as a percentage where that gives the same amount to
    the smallest coin, else as lower prices: of one piece what the others leave."""
    if stored(line.unit.amount, digits.price) != line.unit.amount:
        raise RequestRefused(detail="a price with more digits than this Odoo keeps")
    if stored(line.quantity, digits.quantity) != line.quantity:
        raise RequestRefused(detail="a quantity with more digits than this Odoo keeps")
    currency = line.unit.currency
    off = sum((each.amount.amount for each in line.discounts), Decimal(0))
    whole = line.unit.amount * line.quantity
    if not off:
        return [(line.quantity, line.unit.amount, Decimal(0))]
    if not 0 < off <= whole:
        raise RequestRefused(detail="a discount of more than its line")
    rest = Money(whole - off, currency).quantized().amount
    percent = stored(off / whole * PERCENT, 2 if digits.discount is None else digits.discount)
    if Money(whole * (1 - percent / PERCENT), currency).quantized().amount == rest:
        return [(line.quantity, line.unit.amount, percent)]
    if line.quantity != line.quantity.to_integral_value():
        raise RequestRefused(detail="a discount on part of a piece that no percentage is equal to")
    coin = Money(Decimal(1), currency).quantized().amount
    each = (rest / line.quantity).quantize(coin, rounding=ROUND_FLOOR)
    last = rest - each * (line.quantity - 1)
    if last == each or line.quantity == 1:
        return [(line.quantity, last, Decimal(0))]
    return [(line.quantity - 1, each, Decimal(0)), (Decimal(1), last, Decimal(0))]
