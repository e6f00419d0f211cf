"""The one way out: an adapter is given a `Transport` and makes every HTTP attempt through it. Implemented in `calls/`,
where deadlines, retries, breaker, limits and size caps live."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Protocol

from msgspec import Struct

from gateway.model.context import CallContext
from gateway.model.operation import MEBIBYTE
from gateway.model.written_times import retry_after


class Request(Struct, frozen=True, kw_only=True):
    """One HTTP attempt. `path` is relative to the backend's configured URL; what is data in it is quoted
    (`urllib.parse.quote(text, safe="")`), because a path with a query, a fragment or `..` is refused. `operation` is
    what limits, counts and traces it: None is the one the adapter was called for (`call.operation`); else another that
    its manifest declares, or one of its errands. `idempotent` allows a retry. `cost` is in the vendor's own units where
    it has a cost model (`Manifest.cost_unit` names them); elsewhere it stays 1, and the unit is a request."""

    method: str
    path: str
    operation: str | None = None
    headers: Mapping[str, str] = {}
    query: Mapping[str, str] = {}
    body: bytes | None = None
    idempotent: bool = True
    timeout: float | None = None
    max_response_bytes: int = MEBIBYTE
    cost: float = 1.0


class Response(Struct, frozen=True):
    """`headers` have lower-case names. `body` is decompressed and within the size cap. Any status may come back but
    for redirects, which are refused; 429 and 5xx come back after the policies did what they could."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Transport(Protocol):
    async def send(self, request: Request, call: CallContext) -> Response:
        """Raises Unavailable, DeadlineExceeded, CircuitOpen, Overloaded, RateLimited, InvalidAnswer (too large, bad
        encoding); ValueError for an operation that is none. Never follows a redirect."""
        ...


class ThrottleSignal(Struct, frozen=True, kw_only=True):
    """What a vendor says about its limits, read from any answer. `limited`: this answer is a refusal. `retry_after`
    seconds; `remaining` and `capacity` in the vendor's units, `restore_rate` units a second; `window` seconds.
    `cost` is what the answer cost in these units, or would have, had it not been refused."""

    limited: bool = False
    retry_after: float | None = None
    remaining: float | None = None
    capacity: float | None = None
    restore_rate: float | None = None
    window: float | None = None
    cost: float | None = None


def plain_throttle(response: Response) -> ThrottleSignal | None:
    """Status 429 with an optional `Retry-After` (RFC 9110, section 10.2.3)."""
    return ThrottleSignal(limited=True, retry_after=asked_to_wait(response)) if response.status == 429 else None


def asked_to_wait(response: Response) -> float | None:
    """Seconds until it may be asked again, as the answer's `Retry-After` says; None where it does not."""
    return retry_after(response.headers.get("retry-after"), datetime.now(UTC))
