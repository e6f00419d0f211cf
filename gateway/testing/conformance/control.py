"""The hand on the reference adapter. Anything behind a `Transport` has `gateway.testing.control`."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from gateway.testing.control import FOR_EVER, BadAnswer
from gateway.testing.reference import OPERATIONS, ReferenceAdapter


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

    @asynccontextmanager
    async def answering(self, bad: BadAnswer) -> AsyncGenerator[None]:
        """There is no wire to spoil: what an adapter would make of it."""
        for name in (*OPERATIONS, "probe", "identity.resolve", "identity.audit"):
            self._adapter.failing[name] = bad.error()
        yield
        self._adapter.failing.clear()
