"""What one operation has already asked: one answer per field, arguments and parent, shared by both executors.

A cell holds the answers of one field with one set of arguments: `{key: value | error | future}`. Errors are values; a
future stands for a key that is being fetched. The memo owns the tasks that fetch for graphql-core, so that they end
with the operation. A mutation has one memo per root field, a subscription one per event.
"""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import Awaitable, Callable, Coroutine, Generator, Hashable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from decimal import Decimal
from enum import Enum
from typing import Any, Protocol, TypeVar, cast

from aiodataloader import DataLoader
from msgspec import Struct

from gateway.errors import GatewayError
from gateway.execution.memo.failures import raisable
from gateway.runtime.deadline import Deadline

Fetcher = Callable[[list[Any]], "Awaitable[Sequence[object]] | Sequence[object]"]
Owned = TypeVar("Owned")
ABSENT = object()
NO_END = nullcontext()
GRACE = 0.1
"""Seconds after the deadline before a fetch is ended here."""


class Batch(Protocol):
    """What a memo needs to know of a batched field."""

    @property
    def python_name(self) -> str: ...

    @property
    def key_of(self) -> Callable[[Any], Hashable]: ...

    def call(
        self, parents: Sequence[Any], ctx: Any, arguments: Mapping[str, Any], selected: frozenset[str]
    ) -> Awaitable[Sequence[object]] | Sequence[object]: ...


class Fetches(Protocol):
    """Told about every call of a batched resolver; the explain page and the metrics listen."""

    def fetched(self, cell: Cell, keys: int, started: float, seconds: float) -> None: ...


