"""One HTTP attempt at one backend: the innermost station towards a backend, and the one place where what the HTTP
library raises becomes an error of ours. One pool of connections per backend, so that a sick one exhausts nothing of
others.

aiohttp's connector (pool, names, TLS, addresses) and its parser do the work; its session does not take part: cookies,
redirects, proxies from the environment and silent repetition are all refused here, and what a session does for them
takes half of an attempt's time. Redirects could carry a credential to another host, cookies would mix people.
"""

from __future__ import annotations

import asyncio
import ssl

import aiohttp
from aiohttp import ClientRequest, ClientTimeout, TCPConnector, hdrs
from aiohttp.connector import Connection
from aiohttp.http_exceptions import HttpProcessingError
from yarl import URL

from gateway.calls.addresses import AddressRefused, socket_factory
from gateway.calls.bodies import ACCEPTED_ENCODINGS, read_capped
from gateway.calls.deadline import Deadline
from gateway.calls.refusals import BadTransfer
from gateway.calls.request_head import RequestHead
from gateway.errors import AdapterError, DeadlineExceeded, RequestRefused, Unavailable
from gateway.model.context import CallContext
from gateway.ports.transport import Request, Response

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_CONNECT = ClientTimeout(total=None, sock_connect=2.0)
_IDLE_CONNECTION = 15.0
_LONGEST_LINE = 8_190
_MOST_HEADERS = 128


class Wire:
    """`exchange` makes one attempt. `seconds` is its own timeout, `cap` in bytes after decompression."""

    def __init__(
        self, url: str, *, connections: int, allow_private_network: bool, ssl_context: ssl.SSLContext | None = None
    ) -> None:
        self._url = url
        self._head = RequestHead(url, {"accept-encoding": ACCEPTED_ENCODINGS, "user-agent": "commerce-gateway"})
        self._connections = connections
        self._allow_private = allow_private_network
        self._ssl: ssl.SSLContext | bool = True if ssl_context is None else ssl_context
        self._connector: TCPConnector | None = None
        self._target: ClientRequest | None = None

    async def exchange(self, request: Request, call: CallContext, seconds: float, cap: int) -> Response:
        """Raises Unavailable, DeadlineExceeded, BadTransfer or RequestRefused."""
        try:
            sent = self._head.bytes_of(request)
            with Deadline(call, seconds):
                connection = await self._connect()
                try:
                    response = await _exchanged(connection, request.method, sent, cap)
                except BaseException:
                    connection.close()  # something of the answer may still be on its way
                    raise
            connection.release()
        except AdapterError:
            raise
        except Exception as error:
            raise _mapped(error) from error
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
            keepalive_timeout=_IDLE_CONNECTION,
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
        max_line_size=_LONGEST_LINE,
        max_field_size=_LONGEST_LINE,
        max_headers=_MOST_HEADERS,
    )
    transport.write(sent)
    message, content = await protocol.read()
    while 100 <= message.code < 200 and message.code != 101:
        message, content = await protocol.read()
    headers = {name.lower(): value for name, value in message.headers.items()}
    if message.code in _REDIRECTS:
        raise BadTransfer(detail=f"redirect ({message.code}) refused")
    if int(headers.get("content-length") or 0) > cap:
        raise BadTransfer(detail=f"body announces more than {cap} bytes")
    try:
        body = await read_capped(content, headers.get("content-encoding", ""), cap)
    except aiohttp.ClientPayloadError as error:
        # An answer that ends early is malformed; a connection that breaks under it is a backend that went away.
        if isinstance(protocol.exception(), OSError):
            raise Unavailable(detail="the connection broke in the middle of the answer") from error
        raise BadTransfer(detail="the answer is cut short or badly framed") from error
    return Response(message.code, headers, body)


def _mapped(error: Exception) -> AdapterError:
    """Ours for theirs. The texts are for operators; none has a header or a body in it."""
    kind = type(error).__name__
    if isinstance(error, TimeoutError):
        return DeadlineExceeded(detail=kind)
    if isinstance(error, aiohttp.InvalidURL):
        return RequestRefused(detail="the request's address makes no sense")
    if isinstance(error, aiohttp.ClientConnectorError):
        refused = _address_refused(error.os_error)
        return Unavailable(detail=str(refused) if refused else f"{kind}: {type(error.os_error).__name__}")
    if isinstance(error, aiohttp.ClientResponseError | HttpProcessingError):
        return BadTransfer(detail=f"not HTTP: {kind}")
    if isinstance(error, aiohttp.ClientError | OSError | ssl.SSLError):
        return Unavailable(detail=kind)
    if isinstance(error, ValueError):
        return BadTransfer(detail=f"answer's headers make no sense: {kind}")
    raise error


def _address_refused(error: BaseException | None) -> AddressRefused | None:
    while error is not None:
        if isinstance(error, AddressRefused):
            return error
        error = error.__cause__ or error.__context__
    return None
