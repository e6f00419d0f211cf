"""How many attempts a backend may have under way, found out from how long they take.

The limit is lowered when answers take more than twice what the same kind of request usually takes (`usual`), by more
than chance, and the limit is in the way; or four times, where it is not yet. Jitter is not that, and neither is a mix
of quick and slow kinds. What was lowered is looked at: did answers become quicker with fewer under way, work had queued
up in the backend; if not, they are slow for another reason, and waiting here helps nobody: the limit goes back, and the
slower times are the usual ones from now on. Where the limit is in no one's way, it grows back to its ceiling by itself.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from gateway.calls.attempt.usual import ENOUGH, RequestKind, UsualTimes

FLOOR = 4
_FEW = 2 * FLOOR
"""Under way at once, from which nothing is concluded where the limit is higher."""
_TOLERATED = math.log(2.0)
"""Of what is usual, in logarithms: half of the attempts under way only wait inside the backend."""
_ALARMING = 2.0 * _TOLERATED
"""Where the limit is not in the way yet: as it comes down to those under way, somebody will wait for it."""
_AIM = 1.5
"""Times of what is usual, for which the limit is lowered."""
_FEWEST = 16
"""Answers before anything is concluded from them."""
_MANY = 512
"""Answers after which the likelier of two explanations is taken for the true one."""
_SILENCE = 64
"""Attempts one after the other without an answer, after which a busy backend is a sick one."""
_SIGMAS = 2.5
_LEVER = math.log(4.0)
"""How far the limit has to come down before it is asked whether that helped: several gateways that share a backend
come down together, though not in the same moment."""
_UNMET_SECONDS = 1.0
"""Without anybody who found no room, after which the limit is in nobody's way ..."""
_BACK_SECONDS = 2.5
"""... and in which it then doubles."""


