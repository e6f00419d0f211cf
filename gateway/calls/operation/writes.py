"""The way of a write to its owner: noted before it is sent, sent once, looked up when nothing came back.

The task that performs a write belongs to `Writes`, not to the request that asked: a client that goes away or a deadline
that passes leaves it running, and whoever asked learns `OutcomeUnknown`, never "try again". What a process leaves
unfinished is looked up by the sweep of any other.

Whether a write may be sent again is decided here alone. Where the vendor knows our key, the same key has the same
effect. Elsewhere only when `find` says absent, after everything that was sent can no longer take effect and the
look-up's own lag has passed.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from math import inf
from typing import Any, TypeVar, cast

import msgspec
import structlog
from msgspec import Struct

from gateway.calls.attempt.concurrency import BEGUN, Begun
from gateway.calls.metrics import CallMetrics
from gateway.calls.observation import OBSERVER, TALLY, BackendCall, Tally
from gateway.calls.operation.bound import BoundBackend
from gateway.calls.operation.tags import Changed
from gateway.errors import (
    AdapterError,
    ConfigurationError,
    CredentialsRefused,
    GatewayError,
    IdempotencyConflict,
    OutcomeUnknown,
    RateLimited,
    RequestRefused,
    StateUnavailable,
    Unavailable,
)
from gateway.logs.failures import FAILURES
from gateway.model.context import CallContext, CommerceContext
from gateway.ports.agreement import bearer
from gateway.ports.domain import Command, WriteOperation, writes
from gateway.ports.state import Tasks
from gateway.ports.writes import Claim, ClaimState, FindKind, WriteJournal, WritePlace, WriteSpec

R = TypeVar("R", bound=Struct)


UNKNOWN_TASK = "write.unknown"
DOUBLED_TASK = "write.doubled"
_MARGIN = 5.0
"""Seconds a lease is longer than what it protects."""
LOOK_PAUSES = (0.2, 0.5, 1.0, 2.0, 4.0)
"""Seconds between the looks that follow a sending without an answer, while somebody may still wait for it."""
_LOOK_LATER = (5.0, 15.0, 60.0, 300.0, 600.0)
"""Seconds until the sweep looks, by how often it was looked up."""
_BUSY_PAUSE = 0.05
_TASK_AFTER = 4
_log = structlog.get_logger("gateway.writes")


class _Running(Struct, frozen=True):
    """`looks`: it only looks up what was left, and answers nobody."""

    digest: str
    task: asyncio.Task[Any]
    looks: bool = False


class Writes:
    """One per gateway. `perform` writes; `settle` looks up what was left; `close` waits for what is under way."""

    def __init__(
        self,
        backends: Mapping[str, BoundBackend],
        journal: WriteJournal,
        changed: Changed,
        tasks: Tasks,
        metrics: CallMetrics | None = None,
        pauses: Sequence[float] = LOOK_PAUSES,
    ) -> None:
        self.pauses = tuple(pauses)
        self.fence: Callable[[], bool] = _free
        """Whether what is under way is still this process's to do: asked after it was noted and before it is sent."""
        self._backends = backends
        self._journal = journal
        self._changed = changed
        self._tasks = tasks
        self._metrics = metrics or CallMetrics()
        self._running: dict[WritePlace, _Running] = {}

    @property
    def under_way(self) -> int:
        return len(self._running)

    async def perform(
        self, backend: str, operation: WriteOperation[Any, R], command: Any, context: CommerceContext, call: CallContext
    ) -> R:
        """The owner's answer. Raises OutcomeUnknown when `call` ends first or nobody knows what became of it,
        IdempotencyConflict when another command went under this reference, StateUnavailable when nothing could be noted
        (and nothing was sent), AdapterError when the owner certainly did not do it."""
        place = WritePlace(backend, operation.name, command.reference)
        digest = _digest(operation, command)
        while (running := self._running.get(place)) is not None and running.looks:
            _, late = await asyncio.wait([running.task], timeout=max(0.0, call.remaining()))
            if late:
                raise OutcomeUnknown(source=backend, domain=operation.domain.name, check_after=1.0)
        if running is None:
            route = WriteRoute(self._bound(backend), operation)
            work = self._perform(route, place, digest, command, context, call.trace_id)
            running = self._start(place, digest, work)
        elif running.digest != digest:
            raise IdempotencyConflict
        try:
            async with asyncio.timeout(max(0.0, call.remaining())):
                return cast("R", await asyncio.shield(running.task))
        except TimeoutError as error:
            raise OutcomeUnknown(source=backend, domain=operation.domain.name, check_after=1.0) from error
        except GatewayError as error:
            raise error.fresh() from error

    async def resolve(self, backend: str, operation: WriteOperation[Any, R], command: Command) -> R | None:
        """What became of a write that may have been sent, without sending it; None: it had no effect, and whoever was
        about to send it finds it given up. For those who undo. Raises OutcomeUnknown while nobody can know, and
        IdempotencyConflict, StateUnavailable."""
        place = WritePlace(backend, operation.name, command.reference)
        digest = _digest(operation, command)
        if (running := self._running.get(place)) is not None:
            await asyncio.wait([running.task])
        route = WriteRoute(self._bound(backend), operation)
        attempt = _Attempt(self, route, place, digest, None, "")
        claim = await attempt.claimed()
        if claim.state is ClaimState.DONE:
            return cast("R", attempt.decoded(claim))
        if (since := _since_sent(claim, route)) is not None:
            found = await attempt.looked_up(since, by_key=None)
            if found is not None:
                return cast("R", found)
        await self._journal.refused(place, attempt.holder)
        return None

    async def settle(self, limit: int = 20) -> int:
        """Look up writes that were sent and not come back. How many were due."""
        due = await self._journal.due(limit)
        declared = writes()
        for place, digest in due:
            operation = declared.get(place.operation)
            bound = self._backends.get(place.backend)
            if operation is None or bound is None or place in self._running:
                continue
            work = self._settle(WriteRoute(bound, operation), place, digest)
            running = self._start(place, digest, work, looks=True)
            await asyncio.wait([running.task])
        return len(due)

    async def close(self, seconds: float = 10.0) -> None:
        """Wait so long for what is under way. What remains is in the journal, and looked up by whoever lives."""
        tasks = [running.task for running in self._running.values()]
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=seconds)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        if late:
            _log.warning("writes_left", writes=len(late))

    def _bound(self, backend: str) -> BoundBackend:
        found = self._backends.get(backend)
        if found is None:
            raise ConfigurationError(f"no backend is called `{backend}`")
        return found

    def _start(self, place: WritePlace, digest: str, work: Any, *, looks: bool = False) -> _Running:
        running = _Running(digest, asyncio.get_running_loop().create_task(work), looks)
        self._running[place] = running
        self._metrics.writes_under_way.labels(place.backend).inc()

        def ended(task: asyncio.Task[Any]) -> None:
            self._running.pop(place, None)
            self._metrics.writes_under_way.labels(place.backend).dec()
            if not task.cancelled():
                task.exception()  # whoever asked has heard it, or has gone

        running.task.add_done_callback(ended)
        return running

    async def _perform(
        self, route: WriteRoute, place: WritePlace, digest: str, command: Any, context: CommerceContext, trace: str
    ) -> Any:
        attempt = _Attempt(self, route, place, digest, context, trace)
        claim = await attempt.claimed()
        if claim.state is ClaimState.DONE:
            return attempt.decoded(claim)
        if (since := _since_sent(claim, route)) is not None:
            if (found := await attempt.looked_up(since, by_key=route.spec.by_key)) is not None:
                return found
            if not await self._journal.sending(place, attempt.holder, route.lease):
                raise attempt.unknown()
        return await attempt.send(command)

    async def _settle(self, route: WriteRoute, place: WritePlace, digest: str) -> None:
        attempt = _Attempt(self, route, place, digest, None, "")
        claim = await attempt.claim()
        if claim.state is not ClaimState.BEFORE:
            return
        try:
            found = await attempt.looked_up(claim.since_sent, by_key=None)
        except OutcomeUnknown:
            return
        if found is None:
            attempt.count("absent")
            await self._journal.refused(place, attempt.holder)

    async def changed(self, place: WritePlace, tags: Sequence[str]) -> None:
        await self._changed(place.backend, tags)

    @property
    def journal(self) -> WriteJournal:
        return self._journal

    @property
    def tasks(self) -> Tasks:
        return self._tasks

    @property
    def metrics(self) -> CallMetrics:
        return self._metrics


