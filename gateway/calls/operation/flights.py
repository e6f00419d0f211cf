"""Answers on their way, shared by whoever asks for the same keys meanwhile: one flight per call to an adapter, over
several keys. A flight has the latest deadline and the highest priority of those who wait for it, and ends when nobody
does. A fresh read never joins a flight that began before it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from typing import Any

from msgspec.structs import force_setattr, replace

from gateway.calls.operation.chunks import chunks
from gateway.errors import AdapterError, DeadlineExceeded
from gateway.model.context import CallContext
from gateway.runtime.deadline import Deadline

FetchMissing = Callable[[Sequence[Any], CallContext], Awaitable[Mapping[Any, Any]]]


class Flight:
    """`answers` once it has landed; `error` when it failed as a whole."""

    __slots__ = ("_waiting", "answers", "call", "error", "keys", "landed", "needed", "started", "task")

    def __init__(self, keys: Sequence[Any], call: CallContext, *, needed: int) -> None:
        self.keys = keys
        self.call = call
        self.started = time.monotonic()
        self.needed = needed
        self.landed = False
        self.answers: Mapping[Any, Any] = {}
        self.error: Exception | None = None
        self.task: asyncio.Task[None] | None = None
        self._waiting: list[asyncio.Future[None]] = []

    async def run(self, fetch: FetchMissing) -> None:
        try:
            self.answers = await fetch(self.keys, self.call)
        except asyncio.CancelledError:
            self.error = DeadlineExceeded(detail="nobody waited any longer")
            raise
        except Exception as error:
            self.error = error
        finally:
            self.landed = True
            for future in self._waiting:
                if not future.done():
                    future.set_result(None)

    async def land(self) -> None:
        """Wait; each waiter on a future of its own, so that one who gives up cancels nobody else's wait."""
        if not self.landed:
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(future)
            await future

    def join(self, call: CallContext) -> None:
        self.needed += 1
        if call.deadline > self.call.deadline:
            force_setattr(self.call, "deadline", call.deadline)
        if call.priority < self.call.priority:
            force_setattr(self.call, "priority", call.priority)

    def leave(self) -> None:
        self.needed -= 1
        if self.needed <= 0 and not self.landed and self.task is not None:
            self.task.cancel()


class Flights:
    """Every flight of one gateway, by scope and key: nothing of two scopes ever meets."""

    def __init__(self) -> None:
        self._flying: dict[Hashable, dict[Hashable, Flight]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def gather(
        self, scope: Hashable, keys: Sequence[Any], most: int, call: CallContext, fetch: FetchMissing
    ) -> tuple[dict[Any, Any], int]:
        """The answers of all keys, in calls of at most `most` keys, and how many keys joined a flight of others.
        A key whose flight failed as a whole has that AdapterError as its answer; other exceptions are raised."""
        flying = None if call.fresh else self._flying.get(scope)
        missing, flights = (keys, []) if flying is None else _joined(flying, keys, call)
        if len(missing) > most:
            flights += self.start_chunks(scope, missing, most, call, fetch)
        elif missing:
            flights.append(self.start(scope, missing, call, fetch))
        late: DeadlineExceeded | None = None
        try:
            with Deadline(call):
                for flight in flights:
                    await flight.land()
        except DeadlineExceeded as error:
            late = error
        finally:
            for flight in flights:
                flight.leave()
        return _collect(keys, flights, late), len(keys) - len(missing)

    def start_chunks(
        self, scope: Hashable, keys: Sequence[Any], most: int, call: CallContext, fetch: FetchMissing
    ) -> list[Flight]:
        """A new flight for every `most` of the keys."""
        flights: list[Flight] = []
        for chunk in chunks(keys, most):
            with chunk.placed():
                flights.append(self.start(scope, chunk.keys, call, fetch))
        return flights

    def start(self, scope: Hashable, keys: Sequence[Any], call: CallContext, fetch: FetchMissing) -> Flight:
        """A new flight. One that nobody waits for has to end by itself (`fetch.Renewal`)."""
        flight = Flight(keys, _own(call), needed=1)
        flying = self._flying.get(scope)
        if flying is None:
            flying = self._flying[scope] = {}
        flying.update(dict.fromkeys(keys, flight))
        task = asyncio.get_running_loop().create_task(flight.run(fetch))
        flight.task = task
        self._tasks.add(task)

        def landed(task: asyncio.Task[None]) -> None:
            self._tasks.discard(task)
            for key in keys:
                if flying.get(key) is flight:
                    del flying[key]
            if not flying and self._flying.get(scope) is flying:
                del self._flying[scope]

        task.add_done_callback(landed)
        return flight

    def flying(self, scope: Hashable, key: Hashable) -> bool:
        flight = self._flying.get(scope, {}).get(key)
        return flight is not None and not flight.landed

    def __len__(self) -> int:
        return len(self._tasks)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def _joined(
    flying: Mapping[Hashable, Flight], keys: Sequence[Any], call: CallContext
) -> tuple[Sequence[Any], list[Flight]]:
    """The keys that are on nobody's way, and the flights of the others, which wait for this call too."""
    missing: list[Any] = []
    joined: dict[int, Flight] = {}
    for key in keys:
        flight = flying.get(key)
        if flight is None or flight.landed or not _young_enough(flight, call):
            missing.append(key)
        elif id(flight) not in joined:
            flight.join(call)
            joined[id(flight)] = flight
    return missing, list(joined.values())


def _own(call: CallContext) -> CallContext:
    # A copy, because a flight's deadline and priority may change while its first caller's may not.
    return replace(call)


def _young_enough(flight: Flight, call: CallContext) -> bool:
    """A flight may come back with what another gateway learnt earlier, unless it was told how old that may be."""
    if call.max_age is None:
        return True
    strict = flight.call.fresh or (flight.call.max_age is not None and flight.call.max_age <= call.max_age)
    return strict and time.monotonic() - flight.started <= call.max_age


def _collect(keys: Sequence[Any], flights: Sequence[Flight], late: DeadlineExceeded | None) -> dict[Any, Any]:
    first = flights[0]
    if first.keys is keys and first.landed and first.error is None:
        return {**first.answers}  # as most are: one call, for these keys and no other
    answers: dict[Any, Any] = {}
    asked = set(keys)
    for flight in flights:
        error = flight.error if flight.landed else late or DeadlineExceeded()
        if error is None:
            found = flight.answers
            answers.update({key: found[key] for key in flight.keys if key in asked and key in found})
        elif isinstance(error, AdapterError):
            answers.update({key: error for key in flight.keys if key in asked})
        else:
            raise error
    return answers
