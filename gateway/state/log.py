"""Tables that are read in the order of their rows by readers who remember how far they got: the outbox, the changes.

On PostgreSQL a serial number is drawn before the commit, so 11 can be seen before 10. Every row therefore says which
transaction wrote it, readers go by `(xact, id)`, and stop below the oldest transaction that is still open: what they
have passed is complete. SQLite has one writer at a time, so its numbers are in order and `xact` is 0.
Source: PostgreSQL manual, "Transaction ID and Snapshot Information Functions" (9.27.8).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Insert, Table, insert, literal, literal_column, select, tuple_

from gateway.state.database import Database


class Position(NamedTuple):
    """How far a reader has read."""

    xact: int
    id: int


START = Position(-1, -1)


def appended(database: Database, table: Table, row: Mapping[str, Any]) -> Insert:
    """An insert of `row` into a log, stamped with the transaction it is written in."""
    if database.is_sqlite:
        return insert(table).values(xact=0, **row)
    return insert(table).values(xact=literal_column("pg_current_xact_id()::text::bigint"), **row)


def after(database: Database, table: Table, position: Position) -> ColumnElement[bool]:
    """Rows behind `position` that no row can still appear in front of."""
    behind = tuple_(table.c.xact, table.c.id) > tuple_(literal(position.xact), literal(position.id))
    return behind if database.is_sqlite else behind & complete(database, table)


def complete(database: Database, table: Table) -> ColumnElement[bool]:
    """Rows of transactions older than any that is still open."""
    if database.is_sqlite:
        return table.c.xact == 0
    return table.c.xact < literal_column("pg_snapshot_xmin(pg_current_snapshot())::text::bigint")


async def newest(database: Database, table: Table) -> Position:
    """Where a reader begins who wants only what comes from now on."""
    statement = (
        select(table.c.xact, table.c.id)
        .where(complete(database, table))
        .order_by(table.c.xact.desc(), table.c.id.desc())
        .limit(1)
    )
    async with database.read() as connection:
        row = (await connection.execute(statement)).first()
    return START if row is None else Position(row.xact, row.id)