class Gradient:
    """`limit` is of attempts under way. Times are on the monotonic clock."""

    __slots__ = (
        "_before",
        "_ceiling",
        "_floor",
        "_met",
        "_pace",
        "_silent",
        "_slower",
        "_window",
        "limit",
        "seconds",
        "usual",
    )

    def __init__(self, ceiling: int) -> None:
        self._ceiling = float(max(1, ceiling))
        self._floor = min(float(FLOOR), self._ceiling)
        self.limit = self._ceiling
        self.usual = UsualTimes()
        self.seconds = 0.0
        """The mean of all answers, lately."""
        self._met = -math.inf
        self._window = _Window()
        self._before: _Before | None = None
        self._slower = self._pace = 0.0
        self._silent = 0

    def met(self, now: float) -> None:
        """Somebody found no room."""
        self.limit, self._met = self.grown(now), now

    def grown(self, now: float) -> float:
        """The limit after the time in which nobody met it."""
        unmet = now - self._met
        if self.limit >= self._ceiling or unmet < _UNMET_SECONDS:
            return self.limit
        return min(self._ceiling, self.limit * 2.0 ** min(16.0, unmet / _BACK_SECONDS))

    def is_own_load(self, place: int) -> bool:
        """Whether an attempt that was late or slow may have been so for the others under way: then the limit comes
        down, and the backend is not to be called sick."""
        busy = self._pace > _TOLERATED and self._silent < _SILENCE
        return place > FLOOR and (busy or place > self.limit + 1.0)

    def restart(self, now: float) -> None:
        """The backend failed; whoever asks it again begins with few."""
        self.limit, self._before, self._met = self._floor, None, now
        self._begin_anew(0.0)

    def late(self, place: int, seconds: float, flying: int) -> None:
        """An attempt was not answered in time."""
        if seconds <= self.seconds:
            return  # its caller was in a hurry
        self._silent += 1
        self._before = None  # the backend may be busy with what nobody waits for any longer: it tells nothing
        if place <= self.limit + 1.0:  # not one from before the limit came down
            self._window.seen += 1
            self._window.late += 1
            self._look_back(flying, waiting=False)

    def learn(self, place: int, kind: RequestKind, seconds: float, flying: int, *, waiting: bool) -> None:
        """An answer took so many seconds, of an attempt that had been the `place`th under way, of now `flying`;
        `waiting`: somebody finds no room."""
        log = math.log(max(seconds, 1e-6))
        usual = self.usual.get(kind)
        if usual is None:
            self.seconds = self.seconds or seconds
            self.usual.meet(kind, log - self._slower)
            return
        self.seconds += (seconds - self.seconds) * 0.02
        slower = log - usual.log
        self._pace += (slower - self._pace) * 0.125
        self._silent = 0
        limit = self.limit
        if place * 4 <= limit:
            usual.learn(log)
        elif usual.count < ENOUGH:
            usual.learn(log - self._slower)
        if (flying > _FEW or flying + 1 > limit) and self._tells(place, flying):
            window = self._window
            window.seen += 1
            if usual.count >= ENOUGH:
                window.add(slower, 1.0 / usual.count)
            self._look_back(flying, waiting=waiting)

    def _tells(self, place: int, flying: int) -> bool:
        """Whether the attempt was admitted among about as many as are under way now. One from before the limit came
        down tells of that time, one that found much room nothing of what a crowd does, and when a crowd has left, those
        that are still under way are the slow ones."""
        return flying < 4 * place < 16 * flying and place <= self.limit + 1.0

    def _look_back(self, flying: int, *, waiting: bool) -> None:
        window = self._window
        if window.seen % _FEWEST:
            return
        if window.late * 2 > window.seen:
            self._lower(0.5, flying)  # nothing to be explained by how long they took: nobody knows
        elif window.count >= _FEWEST:
            self._judge(window, flying, in_the_way=waiting or flying + 1 > self.limit)

    def _judge(self, window: _Window, flying: int, *, in_the_way: bool) -> None:
        slower, error = window.estimate()
        chance = _SIGMAS * error
        tolerated = _TOLERATED if in_the_way else _ALARMING
        if slower - chance - _SIGMAS * window.unsure() > tolerated:
            self._explain(slower, error, flying)
        elif not in_the_way:
            self._begin_anew(max(0.0, slower))  # nothing is learnt about another limit
        elif window.seen >= self.limit:
            if slower + chance < 0.0:
                self.usual.shift(slower + chance)
            self._before = None
            self.limit = min(self._ceiling, self.limit + math.sqrt(self.limit))
            self._begin_anew(max(0.0, slower))

    def _explain(self, slower: float, error: float, under_way: int) -> None:
        """Answers are slow. Lower the limit, unless it has come down already and that did not help."""
        before = self._before
        if before is not None:
            lever = math.log(before.flying / self.limit)
            if lever >= _LEVER:
                helped, chance = before.slower - slower, _SIGMAS * math.hypot(error, before.error)
                if self._window.count >= _MANY:
                    chance = 0.0
                if helped + chance < lever / 4.0:
                    self.limit, self._before = before.limit, None
                    self.usual.shift(slower)
                    self._begin_anew(0.0)
                    return
                if helped - chance < lever / 4.0:
                    return  # more answers will tell
                before = None
        if self.limit <= self._floor:
            # It cannot come down to see whether that helps. The usual times give way slowly, else it might stay here
            # for ever after something else made the backend slow.
            self.usual.shift(min(0.1, slower - _TOLERATED))
            self._begin_anew(slower)
            return
        flying = min(self.limit, max(self._floor, float(under_way)))
        if before is None:
            self._before = _Before(self.limit, flying, slower, error)
        self._slower = slower
        self._lower(_AIM / math.exp(slower), flying)

    def _lower(self, factor: float, flying: float) -> None:
        """To a part of what is under way."""
        self.limit = max(self._floor, min(self.limit, flying) * max(0.5, min(0.85, factor)))
        self._begin_anew(self._slower)

    def _begin_anew(self, slower: float) -> None:
        self._slower = slower
        self._window = _Window()


class _Before(NamedTuple):
    """When the limit began to come down: the limit, how many were under way, and how much slower than usual answers
    were, with its error."""

    limit: float
    flying: float
    slower: float
    error: float


class _Window:
    """What came of attempts since the limit was last thought about: of answers, how many times slower than usual they
    were, in logarithms. `late` of those `seen` got none."""

    __slots__ = ("_doubt", "_squares", "_sum", "count", "late", "seen")

    def __init__(self) -> None:
        self.seen = self.count = self.late = 0
        self._sum = self._squares = self._doubt = 0.0

    def add(self, slower: float, doubt: float) -> None:
        """`doubt`: one part of how many answers the usual time was learnt from."""
        self.count += 1
        self._sum += slower
        self._squares += slower * slower
        self._doubt += doubt

    def estimate(self) -> tuple[float, float]:
        """Mean, and its standard error."""
        return self._sum / self.count, math.sqrt(self._variance() / self.count)

    def unsure(self) -> float:
        """Standard error of what is usual."""
        return math.sqrt(self._variance() * self._doubt / self.count)

    def _variance(self) -> float:
        mean = self._sum / self.count
        return max(0.0, self._squares / self.count - mean * mean)
