"""Transport policy: how many attempts a backend may have under way (`gradient`), and who waits when there are more.
One that finds room passes; one that finds none waits its turn inside its deadline (`lanes`), and is turned away at once
only where that could not come in time.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from contextvars import ContextVar

from gateway.calls.attempt.gradient import Gradient
from gateway.calls.attempt.lanes import MOST_WAITING, WaitingLine
from gateway.calls.attempt.usual import RequestKind
from gateway.errors import DeadlineExceeded, Overloaded
from gateway.model.context import CallContext, Priority

_BURST_SECONDS = 1.0
"""For so long shedding may be a burst that is just over. Afterwards it is an overload, in which a long line makes
everybody wait and serves nobody more."""


class Begun:
    """One call of an adapter, which may need several attempts: they are turned away together or not at all. Once one of
    them has had a place (`admitted`), the others wait as long as the call has time; while the first of them waits, the
    others wait for what becomes of it; and when it was `refused`, so are they."""

    __slots__ = ("admitted", "followers", "refused")

    def __init__(self) -> None:
        self.admitted = self.refused = False
        self.followers: list[asyncio.Future[None]] | None = None

    async def follow(self) -> None:
        """Until it is known what becomes of the first."""
        followers = self.followers
        while followers is not None:
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            followers.append(turn)
            await turn
            followers = self.followers  # another one, where the first left

    def decided(self) -> None:
        followers, self.followers = self.followers or (), None
        for turn in followers:
            if not turn.done():
                turn.set_result(None)


BEGUN: ContextVar[Begun | None] = ContextVar("begun_call", default=None)
"""Set for one call of an adapter; its tasks inherit it."""


class GradientLimit:
    """`admit`, or where that is 0 `wait`, gives an attempt its place; `release` takes it back."""

    def __init__(self, ceiling: int, *, clock: Callable[[], float] | None = None) -> None:
        self._clock = clock or time.monotonic
        self._gradient = Gradient(ceiling)
        self._line = WaitingLine()
        self._shedding = [_Shedding() for _ in Priority]
        self.in_flight = 0

    @property
    def limit(self) -> float:
        return self._gradient.grown(self._clock())

    @property
    def waiting(self) -> int:
        return self._line.waiting

    def usual(self, operation: str) -> float:
        """Seconds that the slowest kind of this operation usually takes; 0.0 where nothing is known."""
        return self._gradient.usual.longest(operation)

    def admit(self) -> int:
        """A place, counted from 1; 0 where there is none at once."""
        place = self.in_flight + 1
        if place > self._gradient.limit or self._line.waiting:
            return 0
        self.in_flight = place
        return place

    async def wait(self, call: CallContext, begun: Begun | None) -> int:
        """A place when its turn has come. Raises Overloaded, at once where that could not be in time; DeadlineExceeded
        where the call has begun already."""
        self._gradient.met(self._clock())
        if begun is None:
            return self.admit() or await self._stand_in_line(call, part=False)
        if not begun.admitted:
            await begun.follow()
        if begun.refused:
            raise Overloaded(detail="another attempt of the same call was turned away")
        if begun.admitted:
            return self.admit() or await self._stand_in_line(call, part=True)
        begun.followers = []
        try:
            place = self.admit() or await self._stand_in_line(call, part=False)
        except Overloaded:
            begun.refused = True
            raise
        else:
            begun.admitted = True
            return place
        finally:
            begun.decided()

    def release(self, place: int, kind: RequestKind | None, seconds: float | None, *, late: bool = False) -> None:
        """`seconds` the answer took, None when the attempt says nothing of the backend; `late`: there was none in
        time."""
        if kind is not None and seconds is not None:
            self._gradient.learn(place, kind, seconds, self.in_flight, waiting=self._line.waiting > 0)
        elif late and seconds is not None:
            self._gradient.late(place, seconds, self.in_flight)
        self._give_back()

    def is_own_load(self, place: int) -> bool:
        """See `Gradient.is_own_load`; to be asked before the place is released."""
        return self._gradient.is_own_load(place)

    def restart(self) -> None:
        """The backend failed; whoever asks it again begins with few."""
        self._gradient.restart(self._clock())

    async def _stand_in_line(self, call: CallContext, *, part: bool) -> int:
        """`part` of a call that has begun."""
        while True:
            terms = call.deadline, call.priority  # may get better while a flight waits, with those who join it
            try:
                return await self._turn(call, part=part)
            except Overloaded as error:
                self._shedding[call.priority].shed(self._clock())
                if (call.deadline, call.priority) != terms:
                    continue
                if part:
                    raise DeadlineExceeded(detail=error.detail) from error
                error.retry_after = max(1.0, float(round(self._wait(call))))
                raise

    async def _turn(self, call: CallContext, *, part: bool) -> int:
        left = call.remaining()
        patience = left if part else self._patience(left, call.priority)
        if not part and not self._may_join(call, patience):
            raise Overloaded(detail="too many wait already")
        waiter = self._line.join(call.priority, call.deadline - (left - patience), begun=part)
        try:
            return await waiter.turn
        except asyncio.CancelledError:
            if waiter.turn.done() and not waiter.turn.cancelled() and waiter.turn.exception() is None:
                self._give_back()  # its turn came, and it left, in one moment
            raise
        finally:
            waiter.gone()

    def _give_back(self) -> None:
        self.in_flight -= 1
        while self._line.waiting and self.in_flight + 1 <= self._gradient.limit:
            waiter = self._line.next()
            if waiter is not None:
                self.in_flight += 1
                waiter.turn.set_result(self.in_flight)

    def _wait(self, call: CallContext) -> float:
        """Seconds until the turn of one who joins now would come."""
        return (self._line.ahead(call.priority) + 1) * self._gradient.seconds / self._gradient.limit

    def _may_join(self, call: CallContext, patience: float) -> bool:
        if patience <= 0.0 or self._wait(call) > patience:
            return False
        return self._line.waiting < MOST_WAITING or self._line.displace(call.priority)

    def _patience(self, left: float, priority: Priority) -> float:
        """Seconds that one with this time left may stand in line: what remains must do for the answer."""
        usual, now = self._gradient.seconds, self._clock()
        patience = min(0.75 * left, left - 2.0 * usual)
        overloaded = any(lane.goes_on(now) for lane in self._shedding[: priority + 1])
        return min(patience, 0.5 * usual) if overloaded else patience


class _Shedding:
    """Of one class: since when without a pause, until when."""

    __slots__ = ("_last", "_since")

    def __init__(self) -> None:
        self._since = self._last = -math.inf

    def shed(self, now: float) -> None:
        if now - self._last > _BURST_SECONDS:
            self._since = now
        self._last = now

    def goes_on(self, now: float) -> bool:
        return now - self._last < _BURST_SECONDS < now - self._since