def _digest(operation: WriteOperation[Any, Any], command: Any) -> str:
    return hashlib.sha256(msgspec.json.encode(operation.compared(command), order="deterministic")).hexdigest()


class WriteRoute:
    """One write operation of one backend. Raises ConfigurationError for one that is not served."""

    __slots__ = ("backend", "find", "lease", "operation", "perform", "spec")

    def __init__(self, bound: BoundBackend, operation: WriteOperation[Any, Any]) -> None:
        spec = bound.manifest.writes.get(operation.name)
        port = bearer(bound.backend, operation.port, operation.method)
        find = getattr(port, operation.find, None)
        if spec is None or port is None or (find is None and spec.find is not FindKind.REPLAY):
            raise ConfigurationError(f"backend `{bound.name}` does not serve {operation.name}")
        self.backend = bound.name
        self.operation = operation
        self.spec: WriteSpec = spec
        self.perform: Any = getattr(port, operation.method)
        self.find: Any = None if spec.find is FindKind.REPLAY else find
        self.lease = spec.timeout + _MARGIN


class _Attempt:
    """One process's turn at one write."""

    def __init__(
        self,
        writes: Writes,
        route: WriteRoute,
        place: WritePlace,
        digest: str,
        context: CommerceContext | None,
        trace: str,
    ) -> None:
        self._writes = writes
        self._route = route
        self._place = place
        self._digest = digest
        self._context = context
        self._trace = trace
        self._sent = time.monotonic()
        self._since_set = inf
        """Seconds, as it was claimed, since the clock was set by which others noted when they sent it."""
        self._doubtful = False
        """Whether an earlier sending may still have had its effect."""
        self.holder = secrets.token_hex(8)

    async def claim(self) -> Claim:
        claim = await self._writes.journal.claim(self._place, self._digest, self.holder, self._route.lease)
        self._since_set = claim.since_set
        return claim

    async def claimed(self) -> Claim:
        """Ours, or done. Waits while somebody else is at it. Raises IdempotencyConflict."""
        pause = _BUSY_PAUSE
        while True:
            claim = await self.claim()
            if claim.state is ClaimState.CONFLICT:
                raise IdempotencyConflict
            if claim.state is not ClaimState.BUSY:
                self._sent = time.monotonic() - claim.since_sent
                return claim
            await asyncio.sleep(pause)
            pause = min(1.0, pause * 1.5)

    def decoded(self, claim: Claim) -> Any:
        self.count("known")
        return msgspec.json.decode(claim.result or b"null", type=self._route.operation.result)

    async def send(self, command: Any) -> Any:
        """Perform it. With an answer it is done or refused; without one it is looked up while that makes sense."""
        spec = self._route.spec
        self._sent = time.monotonic()
        if not self._writes.fence():  # others may have taken this over: nothing was sent, now
            if self._doubtful:
                raise await self._left()
            await self._refused()
            lost = Unavailable(source=self._route.backend, domain=self._route.operation.domain.name)
            lost.unsent = True
            raise lost
        for pause in (*self._writes.pauses, None):
            try:
                result = await self._call(self._route.perform, command)
            except AdapterError as error:
                if had_no_effect(error) and not (self._doubtful and says_nothing_of_others(error)):
                    await self._refused()
                    self.count(error.code)
                    raise
                self._tell(error)
            except Exception as error:  # ours: it may have been sent all the same
                self._tell(error)
            else:
                return await self._done(result, "ok")
            self._doubtful = True
            if spec.by_key is None or pause is None:
                break
            await asyncio.sleep(pause)  # the vendor knows our key: asked again, it answers the same
            if not await self._writes.journal.sending(self._place, self.holder, self._route.lease):
                raise self.unknown()
        return await self._found_after_all()

    async def looked_up(self, since_sent: float, *, by_key: float | None) -> Any:
        """What is there under the reference, noted as done; None where it may be sent (again). Raises OutcomeUnknown,
        noted, while nobody can know. `by_key`: for so long the vendor itself tells a second sending from a first (None
        for who has nothing to send, and must not call absent what only may be sent again)."""
        spec = self._route.spec
        if self._route.find is None:  # REPLAY
            if by_key is not None and since_sent < by_key:
                self._doubtful = True
                return None
            raise await self._left()
        try:
            found = await self._call(self._route.find, self._place.reference)
        except Exception as error:
            self._tell(error)
            raise await self._left() from error
        if found is not None:
            return await self._done(found, "found")
        over = min(since_sent, self._since_set) >= spec.absent_after()
        if over or (by_key is not None and since_sent < by_key):
            self._doubtful = not over
            return None
        raise await self._left()

    async def _found_after_all(self) -> Any:
        """After a sending without an answer. Raises OutcomeUnknown, noted."""
        if self._route.find is not None:
            for pause in self._writes.pauses:
                if time.monotonic() - self._sent > self._route.lease - _MARGIN:
                    break
                await asyncio.sleep(pause)
                try:
                    found = await self._call(self._route.find, self._place.reference)
                except Exception as error:
                    self._tell(error)
                    continue
                if found is not None:
                    return await self._done(found, "found")
        raise await self._left()

    async def _call(self, method: Any, asked: Any) -> Any:
        """One call of the adapter, with the write's own deadline and priority. Nothing is sent after it: a process that
        was stopped in the middle finds its time over."""
        spec, operation = self._route.spec, self._route.operation
        deadline = time.monotonic() + spec.timeout
        call = CallContext(
            deadline, operation.priority, self._trace, once=spec.by_key is None, operation=operation.name
        )
        observer, tally = OBSERVER.get(), Tally()
        token, within = TALLY.set(tally), BEGUN.set(Begun())  # what it began to send is not turned away half done
        started, outcome = time.monotonic(), "CANCELLED"
        try:
            async with asyncio.timeout(spec.timeout + 1.0):
                view = (self._context or _NOWHERE).only(spec.vary_on)
                answer = await method(asked, view, call)
            outcome = "ok"
            return answer
        except AdapterError as error:
            outcome = error.located(self._route.backend, operation.domain.name, operation.name).code
            FAILURES.backend_failed(error, backend=self._route.backend, operation=operation.name, trace_id=self._trace)
            raise
        except TimeoutError as error:
            outcome = OutcomeUnknown.code
            unknown = OutcomeUnknown(source=self._route.backend, domain=operation.domain.name)
            FAILURES.backend_failed(
                unknown, backend=self._route.backend, operation=operation.name, trace_id=self._trace
            )
            raise unknown from error
        finally:
            BEGUN.reset(within)
            TALLY.reset(token)
            if observer is not None:
                observer(_told(self._route, started, outcome, tally))

    async def _done(self, result: Any, outcome: str) -> Any:
        """Noted, and what it touched asked anew, before anybody is answered."""
        encoded = msgspec.json.encode(self._route.operation.kept(result))
        try:
            kept = await self._writes.journal.done(self._place, self.holder, encoded)
        except StateUnavailable:
            kept = True  # it is done at the owner; the sweep finds it there and notes it
        if not kept:
            await self._doubled(encoded)
        await self._writes.changed(self._place, self._route.operation.changes(result))
        self.count(outcome)
        return result

    async def _doubled(self, result: bytes) -> None:
        """Another took this write over while we were stopped: is there one record or two?"""
        claim = await self.claim()
        if claim.state is ClaimState.DONE and claim.result == result:
            return
        _log.error("write_doubled", backend=self._place.backend, operation=self._place.operation)
        facts = {"backend": self._place.backend, "operation": self._place.operation, "reference": self._place.reference}
        await self._writes.tasks.open(DOUBLED_TASK, f"{self._place.backend}:{self._place.reference}", facts)
        self.count("doubled")

    async def _refused(self) -> None:
        try:
            await self._writes.journal.refused(self._place, self.holder)
        except StateUnavailable:
            _log.warning("write_refusal_unnoted", backend=self._place.backend)

    async def _left(self) -> OutcomeUnknown:
        """Leave it to whoever looks next; after a while to a person too."""
        looked = 0
        try:
            looked = await self._writes.journal.unknown(self._place, self.holder, _LOOK_LATER)
        except StateUnavailable:
            _log.warning("write_left_unnoted", backend=self._place.backend)
        if looked >= _TASK_AFTER:
            place = self._place
            facts = {"backend": place.backend, "operation": place.operation, "reference": place.reference}
            await self._writes.tasks.open(UNKNOWN_TASK, f"{place.backend}:{place.reference}", facts)
        self.count(OutcomeUnknown.code)
        return self.unknown(_LOOK_LATER[min(looked, len(_LOOK_LATER) - 1)])

    def unknown(self, after: float = _LOOK_LATER[0]) -> OutcomeUnknown:
        domain = self._route.operation.domain.name
        return OutcomeUnknown(source=self._route.backend, domain=domain, check_after=after)

    def count(self, outcome: str) -> None:
        self._writes.metrics.writes.labels(self._place.backend, self._place.operation, outcome).inc()

    def _tell(self, error: Exception) -> None:
        if isinstance(error, AdapterError):
            return  # told where it was called
        place = self._place
        FAILURES.unexpected(
            error, event="write_unanswered", backend=place.backend, operation=place.operation, trace_id=self._trace
        )


