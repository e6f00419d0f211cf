"""One process that serves: uvicorn on uvloop and httptools, patient with nobody, and gone only when it has finished.

When told to stop it closes its listener, says `Connection: close` on every answer, ends streams and sockets, waits for
what is under way, and only then leaves.
"""

from __future__ import annotations

import asyncio
import errno
import gc
import signal
import time
from collections.abc import Callable
from socket import AF_INET, AF_INET6, create_server
from socket import socket as Socket
from typing import Any, Protocol, cast

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from gateway.calls.clock import Sleeper, clock_of
from gateway.errors import ConfigurationError
from gateway.http.gate import Gate
from gateway.http.socket import MESSAGE_BYTES
from gateway.http.wire import Receive, Scope, Send
from gateway.http.workers import CannotStart, say_that_nothing_is_read, supervise
from gateway.settings import Settings

HEAD_SECONDS = 10.0
"""From a request's first byte to the end of its headers; and from a connection to its first request."""
HEAD_BYTES = 65_536
KEEP_ALIVE_SECONDS = 75
"""Longer than the load balancers in front usually keep theirs, so that they close first."""
BACKLOG = 2_048
GRACE_SECONDS = 30
"""After draining, for what is still under way."""


class Serves(Protocol):
    """An ASGI application with a gate, which may come up with the application."""

    @property
    def gate(self) -> Gate | None: ...

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None: ...


Factory = Callable[[Settings], Serves]
"""Makes the application, in the process that serves it. A module's function, so that workers can find it."""


def serve(factory: Factory, settings: Settings, workers: int = 1, *, announce: Callable[[str], None] = print) -> int:
    """Serve until told to stop; with several workers, SIGHUP replaces them one after the other, which reads nothing
    anew and says so. The exit code: what kept a worker from starting stands in its own output. Raises
    ConfigurationError where nobody can listen at the address."""
    listener = listen(settings.server.host, settings.server.port)
    host, port = listener.getsockname()[:2]
    shown = f"[{host}]" if ":" in str(host) else host
    if workers <= 1:
        announce(f"http://{shown}:{port}")
        signal.signal(signal.SIGHUP, lambda number, frame: say_that_nothing_is_read())
        work(factory, settings, listener)
        return 0
    try:
        supervise(work, (factory, settings, listener), workers, ready=lambda: announce(f"http://{shown}:{port}"))
    except CannotStart:
        return 1
    finally:
        listener.close()
    return 0


def listen(host: str, port: int) -> Socket:
    """The one listening socket of all workers: what waits in its queue survives any of them. Raises
    ConfigurationError where nobody can listen there."""
    family = AF_INET6 if ":" in host else AF_INET
    try:
        return create_server((host, port), family=family, backlog=BACKLOG)
    except OverflowError as error:
        raise ConfigurationError(f"`{port}` is no port (0 to 65535)", place="server.port") from error
    except OSError as error:
        raise ConfigurationError(*_refused(host, port, error)) from error


def _refused(host: str, port: int, error: OSError) -> tuple[str]:
    if error.errno == errno.EADDRINUSE:
        return (f"server.port: port {port} is taken: stop what listens there, or give `--port`",)
    if error.errno == errno.EACCES:
        return (f"server.port: no right to listen on port {port}: give one above 1023 with `--port`",)
    if error.errno == errno.EADDRNOTAVAIL or (error.errno or 0) < 0:  # below: no address for that name at all
        return (f"server.host: `{host}` is no address of this machine",)
    return (f"server.host: cannot listen on `{host}`: {error.strerror}",)


def work(factory: Factory, settings: Settings, listener: Socket, started: Callable[[], None] = lambda: None) -> None:
    """One process's share. Returns when it was told to stop and has finished."""
    application = factory(settings)
    server = Server(application, server_config(application), settings.server.drain_seconds, started)
    server.run(sockets=[listener])


def server_config(application: Any, **options: Any) -> uvicorn.Config:
    """How every server of ours is set up, in tests too. No access log: addresses and queries are personal data."""
    wanted: dict[str, Any] = {
        "loop": "uvloop",
        "http": PatientHttp,
        "ws": "websockets-sansio",
        "ws_max_size": MESSAGE_BYTES,
        "ws_per_message_deflate": False,  # a window of memory for every socket, for messages that are small
        "ws_ping_interval": 20.0,
        "ws_ping_timeout": 20.0,
        "lifespan": "auto",
        "access_log": False,
        "log_config": None,
        "server_header": False,
        "timeout_keep_alive": KEEP_ALIVE_SECONDS,
        "timeout_graceful_shutdown": GRACE_SECONDS,
        "backlog": BACKLOG,
    }
    return uvicorn.Config(application, **{**wanted, **options})


class Server(uvicorn.Server):
    """Drains before it shuts down."""

    def __init__(
        self,
        application: Serves,
        config: uvicorn.Config,
        drain_seconds: float,
        started: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(config)
        self._application = application
        self._drain_seconds = drain_seconds
        self._tell = started

    async def main_loop(self) -> None:
        settle()
        self._tell()
        await super().main_loop()
        await self._drain()

    async def _drain(self) -> None:
        if self._application.gate is not None:
            self._application.gate.stop()
        for listening in self.servers:
            listening.close()
        loop = asyncio.get_running_loop()
        until = loop.time() + self._drain_seconds
        while self.server_state.connections and not self.force_exit and loop.time() < until:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


def settle() -> None:
    """What start-up made stays: the collector need not look at it again, nor look so often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


class PatientHttp(HttpToolsProtocol):
    """Closes a connection whose request's head is too long in coming, or too long."""

    head_seconds = HEAD_SECONDS
    _sleeping: set[Sleeper] | None = None
    _head = 0

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._be_patient()

    def data_received(self, data: bytes) -> None:
        cycle = cast("RequestResponseCycle | None", self.cycle)  # None before the first request
        in_head = cycle is None or cycle.response_complete
        if in_head:
            self._head += len(data)
            if self._head > HEAD_BYTES and b"\r\n\r\n" not in data[:HEAD_BYTES]:
                self._refuse(b"431 Request Header Fields Too Large")
                return
        super().data_received(data)
        if self._head and self._sleeping is None:
            self._be_patient()  # the rest is still to come

    def on_headers_complete(self) -> None:
        self._patience_over()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._patience_over()
        super().connection_lost(exc)

    def _be_patient(self) -> None:
        self._sleeping = clock_of(self.loop).sleep(self, time.monotonic() + self.head_seconds)

    def _patience_over(self) -> None:
        self._head = 0
        if self._sleeping is not None:
            self._sleeping.discard(self)
            self._sleeping = None

    def wake(self) -> None:
        self._refuse(b"408 Request Timeout")

    def _refuse(self, status: bytes) -> None:
        self._patience_over()
        if not self.transport.is_closing():
            self.transport.write(b"HTTP/1.1 " + status + b"\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            self.transport.close()
