"""A table that rarely changes, read once for everybody and kept for a while: price lists, rates, warehouses, kits."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar

from gateway.errors import DeadlineExceeded, GatewayError
from gateway.model.context import CallContext, Priority

T = TypeVar("T")

READING_SECONDS = 15.0


def _heard(flight: asyncio.Task[Any]) -> None:
    """Callers who left do not hear of a failure; it is not to be reported as forgotten."""
    if not flight.cancelled():
        flight.exception()


class Shelf(Generic[T]):
    """One flight at a time, which belongs to no caller: it has a deadline of its own, and a caller who gives up does
    not take it down with him. A failed reading is not kept."""

    def __init__(self, read: Callable[[CallContext], Awaitable[T]], keep_seconds: float) -> None:
        self._read = read
        self._keep = keep_seconds
        self._flight: asyncio.Task[T] | None = None
        self._value: tuple[float, T] | None = None

    async def get(self, call: CallContext) -> T:
        """Raises what the reading raised, DeadlineExceeded when the caller's time is over first."""
        if self._value is not None and time.monotonic() < self._value[0]:
            return self._value[1]
        if self._flight is None or self._flight.done():
            self._flight = asyncio.create_task(self._fill(call))
            self._flight.add_done_callback(_heard)
        try:
            async with asyncio.timeout(max(0.0, call.remaining())):
                return await asyncio.shield(self._flight)
        except TimeoutError as error:
            raise DeadlineExceeded from error
        except GatewayError as error:
            raise error.fresh() from error

    async def _fill(self, call: CallContext) -> T:
        own = CallContext.within(READING_SECONDS, priority=min(call.priority, Priority.BROWSE), trace_id=call.trace_id)
        value = await self._read(own)
        self._value = (time.monotonic() + self._keep, value)
        return value

    def expire(self) -> None:
        self._value = None

    async def close(self) -> None:
        flight, self._flight = self._flight, None
        if flight is None:
            return
        flight.cancel()
        await asyncio.gather(flight, return_exceptions=True)