def _since_sent(claim: Claim, route: WriteRoute) -> float | None:
    """Seconds since it may last have been sent; None: it never was. What a journal knows that was put back is of when
    its backup was made; what can be looked up is. Elsewhere the owner's own memory of our key has to do."""
    before = claim.state is ClaimState.BEFORE
    if claim.restored is None or route.find is None:
        return claim.since_sent if before else None
    return min(claim.since_sent, claim.restored) if before else claim.restored


def _free() -> bool:
    return True


_NOWHERE = CommerceContext(country="", currency="", language="")


def had_no_effect(error: AdapterError) -> bool:
    """Whether a write that failed so certainly changed nothing: it never left, or the owner said no."""
    return error.unsent or error.per_key or isinstance(error, RequestRefused | CredentialsRefused | RateLimited)


def says_nothing_of_others(error: AdapterError) -> bool:
    """Of what was sent before: a sending that never left, or that nobody looked at, leaves it as open as it was. Only
    an owner that knows the key and says no has told of the first sending too."""
    return error.unsent or isinstance(error, CredentialsRefused | RateLimited)


def _told(route: WriteRoute, started: float, outcome: str, tally: Tally) -> BackendCall:
    return BackendCall(
        backend=route.backend,
        operation=route.operation.name,
        keys=1,
        requests=1,
        started=started,
        seconds=time.monotonic() - started,
        outcome=outcome,
        attempts=tally.attempts,
        cost=tally.cost,
        counted=tally.counted,
    )
