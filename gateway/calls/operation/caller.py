"""The way from services to backends: operation policies around the ports of all backends, outermost first: deadline,
cache per key, coalescing per key, chunking. Transport policies sit below the adapters, in `transport`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, TypeVar, cast

from gateway.calls.metrics import CallMetrics
from gateway.calls.observation import spared
from gateway.calls.operation.bound import BoundBackend
from gateway.calls.operation.cache import ABSENT, AnswerCache, CacheScope, scope_of
from gateway.calls.operation.chunks import Chunk, chunks
from gateway.calls.operation.fetch import Fetch, Renewal
from gateway.calls.operation.flights import Flights
from gateway.calls.operation.routes import Route
from gateway.calls.operation.shared import SharedAnswers
from gateway.calls.operation.staleness import OVER_AT_SOURCE, REVALIDATING, marked_stale
from gateway.calls.operation.tags import report, touched
from gateway.errors import AdapterError
from gateway.model.context import CallContext, CommerceContext, Priority
from gateway.model.horizon import over_among
from gateway.model.touched import not_shareable
from gateway.ports.domain import KeyedOperation, PagedOperation, ReadOperation
from gateway.ports.webhooks import EVERYTHING
from gateway.runtime.deadline import Deadline

__all__ = ["BackendCaller", "BoundBackend"]

K = TypeVar("K")
V = TypeVar("V")
Q = TypeVar("Q")
R = TypeVar("R")

_RENEW_PATIENCE = 3.0
"""How many times an operation's timeout a background renewal may take."""
_LONGEST_FLIGHT = 60.0
"""Seconds. An answer that ended earlier than this before it was asked for was not asked for before its end."""


