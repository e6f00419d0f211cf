"""One gateway on a socket of its own, in a folder of its own, for as long as it is needed."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import tempfile
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import BaseRoute

from gateway.app import Gateway, build_app
from gateway.errors import ConfigurationError
from gateway.http.serve import Server, server_config
from gateway.http.wire import AsgiApplication, AsgiScope, Receive, Send
from gateway.settings import ServerSection, Settings

HOST = "127.0.0.1"


class Host:
    """Where a gateway will be: its address is known before it is configured, because its configuration names it."""

    def __init__(self, folder: Path, listener: socket.socket) -> None:
        self.folder = folder
        self.url = f"http://{HOST}:{listener.getsockname()[1]}"
        self._listener = listener

    @asynccontextmanager
    async def serving(
        self, settings: Settings, pages: Sequence[BaseRoute] = (), *, sells: bool = True
    ) -> AsyncGenerator[Gateway]:
        """Raises ConfigurationError where the gateway cannot open."""
        app = build_app(settings, pages, sells=sells)
        gateway = await app.start()
        try:
            config = server_config(app, loop="none", lifespan="off", timeout_graceful_shutdown=2)
            async with _served(_Server(app, config, drain_seconds=0.0), self._listener):
                yield gateway
        finally:
            await gateway.close()


@asynccontextmanager
async def serving_pages(pages: Sequence[BaseRoute]) -> AsyncGenerator[str]:
    """Some pages alone, on a free port: where."""
    with _listening(0) as listener:
        application = _Pages(Starlette(routes=pages))
        config = server_config(application, loop="none", lifespan="off", timeout_graceful_shutdown=2)
        async with _served(_Server(application, config, drain_seconds=0.0), listener):
            yield f"http://{HOST}:{listener.getsockname()[1]}"


class _Pages:
    """Pages that no gate closes on."""

    gate = None
    section = ServerSection()
    pressed = False

    def __init__(self, pages: Starlette) -> None:
        self._pages: AsgiApplication = pages  # pyright: ignore[reportAttributeAccessIssue] # Starlette's own aliases

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        await self._pages(scope, receive, send)


class _Server(Server):
    """Leaves signals to the program: the gateway is not all that has to end."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


async def until_interrupted() -> None:
    """Returns at Ctrl+C or when the process is asked to end, so that everything started is stopped in order."""
    loop, interrupted = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, interrupted.set)
    try:
        await interrupted.wait()
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


@asynccontextmanager
async def hosted(port: int) -> AsyncGenerator[Host]:
    """A port (0: a free one) and a folder that goes when it is over."""
    with tempfile.TemporaryDirectory(prefix="gateway-demo-") as name, _listening(port) as listener:
        yield Host(Path(name), listener)


@contextmanager
def _listening(port: int) -> Generator[socket.socket]:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as error:
        listener.close()
        raise ConfigurationError(f"port {port} is taken: stop what listens there, or give `--port`") from error
    with listener:
        yield listener


@asynccontextmanager
async def _served(server: Server, listener: socket.socket) -> AsyncGenerator[None]:
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        while not server.started:  # noqa: ASYNC110  uvicorn offers no event
            await asyncio.sleep(0.02)
        yield
    finally:
        server.should_exit = True
        with contextlib.suppress(asyncio.CancelledError):
            await task
