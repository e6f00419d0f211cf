"""Transport policy: try again, but never so often that a sick backend gets more load than a healthy one. Only reads and
idempotent writes; at 100 % failure at most `budget` (a tenth) more attempts than requests reach the backend.
"""

from __future__ import annotations

import random

from gateway.errors import AdapterError, CircuitOpen, Overloaded, Unavailable

_FIRST_DELAY = 0.05
_LONGEST_DELAY = 1.0
_SAVED_RETRIES = 10.0


class RetryBudget:
    """Every request pays in a part of one retry; a retry costs one. A lone failure may overdraw it once, so that a
    backend with little traffic is retried too."""

    def __init__(self, part: float) -> None:
        self._part = part
        self._balance = 0.0

    def deposit(self) -> None:
        self._balance = min(_SAVED_RETRIES, self._balance + self._part)

    def withdraw(self) -> bool:
        # Compared with a margin: sums of tenths are not exact.
        if self._part <= 0 or self._balance < self._part - 1e-9:
            return False
        self._balance -= 1.0
        return True


def worth_retrying(status: int | None, error: AdapterError | None) -> bool:
    """Whether the same attempt may go better a moment later."""
    if error is not None:
        return isinstance(error, Unavailable) and not isinstance(error, CircuitOpen | Overloaded)
    return status in (500, 502, 503, 504)


def delay(attempt: int) -> float:
    """Seconds before retry number `attempt` (from 1): exponential, with full jitter so that gateways do not agree."""
    return random.uniform(0.0, min(_LONGEST_DELAY, _FIRST_DELAY * 2.0**attempt))  # noqa: S311  no secret
