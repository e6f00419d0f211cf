"""One kept-alive HTTP/1.1 connection (RFC 9112): one request at a time, its answer parsed as it arrives, within limits
of size and time. Whatever does not belong to the answer awaited ends the connection.
"""

from __future__ import annotations

import asyncio
import time
from typing import cast

import httptools

from gateway.calls.wire.bodies import Body
from gateway.calls.wire.errors import BadTransfer
from gateway.calls.wire.exchange import LONGEST_FIELD, MOST_FIELDS, SWITCHING_PROTOCOLS, check_head
from gateway.calls.wire.pool import Pool
from gateway.errors import DeadlineExceeded, Unavailable
from gateway.model.context import CallContext
from gateway.ports.transport import Response
from gateway.runtime.clock import Clock, Sleeper, clock_of

_LONGEST_HEAD = 65_536
"""Bytes of status line and fields that may arrive before the fields are complete."""
_FRAMING = 8
"""As many times the size cap may arrive for one body: a chunk of one byte takes six."""


class Connection(asyncio.Protocol):
    """`reusable` while it is open and nothing is under way."""

    def __init__(self, pool: Pool[Connection]) -> None:
        self._pool = pool
        self._transport: asyncio.Transport | None = None
        self._parser: httptools.HttpResponseParser | None = None
        self._answer: asyncio.Future[Response] | None = None
        self._loop = asyncio.get_running_loop()
        self._clock: Clock | None = None
        self._sleeping: set[Sleeper] | None = None
        self._call: CallContext | None = None
        self._limit = 0.0
        self._cap = 0
        self._bodiless = False
        self._received = 0
        self._most = 0
        self._status = 0
        self._fields: list[tuple[bytes, bytes]] = []
        self._headers: dict[str, str] = {}
        self._body: Body | None = None
        self._failure: Exception | None = None
        self.reusable = False

    # --- what the wire calls ------------------------------------------------------------------------------------------

    def begin(self, sent: bytes, bodiless: bool, call: CallContext, limit: float, cap: int) -> None:
        """Send a request: `answer` is on its way from then on, or the error. `bodiless`: it will have no body, whatever
        its fields say. `limit` on the monotonic clock. Raises Unavailable where the connection is closed."""
        transport = self._transport
        if transport is None:
            raise Unavailable(detail="the connection was closed before it was used")
        loop = self._loop
        self.reusable = False
        self._call, self._limit, self._cap, self._bodiless = call, limit, cap, bodiless
        self._most = _LONGEST_HEAD + _FRAMING * cap
        self._answer = loop.create_future()
        self._await_head()
        self._clock = clock = clock_of(loop)
        self._sleeping = clock.sleep(self, min(limit, call.deadline))
        transport.write(sent)

    @property
    def answer(self) -> asyncio.Future[Response]:
        """Raises Unavailable, BadTransfer or DeadlineExceeded; then, and when it is cancelled, the connection is of no
        more use."""
        assert self._answer is not None  # noqa: S101  it has begun
        return self._answer

    def ended(self) -> None:
        answer, self._answer = self._answer, None
        if answer is not None and answer.done() and not answer.cancelled():
            answer.exception()  # looked at, also where whoever waited was cancelled in the same moment
        self._call = self._body = None
        if self._sleeping is not None:
            self._sleeping.discard(self)
            self._sleeping = None
        self._pool.back(self)

    def abort(self) -> None:
        self.reusable = False
        if self._transport is not None:
            self._transport.abort()

    # --- what the loop calls ------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one in all but name
        self._parser = httptools.HttpResponseParser(self)
        self.reusable = True

    def data_received(self, data: bytes) -> None:
        parser = self._parser
        if parser is None or self._answer is None or self._answer.done():
            self.abort()  # nobody asked for this
            return
        self._received += len(data)
        try:
            parser.feed_data(data)
            if self._received > _LONGEST_HEAD and (self._body is None or self._received > self._most):
                raise BadTransfer(detail="the answer's fields are too long")
        except httptools.HttpParserUpgrade:
            self._fail(BadTransfer(detail="protocols are not switched"))
        except httptools.HttpParserError as error:
            self._fail(self._failure or BadTransfer(detail=f"not HTTP: {type(error).__name__}"))
        except BadTransfer as error:
            self._fail(error)

    def wake(self) -> None:
        """Time is up, unless the call's deadline has moved later meanwhile."""
        self._sleeping = None
        call, clock = self._call, self._clock
        if call is None or clock is None:
            return
        end = min(self._limit, call.deadline)
        if end > time.monotonic():
            self._sleeping = clock.sleep(self, end)
        else:
            self._fail(DeadlineExceeded(detail="no answer in time"))

    def eof_received(self) -> None:
        self.reusable = False  # and the transport closes, after what is under way

    def connection_lost(self, exc: Exception | None) -> None:
        self.reusable = False
        self._transport = self._parser = None  # the parser holds this object
        if self._answer is None or self._answer.done():
            return
        if exc is None and self._ends_with_connection():
            self._complete(reusable=False)
        elif self._body is None or exc is not None:
            where = "before the answer" if self._body is None else "in the middle of the answer"
            self._fail(Unavailable(detail=f"the connection broke {where}"))
        else:
            self._fail(BadTransfer(detail="the answer is cut short"))

    # --- what the parser calls ----------------------------------------------------------------------------------------

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._body is None:  # what follows a body is of no interest
            self._fields.append((name, value))

    def on_headers_complete(self) -> None:
        parser, fields = self._parser, self._fields
        status = self._status = 0 if parser is None else parser.get_status_code()
        if len(fields) > MOST_FIELDS or any(len(name) + len(value) > LONGEST_FIELD for name, value in fields):
            self._refuse(BadTransfer(detail="the answer's fields are too long or too many"))
        if status < 200 and status != SWITCHING_PROTOCOLS:
            return  # interim: the answer is still to come
        headers = self._headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in fields}
        try:
            check_head(status, headers, self._cap)
            self._body = Body(headers.get("content-encoding", ""), self._cap)
        except BadTransfer as error:
            self._refuse(error)
        if self._bodiless:
            self._complete(reusable=False)  # the parser would wait for a body that does not come

    def on_body(self, body: bytes) -> None:
        if self._body is not None:
            try:
                self._body.feed(body)
            except BadTransfer as error:
                self._refuse(error)

    def on_message_complete(self) -> None:
        if self._body is None:
            self._await_head()  # that was an interim answer
        else:
            self._complete(reusable=self._parser is not None and self._parser.should_keep_alive())

    def on_message_begin(self) -> None:
        if self._answer is None or self._answer.done():
            self.abort()  # a second answer to one request

    # --- inside -------------------------------------------------------------------------------------------------------

    def _await_head(self) -> None:
        self._fields, self._body, self._failure, self._received = [], None, None, 0

    def _refuse(self, error: Exception) -> None:
        """Out of a callback of the parser, which would hide the error in one of its own."""
        self._failure = error
        raise error

    def _ends_with_connection(self) -> bool:
        """Whether the end of the connection is the end of the body (RFC 9112, section 6.3, rule 8)."""
        return self._body is not None and not {"content-length", "transfer-encoding"} & self._headers.keys()

    def _complete(self, *, reusable: bool) -> None:
        answer, body = self._answer, self._body
        if answer is None or answer.done() or body is None:
            return
        try:
            whole = body.whole()
        except BadTransfer as error:
            self._fail(error)
            return
        self.reusable = reusable
        answer.set_result(Response(self._status, self._headers, whole))

    def _fail(self, error: Exception) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)
        self.abort()
