"""Public answers on their way past the cache: who may be given a kept one, and what caches further out are told.

Browsers and proxies may keep a public answer but must ask again each time (`no-cache` and an `ETag`): only this cache
hears of changes, and a price that changed must not be shown from a cache that did not.
"""

from __future__ import annotations

from collections.abc import Generator, Hashable, Mapping
from contextlib import contextmanager

from msgspec import Struct

from gateway.entry.admission import Admission, Admitted, Caller
from gateway.entry.response_cache import Kept, ResponseCache, etag_of, key_of, matches
from gateway.http.media import Media
from gateway.http.wire import Header, Reply
from gateway.model.touched import TOUCHED, Touched
from gateway.security.profiles import accepted_age

VARY = (
    b"Accept, Accept-Language, Authorization, X-Api-Key, X-Commerce-Channel, X-Commerce-Country, X-Commerce-Currency, "
    b"X-Commerce-Language, X-Commerce-Store"
)


class Visit(Struct, frozen=True):
    """One request that may be answered from the cache. `moment` is from before its answer is made."""

    key: Hashable
    seconds: int
    moment: int
    touched: Touched
    kept: Kept | None


class PublicAnswers:
    def __init__(self, cache: ResponseCache, admission: Admission, *, enabled: bool = True) -> None:
        self._enabled = enabled
        self._cache = cache
        self._admission = admission

    def visit(self, caller: Caller, admitted: Admitted, headers: Mapping[str, str]) -> Visit | None:
        """None where the answer could be anything but public: somebody in particular asks, a field is personal or for
        a role, the schema gives no time, or the client wants to know more than the data. Raises ContextNotAllowed."""
        keeping = admitted.operation.keeping
        if not self._enabled or keeping.private or keeping.seconds <= 0 or not admitted.operation.is_query:
            return None
        if caller.principal.subject is not None or caller.principal.roles or caller.wants_cost or caller.facts.explain:
            return None
        commerce = self._admission.commerce(caller, admitted.facts)
        request = admitted.request
        key = key_of(request.query, request.operation_name, request.variables, caller.principal.profile, commerce)
        if key is None:
            return None
        kept = self._cache.get(key, max_age=accepted_age(caller.profile, admitted.facts))
        return Visit(key, keeping.seconds, self._cache.moment(), Touched(), kept)

    @contextmanager
    def collecting(self, visit: Visit | None) -> Generator[None]:
        """What the answer is made of, reported from below."""
        if visit is None:
            yield
            return
        token = TOUCHED.set(visit.touched)
        try:
            yield
        finally:
            TOUCHED.reset(token)

    def reply(self, visit: Visit, body: bytes, media: Media, method: str, headers: Mapping[str, str]) -> Reply:
        """A fresh public answer, kept when all it was made of is known."""
        touched = visit.touched
        if not touched.shareable:
            return Reply(200, body, (content_type(media), (b"cache-control", b"private, no-store")))
        if touched.tags:
            self._cache.put(
                visit.key,
                body,
                seconds=visit.seconds,
                tags=touched.tags,
                moment=visit.moment,
                horizon=touched.horizon,
            )
        return _conditional(body, etag_of(body), 0, media, method, headers)

    def kept_reply(self, visit: Visit, media: Media, method: str, headers: Mapping[str, str]) -> Reply:
        kept = visit.kept
        if kept is None:
            raise ValueError("nothing is kept for this visit")
        return _conditional(kept.body, kept.etag, self._cache.age(kept), media, method, headers)


def content_type(media: Media) -> Header:
    kind = Media.GRAPHQL if media is Media.GRAPHQL else Media.JSON
    return b"content-type", f"{kind.value}; charset=utf-8".encode()


def _conditional(body: bytes, etag: str, age: int, media: Media, method: str, headers: Mapping[str, str]) -> Reply:
    shared: tuple[Header, ...] = (
        (b"cache-control", b"public, no-cache"),
        (b"etag", etag.encode()),
        (b"age", str(age).encode()),
        (b"vary", VARY),
    )
    if method == "GET" and matches(headers.get("if-none-match"), etag):
        return Reply(304, b"", shared)
    return Reply(200, body, (content_type(media), *shared))
