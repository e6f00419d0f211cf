"""Whether the database's clock was set, as an SQLite database's is with the machine's: what was written by it before
says nothing for a while of who is dead and whose lease is over.
"""

from __future__ import annotations

import time
from math import inf

_TOLERANCE = 1.0
"""Seconds. Clocks that are kept right are set by less, or run a little faster."""


class DatabaseClock:
    """How far the database's clock is from this process's steady one, as often as it is `heard`."""

    def __init__(self) -> None:
        self._least, self._most = -inf, inf
        self._set = -inf

    def heard(self, asked: float, told: float) -> None:
        """`told`: the database's seconds since 1970, read at some time after `asked` (`time.monotonic()`)."""
        heard = time.monotonic()
        least, most = told - heard, told - asked
        if least > self._most + _TOLERANCE or most < self._least - _TOLERANCE:
            self._set = heard
        self._least, self._most = max(least, self._least), min(most, self._most)
        if self._least > self._most:  # set, or no clock of the two runs quite right
            self._least, self._most = least, most

    @property
    def since_set(self) -> float:
        """Seconds since it was seen to be set; infinitely many where it never was."""
        return time.monotonic() - self._set
