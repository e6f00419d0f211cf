"""One line for each operation that failed, and one for each answer that told a client of a failure, so that every trace
id a client is given is found in the log. In a storm a few lines of each cause are written and the others are counted:
the next line of the cause says how many there were (`suppressed`), or a line of its own does where none follows.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import structlog

from gateway.errors import AdapterError, ClientFault, GatewayError, InternalError, Unauthenticated, places_of
from gateway.logs.redaction import redacted

BURST = 20.0
"""Lines of one cause that are written at once ..."""
A_SECOND = 2.0
"""... and how many a second after that."""
BURST_OF_ALL = 200.0
A_SECOND_OF_ALL = 20.0
FLUSH_SECONDS = 10.0
MOST_CAUSES = 500

_log = structlog.get_logger("gateway.failures")

CauseKey = tuple[str, ...]
"""Event, code, backend and operation, or the type and place of an exception: nothing a client chose."""


class _Bucket:
    __slots__ = ("_at", "_capacity", "_level", "_rate")

    def __init__(self, capacity: float, rate: float, now: float) -> None:
        self._capacity = self._level = capacity
        self._rate = rate
        self._at = now

    def take(self, now: float) -> bool:
        self._level = min(self._capacity, self._level + (now - self._at) * self._rate)
        self._at = now
        if self._level < 1.0:
            return False
        self._level -= 1.0
        return True


class FailureLog:
    """One per process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._all = _Bucket(BURST_OF_ALL, A_SECOND_OF_ALL, clock())
        self._causes: dict[CauseKey, _Bucket] = {}
        self._suppressed: dict[CauseKey, int] = {}
        self._flushing: asyncio.TimerHandle | None = None

    def backend_failed(self, error: AdapterError, *, backend: str, operation: str, trace_id: str) -> None:
        """A call of an adapter failed; without a trace id, in the background."""
        error.operation = operation
        facts = _facts(error, trace_id) | {"backend": backend, "operation": operation}
        if self._tell("warning", "backend_call_failed", (error.code, backend, operation), facts):
            error.reported = trace_id

    def told(self, error: BaseException, trace_id: str) -> None:
        """A client is told of a failure under this trace id."""
        if not isinstance(error, GatewayError) or isinstance(error, InternalError):
            self.unexpected(error, trace_id=trace_id)
        elif not isinstance(error, AdapterError):
            level = "info" if isinstance(error, ClientFault) else "warning"
            self._tell(level, "request_failed", (error.code,), _facts(error, trace_id))
        elif error.reported != trace_id:
            cause = (error.code, error.source or "", error.operation or error.domain or "")
            self._tell("warning", "answer_failed", cause, _facts(error, trace_id))

    def refused(self, code: str, status: int, trace_id: str) -> None:
        """What never became a GraphQL request was refused."""
        self._tell(
            "info", "request_refused", (code, str(status)), {"code": code, "status": status, "trace_id": trace_id}
        )

    def records_refused(self, backend: str, operation: str, count: int, reason: str) -> None:
        """So many records of one answer cannot be what they say they are."""
        facts = {"backend": backend, "operation": operation, "count": count, "reason": redacted(reason)}
        self._tell("warning", "records_refused", (backend, operation), facts)

    def webhook_refused(self, backend: str, outcome: str) -> None:
        """A delivery in a backend's name was `forged`, as one is whose secret is another than configured, or made no
        sense."""
        self._tell("warning", "webhook_refused", (backend, outcome), {"backend": backend, "outcome": outcome})

    def unexpected(self, error: BaseException, *, event: str = "unexpected failure", **facts: object) -> None:
        """An exception in our own code: its type and place, not its words, which may hold anybody's data."""
        reason, places = type(error).__name__, places_of(error)
        self._tell("error", event, (reason, places[-1] if places else ""), {**facts, "reason": reason, "at": places})

    def flush(self) -> None:
        """Says how many lines were not written."""
        if self._flushing is not None:
            self._flushing.cancel()
            self._flushing = None
        suppressed, self._suppressed = self._suppressed, {}
        for cause, count in suppressed.items():
            _log.warning("lines_suppressed", of=cause[0], cause=" ".join(filter(None, cause[1:])), suppressed=count)

    def _tell(self, level: str, event: str, cause: CauseKey, facts: dict[str, Any]) -> bool:
        cause, now = (event, *cause), self._clock()
        bucket = self._causes.get(cause)
        if bucket is None:
            if len(self._causes) >= MOST_CAUSES:
                del self._causes[next(iter(self._causes))]
            bucket = self._causes[cause] = _Bucket(BURST, A_SECOND, now)
        if not (bucket.take(now) and self._all.take(now)):
            self._suppressed[cause] = self._suppressed.get(cause, 0) + 1
            self._flush_later()
            return False
        before = self._suppressed.pop(cause, 0)
        if before:
            facts["suppressed"] = before
        getattr(_log, level)(event, **facts)
        return True

    def _flush_later(self) -> None:
        if self._flushing is not None and not self._flushing.cancelled():
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return  # nobody waits; whoever closes the gateway flushes
        self._flushing = loop.call_later(FLUSH_SECONDS, self._flush_now)

    def _flush_now(self) -> None:
        self._flushing = None
        self.flush()


def _facts(error: GatewayError, trace_id: str) -> dict[str, Any]:
    facts: dict[str, Any] = {"code": error.code}
    if isinstance(error, AdapterError):
        named = {"backend": error.source, "operation": error.operation, "domain": error.domain}
        facts |= {name: value for name, value in named.items() if value}
        if error.detail:
            facts["detail"] = redacted(error.detail)
    if isinstance(error, Unauthenticated) and error.__cause__ is not None:
        facts["reason"] = type(error.__cause__).__name__
    if trace_id:
        facts["trace_id"] = trace_id
    return facts


FAILURES = FailureLog()
