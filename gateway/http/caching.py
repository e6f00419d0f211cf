"""Public answers over HTTP: what caches further out are told.

Browsers and proxies may keep a public answer but must ask again each time (`no-cache` and an `ETag`): only this
gateway's cache hears of changes, and a price that changed must not be shown from a cache that did not.
"""

from __future__ import annotations

from collections.abc import Mapping

from gateway.entry.kept_answers import KeptAnswers, Visit
from gateway.entry.refusal import Header
from gateway.entry.response_cache import KeptAnswer, etag_of, matches
from gateway.http.media import MediaType, content_type
from gateway.http.wire import Reply

VARY = (
    b"Accept, Accept-Language, Authorization, X-Api-Key, X-Commerce-Channel, X-Commerce-Country, X-Commerce-Currency, "
    b"X-Commerce-Language, X-Commerce-Store"
)


def fresh_reply(
    answers: KeptAnswers, visit: Visit, body: bytes, media: MediaType, method: str, headers: Mapping[str, str]
) -> Reply:
    """An answer that was just made, and kept where it may be."""
    if not answers.keep(visit, body):
        return Reply(200, body, (content_type(media), (b"cache-control", b"private, no-store")))
    return _conditional(body, etag_of(body), 0, media, method, headers)


def kept_reply(
    answers: KeptAnswers, kept: KeptAnswer, media: MediaType, method: str, headers: Mapping[str, str]
) -> Reply:
    return _conditional(kept.body, kept.etag, answers.age(kept), media, method, headers)


def _conditional(body: bytes, etag: str, age: int, media: MediaType, method: str, headers: Mapping[str, str]) -> Reply:
    shared: tuple[Header, ...] = (
        (b"cache-control", b"public, no-cache"),
        (b"etag", etag.encode()),
        (b"age", str(age).encode()),
        (b"vary", VARY),
    )
    if method == "GET" and matches(headers.get("if-none-match"), etag):
        return Reply(304, b"", shared)
    return Reply(200, body, (content_type(media), *shared))
