"""Who is alive, and whose runs want taking over. Every process beats into our own tables; whoever sees a run whose
process does not beat has it gone on with. The one place with the engine's private API (`_recover_pending_workflows`,
held by a contract test): it asks for the dead owner in its update, so any number of processes may call it at once.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from math import inf

import structlog
from dbos import DBOS
from sqlalchemy import ColumnElement, and_, delete, select

from gateway.checkout.engine import Runs
from gateway.errors import places_of
from gateway.state.tables import processes

EVERY = 0.5
DEAD = 2.0
"""Seconds without a beat after which a process counts as dead. At least four beats."""
_REMEMBERED = 20.0
"""Seconds for which a late beat of our own makes us patient with the others'."""
_GONE = 86_400.0
_log = structlog.get_logger("gateway.checkout")


class RunsWatch:
    """`await beat()` before the runs are launched: a process without a beat counts as dead. Then `start`; at the end
    `stop` before and `leave` after the runs are closed."""

    def __init__(self, runs: Runs, every: float = EVERY, dead: float = DEAD) -> None:
        self._runs = runs
        self._database = runs.database
        self._every = every
        self._dead = dead
        self._own = runs.database.another(size=3, patience=5.0)  # in nobody's queue: to beat, to look, to move
        self._beaten = float("-inf")
        self._gaps: deque[tuple[float, float]] = deque(maxlen=64)
        """When we beat, and how long after the time before."""
        self._look_after = 0.0
        self._tasks: list[asyncio.Task[None]] = []
        self._asked: set[str] = set()
        self._stopping = asyncio.Event()

    @property
    def alive(self) -> bool:
        """Whether no other process can have taken this one's runs over: asked before anything is sent."""
        return time.monotonic() - self._beaten < self._dead

    async def beat(self) -> None:
        before = time.monotonic()
        row = {"id": self._runs.executor, "shape": self._runs.shape, "beat": self._database.now}
        async with self._own.begin() as connection:
            await connection.execute(self._database.upsert(processes, [row], update=["beat"]))
            mine = select(processes.c.beat).where(processes.c.id == self._runs.executor)
            self._database.clock.heard(before, float((await connection.execute(mine)).scalar_one()))
        beaten = time.monotonic()
        if before - self._beaten > self._dead or beaten - before > self._dead / 2:
            self._look_after = beaten + self._dead  # we were late, so may all others have been
        self._gaps.append((beaten, beaten - self._beaten))
        self._beaten = before

    async def look(self) -> set[str]:
        """Whose runs were taken over."""
        if not self._sees:
            return set()
        pending = await self._runs.pending()
        owners = {run.executor for run in pending if run.shape == self._runs.shape} - {self._runs.executor}
        if not owners:
            return owners
        beating = await self.beating()
        if self._runs.executor not in beating or not self._sees:  # the clock was set since we beat, or we were stopped
            return set()
        dead = owners - beating
        for owner in dead:  # never our own: that would take running runs from under themselves
            if owner not in self._asked:
                self._asked.add(owner)
                _log.warning("runs_taken_over", executor=owner)
            await asyncio.to_thread(DBOS._recover_pending_workflows, [owner])  # pyright: ignore[reportPrivateUsage]
        return dead

    @property
    def _sees(self) -> bool:
        """Not soon after the database's clock was set: beats of before say nothing."""
        return self.alive and time.monotonic() >= self._look_after and self._database.clock.since_set >= self._dead

    async def shapes(self) -> set[str] | None:
        """The shapes of all processes that beat; None where this one cannot tell."""
        if not self._sees:
            return None
        async with self._own.connect() as connection:
            chosen = select(processes.c.id, processes.c.shape).where(self._fresh)
            shape_of = {row.id: row.shape for row in await connection.execute(chosen)}
        # Where we do not beat ourselves, the clock was set since we did, or we were stopped: so may others have been.
        return set(shape_of.values()) if self._runs.executor in shape_of and self._sees else None

    async def beating(self) -> set[str]:
        async with self._own.connect() as connection:
            return set((await connection.execute(select(processes.c.id).where(self._fresh))).scalars())

    def start(self) -> None:
        """Apart, because looking asks the engine, which may take long where all have much to do: a beat waits for
        nobody."""
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self._again_and_again(each)) for each in (self.beat, self.look)]

    async def stop(self) -> None:
        """Look no more; the last beat still counts. Before the engine is closed, of which it asks."""
        self._stopping.set()
        tasks, self._tasks = self._tasks, []
        if tasks:
            await asyncio.wait(tasks, timeout=5.0)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def leave(self) -> None:
        """No beat any more, so that others take over at once."""
        mine = (processes.c.id == self._runs.executor) | (processes.c.beat < self._database.now - _GONE)
        try:
            async with self._own.begin() as connection:
                await connection.execute(delete(processes).where(mine))
        except Exception as error:
            _log.warning("not_left", reason=type(error).__name__)
        await self._own.dispose()

    @property
    def patience(self) -> float:
        """Seconds without a beat after which another process counts as dead: longer, up to twice as long, where the
        machine has little time for us, which may be theirs too."""
        since = time.monotonic() - _REMEMBERED
        longest = max((gap for at, gap in self._gaps if at > since and gap < inf), default=0.0)
        return min(max(self._dead, 2 * longest), 2 * self._dead)

    @property
    def _fresh(self) -> ColumnElement[bool]:
        """A beat from the future was written before the database's clock was set back: whoever lives beats again."""
        now, beat = self._database.now, processes.c.beat
        return and_(beat > now - self.patience, beat < now + self._dead)

    async def _again_and_again(self, each: Callable[[], Awaitable[object]]) -> None:
        said = float("-inf")
        while not self._stopping.is_set():
            try:
                await each()
            except Exception as error:  # a database is away: the others could not beat either
                if time.monotonic() - said > 5.0:
                    said = time.monotonic()
                    _log.warning("watch_failed", reason=type(error).__name__, at=places_of(error))
            with suppress(TimeoutError):
                async with asyncio.timeout(self._every):
                    await self._stopping.wait()
