"""What a line of an order costs, written as prices of single pieces in whole coins, for vendors that keep no smaller
ones."""

from __future__ import annotations

from decimal import ROUND_FLOOR, Decimal

from gateway.model.currencies import fraction_digits
from gateway.model.money import Money
from gateway.model.orders import PlaceOrderLine

Pieces = tuple[int, Money]
"""So many, at so much each."""


def in_coins(unit: Money, quantity: int, whole: Money) -> tuple[Pieces, ...]:
    """One price where it comes to `whole` (what all pieces cost); else two that are a coin apart and do: ten at 10.268
    are 102.68, which is 8 at 10.27 and 2 at 10.26."""
    said, asked = unit.quantized(), whole.quantized()
    if said.times(quantity) == asked:
        return ((quantity, said),)
    coin = Decimal(1).scaleb(-fraction_digits(whole.currency))
    low = (asked.amount / quantity).quantize(coin, ROUND_FLOOR)
    more = int((asked.amount - low * quantity) / coin)
    both = ((more, low + coin), (quantity - more, low))
    return tuple((pieces, Money(each, whole.currency)) for pieces, each in both if pieces)


def before_discounts(line: PlaceOrderLine) -> Money:
    """What all its pieces cost, as its own owner rounded it, before anything comes off."""
    if line.total is None:
        return line.unit.times(line.quantity)
    off = sum((each.amount.amount for each in line.discounts), Decimal(0))
    return line.total.stated.plus(Money(off, line.unit.currency))


def shared(amount: Money, parts: tuple[Pieces, ...]) -> list[Money]:
    """An amount spread over parts by what they cost, to the coin; the last bears what is left."""
    whole = sum((each.amount * pieces for pieces, each in parts), Decimal(0))
    told: list[Money] = []
    left = amount.quantized()
    for pieces, each in parts[:-1]:
        share = Decimal(0) if not whole else amount.amount * each.amount * pieces / whole
        told.append(Money(share, amount.currency).quantized())
        left = left.plus(told[-1].times(-1))
    return [*told, left]
