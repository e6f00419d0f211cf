"""Content negotiation as GraphQL over HTTP says: what the request's body is, and what the client would read."""

from __future__ import annotations

from enum import Enum
from functools import lru_cache


class Media(Enum):
    """What an answer can be. The order is the server's own preference."""

    GRAPHQL = "application/graphql-response+json"
    JSON = "application/json"
    EVENTS = "text/event-stream"
    PAGE = "text/html"


_BY_RANGE = {
    "application/graphql-response+json": Media.GRAPHQL,
    "application/json": Media.JSON,
    "text/event-stream": Media.EVENTS,
    "text/html": Media.PAGE,
    "application/*": Media.GRAPHQL,
    "text/*": Media.EVENTS,
}


@lru_cache(256)
def negotiate(accept: str | None) -> Media | None:
    """The best media type; None when the client accepts nothing we have. A client that does not say, or takes
    anything, is answered as clients before the specification expect: `application/json`."""
    if accept is None or not accept.strip():
        return Media.JSON
    best: tuple[float, int, Media] | None = None
    for position, entry in enumerate(accept.split(",")):
        kind, *parameters = (part.strip().lower() for part in entry.split(";"))
        media = Media.JSON if kind == "*/*" else _BY_RANGE.get(kind)
        quality = _quality(parameters)
        if media is None or quality <= 0 or not _utf8(parameters):
            continue
        if best is None or (quality, -position) > best[:2]:
            best = (quality, -position, media)
    return None if best is None else best[2]


@lru_cache(256)
def is_json(content_type: str | None) -> bool:
    """Whether a body may be read: JSON in UTF-8 by name, nothing a browser sends across origins without asking."""
    if content_type is None:
        return False
    kind, *parameters = (part.strip().lower() for part in content_type.split(";"))
    return kind == "application/json" and _utf8(parameters)


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return float(parameter[2:])
            except ValueError:
                return 0.0
    return 1.0


def _utf8(parameters: list[str]) -> bool:
    charsets = [parameter[8:].strip('"') for parameter in parameters if parameter.startswith("charset=")]
    return all(charset in ("utf-8", "utf8") for charset in charsets)
