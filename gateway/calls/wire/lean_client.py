"""One HTTP/1.1 attempt over asyncio's own transports and llhttp (through httptools, as the server's side): a third of
what a session of aiohttp's costs, because there is no session, no stream and no task between a socket and an answer.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from socket import SOCK_STREAM
from typing import Any, cast
from urllib.parse import urlsplit

from aiohappyeyeballs import start_connection  # pyright: ignore[reportUnknownVariableType] # its own open tuple

from gateway.calls.wire.errors import NeverSent
from gateway.calls.wire.exchange import COMMON_HEADERS, CONNECT_SECONDS, not_connected
from gateway.calls.wire.lean_connection import Connection
from gateway.calls.wire.pool import Pool
from gateway.calls.wire.request_head import RequestHead
from gateway.errors import AdapterError, DeadlineExceeded
from gateway.model.context import CallContext
from gateway.ports.transport import Request, Response
from gateway.runtime.addresses import socket_factory

_PORTS = {"http": 80, "https": 443}


class LeanWire:
    """Implements `gateway.calls.wire.Wire`."""

    def __init__(
        self, url: str, *, connections: int, allow_private_network: bool, ssl_context: ssl.SSLContext | None = None
    ) -> None:
        parts = urlsplit(url)
        self._head = RequestHead(url, COMMON_HEADERS)
        self._host = parts.hostname or ""
        self._port = parts.port or _PORTS.get(parts.scheme, 80)
        self._ssl = (ssl_context or ssl.create_default_context()) if parts.scheme == "https" else None
        self._make_socket = socket_factory(allow_private_network=allow_private_network)
        self._pool: Pool[Connection] = Pool(connections)

    def begin(self, request: Request, call: CallContext, seconds: float, cap: int) -> Connection | None:
        sent = self._head.bytes_of(request)
        now = time.monotonic()
        if call.deadline <= now:
            raise NeverSent(detail="no time was left")
        connection = self._pool.take()
        if connection is not None:
            connection.begin(sent, request.method == "HEAD", call, now + seconds, cap)
        return connection

    async def exchange(self, request: Request, call: CallContext, seconds: float, cap: int) -> Response:
        sent = self._head.bytes_of(request)
        now = time.monotonic()
        limit = now + seconds
        if call.deadline <= now:
            raise NeverSent(detail="no time was left")
        await self._pool.place(call, seconds)
        connection = await self._connection(call, min(limit, call.deadline))
        try:
            connection.begin(sent, request.method == "HEAD", call, limit, cap)
            return await connection.answer
        finally:
            connection.ended()

    async def _connection(self, call: CallContext, until: float) -> Connection:
        """For one who has a place, who gives it up where none comes."""
        try:
            connection = self._pool.kept()
            if connection is None:
                connection = await self._connected(until)
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

    async def _connected(self, until: float) -> Connection:
        try:
            async with asyncio.timeout(min(CONNECT_SECONDS, until - time.monotonic())):
                return await self._connect()
        except TimeoutError:
            raise DeadlineExceeded(detail="no connection in time") from None
        except (OSError, UnicodeError) as error:  # a name may be no name at all
            raise not_connected(error) from error

    async def _connect(self) -> Connection:
        """To the first of the name's addresses that answers (RFC 8305); each is looked at when a socket is made for
        it."""
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(self._host, self._port, type=SOCK_STREAM)
        sock = await start_connection(
            found, happy_eyeballs_delay=0.25, interleave=1, socket_factory=cast(Any, self._make_socket)
        )
        try:
            _, connection = await loop.create_connection(
                lambda: Connection(self._pool),
                sock=sock,
                ssl=self._ssl,
                server_hostname=self._host if self._ssl else None,
            )
        except BaseException:
            sock.close()
            raise
        return connection

    async def close(self) -> None:
        self._pool.abort()
        await asyncio.sleep(0)  # so that what was ended is over
