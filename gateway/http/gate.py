"""The gate that closes before the gateway stops: readiness says no first, then open streams end, and what runs is
waited for by the server. A worker that is merely replaced ends its streams and stays ready: its successor is."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from contextlib import contextmanager


class Gate:
    """`passing` counts what is under way. `draining` turns readiness off; `stopping` ends streams and sockets."""

    def __init__(self) -> None:
        self.draining = False
        self.stopping = asyncio.Event()
        self._inside = 0

    @property
    def inside(self) -> int:
        return self._inside

    @contextmanager
    def passing(self) -> Generator[None]:
        self._inside += 1
        try:
            yield
        finally:
            self._inside -= 1

    def drain(self) -> None:
        self.draining = True

    def end_streams(self) -> None:
        self.stopping.set()

    def stop(self) -> None:
        """Both at once."""
        self.drain()
        self.end_streams()
