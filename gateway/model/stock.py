"""Stock by location, as each location's system of record counts it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import Enum

from msgspec import Struct

from gateway.model.freshness import Freshness
from gateway.model.identity import NativeRef, VariantKey, sku_of


class StockKey(Struct, frozen=True, gc=False, cache_hash=True):
    """Stock of one variant at places of one backend. `locations` are that backend's own location references; every key
    of one call usually shares the same tuple."""

    variant: VariantKey
    locations: tuple[str, ...]

    @property
    def sku(self) -> str | None:
        return sku_of(self.variant)


class Tracking(Enum):
    """TRACKED: counted here. UNTRACKED: sold without counting, never runs out. NOT_STOCKED: known, not kept here."""

    TRACKED = "TRACKED"
    UNTRACKED = "UNTRACKED"
    NOT_STOCKED = "NOT_STOCKED"


class StockLevel(Struct, frozen=True, gc=False):
    """Pieces at one location. `available` is what can still be sold (may be negative where oversold), `on_hand` what
    lies there, reserved or not; both None when untracked."""

    location: str
    tracking: Tracking
    freshness: Freshness
    available: Decimal | None = None
    on_hand: Decimal | None = None
    incoming: Decimal | None = None


class StockPart(Struct, frozen=True, gc=False):
    """So many of a stock item in one piece of a variant. `item` is named as whoever sells it by itself names it: by its
    SKU as its owner writes it, or by the owner's reference where it has none. `levels` are the item's own, as in
    `StockLevels`."""

    item: VariantKey
    quantity: Decimal
    levels: dict[str, StockLevel]


class StockLevels(Struct, frozen=True, gc=False):
    """Levels by native location reference. A location that is absent was never counted there: unknown, not zero.
    `until`, aware UTC: from then on it is something else without anybody counting, as when a sold-out mark ends.
    `parts`: the stock items that a piece takes, each once, of a kit or of variants that share one; `levels` is what
    they make then. Empty: the variant is a stock item itself."""

    levels: dict[str, StockLevel]
    until: datetime | None = None
    parts: tuple[StockPart, ...] = ()

    @property
    def horizon(self) -> datetime | None:
        return self.until


class GoodsSold(Struct, frozen=True, gc=False):
    """Pieces of a variant that an order takes from a place of the stock's owner (its own reference)."""

    variant: VariantKey
    place: str
    pieces: int


class CommitStock(Struct, frozen=True, kw_only=True):
    """Another system has an order for these goods. `reference` is ours, of this commitment (26 characters of A-Z and
    0-9); `order` is the number that people know the order by."""

    reference: str
    goods: tuple[GoodsSold, ...]
    order: str | None = None


class StockCommitted(Struct, frozen=True):
    """The owner's own record of it: a transfer, a movement."""

    ref: NativeRef


class Restock(Struct, frozen=True, kw_only=True):
    """The order that took these goods is none any more. `reference` is the commitment's own, `record` what its owner
    answered then, at `committed` (aware UTC); `goods` and `order` are as they were told."""

    reference: str
    record: NativeRef
    committed: datetime
    goods: tuple[GoodsSold, ...]
    order: str | None = None


class Restocked(Struct, frozen=True):
    """The owner's own record of it. `shipped`: its records of what had left already and was not taken back."""

    ref: NativeRef
    shipped: tuple[NativeRef, ...] = ()


class Fulfilment(Enum):
    DELIVERY = "DELIVERY"
    PICKUP = "PICKUP"


class AvailabilityStatus(Enum):
    """UNKNOWN where no system that counts could be heard, or none ever counted; never a disguised zero."""

    IN_STOCK = "IN_STOCK"
    LOW_STOCK = "LOW_STOCK"
    OUT_OF_STOCK = "OUT_OF_STOCK"
    UNKNOWN = "UNKNOWN"


class Confidence(Enum):
    """HIGH: every place was heard and the figures are fresh. LOW: something is missing or old."""

    HIGH = "HIGH"
    LOW = "LOW"


class Promise(Struct, frozen=True, gc=False):
    """When the goods can be had: from `ready_at` to `ready_by`, aware UTC."""

    ready_at: datetime
    ready_by: datetime
    confidence: Confidence


class StoreAvailability(Struct, frozen=True, gc=False):
    """At one store, for pickup. `store` is its configured name; `quantity` is capped; `distance_km` from the asked
    point."""

    store: str
    status: AvailabilityStatus
    quantity: int | None
    capped: bool
    complete: bool
    promise: Promise | None
    freshness: tuple[Freshness, ...]
    distance_km: float | None = None


class Availability(Struct, frozen=True, gc=False):
    """Of one variant. `quantity` sums the heard places, capped, None when unknown or uncounted; `complete` is False
    when a place could not be heard, then the sum is a lower bound."""

    variant: VariantKey
    fulfilment: Fulfilment
    status: AvailabilityStatus
    quantity: int | None
    capped: bool
    complete: bool
    unknown_places: int
    promise: Promise | None
    stores: tuple[StoreAvailability, ...]
    freshness: tuple[Freshness, ...]

    @property
    def sku(self) -> str | None:
        return sku_of(self.variant)
