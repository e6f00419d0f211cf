"""HTTP on one connection, patient with nobody: uvicorn's protocol over httptools, with an end to everything a client
can draw out, and nothing taken from where it does not belong.

A head has a size and a time; so has what follows an answer. Trailers are no headers, what must stand once stands once,
and what cannot be parsed never interrupts an answer that is being written. Nothing a client sends is worth a line in
the log.
"""

from __future__ import annotations

import time
from http import HTTPStatus
from typing import Any, cast

import httptools
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from gateway.http.connections import RETRY_SECONDS, Connections, answering
from gateway.http.direct import DirectExchange, DirectHttp
from gateway.http.writing import WriteWatch
from gateway.runtime.clock import Sleeper, clock_of

HEAD_BYTES = 65_536
MOST_PIPELINED = 32
"""Requests that wait for the answers before theirs on one connection."""
FRAMING = 8
"""Bytes on the wire for each byte of a body in chunks, at most; and `HEAD_BYTES` of chunk extensions and trailers."""
ONCE = frozenset({b"host", b"authorization", b"x-api-key", b"content-type", b"content-length", b"origin"})
"""Headers whose second occurrence is another's word for the same thing: nobody can say which of them counts."""
_OFFERS = frozenset({b"upgrade", b"http2-settings", b"connection"})
LINGER_SECONDS = 1.0
"""Before a connection is closed whose client has not said all: closing at once would take back the answer."""


SURPLUS_HEAD_SECONDS = 2.0
"""For the request of a connection too many."""


class _Refused(Exception):
    """Raised through the parser to stop it."""


