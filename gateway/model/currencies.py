"""How many digits a currency has: ISO 4217's for arithmetic, CLDR's for display. They differ where the small coins are
out of use: 149.49 RSD is charged, paid and counted, and written as 149 RSD."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from babel.core import get_global
from iso4217 import Currency

from gateway.errors import InvalidAnswer

_MINOR: Mapping[str, int] = {entry.code: entry.exponent for entry in Currency if entry.exponent is not None}
"""Of the currencies in use. Codes without a minor unit (gold, the SDR, test codes) are no money anybody pays with."""

_DISPLAYED: Mapping[str, tuple[int, int, int, int]] = get_global("currency_fractions")


def is_currency(code: str) -> bool:
    """Whether ISO 4217 lists the code among the currencies in use. Withdrawn ones (HRK, BGN) are not: they stand in old
    orders, and nothing is priced in them."""
    return code in _MINOR


def fraction_digits(currency: str) -> int:
    """Digits after the point in ISO 4217: 2 for GBP and RSD, 0 for JPY, 3 for KWD and IQD. Raises InvalidAnswer for
    what is no currency in use, because a guess would be wrong by a factor of 100. Source: ISO 4217 list one, as its
    maintenance agency publishes it, through the package `iso4217`."""
    digits = _MINOR.get(currency)
    if digits is None:
        raise InvalidAnswer(detail=f"`{currency[:8]}` is no currency in use by ISO 4217")
    return digits


@lru_cache(maxsize=512)
def display_digits(currency: str) -> int:
    """Digits after the point as people write them: 0 for RSD. Source: CLDR, which also knows withdrawn currencies;
    2 for what it does not know."""
    return _DISPLAYED.get(currency, _DISPLAYED["DEFAULT"])[0]
