"""One execution of a plan: fetch, project, fetch what that made possible. No barrier, no future per item.

A group of sites is fetched as soon as its feeders have delivered; the last group made ready runs in the same task. When
the fast path meets the unexpected it only notes it: fetches go on, so that graphql-core finds the answers in the memo.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from graphql.execution.values import VariableValues

from gateway.execution.memo.failures import Failures
from gateway.execution.memo.memo import Cell, Memo
from gateway.execution.memo.response import ResponseTree
from gateway.execution.memo.stretch import begin, end
from gateway.execution.plan.plan import FetchGroup, Filler, Plan, Site


class Run:
    """`data` is the response so far. `gave_up` says why graphql-core must complete it, or None."""

    def __init__(self, plan: Plan, ctx: Any, memo: Memo, variables: VariableValues) -> None:
        self._plan = plan
        self._ctx = ctx
        self._memo = memo
        self._variables = variables
        self._deadline: float | None = getattr(ctx, "deadline", None)
        self._holders: list[list[ResponseTree]] = [[] for _ in range(plan.spots)]
        self._records: list[list[Any]] = [[] for _ in range(plan.spots)]
        self._fillers: tuple[Filler | None, ...] = ()
        self._waiting = {group: len(group.feeders) for group in plan.groups if group.feeders}
        self.cells: dict[FetchGroup, Cell] = {}
        self.failures = Failures()
        self.gave_up: Exception | None = None
        self.data: ResponseTree | None = None

    async def run(self) -> None:
        plan = self._plan
        try:
            computed = [arguments.values(self._variables) for arguments in plan.computed]
            appends = [some.append for both in zip(self._holders, self._records, strict=True) for some in both]
            root, self._fillers = plan.build(self._ctx, *computed, *appends)
            begin(self._deadline)
            self.data = root(None)
        except Exception as error:
            self.gave_up = error
            return
        finally:
            end()
        first = [group for group in plan.groups if not group.feeders]
        if plan.frames is None:
            await self._all(first, self._memo)
        else:
            for name in plan.frames:  # a mutation's root fields are serial, and each starts with nothing remembered
                await self._all([group for group in first if group.frame == name], self._memo.frame(name))
                if self.gave_up is not None:
                    return
        for site in plan.sites:
            if site.refusal is not None:
                for holder in self._holders[site.spot]:
                    self.failures.note(holder, site.slot, site.refusal, site)

    async def _all(self, groups: list[FetchGroup], memo: Memo) -> None:
        tasks: list[asyncio.Task[None]] = []
        await self._advance(groups, memo, tasks)
        for task in tasks:  # grows while it is walked: tasks start tasks
            await task

    async def _advance(self, ready: list[FetchGroup], memo: Memo, tasks: list[asyncio.Task[None]]) -> None:
        while ready:
            tasks.extend(memo.own(self._advance([group], memo, tasks)) for group in ready[1:])
            group = ready[0]
            await self._fetch(group, memo)
            ready = []
            for dependent in group.dependents:
                self._waiting[dependent] -= 1
                if not self._waiting[dependent]:
                    ready.append(dependent)

    async def _fetch(self, group: FetchGroup, memo: Memo) -> None:
        parents = self._records[group.sites[0].spot]
        if len(group.sites) > 1:
            parents = [parent for site in group.sites for parent in self._records[site.spot]]
        if not parents:
            return
        try:
            arguments = group.arguments
            if arguments.constant is None:
                values = arguments.values(self._variables)
                cell = memo.cell(group.field, values, group.selected, arguments.identity)
            else:
                cell = memo.cell(group.field, arguments.constant, group.selected, arguments.identity or ())
            self.cells[group] = cell
            answers = await memo.fill(cell, [*map(cell.key_of, parents)], parents, sole=group.sole)
            start = 0
            for site in group.sites:
                held = self._holders[site.spot]
                self._deliver(site, held, answers[start : start + len(held)], cell.failed)
                start += len(held)
        except Exception as error:
            self.gave_up = error

    def _deliver(self, site: Site, holders: list[ResponseTree], answers: Sequence[Any], failed: bool) -> None:
        """Fill the slots of one site. They hold null already."""
        if failed and site.nullable:
            answers = [*answers]
            for index, answer in enumerate(answers):
                if isinstance(answer, Exception):
                    self.failures.note(holders[index], site.slot, answer, site)
                    answers[index] = None
        fill = self._fillers[site.index]
        if fill is None:
            return
        begin(self._deadline)
        try:
            fill(holders, answers)
        finally:
            end()