class PatientHttp(DirectHttp):
    """One connection. Its bounds are the section `[server]`, as `Connections` has it."""

    head_seconds: float | None = None
    _sleeping: set[Sleeper] | None = None
    _writing: WriteWatch | None = None
    _in_head = True
    _head = 0
    _body = 0
    _heard = 0
    _deaf = False
    _declined = False
    _handed_over = False
    _wrong = b"400 Bad Request"

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        crowd = self._crowd = cast("Connections", self.server_state)
        self._standing = crowd.enter(self.client[0] if self.client else "")
        crowd.entered()
        if self._standing.excess is not None:
            self.app = cast("Any", answering(self.app, self._standing.excess))
            if self._standing.unheard:
                status = HTTPStatus(self._standing.excess.status)
                self._say(b"%d %s" % (status.value, status.phrase.encode()), b"retry-after: %d\r\n" % RETRY_SECONDS)
                self._linger()
                return
        if self._standing.excess is not None:
            self.head_seconds = SURPLUS_HEAD_SECONDS
        elif self.head_seconds is None:
            self.head_seconds = crowd.section.head_seconds
        self._sleep(self.head_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        self._awake()
        if self._writing is not None:
            self._writing.stop()
        if not self._handed_over:
            self._crowd.leave(self._standing)
        super().connection_lost(exc)

    # --- what arrives -------------------------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        if self._deaf:
            if not self._answered():
                self.flow.pause_reading()  # whoever waits for its answer has it read on
            return
        if self.transport.is_closing():
            return
        size = len(data)
        if self._in_head:
            self._head += size
        else:
            self._body += size
        try:
            self.parser.feed_data(data)  # pyright: ignore[reportOptionalMemberAccess] # None only when it is lost
        except httptools.HttpParserUpgrade as upgrade:
            if self._declined:
                self._decline(data[upgrade.args[0] :])
            else:
                self._upgrade()
            return
        except httptools.HttpParserError:
            self._misunderstood(self._wrong)
            return
        if self._in_head:
            if self._head > HEAD_BYTES:
                self._misunderstood(b"431 Request Header Fields Too Large")
            elif self._head and self._sleeping is None:
                self._sleep(cast("float", self.head_seconds))  # the rest is still to come
        elif self._body > HEAD_BYTES and self._body > HEAD_BYTES + FRAMING * self._heard:
            self._misunderstood(b"413 Content Too Large")

    def on_message_begin(self) -> None:
        self._head = self._head or 1
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._in_head:  # after a body, these are trailers: nobody looked at them when the request was let in
            return
        name = name.lower()
        if name == b"expect" and value.lower() == b"100-continue":
            self.expect_100_continue = True
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        if self._head > HEAD_BYTES:
            head = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
            if head > HEAD_BYTES:
                self._wrong = b"431 Request Header Fields Too Large"
                raise _Refused
        self._check_headers()
        if self.parser.should_upgrade() and not self._should_upgrade():  # pyright: ignore[reportOptionalMemberAccess]
            if self.parser.get_method() == b"CONNECT":  # pyright: ignore[reportOptionalMemberAccess]
                self._wrong = b"405 Method Not Allowed"
                raise _Refused
            self._declined = True
            return
        if len(self.pipeline) >= MOST_PIPELINED:
            raise _Refused
        self._awake()
        self._in_head, self._head, self._body, self._heard = False, 0, 0, 0
        if self._writing is not None:
            self._writing.moved()
        super().on_headers_complete()
        if self._crowd.leaving or self._standing.excess is not None:
            self.last_answer()

    def on_body(self, body: bytes) -> None:
        self._heard += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        if self._declined:
            return
        self._in_head = True
        cycle = self.cycle
        if cycle is not None and cycle.response_complete and not self.pipeline:  # pyright: ignore[reportUnnecessaryComparison]
            # the rest of a body nobody waited for is over
            self._awake()
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )
        super().on_message_complete()

    def _check_headers(self) -> None:
        """RFC 9112, 3.2: one Host, except from HTTP/1.0. The parser has seen to lengths and encodings."""
        once = [name for name, _ in self.headers if name in ONCE]
        if len(once) != len(set(once)):
            raise _Refused
        if b"host" not in once and self.parser.get_http_version() != "1.0":  # pyright: ignore[reportOptionalMemberAccess]
            raise _Refused

    # --- what is answered ---------------------------------------------------------------------------------------------

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.transport.get_write_buffer_size() and not self.transport.is_closing():
            self._watch_writing()
        if not self._in_head and not self.pipeline and self._sleeping is None and not self.transport.is_closing():
            self._sleep(self._crowd.section.body_seconds)  # the rest of a body nobody waits for any more

    def pause_writing(self) -> None:
        super().pause_writing()
        self._watch_writing()

    def resume_writing(self) -> None:
        if self._writing is not None:
            self._writing.moved()
        super().resume_writing()

    def last_answer(self) -> None:
        """Whatever is answered from now on says that it is the last. What has begun to be answered already goes on:
        the next one on its connection will say so."""
        newest = self._cycle()
        if newest is not None and not newest.response_started:
            newest.keep_alive = False

    @property
    def idle(self) -> bool:
        """Whether it has been answered all it asked and asks nothing."""
        return self._cycle() is not None and self._answered() and self._in_head and not self._head

    # --- patience -----------------------------------------------------------------------------------------------------

    def wake(self) -> None:
        self._sleeping = None
        if self._deaf or not self._in_head:
            self.transport.close()
        else:
            self._misunderstood(b"408 Request Timeout")

    def _sleep(self, seconds: float) -> None:
        self._awake()
        self._sleeping = clock_of(self.loop).sleep(self, time.monotonic() + seconds)

    def _awake(self) -> None:
        if self._sleeping is not None:
            self._sleeping.discard(self)
            self._sleeping = None

    def _watch_writing(self) -> None:
        if self._writing is None:
            self._writing = WriteWatch(self.loop, self.transport, self._crowd.section.write_seconds)
        self._writing.start()

    def _cycle(self) -> RequestResponseCycle | None:
        return cast("RequestResponseCycle | None", self.cycle)  # None before the first request

    def _answered(self) -> bool:
        cycle = self._cycle()
        return cycle is None or (cycle.response_complete and not self.pipeline)

    def _misunderstood(self, status: bytes) -> None:
        """Answers what cannot be parsed and closes, once what was asked before has been answered."""
        self._awake()
        if not self._in_head and self.pipeline:
            self.pipeline.popleft()  # the newest, whose body that was: those before it are answered
            self.cycle = self.pipeline[0][0] if self.pipeline else cast("DirectExchange", self._answering).cycle
            self._in_head = True
        cycle = self._cycle()
        if self._in_head and not self._answered() and cycle is not None:
            self._deaf = True
            cycle.keep_alive = False
            self.flow.pause_reading()
            return
        if self._answered() or not cast("RequestResponseCycle", cycle).response_started:
            self._say(status)
        if cycle is not None and not cycle.response_complete:
            cycle.disconnected = True
            cycle.message_event.set()
        self._linger()

    def _say(self, status: bytes, more: bytes = b"") -> None:
        self.transport.write(b"HTTP/1.1 %s\r\n%scontent-length: 0\r\nconnection: close\r\n\r\n" % (status, more))

    def _linger(self) -> None:
        self._deaf = True
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._sleep(LINGER_SECONDS)

    def _decline(self, rest: bytes) -> None:
        """Clients that would rather speak HTTP/2 ask with the body of their first request, which the parser takes for
        the other protocol: the request is read again without the offer."""
        self._declined = False
        parser = cast("httptools.HttpRequestParser", self.parser)
        head = b"%s %s HTTP/%s\r\n" % (parser.get_method(), self.url, parser.get_http_version().encode())
        kept = [(name, value) for name, value in self.headers if name not in _OFFERS]
        self.parser = httptools.HttpRequestParser(self)
        self._head = 0
        self.data_received(head + b"".join(b"%s: %s\r\n" % header for header in kept) + b"\r\n" + rest)

    def _upgrade(self) -> None:
        """To a WebSocket."""
        if self._answered():
            self._awake()
            self._crowd.leave(self._standing)
            self._handed_over = True
            self.handle_websocket_upgrade()
        else:
            self._misunderstood(b"400 Bad Request")
