"""News between the processes of one gateway that have no Redis between them: what has changed is a row, told in the
order of its commit, read by everyone every tenth of a second, or at once when the bell rings (`state/bell.py`).

A row names what became stale, never a value: a reader that missed rows empties what it keeps.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Callable, Sequence

import structlog
from msgspec import Struct
from sqlalchemy import delete, select

from gateway.errors import StateUnavailable, places_of
from gateway.state.bell import PATIENCE, Bell
from gateway.state.database import Database
from gateway.state.log import Position, after, appended, newest
from gateway.state.tables import changes

POLL_SECONDS = 0.1
KEPT_SECONDS = 600.0
"""A process that was stopped for longer has missed rows, and is told so."""
_BATCH = 500
_AGAIN_SECONDS = 0.005
_log = structlog.get_logger("gateway.state")


class Change(Struct, frozen=True):
    """`topic` says to whom among us it matters (`backend`, `revocations`, ...), `source` of which backend."""

    topic: str
    source: str
    tags: tuple[str, ...]


Heard = Callable[[Change | None], None]
"""None: some were missed, anything may have changed."""


class Changes:
    """`start` once the loop runs; `tell` what changed here; `heard` is called for what changed elsewhere."""

    def __init__(self, database: Database, heard: Heard, bell: Bell | None = None) -> None:
        self._database = database
        self._heard = heard
        self._bell = bell
        self._origin = secrets.token_hex(8)
        self._read_to: Position | None = None
        self._reading = asyncio.Lock()
        self._last_read = 0.0
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._read_to = await newest(self._database, changes)
        if self._bell is not None:
            await self._bell.hang(self._look)
        self._task = asyncio.get_running_loop().create_task(self._follow())

    async def close(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        if self._bell is not None:
            self._bell.close()

    async def tell(self, change: Change) -> None:
        """Returns when every process on this machine has heard of it (those that do not answer within the bell's
        patience hear of it by their next look). Raises StateUnavailable: then nobody else has heard."""
        row = {
            "origin": self._origin,
            "topic": change.topic,
            "source": change.source,
            "tags": json.dumps(change.tags),
            "told": self._database.now,
        }
        statement = appended(self._database, changes, row).returning(changes.c.xact, changes.c.id)
        async with self._database.write() as connection:
            written = (await connection.execute(statement)).one()
        if self._bell is not None:
            await self._bell.ring(f"{written.xact} {written.id}")

    async def catch_up(self, until: Position | None = None) -> None:
        """Hear everything that was told before now, or all up to `until`: on PostgreSQL that row may wait for an older
        transaction to end."""
        while True:
            async with self._reading:
                while await self._read() == _BATCH:
                    pass
            if until is None or (self._read_to is not None and self._read_to >= until):
                return
            await asyncio.sleep(_AGAIN_SECONDS)

    async def _look(self, word: str) -> None:
        xact, number = word.split()
        async with asyncio.timeout(PATIENCE):
            await self.catch_up(Position(int(xact), int(number)))

    async def sweep(self) -> int:
        async with self._database.write() as connection:
            old = delete(changes).where(changes.c.told < self._database.now - KEPT_SECONDS)
            return (await connection.execute(old)).rowcount

    async def _follow(self) -> None:
        away = False
        while True:
            await asyncio.sleep(POLL_SECONDS)
            try:
                await self.catch_up()
                away = False
            except StateUnavailable:
                if not away:
                    _log.warning("changes_unreadable")
                away = True
            except Exception as error:
                _log.error("changes_failed", reason=type(error).__name__, at=places_of(error))

    async def _read(self) -> int:
        loop = asyncio.get_running_loop()
        if self._read_to is None or (self._last_read and loop.time() - self._last_read > KEPT_SECONDS / 2):
            self._read_to = await newest(self._database, changes)  # stopped for so long that rows may have been swept
            self._last_read = loop.time()
            self._heard(None)
            return 0
        table = changes.c
        rows = (
            select(table.xact, table.id, table.origin, table.topic, table.source, table.tags)
            .where(after(self._database, changes, self._read_to))
            .order_by(table.xact, table.id)
            .limit(_BATCH)
        )
        async with self._database.read() as connection:
            found: Sequence[tuple[int, int, str, str, str, str]] = [tuple(r) for r in await connection.execute(rows)]
        self._last_read = loop.time()
        for xact, number, origin, topic, source, tags in found:
            self._read_to = Position(xact, number)
            if origin != self._origin:
                self._heard(Change(topic, source, tuple(json.loads(tags))))
        return len(found)
