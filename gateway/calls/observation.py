"""Who wants to know of every backend call of one operation, such as the explain page. Nobody, in production."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextvars import ContextVar

from msgspec import Struct


class Tally:
    """The HTTP attempts of one call. All tasks of the call share it, whoever of them asks. `answered` are those that
    brought an answer the transport took for a good one."""

    __slots__ = ("answered", "attempts", "cost", "counted")

    def __init__(self) -> None:
        self.attempts = 0
        self.answered = 0
        self.cost = 0.0
        self.counted: float | None = None

    def attempted(self, cost: float) -> None:
        self.attempts += 1
        self.cost += cost

    def charged(self, cost: float) -> None:
        """What the vendor says that an answer cost."""
        self.counted = cost + (self.counted or 0.0)


class BackendCall(Struct, frozen=True):
    """One call of an adapter. `requests` is how many HTTP requests the manifest declares for it, `attempts` how many
    were made, retries included. `cost` is what these were expected to cost, in `unit` (the manifest's `cost_unit`),
    `counted` what the vendor said they did: None where no answer speaks of it. `chunk` of `chunks` where there were
    more keys than one call takes. `background`: nobody waited for it, what was kept is renewed. `started` is on the
    monotonic clock; `outcome` is `ok`, an error's code, or `CANCELLED` by the last who waited.

    Keys that needed no call are told too, with no requests: `cached` here, `shared` by another gateway, or `joined` to
    a flight that was under way."""

    backend: str
    operation: str
    keys: int
    requests: int
    started: float
    seconds: float
    outcome: str
    attempts: int = 0
    cost: float = 0.0
    unit: str = "request"
    counted: float | None = None
    chunk: int = 1
    chunks: int = 1
    background: bool = False


SPARED = frozenset({"cached", "shared", "joined"})
"""Outcomes of keys that needed no call."""


def spared(backend: str, operation: str, keys: int, outcome: str) -> None:
    """Tell of keys that needed no call."""
    observer = OBSERVER.get()
    if observer is not None:
        observer(BackendCall(backend, operation, keys, 0, time.monotonic(), 0.0, outcome))


OBSERVER: ContextVar[Callable[[BackendCall], None] | None] = ContextVar("backend_call_observer", default=None)
"""Set for one operation. A flight that another operation started is not reported here: it was not this one's call."""

TALLY: ContextVar[Tally | None] = ContextVar("backend_call_tally", default=None)
"""Set for one call of an adapter."""
