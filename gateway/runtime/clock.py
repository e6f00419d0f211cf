"""One timer of the event loop for everything that ends at about the same time.

Nearly nothing that has an end ever reaches it, and a timer of its own is most of what a deadline costs: uvloop makes
and closes a handle for each. Whoever waits is woken when its sixty-fourth of a second is over: up to 16 ms late, never
early.
"""

from __future__ import annotations

import asyncio
import time
from contextvars import Context
from typing import Protocol

TICKS = 64
"""A second."""


class Sleeper(Protocol):
    def wake(self) -> None: ...


class Clock:
    """Of one event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._sleeping: dict[int, set[Sleeper]] = {}
        self._nothing = Context()

    def sleep(self, sleeper: Sleeper, until: float) -> set[Sleeper]:
        """Wakes it soon after `until` (monotonic seconds), unless it is discarded from the set that is returned."""
        tick = int(until * TICKS) + 1
        sleeping = self._sleeping.get(tick)
        if sleeping is None:
            sleeping = self._sleeping[tick] = set()
            # In a context of nobody's: a timer would keep that of whoever came first, with all its request knows.
            self.loop.call_later(max(0.0, tick / TICKS - time.monotonic()), self._ring, tick, context=self._nothing)
        sleeping.add(sleeper)
        return sleeping

    def _ring(self, tick: int) -> None:
        sleeping = self._sleeping.pop(tick)
        while sleeping:
            sleeper = sleeping.pop()
            try:
                sleeper.wake()
            except Exception as error:  # the others are to be woken all the same
                self.loop.call_exception_handler({"message": "a sleeper failed to wake", "exception": error})


_clock: Clock | None = None


def clock_of(loop: asyncio.AbstractEventLoop) -> Clock:
    """The clock of the running loop. A process has one; where loops come and go, each may have several clocks."""
    global _clock
    clock = _clock
    if clock is None or clock.loop is not loop:
        clock = _clock = Clock(loop)
    return clock
