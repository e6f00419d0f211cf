"""Where an order is known besides its owner, and how that stands."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

from msgspec import Struct

from gateway.model.identity import NativeRef


class SyncRole(Enum):
    OWNER = "OWNER"
    """The system that took the order."""
    MIRROR = "MIRROR"
    """Written there by the gateway."""
    EXPECTED = "EXPECTED"
    """Written there by a connector of the retailer's."""


class SyncState(Enum):
    WAITING = "WAITING"
    """Not there yet."""
    THERE = "THERE"
    REFUSED = "REFUSED"
    """That system said no: a person's."""
    CANCELLED = "CANCELLED"
    """The order was cancelled, and does not stand there any more."""


class OrderSync(Struct, frozen=True, kw_only=True):
    """One system that knows an order, or should. `since` is when it came into its state, `due` by when it should be
    there (both aware UTC); `overdue`: it was not by then, and still is not. `reason` is the code of the error with
    which it was refused. `reference` is ours, under which the gateway wrote it there."""

    backend: str
    role: SyncRole
    state: SyncState
    since: datetime
    reference: str
    order: NativeRef | None = None
    number: str | None = None
    due: datetime | None = None
    overdue: bool = False
    reason: str | None = None
