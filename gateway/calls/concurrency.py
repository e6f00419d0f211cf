"""Transport policy: how many attempts a backend may have under way, found out from how long they take (a gradient
limit), and who is turned away first when there are more: background before browsing before carts before checkouts.

While answers take about as long as when the backend is idle, the limit grows; when they take much longer, work queues
up in the backend and the limit shrinks. The idle time is the shortest seen lately, per operation, because operations
differ; it is measured anew now and then with the limit lowered, else a long overload would come to look idle.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from gateway.model.context import Priority

_TOLERANCE = 1.5
_STEP = 0.5
"""How far one answer moves the limit. The effect is seen one answer time later, during which about `limit` answers
come: steps in parts of it keep the limit from swinging."""
_FASTEST = 0.2
_MEMORY = 30.0
_MEASURED = 1.0
"""Seconds that measuring the idle time anew may take."""
_SHARES = {Priority.CHECKOUT: 1.0, Priority.CART: 0.9, Priority.BROWSE: 0.8, Priority.BACKGROUND: 0.5}


class _Idle:
    """The shortest time of one operation in the present and in the previous period."""

    __slots__ = ("before", "now")

    def __init__(self, seconds: float) -> None:
        self.now = self.before = seconds


class GradientLimit:
    """`admit`, then `release` with the seconds an answer took; None when the attempt says nothing of the backend, and
    `dropped` when it did not answer at all."""

    def __init__(self, ceiling: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._ceiling = float(ceiling)
        self._floor = float(min(4, ceiling))
        self._limit = float(ceiling)
        self._clock = clock
        self._idle: dict[str, _Idle] = {}
        self._period_ends = clock() + _MEMORY
        self._spared = 0.0
        self._spared_until = 0.0
        self.in_flight = 0

    @property
    def limit(self) -> float:
        return self._limit

    def admit(self, priority: Priority) -> bool:
        """False: shed at once. Each class may fill its share of the limit, and at least one place."""
        limit = self._limit
        if priority is Priority.CHECKOUT and limit < self._spared:
            limit = self._spared  # measuring is not done at the cost of checkouts
        if self.in_flight >= max(1.0, limit * _SHARES[priority]):
            return False
        self.in_flight += 1
        return True

    def release(self, operation: str, seconds: float | None, *, dropped: bool = False) -> None:
        busy = self.in_flight * 2 >= self._limit
        self.in_flight -= 1
        if dropped:
            self._limit = max(self._floor, self._limit - _STEP)
        elif seconds is not None:
            self._learn(operation, max(seconds, 1e-6), busy)

    def _learn(self, operation: str, seconds: float, busy: bool) -> None:
        if self._clock() >= self._period_ends:
            self._new_period()
        elif self._spared and self._clock() >= self._spared_until:
            self._spared = 0.0
        idle = self._idle.get(operation)
        if idle is None:
            idle = self._idle[operation] = _Idle(seconds)
        elif seconds < idle.now:
            idle.now = seconds
        usual = min(idle.now, idle.before)
        gradient = max(0.5, min(1.0, _TOLERANCE * usual / seconds))
        if gradient == 1.0 and not busy:
            return  # the limit was not what held attempts back, so nothing was learnt about a higher one
        wanted = self._limit * gradient + math.sqrt(self._limit)
        self._limit += (wanted - self._limit) * min(_FASTEST, (_STEP if gradient > 0.5 else 4 * _STEP) / self._limit)
        self._limit = max(self._floor, min(self._ceiling, self._limit))

    def _new_period(self) -> None:
        self._period_ends = self._clock() + _MEMORY
        for idle in self._idle.values():
            idle.before, idle.now = idle.now, math.inf
        if self._limit < self._ceiling:
            self._spared, self._spared_until = self._limit, self._clock() + _MEASURED
            self._limit = max(self._floor, self._limit / 2)
