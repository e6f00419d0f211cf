"""Small tables that rarely change (taxes, rates, price lists, places, what a channel is), read once for everybody and
kept in memory for a while."""

from __future__ import annotations

import asyncio
import math
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Generic, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from gateway.errors import GatewayError, Unavailable
from gateway.model.context import CallContext, Priority
from gateway.runtime.deadline import Deadline

T = TypeVar("T")
K = TypeVar("K")

LOAD_SECONDS = 15.0
"""What a load may take, however long its callers wait."""


class _Kept(Struct, Generic[T], frozen=True):
    value: T
    begun: float
    """Monotonic seconds."""
    at: datetime


class _Load(Generic[T]):
    """One reading that is under way. It belongs to no caller."""

    __slots__ = ("begun", "task")

    def __init__(self, task: asyncio.Task[T], begun: float) -> None:
        self.task = task
        self.begun = begun


class Table(Generic[T]):
    """One table, with these rules and no others:

    - A value is kept for `seconds` from the instant its load began, by the environment's clock. 0: never kept, shared
      only by those who wait for it.
    - Who waits shares: whoever comes while a load is under way that is new enough for him waits for that one.
    - A fresh call (`CallContext.fresh`) takes what a load brought that began after the call was made, so that it loads
      once, however often and from wherever one operation asks. All others take what is kept.
    - After `forget()` nothing is answered that began to be loaded before, except to those who already wait.
    - A load that fails is not kept. All who waited get its error, each an instance of his own.
    - A load belongs to nobody: it has a deadline of its own (`LOAD_SECONDS`), no person, and goes on when a caller is
      cancelled or gives up, the first one too. Each waiter's deadline is his own (DeadlineExceeded).
    - At most one load is under way. Who may not take its answer waits for its end and shares the next.
    """

    def __init__(
        self, load: Callable[[CallContext], Awaitable[T]], seconds: float, clock: Callable[[], datetime]
    ) -> None:
        self._load = load
        self._seconds = seconds
        self._clock = clock
        self._kept: _Kept[T] | None = None
        self._loading: _Load[T] | None = None
        self._outdated = -math.inf

    @property
    def idle(self) -> bool:
        return self._loading is None

    async def get(self, call: CallContext, *, kept_is_enough: bool = False) -> T:
        """Raises what the load raised, DeadlineExceeded when the caller's time is over first. `kept_is_enough`: for a
        fresh call too, because what it wants fresh does not rest on this table (the vendor itself calculates it)."""
        fresh = call.fresh and not kept_is_enough
        since = max(self._outdated, call.made) if fresh else self._outdated
        kept = self._kept
        if kept is not None and kept.begun >= since and 0 <= self._age(kept) < self._seconds:
            return kept.value
        with Deadline(call):
            while (loading := self._loading) is not None and loading.begun < since:
                await asyncio.wait([loading.task])  # does not take the task down with the one who waits
            loading = loading or self._begin(call)
            try:
                return await asyncio.shield(loading.task)
            except GatewayError as error:
                raise error.fresh() from error
            except asyncio.CancelledError:
                task = asyncio.current_task()
                if loading.task.cancelled() and not (task and task.cancelling()):
                    raise Unavailable(detail="the adapter was closed") from None
                raise

    def forget(self) -> None:
        """It may have changed. Does no I/O."""
        self._kept = None
        self._outdated = math.nextafter(time.monotonic(), math.inf)

    async def close(self) -> None:
        """Ends what is under way."""
        if self._loading is not None:
            task = self._loading.task
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def _age(self, kept: _Kept[T]) -> float:
        return (self._clock() - kept.at).total_seconds()

    def _begin(self, call: CallContext) -> _Load[T]:
        begun, at = max(time.monotonic(), self._outdated), self._clock()
        task = asyncio.ensure_future(self._read(call))
        self._loading = loading = _Load(task, begun)

        def landed(task: asyncio.Task[T]) -> None:
            self._loading = None
            if not task.cancelled() and task.exception() is None and begun >= self._outdated:
                self._kept = _Kept(task.result(), begun, at)

        task.add_done_callback(landed)
        return loading

    async def _read(self, call: CallContext) -> T:
        own = replace(
            call,
            deadline=time.monotonic() + LOAD_SECONDS,
            priority=min(call.priority, Priority.BROWSE),  # a shopper may wait for it too
            max_age=None,
            person=None,
            once=False,
        )
        with Deadline(own):
            return await self._load(own)


class Tables(Generic[K, T]):
    """A table for each key (a channel, a market), each as `Table`. Of more than `most` the one that was asked for
    longest ago is forgotten; what is under way is never dropped."""

    def __init__(
        self,
        load: Callable[[K, CallContext], Awaitable[T]],
        seconds: float,
        clock: Callable[[], datetime],
        *,
        most: int = 64,
    ) -> None:
        self._load = load
        self._seconds = seconds
        self._clock = clock
        self._most = most
        self._tables: OrderedDict[K, Table[T]] = OrderedDict()

    async def get(self, key: K, call: CallContext, *, kept_is_enough: bool = False) -> T:
        table = self._tables.get(key)
        if table is None:
            table = self._tables[key] = Table(self._loader(key), self._seconds, self._clock)
            self._shrink(key)
        self._tables.move_to_end(key)
        return await table.get(call, kept_is_enough=kept_is_enough)

    def forget(self) -> None:
        for table in self._tables.values():
            table.forget()

    async def close(self) -> None:
        for table in list(self._tables.values()):
            await table.close()

    def __len__(self) -> int:
        return len(self._tables)

    def _loader(self, key: K) -> Callable[[CallContext], Awaitable[T]]:
        return lambda call: self._load(key, call)

    def _shrink(self, newest: K) -> None:
        for key in [key for key, table in self._tables.items() if table.idle and key != newest]:
            if len(self._tables) <= self._most:
                return
            del self._tables[key]
