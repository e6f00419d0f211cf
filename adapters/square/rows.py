"""What every answer has: errors, a cursor, money. Answers are typed records of the fields this adapter reads, decoded
strictly; a field that Square leaves out or sends as null is None or empty."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

Instant = Annotated[datetime, Meta(tz=True)]
"""RFC 3339 with an offset; a time without one is an invalid answer."""


class Error(Struct, frozen=True):
    category: str
    code: str
    field: str | None = None


class Answer(Struct, frozen=True, kw_only=True):
    """Base of every answer. Either `errors` or the content is there."""

    errors: tuple[Error, ...] | None = None
    cursor: str | None = None


class WireMoney(Struct, frozen=True):
    """`amount` in minor units of `currency`: pence for GBP, yen for JPY, fils for KWD."""

    amount: Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)] | None = None
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$")] | None = None
