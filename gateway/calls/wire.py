"""One HTTP attempt at one backend: the innermost station towards a backend, and the one place where what the HTTP
library raises becomes an error of ours. One pooled session per backend, so that a sick one exhausts nothing of others.

Redirects are refused (one could carry a credential to another host), cookies are never kept (they would mix people),
the environment's proxies are not used.
"""

from __future__ import annotations

import ssl

import aiohttp
from aiohttp import ClientResponse, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector

from gateway.calls.addresses import AddressRefused, socket_factory
from gateway.calls.bodies import ACCEPTED_ENCODINGS, read_capped
from gateway.calls.deadline import Deadline
from gateway.calls.refusals import BadTransfer
from gateway.errors import AdapterError, DeadlineExceeded, RequestRefused, Unavailable
from gateway.model.context import CallContext
from gateway.ports.transport import Request, Response

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_CONNECT_TIMEOUT = 2.0
_IDLE_CONNECTION = 15.0
_HEADERS = {"accept-encoding": ACCEPTED_ENCODINGS, "user-agent": "commerce-gateway"}


class Wire:
    """`exchange` makes one attempt. `seconds` is its own timeout, `cap` in bytes after decompression."""

    def __init__(
        self, url: str, *, connections: int, allow_private_network: bool, ssl_context: ssl.SSLContext | None = None
    ) -> None:
        self._base = url.rstrip("/")
        self._connections = connections
        self._allow_private = allow_private_network
        self._ssl_context = ssl_context
        self._session: ClientSession | None = None

    def _open(self) -> ClientSession:
        # Lazily, because a session belongs to the running loop and a wire is made before there is one.
        connector = TCPConnector(
            limit=self._connections,
            keepalive_timeout=_IDLE_CONNECTION,
            socket_factory=socket_factory(allow_private_network=self._allow_private),
            ssl=self._ssl_context if self._ssl_context is not None else True,
        )
        session = ClientSession(
            connector=connector,
            cookie_jar=DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
            headers=_HEADERS,
            timeout=ClientTimeout(total=None, sock_connect=_CONNECT_TIMEOUT),
        )
        # The library would repeat a request on a connection that was closed; repeating is the retry policy's to decide.
        session._retry_connection = False  # pyright: ignore[reportPrivateUsage]
        return session

    async def exchange(self, request: Request, call: CallContext, seconds: float, cap: int) -> Response:
        """Raises Unavailable, DeadlineExceeded, BadTransfer or RequestRefused."""
        session = self._session
        if session is None:
            session = self._session = self._open()
        try:
            async with Deadline(call, seconds):
                answer = await session.request(
                    request.method,
                    f"{self._base}/{request.path.lstrip('/')}",
                    params=request.query or None,
                    headers=request.headers,
                    data=request.body,
                    allow_redirects=False,
                )
                return await _read(answer, cap)
        except AdapterError:
            raise
        except Exception as error:
            raise _mapped(error) from error

    async def close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()


async def _read(answer: ClientResponse, cap: int) -> Response:
    """The whole answer; the connection goes back to the pool only when everything of it was read."""
    done = False
    try:
        status = answer.status
        if status in _REDIRECTS:
            raise BadTransfer(detail=f"redirect ({status}) refused")
        headers = {name.lower(): value for name, value in answer.headers.items()}
        if int(headers.get("content-length") or 0) > cap:
            raise BadTransfer(detail=f"body announces more than {cap} bytes")
        connection = answer.connection  # gone once the body was read
        try:
            body = await read_capped(answer.content, headers.get("content-encoding", ""), cap)
        except aiohttp.ClientPayloadError as error:
            # An answer that ends early is malformed; a connection that breaks under it is a backend that went away.
            protocol = connection.protocol if connection is not None else None
            if protocol is not None and isinstance(protocol.exception(), OSError):
                raise Unavailable(detail="the connection broke in the middle of the answer") from error
            raise BadTransfer(detail="the answer is cut short or badly framed") from error
        done = True
        return Response(status, headers, body)
    finally:
        if done:
            answer.release()
        else:
            answer.close()


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
    if isinstance(error, aiohttp.ClientResponseError):
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
