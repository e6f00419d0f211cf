"""Transport policy: ask a backend no faster than it allows. What the vendor says of its limits in its answers
(`Manifest.throttle`) fills one budget per backend; attempts draw on it in lanes, checkouts before carts before browsing
before background work. A backend that never speaks of limits costs one comparison.

Over several gateways the budget lives in a ledger they share (`state/`); without it, or while it is away, each gateway
follows what it sees itself.
"""

from __future__ import annotations

import asyncio
import heapq
import time
from collections.abc import Callable
from typing import Protocol

from gateway.errors import RateLimited
from gateway.model.context import CallContext, Priority
from gateway.ports.transport import ThrottleSignal

LONGEST_WAIT = 1.0
_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 60.0
_KEPT = {Priority.CHECKOUT: 0.0, Priority.CART: 0.05, Priority.BROWSE: 0.1, Priority.BACKGROUND: 0.5}
"""The part of the capacity that each lane leaves to the lanes above it."""


class RateLedger(Protocol):
    """A budget shared by several gateways. Both raise ConnectionError when it cannot be reached."""

    async def claim(self, backend: str, cost: float, kept: float) -> float:
        """Draw `cost`, leaving `kept` (a part of the capacity). Seconds to wait instead; 0.0 when drawn."""
        ...

    async def tell(self, backend: str, signal: ThrottleSignal, pause: float) -> None:
        """What the vendor said; `pause` seconds during which nobody may ask."""
        ...


class RateBudget:
    """`draw` or `take` before an attempt, `learn` from its answer (or `forget` when there is none)."""

    def __init__(
        self, backend: str, *, ledger: RateLedger | None = None, clock: Callable[[], float] | None = None
    ) -> None:
        self._backend = backend
        self._ledger = ledger
        self._clock = clock or time.monotonic
        self._known = False
        self._level = 0.0
        self._capacity = 0.0
        self._restore = 0.0
        self._at = 0.0
        self._closed_until = 0.0
        self._refusals = 0
        self._flying = 0.0
        self._queue: list[tuple[int, int, float, asyncio.Future[None]]] = []
        self._tickets = 0
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def retry_after(self) -> float:
        """Seconds for which the vendor asked not to be asked."""
        return max(0.0, self._closed_until - self._clock())

    def draw(self, cost: float) -> bool:
        """Draws at once where nobody ever spoke of a limit; otherwise False, and `take` has to be asked."""
        if cost <= 0:
            return True
        if self._known or self._ledger is not None:
            return False
        self._flying += cost
        return True

    async def take(self, cost: float, call: CallContext) -> bool:
        """Draws at once or waits its turn; True when it waited. Raises RateLimited, at once, where the wait would be
        longer than the call has or than anybody should stand in a queue. What costs nothing is outside the vendor's
        budget (a second API of the same backend), so its exhaustion does not hold it back."""
        if self.draw(cost):
            return False
        waited = False
        if self._ledger is not None:
            waited = await self._take_shared(self._ledger, cost, call)
        seconds = self._missing(cost, call.priority)
        if seconds <= 0 and not (self._queue and self._queue[0][0] <= call.priority):
            self._draw(cost)
            return waited
        if seconds > LONGEST_WAIT or seconds >= call.remaining():
            raise RateLimited(retry_after=max(seconds, 0.01))
        await self._stand_in_line(cost, call)
        return True

    def learn(self, signal: ThrottleSignal | None, cost: float) -> None:
        """The vendor's answer to an attempt that drew `cost`."""
        self._flying -= cost
        if signal is None:
            self._refusals = 0
            return
        now = self._clock()
        self._known = True
        restore = signal.restore_rate
        if restore is None and signal.window and signal.capacity:
            restore = signal.capacity / signal.window
        if signal.remaining is not None and signal.capacity and restore:
            self._capacity, self._restore, self._at = signal.capacity, restore, now
            self._level = signal.remaining - self._flying  # what is under way is not in the vendor's figure yet
        pause = self._pause(signal) if signal.limited else 0.0
        if signal.limited:
            self._closed_until = max(self._closed_until, now + pause)
        else:
            self._refusals = 0
        if self._ledger is not None:
            task = asyncio.get_running_loop().create_task(self._tell(self._ledger, signal, pause))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        self._serve()

    def forget(self, cost: float) -> None:
        """The attempt ended without an answer."""
        self._flying -= cost

    def refund(self, cost: float) -> None:
        """The attempt was never made."""
        self._flying -= cost
        if self._known and cost > 0.0:
            self._level = min(self._capacity, self._level + cost)
            self._serve()

    async def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _pause(self, signal: ThrottleSignal) -> float:
        self._refusals += 1
        if signal.retry_after is not None:
            return signal.retry_after
        if signal.cost and signal.remaining is not None and signal.restore_rate:
            return max(0.05, (signal.cost - signal.remaining) / signal.restore_rate)
        return min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** (self._refusals - 1))

    def _missing(self, cost: float, priority: Priority) -> float:
        """Seconds until this draw is allowed."""
        now = self._clock()
        closed = self._closed_until - now
        if not self._restore:
            return closed
        self._level = min(self._capacity, self._level + (now - self._at) * self._restore)
        self._at = now
        needed = min(self._capacity, cost + _KEPT[priority] * self._capacity)
        return max(closed, (needed - self._level) / self._restore)

    def _draw(self, cost: float) -> None:
        self._level -= cost
        self._flying += cost

    async def _stand_in_line(self, cost: float, call: CallContext) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._tickets += 1
        heapq.heappush(self._queue, (int(call.priority), self._tickets, cost, future))
        self._serve()
        timer = asyncio.get_running_loop().call_later(min(LONGEST_WAIT, call.remaining()), _give_up, future)
        try:
            await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled() and future.exception() is None:
                self._level += cost  # served and cancelled in one tick: the draw goes back
                self._flying -= cost
            raise
        finally:
            timer.cancel()

    def _serve(self) -> None:
        """Let those go whose turn has come, best lane first, and wake up when the next one's comes."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._queue:
            priority, _, cost, future = self._queue[0]
            if not future.done():
                seconds = self._missing(cost, Priority(priority))
                if seconds > 0:
                    self._timer = asyncio.get_running_loop().call_later(seconds + 0.001, self._serve)
                    return
                self._draw(cost)
                future.set_result(None)
            heapq.heappop(self._queue)

    async def _take_shared(self, ledger: RateLedger, cost: float, call: CallContext) -> bool:
        waited = False
        while True:
            try:
                seconds = await ledger.claim(self._backend, cost, _KEPT[call.priority])
            except ConnectionError:
                return waited
            if seconds <= 0:
                return waited
            if seconds > LONGEST_WAIT or seconds >= call.remaining():
                raise RateLimited(retry_after=seconds)
            waited = True
            await asyncio.sleep(seconds)

    async def _tell(self, ledger: RateLedger, signal: ThrottleSignal, pause: float) -> None:
        try:
            await ledger.tell(self._backend, signal, pause)
        except ConnectionError:
            return


def _give_up(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_exception(RateLimited(retry_after=LONGEST_WAIT))
