"""One HTTP/1.1 attempt over asyncio's own transports and llhttp (through httptools, as the server's side): a third of
what a session of aiohttp's costs, because there is no session, no stream and no task between a socket and an answer.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections import deque
from socket import SOCK_STREAM
from typing import Any, cast
from urllib.parse import urlsplit

from aiohappyeyeballs import start_connection  # pyright: ignore[reportUnknownVariableType] # its own open tuple

from gateway.calls.wire.errors import BadTransfer, NeverSent
from gateway.calls.wire.exchange import COMMON_HEADERS, CONNECT_SECONDS, IDLE_SECONDS, not_connected, place_in
from gateway.calls.wire.lean_connection import Connection, Lost
from gateway.calls.wire.request_head import RequestHead
from gateway.errors import AdapterError, DeadlineExceeded, Unavailable
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
        self._idle: deque[tuple[Connection, float]] = deque()
        self._places = asyncio.Semaphore(connections)
        self._busy: set[Connection] = set()

    async def exchange(self, request: Request, call: CallContext, seconds: float, cap: int) -> Response:
        sent = self._head.bytes_of(request)
        now = time.monotonic()
        limit = now + seconds
        if call.deadline <= now:
            raise NeverSent(detail="no time was left")
        await place_in(self._places, call, seconds)
        try:
            return await self._exchanged(sent, request.method == "HEAD", call, limit, cap)
        finally:
            self._places.release()

    async def _exchanged(self, sent: bytes, bodiless: bool, call: CallContext, limit: float, cap: int) -> Response:
        try:
            connection = self._reused() or await self._connected(min(limit, call.deadline))
            if call.once and call.remaining() <= 0:  # stopped in the middle: another may have taken this over
                self._idle.append((connection, time.monotonic() + IDLE_SECONDS))
                raise NeverSent(detail="no time was left to send")
        except AdapterError as error:
            error.unsent = True
            raise
        self._busy.add(connection)
        try:
            return await connection.exchange(sent, bodiless, call, limit, cap)
        except Lost as lost:
            raise (BadTransfer if lost.malformed else Unavailable)(detail=str(lost)) from lost
        finally:
            self._busy.discard(connection)
            if connection.reusable:
                self._idle.append((connection, time.monotonic() + IDLE_SECONDS))
            else:
                connection.abort()

    def _reused(self) -> Connection | None:
        """The connection that was used last, so that the others grow old and end."""
        now = time.monotonic()
        while self._idle and (self._idle[0][1] < now or not self._idle[0][0].reusable):
            self._idle.popleft()[0].abort()
        while self._idle:
            connection, _ = self._idle.pop()
            if connection.reusable:
                return connection
        return None

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
                Connection, sock=sock, ssl=self._ssl, server_hostname=self._host if self._ssl else None
            )
        except BaseException:
            sock.close()
            raise
        return connection

    async def close(self) -> None:
        while self._idle:
            self._idle.pop()[0].abort()
        for connection in tuple(self._busy):
            connection.abort()
        await asyncio.sleep(0)  # so that what was ended is over