class BackendCaller:
    """One per gateway. `close` ends what still runs in the background."""

    def __init__(
        self,
        backends: Mapping[str, BoundBackend],
        *,
        cache: AnswerCache | None = None,
        shared: SharedAnswers | None = None,
        metrics: CallMetrics | None = None,
    ) -> None:
        self._backends = backends
        self._cache = cache if cache is not None else AnswerCache()
        self._shared = shared
        self._metrics = metrics or CallMetrics()
        self._routes: dict[tuple[str, str], Route] = {}
        self._flights = Flights()

    def backend(self, name: str) -> BoundBackend:
        return self._backends[name]

    async def keyed(
        self,
        backend: str,
        operation: KeyedOperation[K, V],
        keys: Sequence[K],
        context: CommerceContext,
        call: CallContext,
    ) -> Mapping[K, V | AdapterError]:
        """Answers by key: an absent key does not exist; a call that failed as a whole is its error for every key it
        asked. Never raises AdapterError."""
        if not keys:
            return {}
        route = self._route(backend, operation)
        answers = await self._answers(route, list(dict.fromkeys(keys)), context, call)
        report(route.declared, personal=route.spec.personal, keys=keys, answers=answers)
        return answers

    async def paged(
        self, backend: str, operation: PagedOperation[Q, R], query: Q, context: CommerceContext, call: CallContext
    ) -> R:
        """Raises AdapterError."""
        route = self._route(backend, operation)
        answers = await self._answers(route, [query], context, call)
        report(route.declared, personal=route.spec.personal, keys=(query,), answers=answers)
        answer = answers[query]
        if isinstance(answer, AdapterError):
            raise answer.fresh()
        return cast("R", answer)

    async def invalidate(self, backend: str, tags: Sequence[str]) -> None:
        """What bears one of these tags is asked anew, in every gateway that shares the cache."""
        self.forget(backend, tags)
        if self._shared is not None:
            await self._shared.invalidate(backend, touched(tags))

    def forget(self, backend: str | None, tags: Sequence[str] = ()) -> None:
        """As `invalidate`, in this process alone: another has told the rest. No backend: everything."""
        if backend is None:
            self._cache.clear()
            for bound in self._backends.values():
                bound.backend.forget(EVERYTHING)
            return
        self._cache.invalidate(backend, touched(tags))
        changed = self._backends.get(backend)
        if changed is not None:
            changed.backend.forget(tags)

    async def close(self) -> None:
        await self._flights.close()

    def rebound(self, backend: str) -> None:
        """The backend of this name is another one from now on (a rotated credential, a new address)."""
        for known in [known for known in self._routes if known[0] == backend]:
            del self._routes[known]

    def _route(self, backend: str, operation: ReadOperation) -> Route:
        route = self._routes.get((backend, operation.name))
        if route is None:
            route = Route(self._backends[backend], operation, self._metrics)
            self._routes[backend, operation.name] = route
        return route

    async def _answers(
        self, route: Route, keys: list[Any], context: CommerceContext, call: CallContext
    ) -> dict[Any, Any]:
        """What came to its own end on its way here is asked anew; what its source gives all the same is marked."""
        began = time.time()
        answers = await self._asked(route, keys, context, call)
        over = over_among(answers)
        late = [key for key, horizon in over.items() if horizon > began - _LONGEST_FLIGHT]
        if late:
            again = await self._asked(route, late, context, call)
            for key in late:
                del answers[key]
            answers |= again
            over = over_among({key: answers[key] for key in over if key in answers})
        for key in over:
            not_shareable()
            answers[key] = marked_stale(answers[key], OVER_AT_SOURCE)
        return answers

    def _asked(
        self, route: Route, keys: list[Any], context: CommerceContext, call: CallContext
    ) -> Awaitable[dict[Any, Any]]:
        if route.joined and (call.person is not None or not route.spec.personal):
            return self._joined(route, keys, context, call)
        # Without a person there is no telling whose answer it is, so it is nobody else's.
        if len(keys) <= route.spec.max_keys:
            return self._call(route, keys, context, call)
        return self._chunked(route, keys, context, call)

    async def _joined(
        self, route: Route, keys: list[Any], context: CommerceContext, call: CallContext
    ) -> dict[Any, Any]:
        """What is known here or on its way already, and what has to be asked, by whoever asks for it first."""
        scope = scope_of(route.backend, route.operation, route.spec, context, call)
        answers: dict[Any, Any] = {}
        missing = keys
        if route.cached and not call.fresh:
            missing = self._from_cache(route, scope, keys, context, call, answers)
            if not missing:
                return answers
        call = route.named(call)
        fetch = Fetch(route, scope, context, self._cache, self._shared)
        fetched, joined = await self._flights.gather(scope, missing, route.spec.max_keys, call, fetch)
        if joined:
            route.count_joined(joined)
            spared(route.backend, route.operation, joined, "joined")
        for key, answer in fetched.items():
            if isinstance(answer, AdapterError):
                answer.located(route.backend, route.domain, route.operation)
                if route.cached and not call.fresh and not answer.per_key:
                    answers[key] = self._stale_instead(route, scope, key, call, answer)
                    continue
            answers[key] = answer
        return answers

    async def _chunked(
        self, route: Route, keys: list[Any], context: CommerceContext, call: CallContext
    ) -> dict[Any, Any]:
        """More keys than one call takes, without joining anybody: what is not idempotent, or configured so. Writes go
        one chunk after the other."""
        parts = [self._chunk(route, chunk, context, call) for chunk in chunks(keys, route.spec.max_keys)]
        answers = await asyncio.gather(*parts) if route.spec.idempotent else [await part for part in parts]
        return {key: answer for part in answers for key, answer in part.items()}

    async def _chunk(self, route: Route, chunk: Chunk, context: CommerceContext, call: CallContext) -> dict[Any, Any]:
        with chunk.placed():
            return await self._call(route, chunk.keys, context, call)

    async def _call(self, route: Route, keys: list[Any], context: CommerceContext, call: CallContext) -> dict[Any, Any]:
        try:
            with Deadline(call):
                return {**await route.ask(keys, context, route.named(call))}
        except AdapterError as error:
            error.located(route.backend, route.domain, route.operation)
            return dict.fromkeys(keys, error)

    def _from_cache(
        self,
        route: Route,
        scope: CacheScope,
        keys: list[Any],
        context: CommerceContext,
        call: CallContext,
        answers: dict[Any, Any],
    ) -> list[Any]:
        """Fills `answers` with what is kept, and returns the keys that must be asked."""
        now = time.monotonic()
        missing: list[Any] = []
        aged: list[Any] = []
        for key in keys:
            entry = self._cache.find(scope, key)
            if entry is None or not entry.young_enough(call, now):
                missing.append(key)
            elif now < entry.fresh_until:
                if entry.value is not ABSENT:
                    answers[key] = entry.value
            elif now < entry.stale_until and not route.spec.personal:
                # Personal answers are renewed only by their person: a background renewal is nobody's.
                answers[key] = marked_stale(entry.value, entry.failed or REVALIDATING)
                not_shareable()
                if now >= entry.renew_at and not self._flights.flying(scope, key):
                    aged.append(key)
            else:
                missing.append(key)
        if aged:
            self._renew(route, scope, aged, context)
        hits = len(keys) - len(missing)
        if hits:
            route.count_hits(hits)
            spared(route.backend, route.operation, hits, "cached")
        if missing:
            route.count_misses(len(missing))
        return missing

    def _renew(self, route: Route, scope: CacheScope, keys: list[Any], context: CommerceContext) -> None:
        """In the background, with time and priority of its own, for nobody in particular."""
        call = route.named(CallContext.within(route.spec.timeout * _RENEW_PATIENCE, priority=Priority.BACKGROUND))
        renewal = Renewal(route, scope, context, self._cache, self._shared)
        self._flights.start_chunks(scope, keys, route.spec.max_keys, call, renewal)
        route.count_renewals(len(keys))

    def _stale_instead(self, route: Route, scope: CacheScope, key: Any, call: CallContext, error: AdapterError) -> Any:
        """What was known of the key, marked, where it is within the freshness budget; else the error."""
        now = time.monotonic()
        entry = self._cache.find(scope, key)
        if entry is None or entry.value is ABSENT or now >= entry.stale_until or not entry.young_enough(call, now):
            return error
        route.count_stale()
        not_shareable()
        return marked_stale(entry.value, error.code)
