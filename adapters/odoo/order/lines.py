"""An order's lines as Odoo keeps them: a price, a quantity and a percentage off, from which it works out its own totals
and taxes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from adapters.odoo.price.charging import stored
from adapters.odoo.price.digits import LineDigits
from adapters.odoo.price.rules import PERCENT
from adapters.odoo.values import written_number
from gateway.errors import RequestRefused
from gateway.kit.pieces import before_discounts, in_coins
from gateway.model.money import Money
from gateway.model.orders import OrderDelivery, PlaceOrderLine

NEW = 0
"""The command that makes a record beside the one it belongs to."""


def line_commands(
    lines: Sequence[PlaceOrderLine], products: Mapping[str, int], digits: LineDigits
) -> Iterator[tuple[int, int, Mapping[str, Any]]]:
    """Raises RequestRefused for a price with more digits than this Odoo keeps, where whole coins cannot say it."""
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
    the smallest coin. Else, and for a price that Odoo would keep with fewer digits or multiply to another amount than
    its owner did, as prices in whole coins that do: two, a coin apart, where one does not."""
    if stored(line.quantity, digits.quantity) != line.quantity:
        raise RequestRefused(detail="a quantity with more digits than this Odoo keeps")
    currency = line.unit.currency
    off = sum((each.amount.amount for each in line.discounts), Decimal(0))
    before = before_discounts(line).quantized()
    whole = line.unit.amount * line.quantity
    kept = stored(line.unit.amount, digits.price) == line.unit.amount
    if kept and not off and Money(whole, currency).quantized() == before:
        return [(line.quantity, line.unit.amount, Decimal(0))]
    if off and not 0 < off <= before.amount:
        raise RequestRefused(detail="a discount of more than its line")
    rest = Money(before.amount - off, currency).quantized()
    if kept and off:
        percent = stored(off / whole * PERCENT, 2 if digits.discount is None else digits.discount)
        if Money(whole * (1 - percent / PERCENT), currency).quantized() == rest:
            return [(line.quantity, line.unit.amount, percent)]
    if line.quantity != line.quantity.to_integral_value():
        raise RequestRefused(detail="part of a piece at a price that Odoo cannot be told")
    parts = in_coins(Money(rest.amount / line.quantity, currency), int(line.quantity), rest)
    if any(stored(each.amount, digits.price) != each.amount for _, each in parts):
        raise RequestRefused(detail="a price with more digits than this Odoo keeps")
    return [(Decimal(pieces), each.amount, Decimal(0)) for pieces, each in parts]
