"""Content negotiation as GraphQL over HTTP says: what the request's body is, and what the client would read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum

from msgspec import Struct

from gateway.entry.refusal import Header
from gateway.model.remembered import remembered


class MediaType(Enum):
    """What an answer can be. The order is the server's own preference."""

    GRAPHQL = "application/graphql-response+json"
    JSON = "application/json"
    EVENTS = "text/event-stream"
    PAGE = "text/html"


_WRITTEN: Mapping[MediaType, Header] = {
    media: (b"content-type", f"{media.value}; charset=utf-8".encode()) for media in MediaType
}
_PREFERRED = (MediaType.JSON, MediaType.GRAPHQL, MediaType.EVENTS, MediaType.PAGE)
"""Where a range takes several alike: as clients before the specification expect."""
_BY_KIND = {"application/*": MediaType.GRAPHQL, "text/*": MediaType.EVENTS}
_ENTRY = re.compile(r'(?:[^",]|"(?:[^"\\]|\\.)*")+')
_PARAMETER = re.compile(r'(?:[^";]|"(?:[^"\\]|\\.)*")+')
_QUALITY = re.compile(r"q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)")
_KIND = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]+/[!#$%&'*+.^_`|~0-9a-z-]+")
_MOST_CHARACTERS = 1_024


class _Range(Struct, frozen=True):
    """A media range of an `Accept` header: the more of a type it names, the more it counts."""

    kind: str
    quality: float
    position: int

    def precision(self, media: MediaType) -> int:
        """0 where it does not take the type."""
        if self.kind == media.value:
            return 3
        if self.kind.endswith("/*") and media.value.startswith(self.kind[:-1]):
            return 2
        return 1 if self.kind == "*/*" else 0


@remembered(256)
def negotiate(accept: str | None) -> MediaType | None:
    """The best media type by RFC 9110, section 12.5.1: of each type the most precise range decides, of equal qualities
    the one that stands first. None when the client accepts nothing we have. A client that does not say, or takes
    anything, is answered as clients before the specification expect: `application/json`."""
    if accept is None or not accept.strip():
        return MediaType.JSON
    ranges = [_range(entry, place) for place, entry in enumerate(_ENTRY.findall(accept[:_MOST_CHARACTERS]))]
    known = [each for each in ranges if each is not None]
    if not known:
        return MediaType.JSON
    best: tuple[float, int, int] | None = None
    chosen: MediaType | None = None
    for rank, media in enumerate(_PREFERRED):
        fitting = [each for each in known if each.precision(media)]
        if not fitting:
            continue
        decides = max(fitting, key=lambda each: (each.precision(media), each.quality, -each.position))
        if decides.kind in _BY_KIND and _BY_KIND[decides.kind] is not media:
            rank += len(_PREFERRED)
        order = (-decides.quality, decides.position, rank)
        if decides.quality > 0 and (best is None or order < best):
            best, chosen = order, media
    return chosen


def _range(entry: str, position: int) -> _Range | None:
    """None for what cannot be read."""
    kind, *parameters = [part.strip(" \t").lower() for part in _PARAMETER.findall(entry)] or [""]
    if not _KIND.fullmatch(kind):
        return None
    quality = 1.0
    for parameter in parameters:
        if parameter.startswith("q="):
            found = _QUALITY.fullmatch(parameter)
            if found is None:
                return None
            quality = float(found[1])
    return _Range(kind, quality if _utf8(parameters) else 0.0, position)


def content_type(media: MediaType) -> Header:
    """Of a GraphQL answer to who reads `media`."""
    return _WRITTEN[MediaType.GRAPHQL if media is MediaType.GRAPHQL else MediaType.JSON]


@remembered(256)
def is_json(content_type: str | None) -> bool:
    """Whether a body may be read: JSON in UTF-8 by name, nothing a browser sends across origins without asking."""
    if content_type is None:
        return False
    kind, *parameters = (part.strip().lower() for part in content_type.split(";"))
    return kind == "application/json" and _utf8(parameters)


def _utf8(parameters: list[str]) -> bool:
    charsets = [parameter[8:].strip('"') for parameter in parameters if parameter.startswith("charset=")]
    return all(charset in ("utf-8", "utf8") for charset in charsets)
