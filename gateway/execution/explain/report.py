"""What an operation did, and what it would do: the data behind `extensions.explain` and `gateway explain`."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Any

from graphql import print_ast
from msgspec import Struct, to_builtins

from gateway.calls.observation import BackendCall
from gateway.execution.explain.backend_calls import BackendSum, CallStep, summed
from gateway.execution.memo.counters import ExecutionCounters
from gateway.execution.memo.memo import Cell
from gateway.execution.plan.plan import FetchGroup, Plan


class FetchStep(Struct, frozen=True, rename="camel"):
    """One fetch of the plan. `number` is its place in the list of all, `waits_for` the numbers of those that must have
    answered; `keys` and the times, in milliseconds since the operation began, are absent until it has run."""

    number: int
    field: str
    arguments: str
    at: tuple[str, ...]
    waits_for: tuple[int, ...] = ()
    frame: str | None = None
    keys: int | None = None
    started: float | None = None
    took: float | None = None


class Explanation(Struct, frozen=True, rename="camel"):
    """`levels` lists the fetches by how many lie above them. `predicted` is how many fetches there are at most, known
    before anything runs. Without a plan, `levels` is one list of what graphql-core fetched. `totals` sums the calls up
    for each backend."""

    executor: str
    reason: str | None
    predicted: int | None
    levels: tuple[tuple[FetchStep, ...], ...]
    calls: tuple[CallStep, ...] = ()
    totals: tuple[BackendSum, ...] = ()
    took: float | None = None

    def builtins(self) -> dict[str, Any]:
        return to_builtins(self)


class _Fetched(Struct, frozen=True):
    cell: Cell
    keys: int
    started: float
    seconds: float


class Recorder:
    """Listens to one operation: to its memo, and to the backend calls made for it. `named` gives what whoever asked
    may know of a backend's name."""

    def __init__(self, counters: ExecutionCounters, named: Callable[[str], str] = str) -> None:
        self._counters = counters
        self._named = named
        self._began = time.monotonic()
        self._fetched: list[_Fetched] = []
        self._called: list[BackendCall] = []
        self.plan: Plan | None = None
        self.cells: Mapping[FetchGroup, Cell] = {}

    def fetched(self, cell: Cell, keys: int, started: float, seconds: float) -> None:
        self._counters.fetched(cell, keys, started, seconds)
        self._fetched.append(_Fetched(cell, keys, started, seconds))

    def called(self, call: BackendCall) -> None:
        self._called.append(call)

    def explanation(self, executor: str, reason: str | None) -> Explanation:
        """All there is to tell once the operation has ended."""
        took = self._ms(time.monotonic())
        calls = tuple(self._step(one) for one in sorted(self._called, key=lambda call: call.started))
        totals = summed(calls)
        if self.plan is None:
            return Explanation(executor, reason, None, (tuple(self._steps_by_core()),), calls, totals, took)
        ran = {group: self._of(cell) for group, cell in self.cells.items()}
        levels = self._levels(self.plan, ran)
        return Explanation(executor, reason, len(self.plan.groups), levels, calls, totals, took)

    def _step(self, call: BackendCall) -> CallStep:
        return CallStep(
            self._named(call.backend),
            call.operation,
            call.keys,
            call.requests,
            call.outcome,
            self._ms(call.started),
            _ms(call.seconds),
            attempts=call.attempts,
            cost=round(call.cost, 2),
            cost_unit=call.unit,
            counted=call.counted,
            chunk=call.chunk,
            chunks=call.chunks,
            background=call.background,
        )

    def _levels(self, plan: Plan, ran: Mapping[FetchGroup, Sequence[_Fetched]]) -> tuple[tuple[FetchStep, ...], ...]:
        return levels_of(plan, {group: self._timed(some) for group, some in ran.items() if some})

    def _steps_by_core(self) -> list[FetchStep]:
        return [
            FetchStep(
                number=number,
                field=one.cell.field.python_name,
                arguments=_shown(one.cell.arguments),
                at=(),
                keys=one.keys,
                started=self._ms(one.started),
                took=_ms(one.seconds),
            )
            for number, one in enumerate(self._fetched)
        ]

    def _of(self, cell: Cell) -> list[_Fetched]:
        return [one for one in self._fetched if one.cell is cell]

    def _timed(self, fetched: Sequence[_Fetched]) -> tuple[int, float, float]:
        start = min(one.started for one in fetched)
        end = max(one.started + one.seconds for one in fetched)
        return sum(one.keys for one in fetched), self._ms(start), _ms(end - start)

    def _ms(self, moment: float) -> float:
        return _ms(moment - self._began)


def predicted(plan: Plan) -> Explanation:
    """What the plan would do, before anything runs."""
    return Explanation("plan", None, len(plan.groups), levels_of(plan, {}))


def levels_of(plan: Plan, ran: Mapping[FetchGroup, tuple[int, float, float]]) -> tuple[tuple[FetchStep, ...], ...]:
    """The plan's fetches by level, with keys, start and duration of those that ran."""
    depth = max((group.level for group in plan.groups), default=-1) + 1
    levels: list[list[FetchStep]] = [[] for _ in range(depth)]
    for group in plan.groups:
        keys, started, took = ran.get(group, (None, None, None))
        node = group.sites[0].nodes[0]
        step = FetchStep(
            number=group.index,
            field=f"{group.parent}.{node.name.value}",
            arguments=", ".join(print_ast(argument) for argument in node.arguments or ()),
            at=tuple(".".join(site.path) for site in group.sites),
            waits_for=tuple(sorted(group.feeders)),
            frame=group.frame,
            keys=keys,
            started=started,
            took=took,
        )
        levels[group.level].append(step)
    return tuple(tuple(level) for level in levels)


def _shown(arguments: Mapping[str, Any]) -> str:
    """Texts and inputs by their place only: they may have come in variables and name a person."""
    return ", ".join(f"{name}: {_harmless(value)}" for name, value in arguments.items())


def _harmless(value: object) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int | float):
        return str(value)
    return value.name if isinstance(value, Enum) else "..."


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 2)
