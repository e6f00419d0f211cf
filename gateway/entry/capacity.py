"""How many operations one worker takes on at a time, so that those it takes are answered in time.

There is a ceiling, and below it the event loop's own lateness decides: while it is late for longer than a single heavy
answer would make it, less and less is let in; as soon as it is on time again, more. What is not let in is refused
before anything of it is read, which costs next to nothing, so that overload takes nothing from what was let in.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import monotonic

from gateway.errors import GatewayOverloaded

LOOK_SECONDS = 0.02
LATE_SECONDS = 0.4
"""How long the loop must have been late: a collection or one large answer is no overload."""
LEAST = 8
"""Always let in: this few are late because each is heavy, not because they are many."""
FEWER = 0.8
MORE = 1.05


class Capacity:
    """Entered with each operation, by as many at once as are let in; `under_way` counts them. `ceiling` is
    `server.operations`, `lag` is `server.overload_lag` in seconds."""

    def __init__(self, ceiling: int, lag: float, *, clock: Callable[[], float] = monotonic) -> None:
        self.ceiling = ceiling
        self.limit = float(ceiling)
        self.under_way = 0
        self.refused = 0
        self._lag = lag
        self._clock = clock
        self._least = min(LEAST, ceiling)
        self._due = 0.0
        self._late_since: float | None = None
        self._looking: asyncio.TimerHandle | None = None

    def check(self) -> None:
        """Raises GatewayOverloaded where the next operation would be refused."""
        if self.under_way >= self.limit:
            self.refused += 1
            raise GatewayOverloaded

    def __enter__(self) -> None:
        """One operation, from before it is looked at until it is answered. Raises GatewayOverloaded."""
        if self.under_way >= self.limit:
            self.check()
        self.under_way += 1
        if self._looking is None:
            self._look_later()

    def __exit__(self, *_: object) -> None:
        self.under_way -= 1

    @property
    def pressed(self) -> bool:
        """Whether all that have arrived should be counted before the first of them is worked on: those that answer
        without ever waiting would otherwise be let in one by one, however many stand in the loop's queue."""
        return self._late_since is not None or self.limit < self.ceiling

    def looked(self, late: float) -> None:
        """How late the loop came to look, in seconds."""
        now = self._clock()
        if late > self._lag:
            if self._late_since is None:
                self._late_since = now - late
            if now - self._late_since >= LATE_SECONDS:
                self.limit = max(self._least, min(self.limit, self.under_way) * FEWER)
            return
        self._late_since = None
        self.limit = min(self.ceiling, self.limit * MORE + 0.1)

    def _look_later(self) -> None:
        self._due = self._clock() + LOOK_SECONDS
        self._looking = asyncio.get_running_loop().call_later(LOOK_SECONDS, self._look)

    def _look(self) -> None:
        self._looking = None
        self.looked(self._clock() - self._due)
        if self.under_way or self.limit < self.ceiling:
            self._look_later()
