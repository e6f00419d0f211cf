"""Numbers as programs write them: ASCII digits, a minus, a point. Python's own readers also take blanks, underscores
and the digits of every script, which no system sends and no client means."""

from __future__ import annotations

import re
from decimal import Decimal

_WHOLE = re.compile(r"-?[0-9]{1,30}")
_DECIMAL = re.compile(r"-?[0-9]{1,30}(?:\.[0-9]{1,30})?")


def whole_of(written: str) -> int:
    """Raises ValueError."""
    if not _WHOLE.fullmatch(written):
        raise ValueError("no whole number")
    return int(written)


def decimal_of(written: str) -> Decimal:
    """Always finite. Raises ValueError."""
    if not _DECIMAL.fullmatch(written):
        raise ValueError("no decimal number")
    return Decimal(written)
