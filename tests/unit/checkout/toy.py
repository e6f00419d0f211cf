"""The shape of a checkout with nothing of commerce in it: two local steps around two remote ones and a signal, over
vendors that are files. Killed where it is told to. `python -m tests.unit.checkout.toy '<Told as JSON>'` is one process
of a gateway; it takes commands on its standard input and says what became of them.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import structlog
from msgspec import Struct
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import Session

from gateway.checkout.claims import Claims, run_of
from gateway.checkout.engine import Runs, UnknownRun
from gateway.checkout.watch import RunsWatch
from gateway.state.database import Database

TABLES = (
    "CREATE TABLE IF NOT EXISTS toy_holds (run VARCHAR(40))",
    "CREATE TABLE IF NOT EXISTS toy_released (run VARCHAR(40))",
    "CREATE TABLE IF NOT EXISTS toy_done (run VARCHAR(40), outcome VARCHAR(20))",
)
"""Without a unique key, so that what is done twice is seen twice."""
POINTS = (
    "claimed",
    "before:reserve", "mid:reserve", "record:reserve",
    "before:place", "mid:place", "after:place",
    "before:authorise", "mid:authorise", "after:authorise",
    "before:signal", "after:signal",
    "before:complete", "mid:complete", "record:complete",
)  # fmt: skip
UNDOING = (
    "after:authorise",
    "before:cancel", "mid:cancel", "after:cancel",
    "before:release", "mid:release", "record:release",
)  # fmt: skip


class Told(Struct):
    url: str
    log: str
    kill: str = ""
    slow: float = 0.0
    """Seconds that an order takes."""


class Vendors:
    """An append-only effect log; an order is looked up before it is repeated, an authorisation is idempotent by key."""

    def __init__(self, log: Path) -> None:
        self._log = log

    def effects(self, kind: str, reference: str) -> int:
        if not self._log.exists():
            return 0
        lines = [json.loads(line) for line in self._log.read_text().splitlines()]
        return sum(line == [kind, reference] for line in lines)

    def effect(self, kind: str, reference: str, *, once: bool = False) -> None:
        with self._log.open("a+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if once and self.effects(kind, reference):
                return
            file.write(json.dumps([kind, reference]) + "\n")


class Toy:
    def __init__(self, database: Database, runs: Runs, told: Told, at: Callable[[str], None]) -> None:
        self._at, self._told = at, told
        self.database = database
        self.runs = runs
        self.vendors = Vendors(Path(told.log))
        self.claims = Claims(database, runs)
        runs.workflow("toy", self.checkout)

    async def checkout(self, run: str, kind: str) -> None:
        at, runs = self._at, self.runs
        at("before:reserve")
        await runs.local("reserve", self._reserve, run)
        at("before:place")
        await runs.remote("place", self._place, run)
        at("after:place")
        at("before:authorise")
        paid = await runs.remote("authorise", self._authorise, run, kind)
        at("after:authorise")
        if not paid:
            at("before:cancel")
            await runs.remote("cancel", self._cancel, run)
            at("after:cancel")
            at("before:release")
            await runs.local("release", self._release, run)
            return
        at("before:signal")
        if kind == "action" and not await runs.receive("payment", 60.0):
            raise RuntimeError("no signal came")
        at("after:signal")
        at("before:complete")
        await runs.local("complete", self._complete, run)

    async def _reserve(self, connection: AsyncConnection, run: str) -> bool:
        await connection.execute(text("INSERT INTO toy_holds VALUES (:run)"), {"run": run})
        self._now("reserve")
        return True

    async def _place(self, run: str) -> bool:
        await asyncio.sleep(self._told.slow)
        if not self.vendors.effects("order", run):
            self.vendors.effect("order", run)
        self._at("mid:place")
        return True

    async def _authorise(self, run: str, kind: str) -> bool:
        if kind == "declined":
            return False
        self.vendors.effect("payment", run, once=True)
        self._at("mid:authorise")
        return True

    async def _cancel(self, run: str) -> bool:
        self.vendors.effect("cancelled", run, once=True)
        self._at("mid:cancel")
        return True

    async def _release(self, connection: AsyncConnection, run: str) -> None:
        await connection.execute(text("INSERT INTO toy_released VALUES (:run)"), {"run": run})
        await connection.execute(text("INSERT INTO toy_done VALUES (:run, 'failed')"), {"run": run})
        await self.claims.ended(connection, run)
        self._now("release")

    async def _complete(self, connection: AsyncConnection, run: str) -> None:
        await connection.execute(text("INSERT INTO toy_done VALUES (:run, 'completed')"), {"run": run})
        await self.claims.ended(connection, run)
        self._now("complete")

    def _now(self, step: str) -> None:
        """Within the transaction; and once more when it is committed and the engine has not heard of it."""
        self._at(f"mid:{step}")
        _committing.append(lambda: self._at(f"record:{step}"))

    async def submit(self, key: str, kind: str) -> str:
        run = run_of("toy", "checkout", key)
        async with self.database.write() as connection:
            await self.claims.claim(connection, run, "toy", kind, [run, kind])
        self._at("claimed")
        await self.runs.start("toy", run, run, kind)
        return run


_committing: list[Callable[[], None]] = []


def _committed(session: Any) -> None:
    while _committing:
        _committing.pop()()


async def open_toy(told: Told, at: Callable[[str], None]) -> tuple[Database, Runs, RunsWatch, Toy]:
    database = await Database.open(told.url)
    async with database.write() as connection:
        await database.one_at_a_time(connection)
        for table in TABLES:
            await connection.execute(text(table))
    runs = await Runs.open(database, "toy-1")
    watch, toy = RunsWatch(runs), Toy(database, runs, told, at)
    await watch.beat()
    await runs.launch()
    watch.start()
    return database, runs, watch, toy


async def live(told: Told) -> None:
    def at(point: str) -> None:
        if point == told.kill:
            os.kill(os.getpid(), signal.SIGKILL)

    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))  # what is printed are answers
    event.listen(Session, "after_commit", _committed)
    _, runs, _, toy = await open_toy(told, at)
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    print("ready", flush=True)
    while line := (await reader.readline()).decode().split():
        if line[0] == "submit":
            print(await toy.submit(line[1], line[2]), flush=True)
        elif line[0] == "signal":
            try:
                await runs.send(run_of("toy", "checkout", line[1]), "payment", f"webhook-{line[1]}")
                print("signalled", flush=True)
            except UnknownRun:
                print("unknown", flush=True)
        elif line[0] == "sweep":
            print(await toy.claims.start_forgotten(), flush=True)


if __name__ == "__main__":
    asyncio.run(live(msgspec.json.decode(sys.argv[1], type=Told)))
