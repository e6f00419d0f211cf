"""The socket under every sandbox: what is the same whichever vendor it speaks for. A sandbox says how a request is
called and what it is answered; starting, stopping, recording and failing on demand are done here."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from aiohttp import web
from msgspec import Struct
from msgspec.structs import replace

from gateway.testing.sandbox import RecordedRequest

JSON = "application/json"
HTML = "text/html"


class Answer(Struct, frozen=True):
    """What goes back over the socket."""

    status: int
    body: bytes
    headers: Mapping[str, str] = {}
    content_type: str = JSON


class Exchange(Struct, frozen=True):
    """A whole exchange, for tests that hold both sides to the vendor's own description. Header names are lower-case."""

    method: str
    path: str
    operation: str
    headers: dict[str, str]
    query: dict[str, str]
    request: bytes
    status: int
    response: bytes


class Faults:
    """What tests and the demo switch on. `down`: 503, as the vendor words it; `throttle`: so many requests are refused
    with the vendor's 429; `slow`: seconds before each answer; `status`: a page of HTML with that status. Of what would
    be answered well: `reply` replaces the body by path, after `reply_after` good ones; `rewrite` makes each anew."""

    def __init__(self) -> None:
        self.down = False
        self.throttle = 0
        self.slow = 0.0
        self.status: int | None = None
        self.reply: dict[str, bytes] = {}
        self.reply_after = 0
        self.rewrite: Callable[[bytes], bytes] | None = None


class SandboxServer:
    """Subclass and say `answer`, and where they differ from the usual `operation_of` and `refusal`. Listens on
    127.0.0.1; `requests` are all that arrived, oldest first; `exchanges` are kept where a test sets a list."""

    largest_request = 4 << 20
    """Bytes of one body."""

    def __init__(self) -> None:
        self.faults = Faults()
        self.requests: list[RecordedRequest] = []
        self.exchanges: list[Exchange] | None = None
        self.url = ""
        self._runner: web.AppRunner | None = None

    def operation_of(self, request: web.Request, sent: bytes) -> str:
        """The request in the vendor's terms, as it stands in `requests`."""
        return f"{request.method} {request.path}"

    def answer(self, request: web.Request, operation: str, sent: bytes) -> Answer:
        raise NotImplementedError

    def refusal(self, operation: str, status: int) -> Answer:
        """How the vendor words 429 and 503."""
        return Answer(status, b"<html>Service Unavailable</html>", content_type=HTML)

    async def start(self, port: int = 0) -> str:
        application = web.Application(client_max_size=self.largest_request)
        application.router.add_route("*", "/{path:.*}", self._serve)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self.url

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _serve(self, request: web.Request) -> web.Response:
        sent = await request.read()
        operation = self.operation_of(request, sent)
        answer = self._faulty(request, operation, sent)
        if self.faults.slow:
            await asyncio.sleep(self.faults.slow)
        self.requests.append(RecordedRequest(request.method, request.path, operation, answer.status))
        if self.exchanges is not None:
            self.exchanges.append(_exchange(request, operation, sent, answer))
        return web.Response(
            status=answer.status, body=answer.body, content_type=answer.content_type, headers=answer.headers
        )

    def _faulty(self, request: web.Request, operation: str, sent: bytes) -> Answer:
        faults = self.faults
        if faults.down:
            return self.refusal(operation, 503)
        if faults.throttle > 0:
            faults.throttle -= 1
            return self.refusal(operation, 429)
        answer = self.answer(request, operation, sent)
        if faults.status is not None:
            return Answer(faults.status, b"<html>error</html>", content_type=HTML)
        body = answer.body if answer.status >= 300 else self._replaced(request.path, answer.body)
        return answer if body is answer.body else replace(answer, body=body)

    def _replaced(self, path: str, body: bytes) -> bytes:
        faults = self.faults
        if path in faults.reply:
            if faults.reply_after <= 0:
                return faults.reply[path]
            faults.reply_after -= 1
        return body if faults.rewrite is None else faults.rewrite(body)


def _exchange(request: web.Request, operation: str, sent: bytes, answer: Answer) -> Exchange:
    headers = {name.lower(): value for name, value in request.headers.items()}
    return Exchange(
        request.method,
        request.path,
        operation,
        headers,
        dict(request.query),
        sent,
        answer.status,
        answer.body,
    )
