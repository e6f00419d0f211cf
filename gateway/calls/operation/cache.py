"""Answers kept in this process, one per key, operation and scope (backend, operation, the declared parts of the
commerce context, and the person where the operation is personal: `scope_of`, the only place that says what an answer
depends on). Asked by `caller` before anything goes out.
"""

from __future__ import annotations

import random
import time
from collections.abc import Hashable, Iterable
from typing import Any

from cachetools import LRUCache
from msgspec import Struct

from gateway.calls.operation.staleness import version_of
from gateway.calls.operation.tags import ABSENT as ABSENT
from gateway.calls.operation.weights import Scales
from gateway.errors import AdapterError
from gateway.model.context import CallContext, CommerceContext
from gateway.model.horizon import ENDLESS, horizon_of, is_over
from gateway.model.operation import OperationSpec

EVERYTHING = "*"
"""The tag that every answer of a backend bears."""
_JITTER = 0.1
_BRIEF_PART = 0.25
"""Of the time to live, for what is absent or ambiguous: somebody is probably about to mend it."""
GUARD_SECONDS = 60.0
"""How long a source is not believed that goes back to an earlier version: replicas are behind by less."""
_MOST_STAMPS = 100_000
BYTES = 50_331_648

CacheScope = tuple[Hashable, ...]


def scope_of(
    backend: str, operation: str, spec: OperationSpec, context: CommerceContext, call: CallContext
) -> CacheScope:
    """Everything but the key that an answer depends on. Answers of two scopes never meet."""
    return (backend, operation, context.parts(spec.vary_on), call.person if spec.personal else None)


class Entry(Struct, gc=False, eq=False):
    """`started` is when the answer was asked for: it is at least as new as that. Monotonic seconds. `horizon` is when
    the answer itself says that it ends, in seconds since 1970: from then on it is no answer any more, neither fresh nor
    stale. `failed` is the code of the last attempt to renew it, which is not repeated before `renew_at`. `bytes` is
    about what it takes. In no ring ever, so not for the collector."""

    value: Any
    started: float
    fresh_until: float
    stale_until: float
    tags: tuple[str, ...]
    horizon: float = ENDLESS
    failed: str | None = None
    renew_at: float = 0.0
    bytes: int = 0

    def young_enough(self, call: CallContext, now: float) -> bool:
        return call.max_age is None or now - self.started <= call.max_age


class AnswerCache:
    """In process. Entries that are too old stay until they are pushed out, for what is known of their version: for a
    while it guards against a source that goes back to an earlier one."""

    def __init__(self, size: int = BYTES) -> None:
        """`size` in bytes, with keys and tags: strangers choose what is asked for, and so what is kept."""
        self._entries: LRUCache[tuple[CacheScope, Hashable], Entry] = LRUCache(
            size, lambda entry: min(entry.bytes, size)
        )
        self._scales = Scales()
        self._stamps: dict[tuple[Hashable, str], float] = {}

    def find(self, scope: CacheScope, key: Hashable) -> Entry | None:
        """Fresh or not; never one that was invalidated, or is over by what it says itself."""
        entry = self._entries.get((scope, key))
        if entry is None:
            return None
        if is_over(entry.horizon) or (self._stamps and self._invalidated(scope[0], entry.tags, entry.started)):
            del self._entries[scope, key]
            return None
        return entry

    def keep(
        self, scope: CacheScope, key: Hashable, value: Any, spec: OperationSpec, started: float, tags: tuple[str, ...]
    ) -> Entry | None:
        """None, and nothing is kept, when something newer is known: a later answer, a later version, or that the
        answer was invalidated or came to its own end while it was on its way."""
        if self._stamps and self._invalidated(scope[0], tags, started):
            return None
        known = self._entries.get((scope, key))
        if known is not None and _guards(known, value, started):
            return None
        horizon = horizon_of(value)
        if is_over(horizon):
            self._entries.pop((scope, key), None)
            return None
        brief = value is ABSENT
        if isinstance(value, AdapterError):
            brief = True
            value = value.fresh()  # a traceback holds frames, which may hold the entry
        life = spec.time_to_live * (_BRIEF_PART if brief else 1.0)
        # Jitter, so that what was asked together does not end together.
        fresh_until = time.monotonic() + life * random.uniform(1.0 - _JITTER, 1.0)  # noqa: S311  no secret
        entry = Entry(value, started, fresh_until, fresh_until + (0.0 if brief else spec.stale_for), tags, horizon)
        self._put(scope, key, entry)
        return entry

    def adopt(self, scope: CacheScope, key: Hashable, entry: Entry) -> bool:
        """Take over an entry that another gateway made; False when it is over or something newer is known here."""
        if is_over(entry.horizon) or (self._stamps and self._invalidated(scope[0], entry.tags, entry.started)):
            return False
        known = self._entries.get((scope, key))
        if known is not None and _guards(known, entry.value, entry.started):
            return False
        self._put(scope, key, entry)
        return True

    def _put(self, scope: CacheScope, key: Hashable, entry: Entry) -> None:
        value = None if entry.value is ABSENT else entry.value
        entry.bytes = self._scales.weigh(scope[:2], key, value, entry.tags)
        self._entries[scope, key] = entry

    def invalidate(self, backend: str, tags: Iterable[str]) -> None:
        """Answers with one of these tags that were asked for until now are over, those on their way included."""
        now = time.monotonic()
        for tag in tags:
            self._stamps[backend, tag] = now
        if len(self._stamps) > _MOST_STAMPS:
            self.clear()

    def clear(self) -> None:
        """Forget everything; stamps of what is still on its way are kept by turning them into one."""
        backends = {backend for backend, _ in self._stamps} | {scope[0] for scope, _ in self._entries}
        self._entries.clear()
        now = time.monotonic()
        self._stamps = {(backend, EVERYTHING): now for backend in backends}

    def _invalidated(self, backend: Hashable, tags: tuple[str, ...], started: float) -> bool:
        stamps = self._stamps
        if stamps.get((backend, EVERYTHING), -1.0) >= started:
            return True
        return any(stamps.get((backend, tag), -1.0) >= started for tag in tags)

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def bytes(self) -> int:
        """What all that is kept takes, about."""
        return int(self._entries.currsize)


def goes_back(known: Entry, offered: Any, started: float) -> bool:
    """Whether a source, asked at `started`, offers an earlier version than it had given shortly before: one of its
    replicas is behind. Later than that it has gone back for good, as after a restored backup, and is believed."""
    before, after = version_of(known.value), version_of(offered)
    return before is not None and after is not None and after < before and started - known.started < GUARD_SECONDS


def _guards(known: Entry, offered: Any, started: float) -> bool:
    return known.started > started or goes_back(known, offered, started)
