"""Runs of an older shape, moved to this process's one when no process of theirs beats any more: cancelled, which is the
only use of the engine's cancellation; rewound to where the table beside the saga has them go on, under the same id; and
woken, because a rewind drops what was sent to a run and not read yet. What was sent stands in rows of ours.

`run_moves` says who is at it. A run that is found cancelled, or not woken, under such a row was left by a process that
died there, and is moved by whoever finds it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import structlog
from dbos import DBOS
from msgspec import Struct

from gateway.checkout.engine import Runs
from gateway.checkout.journal import Checkouts
from gateway.checkout.moves import RunMove, RunMoves
from gateway.checkout.saga import CHECKOUT, TOPIC
from gateway.checkout.shapes import BACK, Finished, MoveTable, Onwards, older_than, onwards
from gateway.checkout.watch import RunsWatch

_ACTIVE = ("PENDING", "ENQUEUED", "DELAYED")
_CANCELLED = "CANCELLED"
_AT_ONCE = 50
_log = structlog.get_logger("gateway.checkout")


class _Standing(Struct, frozen=True):
    """`status` is the engine's own word."""

    status: str
    shape: str
    workflow: str


class RunsMoving:
    """`round` again and again, in any number of processes."""

    def __init__(self, runs: Runs, watch: RunsWatch, checkouts: Checkouts, table: MoveTable) -> None:
        self._runs, self._watch, self._checkouts, self._table = runs, watch, checkouts, table
        self._moves = RunMoves(runs.database)
        self._older = older_than(runs.shape)

    async def round(self) -> int:
        """How many were moved."""
        marked = [move for move in await self._moves.known() if move.target in (*self._older, self._runs.shape)]
        left = await self._left() if self._older else []
        if not marked and not left:
            return 0
        standing = await self._standing([move.run for move in marked])
        await self._moves.forget([move.run for move in marked if _over(standing.get(move.run))])
        unfinished = [move.run for move in marked if _unfinished(move, standing.get(move.run))]
        wanted = list(dict.fromkeys((*unfinished, *left)))[:_AT_ONCE]
        if not wanted or not await self._alone():
            return 0
        beating = await self._watch.beating()
        return sum([await self._move(run, beating) for run in wanted])

    async def _move(self, run: str, beating: set[str]) -> bool:
        now = (await self._standing([run])).get(run)
        if now is None or _over(now) or now.shape not in (*self._older, self._runs.shape):
            return False
        older = now.status in _ACTIVE and now.shape in self._older
        move = await self._moves.take(run, now.shape, self._runs.shape, self._runs.executor, beating, afresh=older)
        if move is None:
            return False
        if older:
            if not await self._alone():  # one may have been started since: it goes on with its own
                return False
            await self._cancel(run)
            now = (await self._standing([run])).get(run)
        if now is not None and now.status == _CANCELLED:
            goes_on = await self._plan(move, now)
            if goes_on is None or not self._watch.alive:
                return False
            await self._rewind(run, goes_on.start)
            _log.warning("run_moved", run=run, shape=now.shape, to=self._runs.shape, back=goes_on.back)
        if now is not None and now.workflow == CHECKOUT and not _over(now):
            await self._wake(run)
        return await self._moves.told(run, self._runs.executor)

    async def _cancel(self, run: str) -> None:
        await DBOS.cancel_workflow_async(run)

    async def _plan(self, move: RunMove, now: _Standing) -> Onwards | None:
        """Where it goes on, by what it has finished; written down before that is dropped. None: it is no more ours."""
        if move.onwards is not None and now.shape != self._runs.shape:
            return move.onwards  # found: whoever planned it may have dropped some of it
        found = await DBOS.list_workflow_steps_async(move.run)
        steps = [Finished(step["function_id"], step["function_name"]) for step in found]
        where = self._onwards(move, now, steps)
        if where.drops and not where.back and await self._moves.has_turned(move.run):
            where = BACK
        answers: dict[str, Any] = {}
        if where.drops:
            answers = {step["function_name"]: step["output"] for step in found if isinstance(step["output"], dict)}
            if move.back and "priced" not in answers.get("prepare", {}):  # its first step only told it to go back
                answers = {}
        if not await self._moves.planned(move.run, self._runs.executor, where, answers):
            return None
        if now.workflow == CHECKOUT:
            await self._noted(move.run, now.shape, steps, where)
        return where

    def _onwards(self, move: RunMove, now: _Standing, steps: Sequence[Finished]) -> Onwards:
        if move.back and not steps:  # it has yet to hear that it goes back
            return BACK
        if now.shape == self._runs.shape:  # cancelled once more, by one who was stopped meanwhile
            return Onwards(max((step.number for step in steps), default=0) + 1, back=move.back)
        return onwards(self._table.get(now.shape, {}), steps, undone=now.workflow == CHECKOUT)

    async def _rewind(self, run: str, start: int) -> None:
        """Refused by the engine for one that runs."""
        await self._runs.rewind(run, start)

    async def _wake(self, run: str) -> None:
        await self._runs.send(run, TOPIC, f"moved-{uuid4().hex}")

    async def _noted(self, run: str, shape: str, steps: Sequence[Finished], where: Onwards) -> None:
        kept = [step.name for step in steps if step.number < where.start]
        facts = {"from": shape, "to": self._runs.shape, "kept": kept[-1] if kept else ""}
        outcome = "back" if where.back else "on"
        async with self._runs.database.write() as connection:
            await self._checkouts.note(connection, run, f"moved.{self._runs.shape}", outcome, None, facts)

    async def _alone(self) -> bool:
        """Whether no process of an older shape beats, as far as this one can tell."""
        beating = await self._watch.shapes()
        return beating is not None and not beating & set(self._older)

    async def _left(self) -> list[str]:
        found = await DBOS.list_workflows_async(
            status=[*_ACTIVE], app_version=self._older, load_input=False, load_output=False, limit=_AT_ONCE
        )
        return [run.workflow_id for run in found]

    async def _standing(self, runs: Sequence[str]) -> dict[str, _Standing]:
        if not runs:
            return {}
        found = await DBOS.list_workflows_async(workflow_ids=[*runs], load_input=False, load_output=False)
        return {run.workflow_id: _Standing(run.status, run.app_version or "", run.name) for run in found}


def _over(now: _Standing | None) -> bool:
    """One in error is a person's: where it goes on, if it does, stays known."""
    return now is None or now.status == "SUCCESS"


def _unfinished(move: RunMove, now: _Standing | None) -> bool:
    return now is not None and not _over(now) and (not move.woken or now.status == _CANCELLED)
