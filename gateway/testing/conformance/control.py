"""Hands on two kinds of backends: the reference adapter, and anything behind a `Transport`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from gateway.errors import Unavailable
from gateway.model.context import CallContext
from gateway.ports.transport import Request, Response, Transport
from gateway.testing.reference import ReferenceAdapter

FOR_EVER = 3600.0


class ReferenceControl:
    """BackendControl over the reference adapter, where a request is a turn of its own loop."""

    def __init__(self, adapter: ReferenceAdapter) -> None:
        self._adapter = adapter

    @property
    def requests(self) -> int:
        return self._adapter.requests.total()

    @asynccontextmanager
    async def down(self) -> AsyncGenerator[None]:
        self._adapter.down = True
        yield
        self._adapter.down = False

    @asynccontextmanager
    async def stalled(self) -> AsyncGenerator[None]:
        self._adapter.delay = FOR_EVER
        yield
        self._adapter.delay = 0.0


class ControlledTransport:
    """A transport that another one stands behind, and the BackendControl of what it reaches. `seen` counts at the
    backend's socket (a sandbox's recorded requests); without it, attempts are counted here."""

    def __init__(self, inner: Transport, seen: Callable[[], int] | None = None) -> None:
        self._inner = inner
        self._seen = seen
        self._down = False
        self._stalled = False
        self._held = 0
        self._sent = 0

    async def send(self, request: Request, call: CallContext) -> Response:
        if self._down:
            raise Unavailable
        if self._stalled:
            self._held += 1
            await asyncio.sleep(FOR_EVER)
        self._sent += 1
        return await self._inner.send(request, call)

    @property
    def requests(self) -> int:
        return self._held + (self._sent if self._seen is None else self._seen())

    @asynccontextmanager
    async def down(self) -> AsyncGenerator[None]:
        self._down = True
        yield
        self._down = False

    @asynccontextmanager
    async def stalled(self) -> AsyncGenerator[None]:
        self._stalled = True
        yield
        self._stalled = False
