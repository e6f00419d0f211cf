"""How often somebody did something in the last minute, counted in one process and in bounded memory.

A sliding window of two halves: what is left of the minute before counts in proportion. That lets no caller have more
than a limit's worth in any minute, but for an uneven spread over the minute before.
"""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable

WINDOW_SECONDS = 60.0
MOST_CALLERS = 32_768
"""Remembered; the one seen longest ago is forgotten first. About 200 bytes each."""
LONGEST_KEY = 64


class Windows:
    def __init__(self, *, most: int = MOST_CALLERS, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._seen: OrderedDict[str, tuple[int, int, int]] = OrderedDict()
        """By caller: the number of the minute, how often in it, and how often in the one before."""

    def __len__(self) -> int:
        return len(self._seen)

    def hit(self, caller: str, allowed: int) -> float:
        """Counts once more, unless that would be too often. 0, or the seconds to wait."""
        key = caller if len(caller) <= LONGEST_KEY else hashlib.sha256(caller.encode()).hexdigest()
        now = self._clock()
        minute, into = divmod(now, WINDOW_SECONDS)
        number, count, before = self._seen.pop(key, (0, 0, 0))
        if number != int(minute):
            count, before = 0, count if number == int(minute) - 1 else 0
        left = WINDOW_SECONDS - into
        weighed = before * left / WINDOW_SECONDS + count
        wait = 0.0 if weighed + 1 <= allowed else _wait(count, before, allowed, left)
        self._seen[key] = (int(minute), count + (wait == 0.0), before)
        if len(self._seen) > self._most:
            self._seen.popitem(last=False)
        return wait


def _wait(count: int, before: int, allowed: int, left: float) -> float:
    """Seconds until one more is allowed, if nothing else comes."""
    if count + 1 <= allowed and before:
        return max(1.0, left - (allowed - 1 - count) * WINDOW_SECONDS / before)
    return max(1.0, min(WINDOW_SECONDS, left + WINDOW_SECONDS / max(1, count)))
