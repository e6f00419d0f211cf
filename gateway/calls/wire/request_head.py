"""The bytes of a request, HTTP/1.1 (RFC 9112): request line, header fields, body. What every request of one backend
has in common is written once."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping

from yarl import URL

from gateway.errors import RequestRefused
from gateway.ports.transport import Request

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_HALF = re.compile(r"[\ud800-\udfff]")
"""Half of a surrogate pair: no encoding writes it, and where it is left out another thing is asked for."""
_ELSEWHERE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff?#\\]|(?:^|/)(?:\.|%2[eE]){1,2}(?:/|$)")
"""A query, a fragment, another line, or a segment that goes up."""
_BODILESS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_FRAMING = frozenset({"host", "content-length", "transfer-encoding", "connection", "expect", "upgrade"})


class RequestHead:
    """`common` are header fields of every request, unless a request brings its own of that name. User and password in
    `url` become basic authentication."""

    def __init__(self, url: str, common: Mapping[str, str]) -> None:
        parsed = URL(url)
        self._base = str(parsed.with_user(None)).rstrip("/") if parsed.raw_user else url.rstrip("/")
        self._host = f"host: {parsed.host_port_subcomponent}\r\n"
        self._common = {"accept": "*/*", **common}
        if parsed.raw_user:
            secret = b64encode(f"{parsed.user}:{parsed.password or ''}".encode()).decode()
            self._common["authorization"] = f"Basic {secret}"
        self._plain = self._host + "".join(f"{name}: {value}\r\n" for name, value in self._common.items())

    def bytes_of(self, request: Request) -> bytes:
        """Raises RequestRefused for what could end a header field before its end, frame the body differently or lead
        to another place than the one that was meant: whatever of a path is data is quoted by whoever put it there."""
        method, body = request.method, request.body
        if not _TOKEN.fullmatch(method):
            raise RequestRefused(detail="the request's method is no token")
        if _ELSEWHERE.search(request.path):
            raise RequestRefused(detail="the request's path leads elsewhere")
        url = URL(f"{self._base}/{request.path.lstrip('/')}")
        if request.query:
            if any(_HALF.search(value) for value in request.query.values()):
                raise RequestRefused(detail="the request's query cannot be written")
            url = url.extend_query(request.query)
        lines = [f"{method} {url.raw_path_qs} HTTP/1.1\r\n", self._fields(request.headers)]
        if body is not None:
            lines.append(f"content-length: {len(body)}\r\n")
        elif method not in _BODILESS:
            lines.append("content-length: 0\r\n")
        lines.append("\r\n")
        head = "".join(lines).encode("utf-8")
        return head + body if body else head

    def _fields(self, own: Mapping[str, str]) -> str:
        if not own:
            return self._plain
        fields = dict(self._common)
        for name, value in own.items():
            lower = name.lower()
            if lower in _FRAMING or not _TOKEN.fullmatch(name) or _CONTROL.search(value):
                raise RequestRefused(detail="a header of the request makes no sense")
            fields[lower] = value
        return self._host + "".join(f"{name}: {value}\r\n" for name, value in fields.items())
