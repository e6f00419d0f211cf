"""Small tables that rarely change (taxes, option names, places, the loyalty programme), kept in memory for a while.
Callers that meet on an empty table share one request."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from gateway.model.context import CallContext

T = TypeVar("T")


class Table(Generic[T]):
    def __init__(
        self, load: Callable[[str, CallContext], Awaitable[T]], seconds: float, clock: Callable[[], datetime]
    ) -> None:
        self._load = load
        self._kept_for = timedelta(seconds=seconds)
        self._clock = clock
        self._lock = asyncio.Lock()
        self._value: tuple[T, datetime] | None = None

    async def get(self, operation: str, call: CallContext) -> T:
        """The kept value, or a newly loaded one if it is too old or the call asks for fresh facts."""
        if not call.fresh and (value := self._kept()):
            return value[0]
        before = self._value
        async with self._lock:
            if (value := self._kept()) and (not call.fresh or value is not before):
                return value[0]
            loaded = await self._load(operation, call)
            self._value = (loaded, self._clock())
            return loaded

    def forget(self) -> None:
        self._value = None

    def _kept(self) -> tuple[T, datetime] | None:
        value = self._value
        return value if value and self._clock() - value[1] < self._kept_for else None
