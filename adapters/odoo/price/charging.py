"""From an evaluated price to what this version of Odoo writes on an order line."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, localcontext

from msgspec import Struct

from adapters.odoo.price.rules import PERCENT, Evaluated
from adapters.odoo.price.tables import PriceTables
from adapters.odoo.price.tax_computation import EXACT


class Charged(Struct, frozen=True):
    """`unit` after discount; `regular` the price it is compared with, only when higher."""

    unit: Decimal
    regular: Decimal | None = None


def stored(amount: Decimal, digits: int | None) -> Decimal:
    """17 and 18 store a unit price at the digits of "Product Price", whatever the currency; 19 keeps them all."""
    if digits is None:
        return amount
    with localcontext(EXACT):
        return amount.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)


def charge(evaluated: Evaluated, tables: PriceTables, line_discounts: bool) -> Charged:
    """With "discounts on lines", a percentage rule leaves the regular price on the line and writes a discount, itself
    rounded; a surcharge is never shown as a negative one."""
    before = evaluated.before_discount
    if line_discounts and evaluated.is_discount and before:
        with localcontext(EXACT):
            discount = stored((before - evaluated.unit) / before * PERCENT, tables.digits.discount)
            if discount > 0 < before or discount < 0 > before:
                price = stored(max(before, evaluated.unit), tables.digits.price)
                unit = price * (1 - discount / PERCENT)
                return Charged(unit, price if price > unit else None)
    unit = stored(evaluated.unit, tables.digits.price)
    regular = stored(before, tables.digits.price) if before is not None else None
    return Charged(unit, regular if regular is not None and regular > unit else None)
