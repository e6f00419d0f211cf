"""Goods of other systems than the order's owner: a row for each system, from the order's completion on, of whether it
was told and whether they have gone back. Times are the database's.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Any

from sqlalchemy import Row, case, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.state.database import Database
from gateway.state.ledger import Hold
from gateway.state.tables import stock_commitments

_T = stock_commitments.c


class CommitmentState(Enum):
    WAITING = "WAITING"
    """Its system has not heard, as far as we know."""
    COMMITTED = "COMMITTED"
    RETURNED = "RETURNED"
    """The order is none any more, and what had not left has gone back."""
    DROPPED = "DROPPED"
    """The order was none before its system heard."""
    LEFT = "LEFT"
    """The order is none any more, and the goods stand committed: a person's."""


_STILL = (CommitmentState.WAITING.value, CommitmentState.COMMITTED.value)


class StoredCommitments:
    """Methods with a connection belong to the caller's transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def open(self, connection: AsyncConnection, run: str, holds: Iterable[Hold]) -> None:
        """With the hand-over of these."""
        goods: dict[str, list[tuple[str, str, int]]] = {}
        for hold in sorted(holds, key=lambda each: each.spot):
            goods.setdefault(hold.spot.backend, []).append((hold.spot.item, hold.spot.place, hold.quantity))
        now = self._database.now
        for backend, some in goods.items():
            row = {"run": run, "backend": backend, "state": CommitmentState.WAITING.value, "goods": json.dumps(some)}
            times = {"attempt": 0, "created": now, "since": now}
            await connection.execute(self._database.insert_once(stock_commitments, {**row, **times}))

    async def of(self, runs: Sequence[str]) -> dict[str, list[Row[Any]]]:
        """By checkout; with the database's time (`now`)."""
        chosen = select(stock_commitments, self._database.now.label("now")).where(_T.run.in_(runs))
        found: dict[str, list[Row[Any]]] = {}
        async with self._database.read() as connection:
            for row in await connection.execute(chosen.order_by(_T.run, _T.backend)):
                found.setdefault(row.run, []).append(row)
        return found

    async def one(self, run: str, backend: str) -> Row[Any] | None:
        async with self._database.read() as connection:
            return await self._row(connection, run, backend, lock=False)

    async def locked(self, connection: AsyncConnection, run: str, backend: str) -> Row[Any] | None:
        return await self._row(connection, run, backend, lock=True)

    async def committed(self, connection: AsyncConnection, run: str, backend: str, record: str) -> bool:
        """Its system has heard. False: that was known."""
        unheard = _T.state.in_((CommitmentState.WAITING.value, CommitmentState.DROPPED.value))
        mine = update(stock_commitments).where(_T.run == run, _T.backend == backend, unheard)
        now = self._database.now
        values = {"state": CommitmentState.COMMITTED.value, "record": record, "committed": now, "since": now}
        return (await connection.execute(mine.values(**values))).rowcount > 0

    async def moved(self, connection: AsyncConnection, run: str, backend: str, state: CommitmentState) -> None:
        mine = update(stock_commitments).where(_T.run == run, _T.backend == backend)
        await connection.execute(mine.values(state=state.value, since=self._database.now))

    async def cancel_asked(self, connection: AsyncConnection, run: str) -> list[Row[Any]]:
        """The order is none any more: noted once. Those whose goods have to go back, or are not to be told any more."""
        asked = update(stock_commitments).where(_T.run == run, _T.cancel_asked.is_(None))
        await connection.execute(asked.values(cancel_asked=self._database.now))
        chosen = select(stock_commitments).where(_T.run == run, _T.state.in_(_STILL))
        return list(await connection.execute(chosen.order_by(_T.backend)))

    async def again(self, connection: AsyncConnection, run: str, backend: str) -> int | None:
        """What stands, or a system said no to, is to go back: the number of one more run that sees to it. None: there
        is nothing."""
        now, heard = self._database.now, _T.record.is_not(None)
        which = (_T.run == run, _T.backend == backend, _T.state.in_((*_STILL, CommitmentState.LEFT.value)))
        state = case((heard, CommitmentState.COMMITTED.value), else_=CommitmentState.WAITING.value)
        values = {"state": state, "since": now, "cancel_asked": now, "attempt": _T.attempt + 1}
        mine = update(stock_commitments).where(*which).values(**values)
        return (await connection.execute(mine.returning(_T.attempt))).scalar()

    async def _row(self, connection: AsyncConnection, run: str, backend: str, *, lock: bool) -> Row[Any] | None:
        chosen = select(stock_commitments).where(_T.run == run, _T.backend == backend)
        if lock and not self._database.is_sqlite:
            chosen = chosen.with_for_update()
        return (await connection.execute(chosen)).first()
