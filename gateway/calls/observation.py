"""Who wants to know of every backend call of one operation, such as the explain page. Nobody, in production."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar

from msgspec import Struct


class BackendCall(Struct, frozen=True):
    """One call of an adapter. `requests` is how many HTTP requests the manifest declares for it; `started` is on the
    monotonic clock; `outcome` is `ok` or an error's code."""

    backend: str
    operation: str
    keys: int
    requests: int
    started: float
    seconds: float
    outcome: str


OBSERVER: ContextVar[Callable[[BackendCall], None] | None] = ContextVar("backend_call_observer", default=None)
"""Set for one operation. A flight that another operation started is not reported here: it was not this one's call."""
