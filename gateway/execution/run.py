"""One execution of a plan: fetch, project, fetch what that made possible. No barrier, no future per item.

A group of sites is fetched as soon as its feeders have delivered; the last group made ready runs in the same task. When
the fast path meets the unexpected it only notes it: fetches go on, so that graphql-core finds the answers in the memo.
"""

from __future__ import annotations

import asyncio
from typing import Any

from graphql.execution.values import VariableValues

from gateway.execution.failures import Failures
from gateway.execution.memo import Cell, Memo
from gateway.execution.plan import Completer, Group, Pair, Plan, Site


class Run:
    """`data` is the response so far. `gave_up` says why graphql-core must complete it, or None."""

    def __init__(self, plan: Plan, ctx: Any, memo: Memo, variables: VariableValues) -> None:
        self._plan = plan
        self._ctx = ctx
        self._memo = memo
        self._variables = variables
        self._pairs: list[list[Pair]] = [[] for _ in plan.sites]
        self._complete: tuple[Completer, ...] = ()
        self._waiting = {group: len(group.feeders) for group in plan.groups if group.feeders}
        self.cells: dict[Group, Cell] = {}
        self.failures = Failures()
        self.gave_up: Exception | None = None
        self.data: dict[str, Any] = {}

    async def run(self) -> None:
        plan = self._plan
        try:
            computed = [arguments.values(self._variables) for arguments in plan.computed]
            root, self._complete = plan.build(self._ctx, *computed, *(pairs.append for pairs in self._pairs))
            self.data = root(None)
        except Exception as error:
            self.gave_up = error
            return
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
                for holder, _ in self._pairs[site.index]:
                    self.failures.note(holder, site.name, site.refusal, site)

    async def _all(self, groups: list[Group], memo: Memo) -> None:
        tasks: list[asyncio.Task[None]] = []
        await self._advance(groups, memo, tasks)
        for task in tasks:  # grows while it is walked: tasks start tasks
            await task

    async def _advance(self, ready: list[Group], memo: Memo, tasks: list[asyncio.Task[None]]) -> None:
        while ready:
            tasks.extend(memo.own(self._advance([group], memo, tasks)) for group in ready[1:])
            group = ready[0]
            await self._fetch(group, memo)
            ready = []
            for dependent in group.dependents:
                self._waiting[dependent] -= 1
                if not self._waiting[dependent]:
                    ready.append(dependent)

    async def _fetch(self, group: Group, memo: Memo) -> None:
        pairs = self._pairs[group.sites[0].index]
        if len(group.sites) > 1:
            pairs = [pair for site in group.sites for pair in self._pairs[site.index]]
        if not pairs:
            return
        try:
            arguments = group.arguments
            if arguments.constant is None:
                cell = memo.cell(group.field, arguments.values(self._variables), group.selected)
            else:
                cell = memo.cell(group.field, arguments.constant, group.selected, arguments.identity or ())
            self.cells[group] = cell
            key_of = cell.key_of
            parents = [parent for _, parent in pairs]
            keys = [key_of(parent) for parent in parents]
            await memo.fill(cell, keys, parents)
        except Exception as error:
            self.gave_up = error
            return
        answers = [cell.values[key] for key in keys]
        start = 0
        for site in group.sites:
            held = self._pairs[site.index]
            self._deliver(site, held, answers[start : start + len(held)], cell.failed)
            start += len(held)

    def _deliver(self, site: Site, pairs: list[Pair], answers: list[Any], failed: bool) -> None:
        """Fill the holes of one site. They hold null already."""
        name, nullable, complete = site.name, site.nullable, self._complete[site.index]
        for (holder, _), answer in zip(pairs, answers, strict=True):
            if nullable:
                if answer is None:
                    continue
                if failed and isinstance(answer, Exception):
                    self.failures.note(holder, name, answer, site)
                    continue
            try:
                holder[name] = complete(answer)
            except Exception as error:
                self.gave_up = error
