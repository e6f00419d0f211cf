"""The fault server: a small HTTP proxy on 127.0.0.1 in front of one backend. It passes everything on until it is given
a `fault`; it counts what arrives.

    proxy = FaultProxy("http://127.0.0.1:8069")
    await proxy.start()                 # configure the backend with proxy.url
    proxy.fault = Fault.SLOW_DRIP       # from the next request on
    ...
    await proxy.stop()
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from urllib.parse import urlsplit, urlunsplit

import aiohttp

from gateway.testing.faults import acts, bodies
from gateway.testing.faults.http import Incoming, Outgoing, read_request, reset
from gateway.testing.faults.kinds import Fault

_UNFORWARDED = frozenset({"host", "connection", "keep-alive", "content-length", "transfer-encoding", "accept-encoding"})


class FaultProxy:
    """`connections` and `requests` count what arrived, `forwarded` what reached the backend. `only` narrows the fault
    to requests whose method and target (`POST /orders`) contain it. `after`: the backend has the request, and its
    answer is lost to the fault: what a write that was sent can meet."""

    def __init__(self, upstream: str) -> None:
        self.upstream = upstream.rstrip("/")
        self.delay = 0.05
        self.retry_after = 2
        self.redirect_to = ""
        self.only = ""
        self.after = False
        self.connections = 0
        self.requests = 0
        self.forwarded = 0
        self._fault = Fault.NONE
        self._port = 0
        self._server: asyncio.Server | None = None
        self._reserved: socket.socket | None = None
        self._session: aiohttp.ClientSession | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._first: dict[tuple[str, str, bytes], Outgoing] = {}

    async def start(self) -> str:
        """Listen, and return the URL that stands for the backend's."""
        self._session = aiohttp.ClientSession(auto_decompress=False, cookie_jar=aiohttp.DummyCookieJar())
        await self._listen()
        return self.url

    async def stop(self) -> None:
        await self._stop_listening()
        if self._reserved is not None:
            self._reserved.close()
        if self._session is not None:
            await self._session.close()

    @property
    def url(self) -> str:
        """The backend's URL through the proxy. Under DNS and TLS the address itself is the fault."""
        scheme, host = "http", "127.0.0.1"
        if self._fault is Fault.DNS:
            host = "backend.invalid"
        if self._fault is Fault.TLS:
            scheme = "https"
        return urlunsplit((scheme, f"{host}:{self._port}", urlsplit(self.upstream).path, "", ""))

    @property
    def fault(self) -> Fault:
        return self._fault

    async def set(self, fault: Fault) -> None:
        """From now on; connections that are open are closed, so that nothing of the state before lingers."""
        if fault is Fault.GZIP_BOMB:
            await asyncio.to_thread(bodies.gzip_bomb)  # packed once, and not while somebody's time is measured
        before, self._fault = self._fault, fault
        await self._disconnect()
        if fault is Fault.REFUSE and before is not Fault.REFUSE:
            await self._stop_listening()
            # The port is kept without listening on it, so that nobody else gets it meanwhile.
            self._reserved = socket.socket()
            self._reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._reserved.bind(("127.0.0.1", self._port))
        elif fault is not Fault.REFUSE and before is Fault.REFUSE:
            if self._reserved is not None:
                self._reserved.close()
                self._reserved = None
            await self._listen()

    def forget(self) -> None:
        """Counts from zero, and no first answers."""
        self.connections = self.requests = self.forwarded = 0
        self._first.clear()

    async def forward(self, request: Incoming) -> Outgoing:
        """The backend's own answer, uncompressed. The first one to each request is remembered for STALE."""
        assert self._session is not None, "start the proxy first"
        root = urlsplit(self.upstream)
        headers = {name: value for name, value in request.headers.items() if name not in _UNFORWARDED}
        self.forwarded += 1
        async with self._session.request(
            request.method,
            f"{root.scheme}://{root.netloc}{request.target}",
            headers=headers | {"accept-encoding": "identity"},
            data=request.body or None,
            allow_redirects=False,
        ) as answer:
            found = Outgoing(answer.status, dict(answer.headers), await answer.read())
        first = self._first.setdefault((request.method, request.target, request.body), found)
        return first if self._fault is Fault.STALE else found

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port, limit=1 << 20)
        self._port = self._server.sockets[0].getsockname()[1]

    async def _stop_listening(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.close()
        await self._disconnect()

    async def _disconnect(self) -> None:
        for writer in list(self._open):
            reset(writer)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._open.add(writer)
        self._tasks.add(task)
        try:
            await self._converse(reader, writer)
        except (ConnectionError, RuntimeError, asyncio.CancelledError):  # uvloop says RuntimeError of a closed one
            pass  # the client left, or the proxy stops: either way the conversation is over
        finally:
            self._open.discard(writer)
            self._tasks.discard(task)
            writer.close()
            with contextlib.suppress(ConnectionError, asyncio.CancelledError):
                await writer.wait_closed()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._fault is Fault.RESET and not self.only and not self.after:
            reset(writer)
            return
        if self._fault is Fault.TLS:
            writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")  # what a plain server says to a handshake
            await writer.drain()
            return
        while True:
            request = await read_request(reader)
            if request is None:
                return
            self.requests += 1
            fault = self._fault if self.only in f"{request.method} {request.target}" else Fault.NONE
            if not await acts.act(fault, self, request, writer):
                return
