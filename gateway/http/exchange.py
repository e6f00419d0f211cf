"""One request for the graph and the way to its answer, in ASGI's messages."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from time import monotonic
from typing import Protocol

from gateway.entry.refusal import Header
from gateway.http.wire import AsgiScope, Receive, Reply, Send, read_body, send_reply
from gateway.runtime.clock import clock_of

PATIENCE_SECONDS = 0.02
"""How long an operation runs before anybody asks whether its client is still there."""


class Watch(Protocol):
    """While it lasts, the task it was made in is cancelled when the client goes away: and with it what only this client
    was waiting for. `gone` says whether that is why."""

    @property
    def gone(self) -> bool: ...

    def stop(self) -> None: ...


class Exchange:
    """Whoever serves."""

    __slots__ = ("receive", "scope", "send")

    def __init__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        self.scope = scope
        self.receive = receive
        self.send = send

    async def body(self, headers: Mapping[str, str], limit: int, seconds: float) -> bytes:
        """The whole body. Raises Disconnected, and Refusal as `read_body` does."""
        return await read_body(headers, self.receive, limit=limit, seconds=seconds)

    def watch(self) -> Watch:
        """Raises Disconnected where it is known already."""
        return _Looking(self.receive)

    async def answer(self, reply: Reply, added: tuple[Header, ...]) -> None:
        await send_reply(self.send, reply, added)


class _Looking:
    """Asks for the next message, which can only be that the client has gone. Most operations are over before it looks
    for the first time."""

    def __init__(self, receive: Receive) -> None:
        loop = asyncio.get_running_loop()
        self._receive = receive
        self._task = asyncio.current_task(loop)
        self._looking: asyncio.Task[None] | None = None
        self._sleeping = clock_of(loop).sleep(self, monotonic() + PATIENCE_SECONDS)
        self.gone = False

    def wake(self) -> None:
        self._looking = asyncio.ensure_future(self._look())

    async def _look(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self.gone = True
        if self._task is not None:
            self._task.cancel()

    def stop(self) -> None:
        self._sleeping.discard(self)
        if self._looking is not None:
            self._looking.cancel()
