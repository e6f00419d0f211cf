"""The raw side of a request: headers, a body within size and time, and the answer's bytes. ASGI, no framework."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping, Sequence
from random import getrandbits
from typing import Any

from msgspec import Struct

from gateway.entry.refusal import Header, Refusal
from gateway.runtime.clock import clock_of

AsgiScope = MutableMapping[str, Any]
AsgiMessage = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[AsgiMessage]]
Send = Callable[[AsgiMessage], Awaitable[None]]
AsgiApplication = Callable[[AsgiScope, Receive, Send], Awaitable[None]]

CLOSE: tuple[Header, ...] = ((b"connection", b"close"),)

SECURITY_HEADERS: tuple[Header, ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-resource-policy", b"cross-origin"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"strict-transport-security", b"max-age=31536000"),
)
"""On every answer of the GraphQL door; pages bring a content security policy of their own."""


class Disconnected(Exception):
    """The client went away; nobody is left to answer."""


class Reply(Struct, frozen=True):
    """A finished answer."""

    status: int
    body: bytes
    headers: tuple[Header, ...] = ()


def headers_of(scope: AsgiScope) -> Mapping[str, str]:
    """By lower-case name. What may stand once and stands twice is joined, as HTTP does, and so refused where it
    matters."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name = raw_name.decode("latin-1").lower()
        value = raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


async def read_body(headers: Mapping[str, str], receive: Receive, *, limit: int, seconds: float) -> bytes:
    """The whole body. Refuses what is too large (413), compressed (415) or too slow in coming (408)."""
    check_framing(headers, limit)
    alarm = Alarm(seconds)
    try:
        return await _gather(receive, limit)
    except asyncio.CancelledError:
        if alarm.rang:
            raise Refusal(
                408, "BAD_REQUEST", "The body did not arrive in time.", ((b"connection", b"close"),)
            ) from None
        raise
    finally:
        alarm.stop()


def check_framing(headers: Mapping[str, str], limit: int) -> None:
    """Raises Refusal for a body that need not be waited for."""
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise Refusal(415, "BAD_REQUEST", "Compressed request bodies are not accepted.")
    length = headers.get("content-length")
    if length is not None and (not length.isascii() or not length.isdigit()):
        raise Refusal(400, "BAD_REQUEST", "The Content-Length makes no sense.")
    if length is not None and (len(length) > 18 or int(length) > limit):
        raise too_large(limit)


class Alarm:
    """Cancels the task it is made in when a time is over: what `asyncio.timeout` does, for a tenth of its cost."""

    __slots__ = ("_sleeping", "_task", "rang")

    def __init__(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        self._task = asyncio.current_task(loop)
        self._sleeping = clock_of(loop).sleep(self, time.monotonic() + seconds)
        self.rang = False

    def wake(self) -> None:
        self.rang = True
        if self._task is not None:
            self._task.cancel()

    def stop(self) -> None:
        self._sleeping.discard(self)
        if self.rang and self._task is not None:
            self._task.uncancel()


def too_large(limit: int) -> Refusal:
    return Refusal(413, "LIMIT_EXCEEDED", f"The body is larger than {limit} bytes.", CLOSE)


async def _gather(receive: Receive, limit: int) -> bytes:
    message = await receive()
    if message["type"] == "http.disconnect":
        raise Disconnected
    body: bytes = message.get("body", b"")
    if len(body) > limit:
        raise too_large(limit)
    if not message.get("more_body", False):
        return body
    parts = bytearray(body)
    while message.get("more_body", False):
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        parts += message.get("body", b"")
        if len(parts) > limit:
            raise too_large(limit)
    return bytes(parts)


def with_security(headers: Sequence[Header]) -> list[Header]:
    """And the security headers, but for those it has already."""
    own = {name for name, _ in headers}
    return [*headers, *(header for header in SECURITY_HEADERS if header[0] not in own)]


async def send_reply(send: Send, reply: Reply, added: Iterable[Header] = ()) -> None:
    headers = with_security((*reply.headers, *added))
    if reply.status not in (204, 304):
        headers.append((b"content-length", str(len(reply.body)).encode()))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})


def address_of(scope: AsgiScope) -> str:
    """The client's network address, as far as the server knows it."""
    client = scope.get("client")
    return str(client[0]) if client else ""


def trace_id_of(headers: Mapping[str, str]) -> str:
    """The trace id of a W3C `traceparent`, else a new one: no secret, and made as OpenTelemetry makes its own."""
    given = headers.get("traceparent")
    if given is None:
        return f"{getrandbits(128):032x}"
    parts = given.split("-")
    if len(parts) >= 4 and len(parts[1]) == 32 and set(parts[1]) <= set("0123456789abcdef") and set(parts[1]) != {"0"}:
        return parts[1]
    return f"{getrandbits(128):032x}"
