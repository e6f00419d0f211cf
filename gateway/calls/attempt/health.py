"""Whether a backend is up, told from its attempts: logged once when it goes down and once when it is back, and asked by
readiness checks.
"""

from __future__ import annotations

import time

import structlog

_FAILURES_IN_A_ROW = 3
_log = structlog.get_logger("gateway.backends")


class Health:
    """`down_since` on the monotonic clock, None while up; `reason` is the code of the failure that showed it."""

    def __init__(self, backend: str) -> None:
        self._backend = backend
        self._failures = 0
        self.down_since: float | None = None
        self.reason: str | None = None

    @property
    def is_up(self) -> bool:
        return self.down_since is None

    def succeeded(self) -> None:
        """Not to be told while the breaker is open: a lone success among failures is no recovery."""
        self._failures = 0
        if self.down_since is None:
            return
        seconds, self.down_since, self.reason = time.monotonic() - self.down_since, None, None
        _log.info("backend_back", backend=self._backend, down_for=round(seconds, 1))

    def failed(self, code: str, *, certain: bool) -> None:
        """`certain` when the breaker opened; otherwise several failures in a row tell."""
        self._failures += 1
        if self.down_since is None and (certain or self._failures >= _FAILURES_IN_A_ROW):
            self.down_since = time.monotonic()
            self.reason = code
            _log.warning("backend_down", backend=self._backend, code=code)
