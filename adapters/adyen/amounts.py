"""Amounts in Adyen's own minor units. Its table differs from ISO 4217 for four currencies:
docs.adyen.com/development-resources/currency-codes."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from msgspec import Struct

from gateway.errors import InvalidAnswer, RequestRefused
from gateway.model.currencies import fraction_digits
from gateway.model.money import Money

DIFFERENT: Mapping[str, int] = {"CLP": 2, "CVE": 0, "IDR": 0, "ISK": 2}


class WireAmount(Struct, frozen=True):
    value: int
    currency: str

    @property
    def money(self) -> Money:
        """Raises InvalidAnswer for what is no currency in use."""
        return Money(Decimal(self.value).scaleb(-digits(self.currency)), self.currency)


def digits(currency: str) -> int:
    return DIFFERENT[currency] if currency in DIFFERENT else fraction_digits(currency)


def wire(money: Money) -> dict[str, object]:
    """Raises RequestRefused for an amount that is none in Adyen's units: it is never rounded, because the shopper was
    shown it."""
    try:
        scaled = money.amount.scaleb(digits(money.currency))
    except InvalidAnswer as error:
        raise RequestRefused(detail=error.detail) from error
    if int(scaled) != scaled or scaled <= 0:
        raise RequestRefused(detail=f"no amount that can be charged in {money.currency}")
    return {"value": int(scaled), "currency": money.currency}
