"""One HTTP attempt by aiohttp's connector (pool, names, TLS, addresses) and its parser.

Its session takes no part: what it does for cookies, redirects, proxies and repetition is all refused here, and takes
half of an attempt's time. This is the one place where what aiohttp raises becomes an error of ours.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Coroutine
from typing import Any

import aiohttp
from aiohttp import ClientRequest, ClientTimeout, TCPConnector, hdrs
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection
from aiohttp.http_exceptions import HttpProcessingError
from yarl import URL

from gateway.calls.wire.bodies import read_capped
from gateway.calls.wire.errors import BadTransfer, NeverSent
from gateway.calls.wire.exchange import (
    COMMON_HEADERS,
    CONNECT_SECONDS,
    LONGEST_FIELD,
    MOST_FIELDS,
    SWITCHING_PROTOCOLS,
    check_head,
    not_connected,
)
from gateway.calls.wire.pool import IDLE_SECONDS, Pool
from gateway.calls.wire.request_head import RequestHead
from gateway.errors import AdapterError, DeadlineExceeded, RequestRefused, Unavailable
from gateway.model.context import CallContext
from gateway.ports.transport import Request, Response
from gateway.runtime.addresses import socket_factory
from gateway.runtime.deadline import Deadline

_CONNECT = ClientTimeout(total=None, sock_connect=CONNECT_SECONDS)


class AiohttpWire:
    """Implements `gateway.calls.wire.Wire`."""

    def __init__(
        self, url: str, *, connections: int, allow_private_network: bool, ssl_context: ssl.SSLContext | None = None
    ) -> None:
        self._url = url
        self._head = RequestHead(url, COMMON_HEADERS)
        self._allow_private = allow_private_network
        self._ssl: ssl.SSLContext | bool = True if ssl_context is None else ssl_context
        self._connections = connections
        self._pool: Pool[_Kept] = Pool(connections)
        self._connector: TCPConnector | None = None
        self._target: ClientRequest | None = None

    def begin(self, request: Request, call: CallContext, seconds: float, cap: int) -> _Kept | None:
        sent = self._head.bytes_of(request)
        if call.deadline <= time.monotonic():
            raise NeverSent(detail="no time was left")
        connection = self._pool.take()
        if connection is not None:
            connection.begin(request.method, sent, call, seconds, cap)
        return connection

    async def exchange(self, request: Request, call: CallContext, seconds: float, cap: int) -> Response:
        sent = self._head.bytes_of(request)
        left = await self._pool.place(call, seconds)
        until = time.monotonic() + left
        connection = await self._connection(call, left)
        try:
            connection.begin(request.method, sent, call, until - time.monotonic(), cap)
            return await connection.answer
        finally:
            connection.ended()

    async def _connection(self, call: CallContext, seconds: float) -> _Kept:
        """For one who has a place, who gives it up where none comes."""
        try:
            connection = self._pool.kept()
            if connection is None:
                with Deadline(call, seconds):
                    connection = _Kept(self._pool, await self._connected())
                self._pool.made(connection)
        except BaseException as error:
            self._pool.give_up()
            if isinstance(error, AdapterError):
                error.unsent = True
            raise
        if call.once and call.remaining() <= 0:  # stopped in the middle: another may have taken this over
            connection.ended()
            raise NeverSent(detail="no time was left to send")
        return connection

    async def _connected(self) -> Connection:
        connector, target = self._connector, self._target
        if connector is None or target is None:
            connector, target = self._open()
        try:
            return await connector.connect(target, [], _CONNECT)
        except Exception as error:
            raise _mapped(error) from error

    def _open(self) -> tuple[TCPConnector, ClientRequest]:
        # Lazily, because a connector belongs to the running loop and a wire is made before there is one.
        self._connector = TCPConnector(
            limit=self._connections,
            keepalive_timeout=IDLE_SECONDS,
            socket_factory=socket_factory(allow_private_network=self._allow_private),
            ssl=self._ssl,
        )
        # What the connector wants to know of a request: where it goes.
        self._target = ClientRequest(hdrs.METH_GET, URL(self._url), loop=asyncio.get_running_loop())
        return self._connector, self._target

    async def close(self) -> None:
        self._pool.abort()
        connector, self._connector = self._connector, None
        if connector is not None:
            await connector.close()


class _Kept:
    """A connection of the connector's that is never given back to it while it is of use: whoever takes it need not be a
    task that waits."""

    __slots__ = ("_connection", "_pool", "_protocol", "_whole", "answer")

    def __init__(self, pool: Pool[_Kept], connection: Connection) -> None:
        self._pool = pool
        self._connection = connection
        self._protocol = connection.protocol
        self._whole = True
        self.answer: Coroutine[Any, Any, Response]

    @property
    def reusable(self) -> bool:
        protocol = self._protocol
        return self._whole and protocol is not None and protocol.is_connected() and not protocol.should_close

    def begin(self, method: str, sent: bytes, call: CallContext, seconds: float, cap: int) -> None:
        """Send a request: `answer` waits for what comes of it."""
        self._whole = False
        protocol, transport = self._protocol, self._connection.transport
        if protocol is None or transport is None:
            raise Unavailable(detail="the connection was closed before it was used")
        protocol.set_response_params(
            skip_payload=method == hdrs.METH_HEAD,
            read_until_eof=True,
            auto_decompress=False,  # `bodies` does, in steps, to the cap
            max_line_size=LONGEST_FIELD,
            max_field_size=LONGEST_FIELD,
            max_headers=MOST_FIELDS,
        )
        transport.write(sent)
        self.answer = self._answered(protocol, call, seconds, cap)

    def ended(self) -> None:
        self._pool.back(self)

    def abort(self) -> None:
        self._connection.close()

    async def _answered(self, protocol: ResponseHandler, call: CallContext, seconds: float, cap: int) -> Response:
        try:
            with Deadline(call, seconds):
                response = await _read(protocol, cap)
        except AdapterError:
            raise
        except Exception as error:
            raise _mapped(error) from error
        self._whole = True  # else something of the answer may still be on its way
        return response


async def _read(protocol: ResponseHandler, cap: int) -> Response:
    message, content = await protocol.read()
    while message.code < 200 and message.code != SWITCHING_PROTOCOLS:
        message, content = await protocol.read()
    headers = {name.lower(): value for name, value in message.headers.items()}
    check_head(message.code, headers, cap)
    try:
        body = await read_capped(content, headers.get("content-encoding", ""), cap)
    except aiohttp.ClientPayloadError as error:
        # An answer that ends early is malformed; a connection that breaks under it is a backend that went away.
        if isinstance(protocol.exception(), OSError):
            raise Unavailable(detail="the connection broke in the middle of the answer") from error
        raise BadTransfer(detail="the answer is cut short or badly framed") from error
    return Response(message.code, headers, body)


def _mapped(error: Exception) -> AdapterError:
    """Ours for theirs."""
    kind = type(error).__name__
    if isinstance(error, TimeoutError):
        return DeadlineExceeded(detail=kind)
    if isinstance(error, aiohttp.InvalidURL):
        return RequestRefused(detail="the request's address makes no sense")
    if isinstance(error, aiohttp.ClientConnectorError):
        return not_connected(error.os_error)
    if isinstance(error, aiohttp.ClientResponseError | HttpProcessingError):
        return BadTransfer(detail=f"not HTTP: {kind}")
    if isinstance(error, aiohttp.ClientError | OSError | ssl.SSLError):
        return Unavailable(detail=kind)
    if isinstance(error, ValueError):
        return BadTransfer(detail=f"answer's headers make no sense: {kind}")
    raise error
