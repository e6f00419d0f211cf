"""Amounts as vendors write them, to Decimal and Money. Never through a float."""

from __future__ import annotations

import re
from decimal import Decimal

from gateway.errors import InvalidAnswer
from gateway.model.money import Money

_DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
LONGEST = 64
"""Characters of a number; no vendor writes more, and arithmetic with more is slow."""


def decimal_of(written: str | int | Decimal, what: str = "an amount") -> Decimal:
    """A number in ASCII digits, or one that was decoded as Decimal. Raises InvalidAnswer for anything else: `NaN`,
    infinities, blanks, separators, more than 64 characters. A float or a bool is a mistake of the adapter:
    TypeError."""
    if isinstance(written, (float, bool)):
        raise TypeError("money is never a float")
    if isinstance(written, str) and not (len(written) <= LONGEST and _DECIMAL.fullmatch(written)):
        raise InvalidAnswer(detail=f"{what} is not a number")
    value = Decimal(written)
    if not value.is_finite():
        raise InvalidAnswer(detail=f"{what} is not a number")
    return value


def money_of(written: str | int | Decimal, currency: str, what: str = "an amount") -> Money:
    """An amount in major units (`"13.30"`), its digits kept."""
    return Money(decimal_of(written, what), currency)


def minor_units(amount: int, currency: str, digits: int | None = None) -> Money:
    """An integer amount with `digits` decimal places, where the vendor says how many; else the currency's own (ISO
    4217: 1999 GBP is 19.99, 1999 JPY is 1999). Raises InvalidAnswer for what is no currency in use, where its digits
    matter."""
    if digits is None:
        return Money.from_minor(amount, currency)
    return Money(Decimal(amount).scaleb(-digits), currency)
