"""What staff do by hand, for whoever asks later who did what. Rows are added and never changed: nothing here updates or
deletes one. What begins is written before it is done and what came of it after, as rows of their own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.model.audit import AuditEntry
from gateway.state.database import Database
from gateway.state.tables import audit

_AT_ONCE = 500


class Audit:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def write(self, by: str, action: str, subject: str, outcome: str, facts: Mapping[str, str]) -> None:
        async with self._database.write() as connection:
            await self.write_within(connection, by, action, subject, outcome, facts)

    async def write_within(
        self,
        connection: AsyncConnection,
        by: str,
        action: str,
        subject: str,
        outcome: str,
        facts: Mapping[str, str],
    ) -> None:
        """In the transaction of what was done, where that is ours. `facts`: ids, states and amounts alone."""
        row = {"by": by[:200], "action": action, "subject": subject, "outcome": outcome, "facts": json.dumps(facts)}
        await connection.execute(insert(audit).values(**row, at=self._database.now))

    async def count(self, action: str, subject: str, outcomes: Sequence[str]) -> int:
        """How often this was done and came out so."""
        table = audit.c
        mine = (table.action == action) & (table.subject == subject) & table.outcome.in_(outcomes)
        async with self._database.read() as connection:
            return int((await connection.execute(select(func.count()).where(mine))).scalar_one())

    async def last(self, action: str, subjects: Sequence[str]) -> dict[str, AuditEntry]:
        """The newest row about each."""
        found: dict[str, AuditEntry] = {}
        table = audit.c
        async with self._database.read() as connection:
            for begin in range(0, len(subjects), _AT_ONCE):
                some = subjects[begin : begin + _AT_ONCE]
                newest = select(func.max(table.id)).where(table.action == action, table.subject.in_(some))
                chosen = select(audit).where(table.id.in_(newest.group_by(table.subject)))
                for row in await connection.execute(chosen):
                    found[row.subject] = _entry(row)
        return found

    async def list(self, limit: int = 100) -> Sequence[AuditEntry]:
        """Newest first."""
        async with self._database.read() as connection:
            rows = await connection.execute(select(audit).order_by(audit.c.id.desc()).limit(limit))
            return [_entry(row) for row in rows]


def _entry(row: Row[Any]) -> AuditEntry:
    at = datetime.fromtimestamp(row.at, UTC)
    return AuditEntry(row.id, at, row.by, row.action, row.subject, row.outcome, json.loads(row.facts))
