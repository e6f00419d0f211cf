"""The connections of one backend: how many may be in use at once, and those that are kept while nobody uses them."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import Generic, Protocol, TypeVar

from gateway.calls.wire.errors import NeverSent
from gateway.errors import DeadlineExceeded
from gateway.model.context import CallContext
from gateway.runtime.deadline import Deadline

IDLE_SECONDS = 15.0
"""How long a connection is kept that nobody uses: shorter than servers do, so that they seldom close first."""


class Pooled(Protocol):
    """`reusable` while it is open and nothing is under way."""

    @property
    def reusable(self) -> bool: ...

    def abort(self) -> None: ...


C = TypeVar("C", bound=Pooled)


class Pool(Generic[C]):
    """A place is had by `take`, with a connection that was kept, or by `place`, for one to be made. It is given up with
    the connection (`back`), or by `give_up` where none came of it."""

    __slots__ = ("_busy", "_free", "_idle", "_waiting")

    def __init__(self, places: int) -> None:
        self._free = places
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._idle: deque[tuple[C, float]] = deque()
        self._busy: set[C] = set()

    def take(self) -> C | None:
        """A connection that is kept, at once; else None."""
        if not self._idle or self._free <= 0:
            return None
        connection = self.kept()
        if connection is not None:
            self._free -= 1
        return connection

    def kept(self) -> C | None:
        """For one who has a place: the connection that was used last, so that the others grow old and end."""
        idle, now = self._idle, time.monotonic()
        while idle and idle[0][1] < now:
            idle.popleft()[0].abort()
        while idle:
            connection, _ = idle.pop()
            if connection.reusable:
                self._busy.add(connection)
                return connection
            connection.abort()
        return None

    async def place(self, call: CallContext, seconds: float) -> float:
        """Wait for a place; the seconds that are left then. Raises NeverSent when the time is over first: a wait for
        ourselves says nothing of the backend."""
        if self._free > 0:
            self._free -= 1
            return seconds
        started = time.monotonic()
        try:
            with Deadline(call, seconds):
                await self._turn()
        except DeadlineExceeded:
            raise NeverSent(detail="no connection was free in time") from None
        return seconds - (time.monotonic() - started)

    async def _turn(self) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.give_up()  # its turn came, and it left, in one moment
            raise

    def made(self, connection: C) -> None:
        """A new one is in use, by one who has a place."""
        self._busy.add(connection)

    def back(self, connection: C) -> None:
        """Nobody uses it any longer: kept for the next, or ended."""
        self._busy.discard(connection)
        if connection.reusable:
            self._idle.append((connection, time.monotonic() + IDLE_SECONDS))
        else:
            connection.abort()
        self.give_up()

    def give_up(self) -> None:
        """To whoever waits longest."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1

    def abort(self) -> None:
        while self._idle:
            self._idle.pop()[0].abort()
        for connection in tuple(self._busy):
            connection.abort()
