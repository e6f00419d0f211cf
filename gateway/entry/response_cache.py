"""Finished answers of public operations, as bytes: looked up before anything runs.

An answer is kept only when the schema's hints allow it, nobody in particular asked, nothing in it is personal or in
error, and all it was made of was reported (`gateway.model.touched`). It goes when its time is over, when any fact in it
comes to its own end, or when any of its tags is invalidated; one that was still being made at that moment is not kept.
"""

from __future__ import annotations

import hashlib
import time
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any

import orjson
from msgspec import Struct

from gateway.model.context import CommerceContext
from gateway.model.horizon import ENDLESS, is_over

ENTRIES = 4_096
BYTES = 33_554_432
LARGEST = 1024 * 1024
RECENT = 10_000
"""Invalidations remembered, for answers that are being made meanwhile."""


BYTES_OF_ONE = 700
BYTES_PER_TAG = 250
"""Its place in the index, under its own name and its domain's."""


class KeptAnswer(Struct, frozen=True, gc=False):
    """`stored_at` and `expires_at` on the monotonic clock, `horizon` (when what it tells is over) on the wall's."""

    body: bytes
    etag: str
    stored_at: float
    expires_at: float
    horizon: float
    tags: frozenset[str]

    @property
    def bytes(self) -> int:
        """About what it takes in memory, with its key and its places in the index."""
        return BYTES_OF_ONE + len(self.body) + BYTES_PER_TAG * len(self.tags) + sum(map(len, self.tags))


class ResponseCache:
    def __init__(
        self, *, entries: int = ENTRIES, size: int = BYTES, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._entries = entries
        self._size = size
        self._clock = clock
        self._kept: dict[Hashable, KeptAnswer] = {}
        self._by_tag: dict[str, set[Hashable]] = {}
        self._bytes = 0
        self._moment = 0
        self._recent: deque[tuple[int, frozenset[str]]] = deque(maxlen=RECENT)
        self.hits = 0
        self.misses = 0

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: Hashable, *, max_age: float | None = None) -> KeptAnswer | None:
        """A kept answer that is not older than the caller takes."""
        kept = self._kept.get(key)
        now = self._clock()
        if kept is not None and (kept.expires_at <= now or is_over(kept.horizon)):
            self._drop(key)
            kept = None
        if kept is None or (max_age is not None and now - kept.stored_at > max_age):
            self.misses += 1
            return None
        self.hits += 1
        self._kept[key] = self._kept.pop(key)  # the least recently used goes first
        return kept

    def age(self, kept: KeptAnswer) -> int:
        return int(self._clock() - kept.stored_at)

    def moment(self) -> int:
        """To be asked before an answer is made, and given when it is put."""
        return self._moment

    def put(
        self,
        key: Hashable,
        body: bytes,
        *,
        seconds: float,
        tags: Iterable[str],
        moment: int,
        horizon: float = ENDLESS,
    ) -> KeptAnswer | None:
        """Keep an answer; None when it is too large, over already, or was overtaken by an invalidation."""
        wanted = frozenset(tags)
        if len(body) > LARGEST or seconds <= 0 or is_over(horizon) or self._overtaken(wanted, moment):
            return None
        self._drop(key)
        now = self._clock()
        kept = KeptAnswer(body, etag_of(body), now, now + seconds, horizon, wanted)
        self._kept[key] = kept
        self._bytes += kept.bytes
        for tag in wanted:
            self._by_tag.setdefault(tag, set()).add(key)
            self._by_tag.setdefault(_domain(tag), set()).add(key)
        while len(self._kept) > self._entries or self._bytes > self._size:
            self._drop(next(iter(self._kept)))
        return kept

    def invalidate(self, tags: Iterable[str]) -> int:
        """Drop what was made of any of these facts (`price:SKU`) or domains (`price`); how many answers."""
        gone = frozenset(tags)
        self._moment += 1
        self._recent.append((self._moment, gone))
        keys = {key for tag in gone for key in self._by_tag.get(tag, ())}
        for tag in gone:
            # An answer that names a whole domain depends on each of its facts.
            keys |= {key for key in self._by_tag.get(_domain(tag), ()) if _domain(tag) in self._kept[key].tags}
        for key in keys:
            self._drop(key)
        return len(keys)

    def clear(self) -> None:
        self._moment += 1
        self._recent.clear()
        self._kept.clear()
        self._by_tag.clear()
        self._bytes = 0

    def _overtaken(self, tags: frozenset[str], moment: int) -> bool:
        missed = self._moment - moment
        if missed > len(self._recent):
            return True
        domains = {_domain(tag) for tag in tags}
        for at, gone in reversed(self._recent):
            if at <= moment:
                break
            if any(tag in tags or tag in domains or _domain(tag) in tags for tag in gone):
                return True
        return False

    def _drop(self, key: Hashable) -> None:
        kept = self._kept.pop(key, None)
        if kept is None:
            return
        self._bytes -= kept.bytes
        for tag in kept.tags:
            for name in (tag, _domain(tag)):
                keys = self._by_tag.get(name)
                if keys is not None:
                    keys.discard(key)
                    if not keys:
                        del self._by_tag[name]


def key_of(
    source: str, operation_name: str | None, variables: Mapping[str, Any] | None, profile: str, context: CommerceContext
) -> Hashable | None:
    """Everything a public answer depends on; None where the variables are of no value that any field takes. Variables
    by value, in any order; only a digest is kept, because it takes no more room whatever strangers write, and because
    what somebody typed is nobody else's, however public the answer."""
    try:
        values = orjson.dumps(variables, option=orjson.OPT_SORT_KEYS) if variables else b""
    except TypeError:  # numbers beyond 64 bits, lists in lists in lists
        return None
    digest = hashlib.sha256(values)
    for text in (source, operation_name or ""):
        digest.update(b"\x00" + text.encode("utf-8", "surrogatepass"))
    return digest.digest(), profile, context


def etag_of(body: bytes) -> str:
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def matches(if_none_match: str | None, etag: str) -> bool:
    """Whether the client has this answer already."""
    if if_none_match is None:
        return False
    return any(tag.strip().removeprefix("W/") in (etag, "*") for tag in if_none_match.split(","))


def _domain(tag: str) -> str:
    """`price` of `price:SKU` and of `price.pages`."""
    return tag.partition(":")[0].partition(".")[0]
