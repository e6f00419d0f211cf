"""Who wants to know of every backend call of one operation, such as the explain page. Nobody, in production."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextvars import ContextVar

from msgspec import Struct


class BackendCall(Struct, frozen=True):
    """One call of an adapter. `requests` is how many HTTP requests the manifest declares for it; `started` is on the
    monotonic clock; `outcome` is `ok` or an error's code. Keys that needed no call are told too, with no requests:
    `cached`, or `joined` to a flight of another operation."""

    backend: str
    operation: str
    keys: int
    requests: int
    started: float
    seconds: float
    outcome: str


def spared(backend: str, operation: str, keys: int, outcome: str) -> None:
    """Tell of keys that needed no call."""
    observer = OBSERVER.get()
    if observer is not None:
        observer(BackendCall(backend, operation, keys, 0, time.monotonic(), 0.0, outcome))


OBSERVER: ContextVar[Callable[[BackendCall], None] | None] = ContextVar("backend_call_observer", default=None)
"""Set for one operation. A flight that another operation started is not reported here: it was not this one's call."""
