"""Transport policy: stop asking a backend that fails. A sliding window over the last attempts, failures and slow
answers alike; when open, one single probe at a time finds out whether it is back.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable


class Breaker:
    """`admit` gives a ticket or None (refused). Every ticket ends in `record` or, where the attempt said nothing about
    the backend, in `abandon`. Outcomes of attempts from before the last change of state are ignored."""

    def __init__(
        self,
        *,
        window: int,
        failure_rate: float,
        minimum: int,
        open_for: float,
        clock: Callable[[], float] | None = None,
    ) -> None:
        self._outcomes: deque[bool] = deque(maxlen=window)
        self._failures = 0
        self._failure_rate = failure_rate
        self._minimum = min(minimum, window)
        self._open_for = open_for
        self._clock = clock or time.monotonic
        self._epoch = 0
        self._opened: float | None = None
        self._probing = False
        self.is_open = False

    def retry_after(self) -> float:
        """Seconds until the next probe may go."""
        return 0.0 if self._opened is None else max(0.0, self._opened + self._open_for - self._clock())

    def admit(self) -> int | None:
        if self._opened is not None:
            if self._probing or self._clock() - self._opened < self._open_for:
                return None
            self._probing = True
        return self._epoch

    def record(self, ticket: int, *, ok: bool) -> None:
        if ticket != self._epoch:
            return
        if self._opened is not None:
            self._turn(None if ok else self._clock())
            return
        if len(self._outcomes) == self._outcomes.maxlen and not self._outcomes[0]:
            self._failures -= 1
        self._outcomes.append(ok)
        self._failures += not ok
        self._judge()

    def holds(self, ticket: int) -> bool:
        """Whether this ticket still counts: it was given since the last change of state."""
        return ticket == self._epoch

    def abandon(self, ticket: int) -> None:
        if ticket == self._epoch:
            self._probing = False

    def count_invalid(self) -> None:
        """The newest attempt that counted as a success brought an answer that makes no sense."""
        for place in range(len(self._outcomes) - 1, -1, -1):
            if self._outcomes[place]:
                self._outcomes[place] = False
                self._failures += 1
                self._judge()
                return

    def _judge(self) -> None:
        size = len(self._outcomes)
        if size >= self._minimum and self._failures >= self._failure_rate * size:
            self._turn(self._clock())

    def _turn(self, opened: float | None) -> None:
        self._opened, self._probing = opened, False
        self.is_open = opened is not None
        self._epoch += 1
        self._failures = 0
        self._outcomes.clear()
