"""From the connection to the door and back without ASGI's messages in between, where nobody else stands there.

Only the telling is left out. The parser, the order of requests in a row, what a connection bears and for how long, and
what uvicorn keeps of a request (its cycle) are the same, and a request may go on in messages at any time: a stream
does. An answer is one write, its lines made once; a client that goes away is known at once; what is there already is
not waited for.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from gateway.entry.refusal import Header
from gateway.http.exchange import Exchange, Watch
from gateway.http.wire import (
    CLOSE,
    AsgiScope,
    Disconnected,
    Receive,
    Reply,
    Send,
    check_framing,
    read_body,
    too_large,
    with_security,
)

_KEY = "gateway.direct"
"""Of an ASGI scope: where the connection offers its `DirectExchange`."""
_LONGEST_KEPT = 512
"""Bytes of what may be a stranger's choice, an origin, in lines that are kept."""
_NO_VALUE = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")


class DirectExchange(Exchange):
    """Does with a request's cycle what `receive` and `send` would do."""

    __slots__ = ("_task", "cycle")

    def __init__(self, cycle: RequestResponseCycle) -> None:
        super().__init__(cycle.scope, cycle.receive, cycle.send)  # pyright: ignore[reportArgumentType] # uvicorn's own types
        self.cycle = cycle
        self._task: asyncio.Task[Any] | None = None

    async def body(self, headers: Mapping[str, str], limit: int, seconds: float) -> bytes:
        cycle = self.cycle
        if cycle.more_body or cycle.disconnected or cycle.waiting_for_100_continue:
            return await read_body(headers, self.receive, limit=limit, seconds=seconds)
        check_framing(headers, limit)
        cycle.flow.resume_reading()
        cycle.message_event.clear()
        body, cycle.body = bytes(cycle.body), bytearray()
        if len(body) > limit:
            raise too_large(limit)
        return body

    def watch(self) -> Watch:
        if self.cycle.disconnected:
            raise Disconnected
        self.cycle.flow.resume_reading()  # or nobody would hear that the client goes
        self._task = asyncio.current_task()
        return self

    @property
    def gone(self) -> bool:
        return self.cycle.disconnected

    def stop(self) -> None:
        self._task = None

    def lost(self) -> None:
        """The connection is no more."""
        cycle = self.cycle
        if cycle.response_complete:
            return
        cycle.disconnected = True
        cycle.message_event.set()
        if self._task is not None:
            self._task.cancel()

    async def answer(self, reply: Reply, added: tuple[Header, ...]) -> None:
        cycle = self.cycle
        if cycle.scope["method"] == "HEAD":
            await super().answer(reply, added)
            return
        if cycle.flow.write_paused and not cycle.disconnected:
            await cycle.flow.drain()
        if cycle.disconnected:
            return
        end = b"\r\n"
        if CLOSE[0] in reply.headers:
            cycle.keep_alive = False
        elif not cycle.keep_alive:
            end = b"connection: close\r\n\r\n"
        sent = b"".join((_head_of(reply, added, cycle.default_headers), end, reply.body))
        cycle.response_started = cycle.response_complete = True
        cycle.transport.write(sent)
        cycle.message_event.set()
        if not cycle.keep_alive:
            cycle.transport.close()
        cycle.on_response()


class DirectHttp(HttpToolsProtocol):
    """Offers each request to be answered directly when its turn has come, unless answers are logged or `direct` says
    no."""

    direct = True
    _answering: DirectExchange | None = None

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answering is not None:  # which need not be the newest request, the one that uvicorn tells
            self._answering.lost()
            self._withdraw()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        self._withdraw()
        super().on_response_complete()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._answering = DirectExchange(cycle)
        if self.direct and not self.config.access_log:
            self._answering.scope[_KEY] = self._answering
        super()._start_asgi_task(cycle, app)

    def _withdraw(self) -> None:
        """The scope would hold what holds it."""
        if self._answering is not None:
            self._answering.scope.pop(_KEY, None)
            self._answering = None


def exchange_of(scope: AsgiScope, receive: Receive, send: Send) -> Exchange:
    """The direct one, unless somebody has put something around what is received or sent."""
    offered = scope.get(_KEY)
    if offered is not None and offered.receive == receive and offered.send == send:
        return offered
    return Exchange(scope, receive, send)


def _head_of(reply: Reply, added: tuple[Header, ...], common: list[Header]) -> bytes:
    """Status line and fields as `send_reply` and uvicorn write them, but for the empty line at the end. `common` stands
    on every answer of the server."""
    if added and max(len(value) for _, value in added) > _LONGEST_KEPT:
        fields = _lines.__wrapped__((*reply.headers, *added), True)
    else:
        fields = _lines((*reply.headers, *added), True)
    length = b"" if reply.status in (204, 304) else b"content-length: %d\r\n" % len(reply.body)
    return b"".join((STATUS_LINE[reply.status], _lines(tuple(common), False), fields, length))


@lru_cache(256)
def _lines(headers: tuple[Header, ...], secured: bool, /) -> bytes:
    """`secured`: with the security headers. Raises ValueError for what would end a line before its end."""
    every = with_security(headers) if secured else headers
    if any(_NO_VALUE.search(value) for _, value in every):
        raise ValueError("a header of the answer makes no sense")
    return b"".join([b"%b: %b\r\n" % header for header in every])
