"""Runs that are being moved to a newer shape, as rows of ours: who is at it, where the run goes on, and what the older
saga's steps had answered, where their record is dropped. A row is the lock on its run while whoever holds it beats.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from msgspec import Struct
from sqlalchemy import Row, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.checkout.references import derived, of_tender
from gateway.checkout.shapes import Onwards
from gateway.ports.order import CANCEL_ORDER
from gateway.ports.payment import VOID
from gateway.state.database import Database
from gateway.state.tables import checkout_tenders, checkouts, run_moves, writes

_AT_ONCE = 200


class RunMove(Struct, frozen=True):
    """`shape` is what it was of, `target` what it moves to. `onwards`: where it goes on; None until that is known.
    `back`: what was known of an earlier move of it, too."""

    run: str
    shape: str
    target: str
    onwards: Onwards | None
    back: bool
    woken: bool


class Dropped(Struct, frozen=True):
    """`back`: it does not go forward in its new shape. `answers` of the older saga's steps, by their names."""

    back: bool
    answers: Mapping[str, Any]


class RunMoves:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def take(
        self, run: str, shape: str, target: str, holder: str, beating: Collection[str], *, afresh: bool
    ) -> RunMove | None:
        """This process's to move; None where another one that beats is at it. `afresh`: whatever was known of where it
        goes on is of an earlier time."""
        row = {"run": run, "shape": shape, "target": target, "holder": holder, "marked": self._database.now}
        async with self._database.write() as connection:
            fresh = (await connection.execute(self._database.insert_once(run_moves, row))).rowcount == 1
            chosen = select(run_moves).where(run_moves.c.run == run)
            known = (await connection.execute(chosen if self._database.is_sqlite else chosen.with_for_update())).one()
            if not fresh and known.woken is None and known.holder != holder and known.holder in beating:
                return None
            values = {**row, "woken": None} | ({"start": None} if afresh else {})
            await connection.execute(update(run_moves).where(run_moves.c.run == run).values(**values))
        move = _move(known)
        return RunMove(run, shape, target, None if afresh else move.onwards, move.back, woken=False)

    async def planned(self, run: str, holder: str, onwards: Onwards, answers: Mapping[str, Any]) -> bool:
        """Before the record is dropped, which says it. `answers`: by step; what is known of an earlier move is kept
        where there are none. False: it is another process's by now."""
        values: dict[str, Any] = {"start": onwards.start, "back": onwards.back}
        return await self._mine(run, holder, values | ({"answers": json.dumps(answers)} if answers else {}))

    async def told(self, run: str, holder: str) -> bool:
        """It goes on, and was woken."""
        return await self._mine(run, holder, {"woken": self._database.now})

    async def known(self) -> list[RunMove]:
        """Those that are under way, and those that were, until they are forgotten; earliest first."""
        async with self._database.read() as connection:
            rows = await connection.execute(select(run_moves).order_by(run_moves.c.marked).limit(_AT_ONCE))
            return [_move(row) for row in rows]

    async def forget(self, runs: Sequence[str]) -> None:
        """They are over."""
        if runs:
            async with self._database.write() as connection:
                await connection.execute(delete(run_moves).where(run_moves.c.run.in_(runs)))

    async def dropped(self, connection: AsyncConnection, run: str) -> Dropped | None:
        """None for a run that was never moved, or kept all of its record."""
        row = (await connection.execute(select(run_moves).where(run_moves.c.run == run))).first()
        if row is None or (row.answers is None and not row.back):
            return None
        return Dropped(bool(row.back), json.loads(row.answers or "{}"))

    async def has_turned(self, run: str) -> bool:
        """Whether it has ended, or has begun to take back what it made: it does not go forward again. A compensation is
        in the journal of writes before it is sent."""
        async with self._database.read() as connection:
            ended = (await connection.execute(select(checkouts.c.ended).where(checkouts.c.run == run))).scalar()
            if ended is not None:
                return True
            count = select(func.count()).where(checkout_tenders.c.run == run)
            tenders = (await connection.execute(count)).scalar_one()
            voids = [derived(run, of_tender("void", position)) for position in range(tenders)]
            voided = (writes.c.operation == VOID.name) & writes.c.reference.in_(voids)
            cancelled = (writes.c.operation == CANCEL_ORDER.name) & (writes.c.reference == run)
            begun = select(func.count()).select_from(writes).where(or_(voided, cancelled))
            return (await connection.execute(begun)).scalar_one() > 0

    async def _mine(self, run: str, holder: str, values: Mapping[str, Any]) -> bool:
        mine = update(run_moves).where(run_moves.c.run == run, run_moves.c.holder == holder)
        async with self._database.write() as connection:
            return (await connection.execute(mine.values(**values))).rowcount == 1


def _move(row: Row[Any]) -> RunMove:
    onwards = None if row.start is None else Onwards(row.start, back=bool(row.back))
    return RunMove(row.run, row.shape, row.target, onwards, bool(row.back), row.woken is not None)
