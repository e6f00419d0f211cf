"""One process that serves: uvicorn on uvloop and httptools, patient with nobody, and gone only when it has finished.

When told to stop it says so to whoever asks for its readiness and goes on serving until every load balancer has heard
it, each answer its connection's last; then it takes in what waits in the listener's queue, closes it, ends streams and
sockets, waits for what is under way, and only then leaves.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import resource
import select
import signal
from collections.abc import Callable
from socket import AF_INET, AF_INET6, create_server
from socket import socket as Socket
from typing import Any, Protocol

import uvicorn

from gateway.errors import ConfigurationError
from gateway.http.collecting import look, settle
from gateway.http.connections import Connections
from gateway.http.gate import Gate
from gateway.http.protocol import PatientHttp
from gateway.http.socket import MESSAGE_BYTES
from gateway.http.socket_protocol import PatientSocket
from gateway.http.wire import AsgiScope, Receive, Send
from gateway.http.workers import RETIRE, CannotStart, say_that_nothing_is_read, supervise
from gateway.settings import GRACE_SECONDS, ServerSection, Settings

BACKLOG = 2_048
IDLE_SECONDS = 1.0
"""After which a connection of a server that drains is closed, if its client has asked nothing."""
QUEUE_SECONDS = 1.0
"""For connections that keep coming while the listener is about to be closed."""
QUIET_TURNS = 3
"""Of the loop with nobody in the queue: what was accepted in the one before is a connection by then."""
MOST_AT_ONCE = 64
"""Connections taken in together."""
TICK_SECONDS = 0.05


class Serves(Protocol):
    """An ASGI application with a gate, which may come up with the application."""

    @property
    def gate(self) -> Gate | None: ...

    @property
    def section(self) -> ServerSection:
        """The bounds of its connections."""
        ...

    @property
    def pressed(self) -> bool:
        """Whether it has more to do than it can do in time."""
        ...

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None: ...


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
        supervise(
            work,
            (factory, settings, listener),
            workers,
            ready=lambda: announce(f"http://{shown}:{port}"),
            stopping=listener.close,  # so that the queue ends with the last worker, who empties it
            stop_seconds=stop_seconds(settings.server),
        )
    except CannotStart:
        return 1
    finally:
        listener.close()
    return 0


def stop_seconds(section: ServerSection) -> float:
    """The longest a process takes to leave."""
    return section.drain_accept_seconds + section.drain_seconds + GRACE_SECONDS + 5.0


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
    allow_open_files()
    application = factory(settings)
    config = server_config(application, timeout_keep_alive=settings.server.keep_alive_seconds)
    server = Server(
        application,
        config,
        settings.server.drain_seconds,
        started,
        accept_seconds=settings.server.drain_accept_seconds,
    )
    signal.signal(RETIRE, lambda number, frame: server.retire())
    server.run(sockets=[listener])


def allow_open_files() -> None:
    """As many as the system permits this process: shells often say 1,024, fewer than `server.connections`."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def server_config(application: Any, **options: Any) -> uvicorn.Config:
    """How every server of ours is set up, in tests too. No access log: addresses and queries are personal data. No
    header says who asks but those of `server.trusted_proxies`, which the application reads itself."""
    wanted: dict[str, Any] = {
        "loop": "uvloop",
        "http": PatientHttp,
        "ws": PatientSocket,
        "ws_max_size": MESSAGE_BYTES,
        "ws_per_message_deflate": False,  # a window of memory for every socket, for messages that are small
        "ws_ping_interval": 20.0,
        "ws_ping_timeout": 20.0,
        "lifespan": "auto",
        "access_log": False,
        "log_config": None,
        "proxy_headers": False,
        "server_header": False,
        "timeout_keep_alive": ServerSection().keep_alive_seconds,
        "timeout_graceful_shutdown": GRACE_SECONDS,
        "backlog": BACKLOG,
    }
    return uvicorn.Config(application, **{**wanted, **options})


