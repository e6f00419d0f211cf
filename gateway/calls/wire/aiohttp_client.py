"""One HTTP attempt by aiohttp's connector (pool, names, TLS, addresses) and its parser.

Its session takes no part: what it does for cookies, redirects, proxies and repetition is all refused here, and takes
half of an attempt's time. This is the one place where what aiohttp raises becomes an error of ours.
"""

from __future__ import annotations

import asyncio
import ssl

import aiohttp
from aiohttp import ClientRequest, ClientTimeout, TCPConnector, hdrs
from aiohttp.connector import Connection
from aiohttp.http_exceptions import HttpProcessingError
from yarl import URL

from gateway.calls.wire.bodies import read_capped
from gateway.calls.wire.errors import BadTransfer, NeverSent
from gateway.calls.wire.exchange import (
    COMMON_HEADERS,
    CONNECT_SECONDS,
    IDLE_SECONDS,
    LONGEST_FIELD,
    MOST_FIELDS,
    SWITCHING_PROTOCOLS,
    check_head,
    not_connected,
    place_in,
)
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
        self._connections = connections
        self._allow_private = allow_private_network
        self._ssl: ssl.SSLContext | bool = True if ssl_context is None else ssl_context
        self._places = asyncio.Semaphore(connections)
        self._connector: TCPConnector | None = None
        self._target: ClientRequest | None = None

    async def exchange(self, request: Request, call: CallContext, seconds: float, cap: int) -> Response:
        sent = self._head.bytes_of(request)
        left = await place_in(self._places, call, seconds)
        leaving = False
        try:
            with Deadline(call, left):
                connection = await self._connect()
                if call.once and call.remaining() <= 0:  # stopped in the middle: another may have taken this over
                    connection.release()
                    raise NeverSent(detail="no time was left to send")
                leaving = True
                try:
                    response = await _exchanged(connection, request.method, sent, cap)
                except BaseException:
                    connection.close()  # something of the answer may still be on its way
                    raise
            connection.release()
        except AdapterError as error:
            error.unsent = not leaving
            raise
        except Exception as error:
            mapped = _mapped(error)
            mapped.unsent = not leaving
            raise mapped from error
        finally:
            self._places.release()
        return response

    async def _connect(self) -> Connection:
        connector, target = self._connector, self._target
        if connector is None or target is None:
            connector, target = self._open()
        return await connector.connect(target, [], _CONNECT)

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
        connector, self._connector = self._connector, None
        if connector is not None:
            await connector.close()


async def _exchanged(connection: Connection, method: str, sent: bytes, cap: int) -> Response:
    """Send, and read the whole answer: the connection is of use to others only when everything of it was read."""
    protocol, transport = connection.protocol, connection.transport
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
