"""How long what runs without a pause may run: between two fetches everything is computed in one go, and the loop serves
nobody else meanwhile. Costs keep that short; should they be wrong, it ends here.

A plan's stretches come one at a time, because nothing is awaited in them: so their end stands in one place for all.
"""

from __future__ import annotations

from time import monotonic

from gateway.errors import LimitExceeded
from gateway.execution.memo.failures import raisable

SECONDS = 0.25
"""For what was fetched until the operation's deadline, which shall be answered."""


OVERLONG = "The operation takes too long to compute: ask for less at a time."


class Overlong(Exception):
    """The stretch is over its time."""


class _Stretch:
    until = float("inf")


def begin(deadline: float | None) -> None:
    """What is computed from here to `end` ends at the deadline (on the monotonic clock), or a quarter of a second from
    now where that is later, wherever `in_time` is asked."""
    if deadline is not None:
        _Stretch.until = max(deadline, monotonic() + SECONDS)


def end() -> None:
    _Stretch.until = float("inf")


def in_time() -> None:
    """Raises Overlong."""
    if monotonic() > _Stretch.until:
        raise Overlong("computed for too long")


def check(deadline: float | None) -> None:
    """The same where graphql-core executes, which pauses now and then. Raises LimitExceeded, as a field's error."""
    if deadline is not None and monotonic() > deadline + SECONDS:
        raise raisable(LimitExceeded(OVERLONG))
