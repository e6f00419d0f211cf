"""What becomes of a client that does not read: its connection ends."""

from __future__ import annotations

import asyncio
import time

from gateway.runtime.clock import Sleeper, clock_of

LEAST_RATE = 1_024
"""Bytes a second a client must read while something waits for it."""


class WriteWatch:
    """Of one connection. Looks only while something could not be written."""

    __slots__ = ("_left", "_loop", "_moved", "_seconds", "_sleeping", "_transport")

    def __init__(self, loop: asyncio.AbstractEventLoop, transport: asyncio.Transport, seconds: float) -> None:
        self._loop = loop
        self._transport = transport
        self._seconds = seconds
        self._left = 0
        self._moved = False
        self._sleeping: set[Sleeper] | None = None

    def start(self) -> None:
        if self._sleeping is None:
            self._look_later(self._transport.get_write_buffer_size())

    def moved(self) -> None:
        """The client has read what it was sent before."""
        self._moved = True

    def stop(self) -> None:
        if self._sleeping is not None:
            self._sleeping.discard(self)
            self._sleeping = None

    def wake(self) -> None:
        self._sleeping = None
        left = self._transport.get_write_buffer_size()
        if not left:
            return
        wanted = min(self._left, LEAST_RATE * self._seconds)
        if not self._moved and self._left - left < wanted:
            self._transport.abort()
            return
        self._look_later(left)

    def _look_later(self, left: int) -> None:
        self._left, self._moved = left, False
        self._sleeping = clock_of(self._loop).sleep(self, time.monotonic() + self._seconds)
