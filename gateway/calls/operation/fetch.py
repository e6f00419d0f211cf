"""What a flight does: asks for keys nobody has, the store shared with other gateways first, then the adapter; and keeps
what it learns.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from gateway.calls.observation import spared
from gateway.calls.operation.cache import ABSENT, AnswerCache, CacheScope, Entry, goes_back
from gateway.calls.operation.routes import Route
from gateway.calls.operation.shared import SharedAnswers, place_of, read, written
from gateway.calls.operation.staleness import OLDER_REFUSED, marked_stale
from gateway.calls.operation.tags import tags_of
from gateway.errors import AdapterError
from gateway.logs.failures import FAILURES
from gateway.model.context import CallContext, CommerceContext
from gateway.runtime.deadline import Deadline

_RENEW_PAUSE = 1.0
"""Seconds before a renewal that failed is tried again."""


class Fetch:
    """One scope's way to ask; called with the keys of one flight and the flight's own call context."""

    __slots__ = ("_cache", "_context", "_route", "_scope", "_shared")

    def __init__(
        self,
        route: Route,
        scope: CacheScope,
        context: CommerceContext,
        cache: AnswerCache,
        shared: SharedAnswers | None,
    ) -> None:
        self._cache = cache
        self._shared = shared if route.reader is not None else None
        self._route = route
        self._scope = scope
        self._context = context

    async def __call__(self, keys: Sequence[Any], call: CallContext) -> Mapping[Any, Any]:
        route = self._route
        if not route.cached:
            return await route.ask(keys, self._context, call)
        answers: dict[Any, Any] = {}
        if self._shared is not None and not call.fresh:
            missing = await self._from_shared(self._shared, keys, call, answers)
            if len(missing) < len(keys):
                spared(route.backend, route.operation, len(keys) - len(missing), "shared")
            keys = missing
            if not keys:
                return answers
        started = time.monotonic()
        try:
            answered = await route.ask(keys, self._context, call)
        except AdapterError as error:
            self._remember_failure(keys, error)
            raise
        kept: list[tuple[Any, Entry]] = []
        told = False
        for key in keys:
            value = answered.get(key, ABSENT)
            if isinstance(value, AdapterError) and not value.per_key:
                if value.reported is None and not told:
                    told = True  # one line for a call: what its keys failed of is mostly one and the same
                    route.tell(value.located(route.backend, route.domain, route.operation), call)
                answers[key] = value
                continue
            tags = tags_of(route.declared, key, value)
            entry = self._cache.keep(self._scope, key, value, route.spec, started, tags)
            if entry is not None:
                kept.append((key, entry))
            elif (known := self._newer(key, value, started)) is not None:
                value = marked_stale(known, OLDER_REFUSED)
            if value is not ABSENT:
                answers[key] = value
        if self._shared is not None and kept:
            await self._share(self._shared, kept)
        return answers

    def _newer(self, key: Any, value: Any, started: float) -> Any:
        """The version that was known already, where the source went back to an earlier one."""
        known = self._cache.find(self._scope, key)
        return known.value if known is not None and goes_back(known, value, started) else None

    def _remember_failure(self, keys: Sequence[Any], error: AdapterError) -> None:
        for key in keys:
            entry = self._cache.find(self._scope, key)
            if entry is not None:
                entry.failed = error.code
                entry.renew_at = time.monotonic() + _RENEW_PAUSE

    async def _from_shared(
        self, shared: SharedAnswers, keys: Sequence[Any], call: CallContext, answers: dict[Any, Any]
    ) -> list[Any]:
        """Fills `answers` with what another gateway learnt and is still fresh; returns the keys nobody knows."""
        missing: list[Any] = []
        reader = self._route.reader
        found = await shared.get([place_of(self._scope, key) for key in keys])
        now = time.monotonic()
        for key, body in zip(keys, found, strict=True):
            entry = read(reader, body) if body is not None and reader is not None else None
            if entry is None or not self._cache.adopt(self._scope, key, entry):
                missing.append(key)
            elif now >= entry.fresh_until or not entry.young_enough(call, now):
                missing.append(key)  # adopted all the same: it may be served should the backend fail
            elif entry.value is not ABSENT:
                answers[key] = entry.value
        return missing

    async def _share(self, shared: SharedAnswers, kept: Sequence[tuple[Any, Entry]]) -> None:
        now, wall = time.monotonic(), time.time()
        await shared.put(
            self._route.backend,
            [
                (
                    place_of(self._scope, key),
                    written(entry),
                    min(entry.stale_until - now, entry.horizon - wall),
                    entry.tags,
                )
                for key, entry in kept
                if not isinstance(entry.value, AdapterError)
            ],
        )


class Renewal(Fetch):
    """Asks in the background: it ends by its own deadline, and nobody but the log hears of its failure."""

    __slots__ = ()

    async def __call__(self, keys: Sequence[Any], call: CallContext) -> Mapping[Any, Any]:
        route = self._route
        try:
            with Deadline(call):
                return await super().__call__(keys, call)
        except AdapterError as error:
            if error.reported is None:
                route.tell(error.located(route.backend, route.domain, route.operation), call)
            raise
        except Exception as error:
            FAILURES.unexpected(error, event="renewal_failed", backend=route.backend, operation=route.operation)
            raise
