"""Our own side of reconciling: which checkouts are due, which do not end, and holds that nobody has. Nothing that moved
within the last minute is touched, and times are the database's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from sqlalchemy import Row, case, func, or_, select, update
from sqlalchemy.sql.elements import ColumnElement

from gateway.checkout.engine import RunState
from gateway.checkout.reconcile.findings import Finding, FindingKind
from gateway.checkout.tenders import tenders_of
from gateway.model.checkouts import CheckoutState
from gateway.state.database import Database
from gateway.state.further_orders import further_orders_of
from gateway.state.ledger import HoldState
from gateway.state.tables import checkouts, claims, holds

QUIET_SECONDS = 60.0
"""What moved since is somebody's who is at it."""
FIRST_AGAIN, LEASE, FOUND_AGAIN = 3_600.0, 600.0, 300.0
"""Seconds until a checkout is looked at again: at first, while somebody is at it, and while something is wrong with it.
The first doubles with its age: a week of a checkout is eight looks."""
MOST = 500
"""Rows of one answer: where there are as many, there may be more."""
_OVER = (CheckoutState.COMPLETED.value, CheckoutState.FAILED.value)
_OPEN = (CheckoutState.PROCESSING.value, CheckoutState.ACTION_REQUIRED.value)


class RunStates(Protocol):
    async def states(self, runs: Sequence[str]) -> Mapping[str, RunState]: ...


class CheckoutRows:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def due(self, limit: int, days: float) -> list[Row[Any]]:
        """Those that are next, taken for this process: another that asks gets others."""
        now, table = self._database.now, checkouts.c
        waiting = (*self._quiet(days), or_(table.look_at.is_(None), table.look_at <= now))
        chosen = select(table.run).where(*waiting).order_by(table.look_at.asc().nulls_first()).limit(limit)
        if not self._database.is_sqlite:
            chosen = chosen.with_for_update(skip_locked=True)  # waited for, they would be nobody's: no longer due
        take = update(checkouts).where(table.run.in_(chosen), *waiting).values(look_at=now + LEASE)
        async with self._database.write() as connection:
            runs = list((await connection.execute(take.returning(table.run))).scalars())
            return await self._rows(connection, table.run.in_(runs))

    async def page(self, after: str, limit: int, days: float) -> list[Row[Any]]:
        """All of them, by their references."""
        async with self._database.read() as connection:
            return await self._rows(connection, *self._quiet(days), checkouts.c.run > after, limit=limit)

    async def one(self, run: str) -> Row[Any] | None:
        async with self._database.read() as connection:
            rows = await self._rows(connection, checkouts.c.run == run)
        return rows[0] if rows else None

    async def tenders(self, rows: Sequence[Row[Any]]) -> Mapping[str, Sequence[Row[Any]]]:
        """What each of these checkouts is paid with."""
        async with self._database.read() as connection:
            return await tenders_of(connection, [row.run for row in rows])

    async def further(self, rows: Sequence[Row[Any]]) -> Mapping[str, Sequence[Row[Any]]]:
        """The orders of each of these checkouts beside its first."""
        async with self._database.read() as connection:
            return await further_orders_of(connection, [row.run for row in rows])

    async def looked(self, good: Sequence[str], again: Sequence[str]) -> None:
        """When each is looked at next."""
        now, table = self._database.now, checkouts.c
        age = now - table.created
        later = now + case((age > FIRST_AGAIN, age), else_=FIRST_AGAIN)
        async with self._database.write() as connection:
            for runs, when in ((good, later), (again, now + FOUND_AGAIN)):
                if runs:
                    await connection.execute(update(checkouts).where(table.run.in_(runs)).values(look_at=when))

    async def unfinished(self, runs: RunStates, only: str | None = None) -> list[Finding]:
        """Checkouts whose run is in error, cancelled, given up, over or gone, or makes no progress. One whose shopper
        is waited for has time until what they were given is over. Raises StateUnavailable."""
        now, table = self._database.now, checkouts.c
        which = (table.state.in_(_OPEN), table.moved < now - QUIET_SECONDS)
        if only is not None:
            which = (*which, table.run == only)
        async with self._database.read() as connection:
            rows = await self._rows(connection, *which)
        states = await runs.states([row.run for row in rows])
        found: list[Finding] = []
        for row in rows:
            state = states.get(row.run)
            waits = row.state == CheckoutState.ACTION_REQUIRED.value and row.expires is not None
            if state is RunState.MOVING and waits and row.expires > row.now - QUIET_SECONDS:
                continue
            facts = {"stage": row.stage, "run": "GONE" if state is None else state.value}
            found.append(Finding(kind=FindingKind.RUN_OPEN, run=row.run, facts=facts))
        return found

    async def idle_holds(self, runs: RunStates, only: str | None = None) -> list[Finding]:
        """Pieces held by a checkout that has ended, or by no checkout, claim or run. Raises StateUnavailable."""
        now = self._database.now
        over = or_(checkouts.c.run.is_(None), checkouts.c.state.in_(_OVER) & (checkouts.c.ended < now - QUIET_SECONDS))
        chosen = (
            select(holds.c.run, checkouts.c.state, func.sum(holds.c.quantity).label("pieces"))
            .outerjoin(checkouts, checkouts.c.run == holds.c.run)
            .outerjoin(claims, (claims.c.run == holds.c.run) & claims.c.ended.is_(None))
            .where(holds.c.state == HoldState.HELD.value, holds.c.since < now - QUIET_SECONDS, over)
            .where(claims.c.run.is_(None))
            .group_by(holds.c.run, checkouts.c.state)
            .order_by(func.min(holds.c.since))
            .limit(MOST)
        )
        if only is not None:
            chosen = chosen.where(holds.c.run == only)
        async with self._database.read() as connection:
            rows = (await connection.execute(chosen)).all()
        states = await runs.states([row.run for row in rows if row.state is None])
        return [
            Finding(
                kind=FindingKind.HOLD_ORPHAN,
                run=row.run,
                facts={"pieces": str(int(row.pieces)), "checkout_state": row.state or "GONE"},
            )
            for row in rows
            if states.get(row.run) is not RunState.MOVING
        ]

    def _quiet(self, days: float) -> tuple[ColumnElement[bool], ...]:
        now, table = self._database.now, checkouts.c
        young = table.created > now - days * 86_400.0
        return table.state.in_(_OVER), table.moved < now - QUIET_SECONDS, young

    async def _rows(self, connection: Any, *which: ColumnElement[bool], limit: int = MOST) -> list[Row[Any]]:
        chosen = select(checkouts, self._database.now.label("now")).where(*which)
        return list(await connection.execute(chosen.order_by(checkouts.c.run).limit(limit)))
