"""Limits of several workers that share a database and no Redis: each counts for itself and tells the others in parts.

A worker reports what it has counted of a caller once that is a twentieth of the caller's limit. So a limit costs twenty
short transactions a minute however often somebody asks, and is exceeded by no more than a twentieth for each worker.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Protocol

from msgspec import Struct

from gateway.security.windows import MOST_CALLERS

PARTS = 20


class Counted(Struct, frozen=True):
    """Of one window: how many, and the seconds until it is over."""

    value: int
    left: float


class SharedCounts(Protocol):
    async def add(self, key: str, amount: int = 1) -> Counted:
        """The count of all processes in this window, with `amount` in it. Raises StateUnavailable."""
        ...


class _Caller:
    __slots__ = ("closed_until", "unreported")

    def __init__(self) -> None:
        self.unreported = 0
        self.closed_until = 0.0


class SpreadCounts:
    def __init__(
        self, shared: SharedCounts, *, most: int = MOST_CALLERS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._shared = shared
        self._most = most
        self._clock = clock
        self._seen: OrderedDict[str, _Caller] = OrderedDict()
        """By caller; the one seen longest ago is forgotten first."""

    def __len__(self) -> int:
        return len(self._seen)

    async def hit(self, key: str, allowed: int) -> float:
        """Counts once more. 0, or the seconds to wait. Raises StateUnavailable."""
        caller = self._seen.get(key)
        if caller is None:
            caller = self._seen[key] = _Caller()
            if len(self._seen) > self._most:
                self._seen.popitem(last=False)
        self._seen.move_to_end(key)
        now = self._clock()
        if now < caller.closed_until:
            return caller.closed_until - now
        caller.unreported += 1
        if caller.unreported < max(1, allowed // PARTS):
            return 0.0
        reported, caller.unreported = caller.unreported, 0
        counted = await self._shared.add(key, reported)
        if counted.value <= allowed:
            return 0.0
        caller.closed_until = self._clock() + counted.left
        return counted.left
