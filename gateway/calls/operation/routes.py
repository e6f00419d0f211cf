"""One operation of one backend with everything the pipeline needs to know of it, looked up once; and the call of the
adapter itself, the innermost of the operation policies.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from types import UnionType
from typing import Any, Union, get_args, get_origin

from msgspec.structs import replace

from gateway.calls.attempt.concurrency import BEGUN, Begun
from gateway.calls.metrics import CallMetrics
from gateway.calls.observation import OBSERVER, TALLY, BackendCall, Tally
from gateway.calls.operation.bound import BoundBackend
from gateway.calls.operation.chunks import PLACE
from gateway.calls.operation.shared import reader_of
from gateway.calls.wire.errors import BadTransfer
from gateway.errors import (
    AdapterError,
    ConfigurationError,
    CredentialsRefused,
    GatewayError,
    InvalidAnswer,
)
from gateway.logs.failures import FAILURES
from gateway.model.context import CallContext, CommerceContext, Priority, UndeclaredContext
from gateway.model.sound_answers import are_sound
from gateway.model.soundness import fault_of
from gateway.ports.agreement import bearer
from gateway.ports.domain import KeyedOperation, ReadOperation
from gateway.runtime.tracing import NO_SPAN, configured, span


class Route:
    """`cached`: answers are kept in this process; `reader`: how they are read where other gateways see them too, None
    where they do not."""

    __slots__ = (
        "_attributes",
        "_kind",
        "_known",
        "_method",
        "_metrics",
        "_outcomes",
        "_seconds",
        "_traced",
        "backend",
        "bound",
        "cached",
        "count_hits",
        "count_joined",
        "count_misses",
        "count_renewals",
        "count_stale",
        "declared",
        "domain",
        "joined",
        "keyed",
        "operation",
        "reader",
        "spec",
    )

    def __init__(self, bound: BoundBackend, operation: ReadOperation, metrics: CallMetrics) -> None:
        spec = bound.manifest.operations.get(operation.name)
        port = bearer(bound.backend, operation.port, operation.method)
        if spec is None or port is None:
            raise ConfigurationError(f"backend `{bound.name}` does not serve {operation.name}")
        self.bound = bound
        self.backend = bound.name
        self.spec = spec
        self.operation = operation.name
        self.declared = operation
        self.domain = operation.domain.name
        self.keyed = isinstance(operation, KeyedOperation)
        self.cached = spec.idempotent and spec.time_to_live > 0 and bound.policy.cache
        self.joined = spec.idempotent and (bound.policy.coalesce or self.cached)
        self._kind = _kind_of(operation.answer)
        self._known = (*self._kind, GatewayError)
        self.reader = reader_of(operation) if self.cached and not spec.personal else None
        count = metrics.policies.labels
        self.count_hits = count(bound.name, "cache", "hit").inc
        self.count_misses = count(bound.name, "cache", "miss").inc
        self.count_stale = count(bound.name, "cache", "stale").inc
        self.count_renewals = count(bound.name, "cache", "renewal").inc
        self.count_joined = count(bound.name, "coalescing", "joined").inc
        self._method: Callable[..., Any] = getattr(port, operation.method)
        self._metrics = metrics
        self._outcomes: dict[str, Callable[[], None]] = {}
        self._seconds = metrics.call_seconds.labels(bound.name, operation.name).observe
        self._traced = configured()
        self._attributes = {"backend": bound.name, "operation": operation.name}

    def named(self, call: CallContext) -> CallContext:
        """The call as the adapter sees it: it knows what it is for."""
        return replace(call, operation=self.operation)

    async def ask(self, keys: Sequence[Any], context: CommerceContext, call: CallContext) -> Mapping[Any, Any]:
        """One call of the adapter, with a call that is `named`. Raises AdapterError, or what the client did wrong."""
        observer = OBSERVER.get()
        tally = Tally()
        tallied = TALLY.set(tally)
        begun = Begun()
        within = BEGUN.set(begun)
        started = time.monotonic()
        outcome = "ok"
        view = context.only(self.spec.vary_on)
        try:
            with span("backend.call", self._attributes) if self._traced else NO_SPAN:
                if self.keyed:
                    return self._sound(await self._method(keys, view, call))
                return self._sound({keys[0]: await self._method(keys[0], view, call)})
        except AdapterError as error:
            outcome = error.code
            self._hold_to_account(error, tally)
            error.located(self.backend, self.domain, self.operation)
            self.tell(error, call)
            raise
        except (GatewayError, UndeclaredContext):
            outcome = "REFUSED"
            raise
        except asyncio.CancelledError:
            outcome = "CANCELLED"
            raise
        except Exception as error:
            # A mapping met something its author did not think of, in an answer or in what was asked: ours, visibly. The
            # backend is not held to account for it, or whoever finds such a key could take it away from everybody.
            FAILURES.unexpected(
                error, event="adapter_failed", backend=self.backend, operation=self.operation, trace_id=call.trace_id
            )
            detail = f"{type(error).__name__} in the adapter"
            invalid = InvalidAnswer(detail=detail).located(self.backend, self.domain, self.operation)
            outcome = invalid.code
            self.tell(invalid, call)
            raise invalid from error
        finally:
            BEGUN.reset(within)
            begun.refused = False  # what the adapter leaves running is not held to what became of this call
            self._count(outcome)
            seconds = time.monotonic() - started
            self._seconds(seconds)
            TALLY.reset(tallied)
            if observer is not None:
                observer(self._told(len(keys), call, started, seconds, outcome, tally))

    def _sound(self, answers: Mapping[Any, Any]) -> Mapping[Any, Any]:
        """The same answers, but for those that cannot be what they say they are: each of them is InvalidAnswer, alone.
        One key's odd record says nothing of the backend's health."""
        kinds = {*map(type, answers.values())}
        if all(issubclass(kind, self._known) for kind in kinds) and are_sound(answers.values()):
            return answers
        faults = {key: fault for key, answer in answers.items() if (fault := self._fault(answer)) is not None}
        if not faults:
            return answers
        FAILURES.records_refused(self.backend, self.operation, len(faults), next(iter(faults.values())))
        refused = {key: InvalidAnswer(detail=f"{self.operation}{fault}") for key, fault in faults.items()}
        for error in refused.values():
            error.located(self.backend, self.domain, self.operation).reported = ""
        return {**answers, **refused}

    def _fault(self, answer: Any) -> str | None:
        if isinstance(answer, self._kind):
            return fault_of(answer)
        # What is of another type would reach the client inside GraphQL's own words about it.
        return None if isinstance(answer, GatewayError) else f": {type(answer).__name__} is no answer of its"

    def tell(self, error: AdapterError, call: CallContext) -> None:
        """The operators, that this operation failed."""
        FAILURES.backend_failed(error, backend=self.backend, operation=self.operation, trace_id=call.trace_id)

    def _told(
        self, keys: int, call: CallContext, started: float, seconds: float, outcome: str, tally: Tally
    ) -> BackendCall:
        chunk, chunks = PLACE.get()
        return BackendCall(
            self.backend,
            self.operation,
            keys,
            self.spec.requests(keys, self.spec.axes),
            started,
            seconds,
            outcome,
            attempts=tally.attempts,
            cost=tally.cost,
            unit=self.bound.manifest.cost_unit,
            counted=tally.counted,
            chunk=chunk,
            chunks=chunks,
            background=call.priority is Priority.BACKGROUND,
        )

    def _hold_to_account(self, error: AdapterError, tally: Tally) -> None:
        """For an answer of this very call that makes no sense: where none came, nothing was said of the backend."""
        transport = self.bound.transport
        if transport is None or isinstance(error, BadTransfer) or not tally.answered:
            return
        if isinstance(error, InvalidAnswer | CredentialsRefused):
            transport.count_invalid(error.code)

    def _count(self, outcome: str) -> None:
        count = self._outcomes.get(outcome)
        if count is None:
            labels = self._metrics.calls.labels(self.backend, self.operation, outcome)
            count = self._outcomes[outcome] = labels.inc
        count()


def _kind_of(answer: Any) -> tuple[type, ...]:
    """What an answer of this declared type is an instance of."""
    origin = get_origin(answer)
    if origin in (Union, UnionType):
        return tuple(kind for part in get_args(answer) for kind in _kind_of(part))
    kind = origin or answer
    if kind is tuple:
        return tuple, list  # a sequence is read as one
    return (kind if isinstance(kind, type) else object,)
