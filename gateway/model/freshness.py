"""Where a fact came from and how old it is. Every record that a backend answers carries one."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

from msgspec import Struct


class Role(Enum):
    """Why this backend answered: it owns the data domain, it stands in, or it adds to another's answer."""

    PRIMARY = "PRIMARY"
    FALLBACK = "FALLBACK"
    ENRICHMENT = "ENRICHMENT"
    COMPARISON = "COMPARISON"


class Freshness(Struct, frozen=True, gc=False):
    """`source` is the backend's configured name (the schema shows its public alias), `as_of` the aware UTC instant at
    which the backend said so, `stale` whether a newer answer was wanted and could not be had, `reason` why."""

    source: str
    as_of: datetime
    role: Role = Role.PRIMARY
    stale: bool = False
    reason: str | None = None
