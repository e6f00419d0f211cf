"""Stock by location, as each location's system of record counts it."""

from __future__ import annotations

from decimal import Decimal
from enum import Enum

from msgspec import Struct

from gateway.model.freshness import Freshness


class StockKey(Struct, frozen=True):
    """Stock of one SKU at places of one backend. `locations` are that backend's own location references; every key of
    one call usually shares the same tuple."""

    sku: str
    locations: tuple[str, ...]


class Tracking(Enum):
    """TRACKED: counted here. UNTRACKED: sold without counting, never runs out. NOT_STOCKED: known, not kept here."""

    TRACKED = "TRACKED"
    UNTRACKED = "UNTRACKED"
    NOT_STOCKED = "NOT_STOCKED"


class StockLevel(Struct, frozen=True):
    """Pieces at one location. `available` is what can still be sold (may be negative where oversold), `on_hand` what
    lies there, reserved or not; both None when untracked."""

    location: str
    tracking: Tracking
    freshness: Freshness
    available: Decimal | None = None
    on_hand: Decimal | None = None
    incoming: Decimal | None = None


class StockLevels(Struct, frozen=True):
    """Levels by native location reference. A location that is absent was never counted there: unknown, not zero."""

    levels: dict[str, StockLevel]
