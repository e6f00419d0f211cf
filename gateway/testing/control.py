"""A hand on the way to a backend: count what is sent, hold it up, or answer in the backend's place."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from enum import Enum

from gateway.errors import AdapterError, CredentialsRefused, InvalidAnswer, RateLimited, Unavailable
from gateway.model.context import CallContext
from gateway.ports.transport import Request, Response, Transport

FOR_EVER = 3600.0


class BadAnswer(Enum):
    """What comes back in place of the backend's own answer, and what an adapter has to make of it. The wire's faults
    (broken connections, wrong lengths, too much) end in the transport; `gateway.testing.faults` makes those."""

    UNAUTHORISED = "401"
    THROTTLED = "429"
    ERROR_500 = "500"
    HTML = "html"
    """Status 200, and a page for people: a login form, a maintenance notice."""
    TRUNCATED = "truncated"
    EMPTY = "empty"

    @property
    def error(self) -> type[AdapterError]:
        return _ERRORS[self]

    def of(self, answer: Response, request: Request) -> Response:
        """A 401 repeats what it was sent, credentials included, as some do."""
        if self is BadAnswer.UNAUTHORISED:
            sent = json.dumps(
                {"error": "unauthorized", "message": f"refused: {dict(request.headers)} {request.body!r}"}
            )
            return Response(401, {"content-type": "application/json"}, sent.encode())
        if self is BadAnswer.TRUNCATED:
            return Response(answer.status, answer.headers, answer.body[: max(1, len(answer.body) // 2)])
        return _INSTEAD.get(self) or Response(200, answer.headers, b"")


_ERRORS = {
    BadAnswer.UNAUTHORISED: CredentialsRefused,
    BadAnswer.THROTTLED: RateLimited,
    BadAnswer.ERROR_500: Unavailable,
    BadAnswer.HTML: InvalidAnswer,
    BadAnswer.TRUNCATED: InvalidAnswer,
    BadAnswer.EMPTY: InvalidAnswer,
}
_PAGE = b"<!doctype html><html><title>Sign in</title><body>Please sign in</body></html>"
_HTML = {"content-type": "text/html"}
_INSTEAD = {
    BadAnswer.THROTTLED: Response(429, {"content-type": "application/json"}, b'{"error": "slow down"}'),
    BadAnswer.ERROR_500: Response(500, _HTML, b"<html><h1>Internal Server Error</h1></html>"),
    BadAnswer.HTML: Response(200, _HTML, _PAGE),
}


class ControlledTransport:
    """A transport that another one stands behind, and the BackendControl of what it reaches. `seen` counts at the
    backend's socket (a sandbox's recorded requests); without it, attempts are counted here."""

    def __init__(self, inner: Transport, seen: Callable[[], int] | None = None) -> None:
        self._inner = inner
        self._seen = seen
        self._down = False
        self._stalled = False
        self._held = 0
        self._sent = 0
        self._bad: BadAnswer | None = None

    async def send(self, request: Request, call: CallContext) -> Response:
        if self._down:
            raise Unavailable
        if self._stalled:
            self._held += 1
            await asyncio.sleep(FOR_EVER)
        self._sent += 1
        answer = await self._inner.send(request, call)
        return answer if self._bad is None else self._bad.of(answer, request)

    @property
    def requests(self) -> int:
        return self._held + (self._sent if self._seen is None else self._seen())

    @asynccontextmanager
    async def down(self) -> AsyncGenerator[None]:
        self._down = True
        try:
            yield
        finally:
            self._down = False

    @asynccontextmanager
    async def stalled(self) -> AsyncGenerator[None]:
        self._stalled = True
        try:
            yield
        finally:
            self._stalled = False

    @asynccontextmanager
    async def answering(self, bad: BadAnswer) -> AsyncGenerator[None]:
        self._bad = bad
        try:
            yield
        finally:
            self._bad = None
