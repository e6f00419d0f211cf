"""What a person must look at: the one home of it. Opened by whoever meets something no program can mend, once per kind
and subject however often it is met; closed by a person, by name.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.model.tasks import Task
from gateway.state.database import Database
from gateway.state.outbox import Outbox
from gateway.state.tables import tasks

KEPT_SECONDS = 90 * 86_400.0
"""How long a task that is done can still be looked up."""
OPENED_EVENT = "task.opened"


class StoredTasks:
    """Implements `gateway.ports.state.Tasks`. Opening one is told through the outbox as `task.opened`, once, in the
    same transaction."""

    def __init__(self, database: Database, outbox: Outbox) -> None:
        self._database = database
        self._outbox = outbox

    async def open(self, kind: str, subject: str, facts: Mapping[str, str] | None = None) -> str:
        """The id of the open task of this kind and subject: a new one, or the one that is open already, met again.
        `facts` replace the earlier ones."""
        async with self._database.write() as connection:
            return await self.open_within(connection, kind, subject, facts or {})

    async def open_within(self, connection: AsyncConnection, kind: str, subject: str, facts: Mapping[str, str]) -> str:
        """`open`, in a transaction of the caller's."""
        now = self._database.now
        again = (
            update(tasks)
            .where(tasks.c.open_as == f"{kind}|{subject}")
            .values(seen=now, times=tasks.c.times + 1, facts=json.dumps(facts))
            .returning(tasks.c.id)
        )
        for _ in range(2):  # the second time another process has opened it between our two statements
            if (known := (await connection.execute(again)).scalar()) is not None:
                return known
            identifier = _new_id()
            row = {"id": identifier, "kind": kind, "subject": subject, "facts": json.dumps(facts), "times": 1}
            row["open_as"] = f"{kind}|{subject}"
            fresh = self._database.insert_once(tasks, {**row, "opened": now, "seen": now})
            if (await connection.execute(fresh)).rowcount == 1:
                told = {"id": identifier, "kind": kind, "subject": subject}
                await self._outbox.write(connection, OPENED_EVENT, subject, told, key=identifier)
                return identifier
        raise RuntimeError("a task can be neither opened nor met again")

    async def close(self, identifier: str, by: str) -> bool:
        """False where no such task is open."""
        return await self._close(tasks.c.id == identifier, by)

    async def close_subject(self, kind: str, subject: str, by: str) -> bool:
        """Close what turned out to be dealt with, whoever did it. False where no such task is open."""
        return await self._close(tasks.c.open_as == f"{kind}|{subject}", by)

    async def list(
        self, *, kind: str | None = None, done: bool = False, limit: int = 100, after: str | None = None
    ) -> Sequence[Task]:
        """Oldest first; `after` is the id of the last one seen."""
        chosen = select(tasks).where(tasks.c.done.is_not(None) if done else tasks.c.done.is_(None))
        if kind is not None:
            chosen = chosen.where(tasks.c.kind == kind)
        if after is not None:
            chosen = chosen.where(tasks.c.id > after)
        async with self._database.read() as connection:
            return [_task(row) for row in await connection.execute(chosen.order_by(tasks.c.id).limit(limit))]

    async def get(self, identifier: str) -> Task | None:
        async with self._database.read() as connection:
            row = (await connection.execute(select(tasks).where(tasks.c.id == identifier))).first()
        return None if row is None else _task(row)

    async def sweep(self) -> int:
        async with self._database.write() as connection:
            old = delete(tasks).where(tasks.c.done < self._database.now - KEPT_SECONDS)
            return (await connection.execute(old)).rowcount

    async def _close(self, which: ColumnElement[bool], by: str) -> bool:
        done = update(tasks).where(which, tasks.c.done.is_(None))
        async with self._database.write() as connection:
            closed = await connection.execute(done.values(done=self._database.now, done_by=by, open_as=None))
            return closed.rowcount == 1


_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def _new_id() -> str:
    """26 characters, later ones greater: milliseconds since 1970, then chance. Source: ULID specification."""
    number = (int(time.time() * 1000) << 80) | secrets.randbits(80)
    return "".join(_ALPHABET[(number >> shift) & 31] for shift in range(125, -1, -5))


def _task(row: Row[Any]) -> Task:
    return Task(
        id=row.id,
        kind=row.kind,
        subject=row.subject,
        facts=json.loads(row.facts),
        opened=datetime.fromtimestamp(row.opened, UTC),
        seen=datetime.fromtimestamp(row.seen, UTC),
        times=row.times,
        done=None if row.done is None else datetime.fromtimestamp(row.done, UTC),
        done_by=row.done_by,
    )