class Server(uvicorn.Server):
    """Drains before it shuts down. The only server for `PatientHttp` and `PatientSocket`: it counts connections."""

    def __init__(
        self,
        application: Serves,
        config: uvicorn.Config,
        drain_seconds: float,
        started: Callable[[], None] = lambda: None,
        *,
        accept_seconds: float = 0.0,
    ) -> None:
        super().__init__(config)
        self.server_state = self._open = Connections(application.section)
        self._application = application
        self._accept_seconds = accept_seconds
        self._drain_seconds = drain_seconds
        self._tell = started
        self._retiring = False
        self._listeners: tuple[Socket, ...] = ()
        self._adopting: set[asyncio.Future[None]] = set()

    def retire(self) -> None:
        """Another worker has taken over: leave the listener to it, and stay ready in the eyes of balancers."""
        self._retiring = True
        self.should_exit = True

    async def startup(self, sockets: list[Socket] | None = None) -> None:
        await super().startup(sockets)
        for listener in sockets or ():
            listener.setblocking(False)
        self._listeners = tuple(sockets or ())
        self._open.entered = self._accept_the_rest

    def _accept_the_rest(self) -> None:
        """uvloop takes in one connection each time it looks for events, which is seldom while there is much to do: the
        others would wait longer than for an answer, health checks among them. At other times one at a time is right: it
        leaves some to the other workers."""
        if not self._application.pressed:
            return
        for listener in self._listeners:
            for _ in range(MOST_AT_ONCE):
                try:
                    connection, _ = listener.accept()
                except OSError:  # nobody waits, or no file may be opened any more
                    break
                connection.setblocking(False)
                task = asyncio.ensure_future(self._adopt(connection))
                self._adopting.add(task)
                task.add_done_callback(self._adopting.discard)

    async def _adopt(self, connection: Socket) -> None:
        loop = asyncio.get_running_loop()

        def protocol() -> asyncio.Protocol:
            kind: Any = self.config.http_protocol_class
            return kind(config=self.config, server_state=self.server_state, app_state=self.lifespan.state)

        try:
            await loop.connect_accepted_socket(protocol, connection)
        except OSError:
            connection.close()  # it has gone already

    async def main_loop(self) -> None:
        settle(ticking=True)
        self._tell()
        await super().main_loop()
        await self._drain()

    async def on_tick(self, counter: int) -> bool:
        """uvicorn's, ten times a second."""
        look(counter)
        return await super().on_tick(counter)

    async def _drain(self) -> None:
        gate = self._application.gate
        self._open.leaving = True
        for connection in list(self._open.connections):
            if isinstance(connection, PatientHttp):
                connection.last_answer()
        if not self._retiring:
            if gate is not None:
                gate.drain()
            if signal.SIGINT not in self._captured_signals:  # a person at a terminal: no balancer is asked for
                await self._while(self._accept_seconds)
            await self._empty_queue()
        self._listeners = ()
        for listening in self.servers:
            listening.close()
        if gate is not None:
            gate.end_streams()
        await self._until_idle()

    async def _while(self, seconds: float) -> None:
        until = asyncio.get_running_loop().time() + seconds
        while not self.force_exit and asyncio.get_running_loop().time() < until:  # noqa: ASYNC110  a signal's flag
            await asyncio.sleep(TICK_SECONDS)

    async def _empty_queue(self) -> None:
        """Whoever has connected is served: a connection that waits in the queue of a listener that closes is reset."""
        waiting = select.poll()
        for listening in self.servers:
            for socket in listening.sockets:
                waiting.register(socket.fileno(), select.POLLIN)
        until = asyncio.get_running_loop().time() + QUEUE_SECONDS
        quiet = 0
        while quiet < QUIET_TURNS and asyncio.get_running_loop().time() < until:
            await asyncio.sleep(0)
            quiet = 0 if waiting.poll(0) else quiet + 1

    async def _until_idle(self) -> None:
        """Until all connections are gone, those first that have been silent for a while."""
        loop = asyncio.get_running_loop()
        until = loop.time() + self._drain_seconds
        silent: dict[object, float] = {}
        while self._open.connections and not self.force_exit and loop.time() < until:
            now = loop.time()
            for connection in list(self._open.connections):
                if not isinstance(connection, PatientHttp) or not connection.idle:
                    silent.pop(connection, None)
                elif now - silent.setdefault(connection, now) >= IDLE_SECONDS:
                    connection.shutdown()
            await asyncio.sleep(TICK_SECONDS)
