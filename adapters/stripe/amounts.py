"""Amounts in Stripe's own minor units. Its table is not ISO 4217's: docs.stripe.com/currencies, "Minor units in API
amounts" and "Special cases"."""

from __future__ import annotations

from decimal import Decimal

from gateway.errors import InvalidAnswer, RequestRefused
from gateway.model.currencies import fraction_digits
from gateway.model.money import Money

ZERO_DECIMAL = frozenset(
    {"BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"}
)
"""Among them MGA, which has two digits in ISO 4217."""
WHOLE_IN_HUNDREDTHS = frozenset({"ISK", "UGX"})
"""No decimals any more, but still written with two, which must be zero."""
THREE_DECIMAL = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})
"""The last of the three digits must be zero."""


def digits(currency: str) -> int:
    """Decimal places of one of Stripe's minor units. Raises InvalidAnswer for what it does not charge in: a guess would
    be wrong by a factor of ten at least."""
    if currency in ZERO_DECIMAL:
        return 0
    if currency in THREE_DECIMAL:
        return 3
    if currency in WHOLE_IN_HUNDREDTHS or fraction_digits(currency) == 2:
        return 2
    raise InvalidAnswer(detail=f"Stripe does not charge in {currency}")


def minor(money: Money) -> int:
    """The amount as it is sent. Raises RequestRefused for one that Stripe cannot charge exactly: it is never rounded,
    because the shopper was shown it."""
    try:
        scaled = money.amount.scaleb(digits(money.currency))
    except InvalidAnswer as error:
        raise RequestRefused(detail=error.detail) from error
    amount = int(scaled)
    step = 100 if money.currency in WHOLE_IN_HUNDREDTHS else 10 if money.currency in THREE_DECIMAL else 1
    if amount != scaled or amount % step or amount <= 0:
        raise RequestRefused(detail=f"no amount that can be charged in {money.currency}")
    return amount


def money(amount: int, currency: str) -> Money:
    """`currency` as Stripe writes it, in lower case. Raises InvalidAnswer."""
    code = currency.upper()
    return Money(Decimal(amount).scaleb(-digits(code)), code)
