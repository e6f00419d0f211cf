"""A WebSocket's frames on one connection: uvicorn's protocol, which reads nothing more from a client that does not read
itself, and drops it after a while. What a client sends wrongly is worth no line in the log."""

from __future__ import annotations

import logging
from typing import Any, cast

from uvicorn.config import Config
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState

from gateway.http.connections import Connections, answering
from gateway.http.writing import WriteWatch

_quiet = logging.getLogger("gateway.http.frames")
_quiet.setLevel(logging.CRITICAL + 1)


class PatientSocket(WebSocketsSansIOProtocol):
    """One connection. Its bounds are the section `[server]`, as `Connections` has it."""

    _writing: WriteWatch | None = None

    def __init__(self, config: Config, server_state: ServerState, app_state: Any, _loop: Any = None) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._crowd = cast("Connections", server_state)
        self.logger = self.conn.logger = _quiet

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._standing = self._crowd.enter(self.client[0] if self.client else "")
        if self._standing.excess is not None:
            self.app = cast("Any", answering(self.app, self._standing.excess))

    def connection_lost(self, exc: Exception | None) -> None:
        if self._writing is not None:
            self._writing.stop()
        self._crowd.leave(self._standing)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if not self.transport.is_closing():
            super().data_received(data)

    def pause_writing(self) -> None:
        """Pings are answered as they come, so nothing more is read either."""
        super().pause_writing()
        if not self.transport.is_closing():
            self.transport.pause_reading()
        self._watch_writing()

    def resume_writing(self) -> None:
        if self._writing is not None:
            self._writing.moved()
        super().resume_writing()
        if not self.read_paused and not self.transport.is_closing():
            self.transport.resume_reading()

    async def receive(self) -> Any:
        message = await super().receive()
        if not self.writable.is_set() and not self.transport.is_closing():
            self.transport.pause_reading()
        return message

    def keepalive_timeout(self) -> None:
        super().keepalive_timeout()
        self._watch_writing()  # what it never read would keep the connection open

    def shutdown(self) -> None:
        super().shutdown()
        self._watch_writing()

    def _watch_writing(self) -> None:
        if self._writing is None:
            self._writing = WriteWatch(self.loop, self.transport, self._crowd.section.write_seconds)
        self._writing.start()
