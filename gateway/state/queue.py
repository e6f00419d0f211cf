"""Rows that are work: taken by one process at a time under a lease, in order per subject, tried again with growing
pauses, and set aside after too many tries for a person to look at. The inbox and the outbox's deliveries are queues.

At least once: a process that is stopped for longer than its lease may finish what another has taken over, so whoever
does the work must bear to see it twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Select, Table, exists, func, literal_column, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.state.database import Database

WAITING: Final = "waiting"
DONE: Final = "done"
SET_ASIDE: Final = "set_aside"

LEASE_SECONDS = 30.0
FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 600.0
_REASON_CHARACTERS = 200


@dataclass(frozen=True)
class Queue:
    """`table` has the columns of `state.tables._queued`, an `id` and a `subject`; rows of one `lane` (a receiver, say)
    know nothing of another's."""

    database: Database
    table: Table
    tries: int
    lane: tuple[str, ...] = ()
    lease: float = LEASE_SECONDS

    async def take(self, *only: ColumnElement[bool]) -> Row[Any] | None:
        """The next row that is due, whose subject has none before it that waits. None: nothing to do now."""
        table, now = self.table, self.database.now
        before = table.alias("before")
        mine = [before.c[name] == table.c[name] for name in (*self.lane, "subject")]
        first = ~exists().where(*mine, before.c.state == WAITING, before.c.id < table.c.id)
        free = (table.c.state == WAITING) & (table.c.due <= now) & (table.c.leased_until <= now)
        found: Select[Any] = select(table.c.id).where(free, first, *only).order_by(table.c.id).limit(1)
        async with self.database.read() as connection:  # mostly there is nothing, and no writer need wait for that
            if (await connection.execute(found)).first() is None:
                return None
        async with self.database.write() as connection:
            if not self.database.is_sqlite:
                found = found.with_for_update(skip_locked=True)
            number = (await connection.execute(found)).scalar()
            if number is None:
                return None
            lease = {"leased_until": now + self.lease, "attempts": table.c.attempts + 1}
            taken = update(table).where(table.c.id == number, free).values(lease).returning(*table.c)
            return (await connection.execute(taken)).first()

    async def done(self, number: int, connection: AsyncConnection | None = None) -> None:
        """Within `connection`'s transaction where the work was of this database: then it is done exactly once."""
        finished = update(self.table).where(self.table.c.id == number).values(state=DONE, reason=None)
        if connection is not None:
            await connection.execute(finished)
            return
        async with self.database.write() as own:
            await own.execute(finished)

    async def failed(self, number: int, attempts: int, reason: str) -> bool:
        """Try again later; True where it was set aside instead, being tried often enough. `reason` holds no secret and
        no personal datum."""
        aside = attempts >= self.tries
        pause = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2.0 ** (attempts - 1))
        told = {"reason": reason[:_REASON_CHARACTERS], "leased_until": 0.0, "due": self.database.now + pause}
        async with self.database.write() as connection:
            row = update(self.table).where(self.table.c.id == number, self.table.c.state == WAITING)
            await connection.execute(row.values(state=SET_ASIDE if aside else WAITING, **told))
        return aside

    async def again(self, number: int) -> bool:
        """Somebody wants a row that was set aside to be tried anew; False where there is none such."""
        row = update(self.table).where(self.table.c.id == number, self.table.c.state == SET_ASIDE)
        fresh = {"state": WAITING, "attempts": 0, "due": self.database.now, "leased_until": 0.0}
        async with self.database.write() as connection:
            return (await connection.execute(row.values(fresh))).rowcount == 1

    async def depths(self) -> dict[str, int]:
        """How many rows are in each state, for metrics and operators."""
        counted = select(self.table.c.state, func.count()).group_by(self.table.c.state)
        async with self.database.read() as connection:
            return {row[0]: row[1] for row in await connection.execute(counted)}


def queued(database: Database) -> dict[str, Any]:
    """What a new row of a queue begins with."""
    return {"state": WAITING, "attempts": 0, "due": database.now, "leased_until": literal_column("0")}