def comparable(value: object) -> Hashable:
    """An argument's value as a dictionary key: equal exactly when a resolver could not tell two values apart."""
    if value is None or isinstance(value, str | bytes):
        return cast(Hashable, value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return (type(value), *(comparable(getattr(value, f.name)) for f in dataclasses.fields(value)))
    if isinstance(value, list | tuple):
        return (list, *map(comparable, cast("Iterable[object]", value)))
    if isinstance(value, dict):
        items = cast("dict[str, object]", value).items()
        return (dict, *((name, comparable(item)) for name, item in items))
    if isinstance(value, Decimal | float):  # 1 == 1.0 == Decimal("1.00") would share an answer
        return (type(value), repr(value))
    return (type(value), value)


def identity(arguments: Mapping[str, Any]) -> Hashable:
    """The same for equal arguments, by any order."""
    return tuple((name, comparable(arguments[name])) for name in sorted(arguments)) if arguments else ()


def immutable(values: Iterable[object]) -> bool:
    """Whether a resolver could change none of these, so that requests may share them."""
    return all(value is None or isinstance(value, str | int | float | Decimal | Enum) for value in values)


class Cell:
    """The answers of one field with one set of arguments."""

    __slots__ = ("_answered", "_values", "arguments", "collector", "failed", "field", "key_of", "selected")

    def __init__(self, field: Batch, arguments: Mapping[str, Any], selected: frozenset[str]) -> None:
        self.field = field
        self.key_of = field.key_of
        self.arguments = arguments
        self.selected = selected
        self._values: dict[Hashable, Any] = {}
        self._answered: tuple[Sequence[Hashable], Sequence[object]] | None = None
        self.failed = False
        """Whether some answer is an error."""
        self.collector: DataLoader[Any, None] | None = None

    @property
    def values(self) -> dict[Hashable, Any]:
        """By key: an answer, or a future while it is fetched."""
        if self._answered is not None:
            self._values.update(zip(*self._answered, strict=True))
            self._answered = None
        return self._values

    @property
    def is_empty(self) -> bool:
        return self._answered is None and not self._values

    def keep(self, keys: Sequence[Hashable], answers: Sequence[object]) -> None:
        """What a call answered. All of a cell's answers seldom are looked up by key again."""
        if self.is_empty:
            self._answered = (keys, answers)
        else:
            self.values.update(zip(keys, answers, strict=True))
        self.failed = self.failed or any(issubclass(kind, Exception) for kind in {*map(type, answers)})


class _Late(Struct, frozen=True):
    """When whatever still runs is ended, on the monotonic clock."""

    deadline: float


class _Landing:
    """Waits for one key in flight. No coroutine: graphql-core drops some awaitables before it ever awaits them."""

    __slots__ = ("_cell", "_flight", "_key")

    def __init__(self, cell: Cell, key: Hashable, flight: asyncio.Future[None]) -> None:
        self._cell = cell
        self._key = key
        self._flight = flight

    def __await__(self) -> Generator[Any, None, Any]:
        # A failing sibling cancels this wait, and must not cancel the others'.
        yield from asyncio.shield(self._flight).__await__()
        return _answer(self._cell.values[self._key])


class Memo:
    """One per operation, mutation frame or subscription event. `close` ends whatever it still fetches."""

    __slots__ = ("_cells", "_ctx", "_event", "_fetches", "_frames", "_late", "_parents", "_running", "scratch")

    def __init__(self, ctx: object, fetches: Fetches | None = None, deadline: float | None = None) -> None:
        """`deadline` is on the monotonic clock."""
        self._ctx = ctx
        self._late = None if deadline is None else _Late(deadline + GRACE)
        self._fetches = fetches
        self._cells: dict[Hashable, Cell] = {}
        self._running: set[asyncio.Future[Any]] = set()
        self._parents: list[Any] = []
        self._frames: dict[Hashable, Memo] = {}
        self._event: Any = ABSENT
        self.scratch: dict[Hashable, Any] = {}

    def cell(
        self,
        field: Batch,
        arguments: Mapping[str, Any],
        selected: frozenset[str] = frozenset(),
        known: Hashable = None,
    ) -> Cell:
        """The cell of a field with these arguments; equal ones share it. `known` is their `identity`, if at hand."""
        place = (field, selected, identity(arguments) if known is None else known)
        cell = self._cells.get(place)
        if cell is None:
            cell = self._cells[place] = Cell(field, arguments, selected)
        return cell

    async def fill(
        self, cell: Cell, keys: Sequence[Hashable], parents: Sequence[Any], *, sole: bool = False
    ) -> Sequence[Any]:
        """The answers of all keys, in their order: one call for those nobody asked yet, and a wait for those in
        flight. `sole`: nobody else will ask this cell meanwhile."""
        if sole and cell.is_empty and len({*keys}) == len(keys):
            return await self._fetch(cell, keys, parents, None)
        values = cell.values
        missing: dict[Hashable, Any] = dict(zip(keys, parents, strict=True))
        flights: set[asyncio.Future[None]] = set()
        for key in keys if values else ():
            value = values.get(key, ABSENT)
            if isinstance(value, asyncio.Future):
                flight = cast("asyncio.Future[None]", value)
                if flight.cancelled():
                    continue
                flights.add(flight)
            if value is not ABSENT:
                missing.pop(key, None)
        if missing:
            await self._fly(cell, list(missing), list(missing.values()))
        for flight in flights:
            await asyncio.shield(flight)
        return [values[key] for key in keys]

    def load(self, cell: Cell, parent: Any) -> Any:
        """One parent's answer for graphql-core: the value at once, a fresh raise of its error, or an awaitable."""
        key = cell.key_of(parent)
        value = cell.values.get(key, ABSENT)
        if value is ABSENT or (isinstance(value, asyncio.Future) and cast("asyncio.Future[None]", value).cancelled()):
            value = cell.values[key] = self._collect(cell, key, parent)
        if isinstance(value, asyncio.Future):
            return _Landing(cell, key, cast("asyncio.Future[None]", value))
        return _answer(value)

    def frame(self, name: Hashable) -> Memo:
        """The memo of one root field of a mutation, made on first use."""
        memo = self._frames.get(name)
        if memo is None:
            memo = self._frames[name] = Memo(self._ctx, self._fetches)
            memo._late = self._late
        return memo

    def event(self, payload: Any) -> Memo:
        """The memo of one event of a subscription; events come one after the other, so the last one's is dropped."""
        if self._event is not payload:
            self._event = payload
            self._frames.clear()
        return self.frame("event")

    async def settle(self) -> bool:
        """Wait for whatever is being fetched; whether there was anything."""
        running = [*self._running, *(one for memo in self._frames.values() for one in memo._running)]
        if running:
            await asyncio.wait(running)
        return bool(running)

    def close(self) -> None:
        """End every fetch that still runs, and every wait for one. The context is let go of: it holds this memo, and a
        ring of the two would keep every record until the collector comes."""
        for memo in self._frames.values():
            memo.close()
        self._ctx = None
        for one in tuple(self._running):
            one.cancel()

    def _collect(self, cell: Cell, key: Hashable, parent: Any) -> asyncio.Future[None]:
        # aiodataloader only gathers the keys of one tick: it caches nothing, and never sees an exception.
        if cell.collector is None:

            async def fetch(entries: list[tuple[Hashable, Any]]) -> list[None]:
                work = self._fly(cell, [key for key, _ in entries], [parent for _, parent in entries])
                await self.own(work)
                return [None] * len(entries)

            cell.collector = DataLoader(fetch, cache=False)
        flight = cell.collector.load((key, parent))
        self._running.add(flight)
        flight.add_done_callback(self._running.discard)
        return flight

    def own(self, work: Coroutine[Any, Any, Owned]) -> asyncio.Task[Owned]:
        """Run `work` as a task that ends with the operation."""
        task = asyncio.get_running_loop().create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    async def _fly(self, cell: Cell, keys: list[Hashable], parents: list[Any]) -> None:
        """Fetch, while whoever asks for one of the keys finds a future."""
        flight: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        cell.values.update(dict.fromkeys(keys, flight))
        await self._fetch(cell, keys, parents, flight)

    async def _fetch(
        self, cell: Cell, keys: Sequence[Hashable], parents: Sequence[Any], flight: asyncio.Future[None] | None
    ) -> Sequence[object]:
        self._parents.extend(parents)  # a key may be a parent's identity, which must not be used again
        started = time.monotonic()
        answers: Sequence[object]
        try:
            # Policies below end a backend call at the deadline, and know whose it was; this ends whatever else runs.
            with NO_END if self._late is None else Deadline(self._late):
                answering = cell.field.call(parents, self._ctx, cell.arguments, cell.selected)
                answers = await answering if isinstance(answering, Awaitable) else answering
            if len(answers) != len(keys):
                raise TypeError(f"{cell.field.python_name} answered {len(answers)} values for {len(keys)} parents")
        except Exception as error:
            if isinstance(error, GatewayError):
                error.__traceback__ = None  # which holds this frame, which holds the answers, which hold the error
            answers = [error] * len(keys)
        except BaseException:
            if flight is not None:
                for key in keys:
                    cell.values.pop(key, None)
                flight.cancel()
            raise
        cell.keep(keys, answers)
        if flight is not None:
            flight.set_result(None)
        if self._fetches is not None:
            self._fetches.fetched(cell, len(keys), started, time.monotonic() - started)
        return answers


def _answer(value: Any) -> Any:
    if isinstance(value, Exception):
        raise raisable(value)
    return value
