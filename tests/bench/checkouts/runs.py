"""What executes the steps of a checkout, three ways: the durable engine, nothing at all, and a plain journal."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec
from sqlalchemy import text

from gateway.checkout.engine import LocalBody, PendingRun, RemoteAct, Runs, RunState, Workflow
from gateway.state.database import Database


class EngineRuns(Runs):
    """As in production; `ended` tells when a run is over, `counted` how often each step was done."""

    def __init__(self, database: Database, shape: str) -> None:
        super().__init__(database, shape)
        self.ended: dict[str, asyncio.Event] = {}
        self.counted: Counter[str] = Counter()

    def workflow(self, name: str, workflow: Workflow) -> None:
        super().workflow(name, _telling(self.ended, workflow))

    async def local(self, name: str, body: LocalBody, *ids: str) -> Any:
        self.counted[name] += 1
        return await super().local(name, body, *ids)

    async def remote(self, name: str, act: RemoteAct, *ids: str) -> Any:
        self.counted[name] += 1
        return await super().remote(name, act, *ids)


class BareRuns(EngineRuns):
    """The same steps, and the same transactions of theirs, with nobody who remembers them."""

    journal: ClassVar[bool] = False

    def __init__(self, database: Database, shape: str) -> None:
        super().__init__(database, shape)
        self._bodies: dict[str, Workflow] = {}
        self._moving: set[asyncio.Task[None]] = set()

    @classmethod
    async def open(cls, database: Database, shape: str) -> BareRuns:
        opened = cls(database, shape)
        if cls.journal:
            async with database.write() as connection:
                await connection.execute(text(_JOURNAL))
        return opened

    def workflow(self, name: str, workflow: Workflow) -> None:
        self._bodies[name] = _telling(self.ended, workflow)

    async def launch(self) -> None:
        return

    async def close(self, drain: float = 3.0) -> None:
        await self._rows.dispose()

    async def local(self, name: str, body: LocalBody, *ids: str) -> Any:
        self.counted[name] += 1
        async with self.database.write() as connection:
            answer = await body(connection, *ids)
            if self.journal:
                await connection.execute(text(_NOTE), _noted(name, ids, answer))
            return answer

    async def remote(self, name: str, act: RemoteAct, *ids: str) -> Any:
        self.counted[name] += 1
        answer = await act(*ids)
        if self.journal:
            async with self.database.write() as connection:
                await connection.execute(text(_NOTE), _noted(name, ids, answer))
        return answer

    async def start(self, name: str, run: str, *ids: str) -> None:
        async def moved() -> None:
            await self._bodies[name](*(ids or (run,)))

        task = asyncio.get_running_loop().create_task(moved())
        self._moving.add(task)
        task.add_done_callback(self._moving.discard)

    async def pending(self) -> list[PendingRun]:
        return [PendingRun("moving", self.executor, self.shape) for _ in self._moving]

    async def states(self, runs: Any) -> dict[str, RunState]:
        return {}


class JournalRuns(BareRuns):
    """A row of ours for each step, in the step's own transaction where it has one: what an engine of one's own writes
    at least. Nobody takes a run over."""

    journal = True


DURABLE, JOURNAL, BARE = "durable", "plain journal", "bare"
KINDS: Mapping[str, type[EngineRuns]] = {DURABLE: EngineRuns, JOURNAL: JournalRuns, BARE: BareRuns}

_JOURNAL = """CREATE TABLE IF NOT EXISTS bench_journal
  (run VARCHAR(40) NOT NULL, step VARCHAR(40) NOT NULL, answer TEXT NOT NULL, PRIMARY KEY (run, step))"""
_NOTE = "INSERT INTO bench_journal VALUES (:run, :step, :answer)"


def _noted(name: str, ids: tuple[str, ...], answer: Any) -> dict[str, str]:
    return {"run": ids[0], "step": name, "answer": msgspec.json.encode(answer).decode()}


def _telling(ended: dict[str, asyncio.Event], workflow: Workflow) -> Workflow:
    async def told(run: str, *ids: str) -> None:
        try:
            await workflow(run, *ids)
        finally:
            ended.setdefault(run, asyncio.Event()).set()

    return told
