"""Writes: one command, one owner, never a stand-in. What an adapter declares of one, and where the gateway notes what
was sent to whom. Performed by `calls/operation/writes.py`; what a write is stands in `domain`.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from math import inf
from typing import Protocol

from msgspec import Struct


class FindKind(Enum):
    """How far `find` can be believed when it says that there is nothing."""

    EXACT = "exact"
    """A record is found from the moment it exists."""
    REPLAY = "replay"
    """There is no look-up; the same key gives the first answer again."""
    LAGGING = "lagging"
    """An index: absent is believed only after its lag."""
    BY_WEBHOOK = "by_webhook"
    """The vendor tells; absent is believed only after the webhook's deadline."""


class WriteSpec(Struct, frozen=True, kw_only=True):
    """What an adapter declares of a write. `find_after` in seconds: the lag of a LAGGING look-up, the deadline of a
    webhook. `by_key` in seconds: how long the vendor remembers our idempotency key and answers the same again (None:
    it has none). `timeout` in seconds for one attempt; `settles` in seconds: how long after it was sent an attempt may
    still take effect there, answered or not."""

    vary_on: frozenset[str] = frozenset()
    find: FindKind = FindKind.EXACT
    find_after: float = 0.0
    by_key: float | None = None
    timeout: float = 10.0
    settles: float = 60.0

    def absent_after(self) -> float:
        """Seconds since the sending after which "absent" is believed."""
        return self.settles + self.find_after


class WritePlace(Struct, frozen=True):
    """Which write: `operation` by name, at a backend by its configured name."""

    backend: str
    operation: str
    reference: str


class ClaimState(Enum):
    FRESH = "fresh"
    """Nobody has sent it; it is ours now, noted as sent."""
    BEFORE = "before"
    """Somebody has sent it and not come back; it is ours now, to look up."""
    BUSY = "busy"
    """Somebody is at it."""
    DONE = "done"
    CONFLICT = "conflict"
    """Another command was sent under this reference."""


class Claim(Struct, frozen=True):
    """`since_sent` in seconds, of the last sending, by a clock that was set so many seconds ago (`since_set`). `result`
    is what was answered, where it is done. `restored`: so many seconds ago this journal was put back from a backup, and
    what was sent after that was made is not in it; None where nothing of then will be asked for again."""

    state: ClaimState
    since_sent: float = 0.0
    since_set: float = inf
    result: bytes | None = None
    restored: float | None = None


class WriteJournal(Protocol):
    """What was sent to whom, when, and what came back. Every method is one short transaction; a holder is one
    performer, in one process; a lease is in seconds. Raises StateUnavailable."""

    async def claim(self, place: WritePlace, digest: str, holder: str, lease: float) -> Claim: ...

    async def sending(self, place: WritePlace, holder: str, lease: float) -> bool:
        """It is sent once more, now. False: it is not ours any more, and must not be sent."""
        ...

    async def done(self, place: WritePlace, holder: str, result: bytes) -> bool:
        """False where another has taken it over meanwhile: there may be two effects."""
        ...

    async def refused(self, place: WritePlace, holder: str) -> None:
        """It certainly had no effect: the reference is free again."""
        ...

    async def unknown(self, place: WritePlace, holder: str, pauses: Sequence[float]) -> int:
        """Nobody is at it; it is looked up after the pause (seconds) that is due by how often it was looked up already,
        which is the answer."""
        ...

    async def reopen(self, place: WritePlace) -> None:
        """What was done under this reference is not so any more at its owner, or was done to another record: it may be
        asked for anew. A person's order, after a look at the owner."""
        ...

    async def due(self, limit: int) -> list[tuple[WritePlace, str]]:
        """Writes nobody is at whose time to be looked up has come, each with its digest."""
        ...
