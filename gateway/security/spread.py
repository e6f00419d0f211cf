"""Limits of several workers that share a database and no Redis: each counts for itself and tells the others in parts.

A worker reports what it has counted of a caller once that is a twentieth of the caller's limit. So a limit costs about
twenty short transactions a minute however often somebody asks, and is exceeded by no more than a twentieth for each
worker. One report is under way at a time and tells of all callers who are due: a flood of guesses, from however many
addresses, waits for two transactions and not for one of each guess before it.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping
from typing import Protocol

from msgspec import Struct

from gateway.security.windows import MOST_CALLERS, WINDOW_SECONDS

PARTS = 20
REPORT_SECONDS = 5.0
"""What a report may take. It belongs to no request: one that waits no longer leaves it under way."""
MOST_AT_ONCE = 500
"""Callers in one report."""


class Counted(Struct, frozen=True):
    """Of one window: how many, and the seconds until it is over."""

    value: int
    left: float


class SharedCounts(Protocol):
    async def add_all(self, amounts: Mapping[str, int]) -> Mapping[str, Counted]:
        """The counts of all processes in this window by key, with these amounts in them. Raises StateUnavailable."""
        ...


class _Report(Struct, frozen=True):
    """What was reported of one caller, and the count with it."""

    amount: int
    counted: Counted


class _Caller:
    __slots__ = ("allowed", "closed_until", "due", "key", "since", "unreported")

    def __init__(self, key: str) -> None:
        self.key = key
        self.allowed = 0
        self.unreported = 0
        self.since = 0.0
        """When the first of the unreported came: what is older than a window is not told any more."""
        self.closed_until = 0.0
        self.due: asyncio.Future[_Report] | None = None
        """The next report, while it has not begun."""


class SpreadCounts:
    def __init__(
        self, shared: SharedCounts, *, most: int = MOST_CALLERS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._shared = shared
        self._most = most
        self._clock = clock
        self._seen: OrderedDict[str, _Caller] = OrderedDict()
        """By caller; the one seen longest ago is forgotten first."""
        self._due: list[_Caller] = []
        self._reporting: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return len(self._seen)

    async def hit(self, key: str, allowed: int) -> float:
        """Counts once more. 0, or the seconds to wait. Raises StateUnavailable, or TimeoutError."""
        caller = self._seen.get(key)
        if caller is None:
            caller = self._seen[key] = _Caller(key)
            if len(self._seen) > self._most:
                self._seen.popitem(last=False)
        self._seen.move_to_end(key)
        now = self._clock()
        if now < caller.closed_until:
            return caller.closed_until - now
        if not caller.unreported or now - caller.since >= WINDOW_SECONDS:
            caller.unreported, caller.since = 0, now
        caller.allowed = allowed
        caller.unreported += 1
        place = caller.unreported
        if place < max(1, allowed // PARTS):
            return 0.0
        report = await asyncio.shield(self._next_report(caller))
        before = report.counted.value - report.amount
        return 0.0 if before + place <= allowed else report.counted.left

    async def close(self) -> None:
        """Gives up what is under way."""
        if self._reporting is not None:
            self._reporting.cancel()
            await asyncio.gather(self._reporting, return_exceptions=True)

    def _next_report(self, caller: _Caller) -> asyncio.Future[_Report]:
        if caller.due is None:
            caller.due = asyncio.get_running_loop().create_future()
            self._due.append(caller)
        if self._reporting is None:
            self._reporting = asyncio.ensure_future(self._report_all())
        return caller.due

    async def _report_all(self) -> None:
        try:
            while self._due:
                callers, self._due = self._due[:MOST_AT_ONCE], self._due[MOST_AT_ONCE:]
                await self._report(callers)
        finally:
            self._reporting = None

    async def _report(self, callers: list[_Caller]) -> None:
        told = [(caller, caller.due, caller.unreported) for caller in callers]
        for caller in callers:
            caller.due, caller.unreported = None, 0
        amounts: Counter[str] = Counter()
        for caller, _, amount in told:
            amounts[caller.key] += amount  # who was forgotten and came again is there twice
        try:
            async with asyncio.timeout(REPORT_SECONDS):
                counts = await self._shared.add_all(amounts)
        except BaseException as error:
            for caller, due, amount in told:
                caller.unreported += amount  # still to be told
                if due is not None and not due.done():
                    due.set_exception(error if isinstance(error, Exception) else TimeoutError())
                    due.exception()  # whoever asked may have given up
            if not isinstance(error, Exception):
                raise
            return
        now = self._clock()
        for caller, due, amount in told:
            counted = counts[caller.key]
            if counted.value >= caller.allowed:
                caller.closed_until = now + counted.left
            if due is not None and not due.done():
                due.set_result(_Report(amount, counted))
