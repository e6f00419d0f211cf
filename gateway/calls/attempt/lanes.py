"""Who waits for a place among a backend's attempts, and whose turn is next: checkouts before carts before browsing
before background; inside a lane attempts of operations that have begun, then the others, each as they came.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque

from gateway.errors import Overloaded
from gateway.model.context import Priority
from gateway.runtime.clock import Sleeper, clock_of

MOST_WAITING = 1_000
"""Those of operations that have begun are not counted: they are as many as their adapters make."""


class Waiter:
    """`turn` is its place among the attempts under way, once it has come."""

    __slots__ = ("_lane", "_line", "_sleeping", "turn")

    def __init__(self, line: WaitingLine, lane: deque[Waiter], until: float) -> None:
        loop = asyncio.get_running_loop()
        self.turn: asyncio.Future[int] = loop.create_future()
        self._line = line
        self._lane = lane
        self._sleeping: set[Sleeper] | None = clock_of(loop).sleep(self, until)

    def wake(self) -> None:
        """Its patience is over."""
        self._sleeping = None
        if not self.turn.done():
            self._line.leave(self._lane, self)
            self.turn.set_exception(Overloaded(detail="no place among the attempts of this backend in time"))

    def gone(self) -> None:
        """Nobody waits any longer: out of the line, if it still stands there."""
        if self._sleeping is not None:
            self._sleeping.discard(self)
            self._sleeping = None
        if not self.turn.done() or self.turn.cancelled():
            self._line.leave(self._lane, self)


class WaitingLine:
    __slots__ = ("_lanes", "waiting")

    def __init__(self) -> None:
        self._lanes: list[deque[Waiter]] = [deque() for _ in range(2 * len(Priority))]
        self.waiting = 0

    def ahead(self, priority: Priority) -> int:
        """How many will have their turn before one who comes now."""
        return sum(len(lane) for lane in self._lanes[: 2 * priority + 2])

    def join(self, priority: Priority, until: float, *, begun: bool) -> Waiter:
        """`until` on the monotonic clock: then its turn is an `Overloaded`."""
        lane = self._lanes[2 * priority + (not begun)]
        waiter = Waiter(self, lane, max(until, time.monotonic()))
        lane.append(waiter)
        self.waiting += 1
        return waiter

    def next(self) -> Waiter | None:
        """Whose turn it is; None where nobody waits."""
        for lane in self._lanes:
            while lane:
                self.waiting -= 1
                waiter = lane.popleft()
                if not waiter.turn.done():
                    return waiter
        return None

    def displace(self, priority: Priority) -> bool:
        """Whether somebody of a lower class gave up his place: the lowest first, the last who came."""
        for other in sorted(Priority, reverse=True):
            if other <= priority:
                return False
            lane = self._lanes[2 * other + 1]
            while lane:
                self.waiting -= 1
                waiter = lane.pop()
                if not waiter.turn.done():
                    waiter.turn.set_exception(Overloaded(detail="displaced from the line by a higher class"))
                    return True
        return False

    def leave(self, lane: deque[Waiter], waiter: Waiter) -> None:
        try:
            lane.remove(waiter)
        except ValueError:
            return  # its turn had come in the same moment
        self.waiting -= 1
