"""Where else each order is to be known: a row for each such system, from the order's completion on. One that a
connector writes is looked for by a timer; no run waits for it. Times are the database's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, case, false, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.model.identity import NativeRef
from gateway.model.syncing import OrderSync, SyncRole, SyncState
from gateway.state.database import Database
from gateway.state.tables import checkouts, order_mirrors

DUE_SECONDS = 900.0
"""After so long an order that is not there is overdue."""
LOOKED_FOR_SECONDS = 7 * 86_400.0
"""How long one that somebody else writes is looked for."""
_FIRST_LOOK, _LEASE = 30.0, 60.0
_BATCH, _MOST = 100, 500
_T = order_mirrors.c


class StoredMirrors:
    """Methods with a connection belong to the caller's transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def open(
        self, connection: AsyncConnection, run: str, role: SyncRole, backends: Iterable[str], ordered: str
    ) -> None:
        """With the order's completion."""
        now = self._database.now
        for backend in backends:
            row = {"run": run, "backend": backend, "kind": role.value, "state": SyncState.WAITING.value}
            look = now + _FIRST_LOOK if role is SyncRole.EXPECTED else None
            told = {"ordered": ordered, "attempt": 0, "created": now, "since": now, "due": now + DUE_SECONDS}
            await connection.execute(self._database.insert_once(order_mirrors, {**row, **told, "look_at": look}))

    async def one(self, run: str, backend: str) -> Row[Any] | None:
        async with self._database.read() as connection:
            return await self.locked(connection, run, backend, lock=False)

    async def locked(
        self, connection: AsyncConnection, run: str, backend: str, *, lock: bool = True
    ) -> Row[Any] | None:
        """With the database's time (`now`)."""
        chosen = select(order_mirrors, self._database.now.label("now")).where(_T.run == run, _T.backend == backend)
        if lock and not self._database.is_sqlite:
            chosen = chosen.with_for_update()
        return (await connection.execute(chosen)).first()

    async def of(self, runs: Sequence[str]) -> dict[str, list[Row[Any]]]:
        """By checkout; with the database's time (`now`)."""
        chosen = select(order_mirrors, self._database.now.label("now")).where(_T.run.in_(runs))
        found: dict[str, list[Row[Any]]] = {}
        async with self._database.read() as connection:
            for row in await connection.execute(chosen.order_by(_T.run, _T.backend)):
                found.setdefault(row.run, []).append(row)
        return found

    async def moved(self, connection: AsyncConnection, run: str, backend: str, state: SyncState, **values: Any) -> None:
        """`values`: its order there, or why not."""
        mine = update(order_mirrors).where(_T.run == run, _T.backend == backend)
        await connection.execute(
            mine.values(state=state.value, since=self._database.now, **{"look_at": None, **values})
        )

    async def again(self, connection: AsyncConnection, run: str, backend: str) -> int | None:
        """It is to be written anew, by a run with the number that is the answer. None: it stands, or was cancelled."""
        now = self._database.now
        which = (_T.run == run, _T.backend == backend, _T.kind == SyncRole.MIRROR.value, _T.cancel_asked.is_(None))
        values = {"state": SyncState.WAITING.value, "since": now, "due": now + DUE_SECONDS, "reason": None}
        mine = update(order_mirrors).where(*which).values(**values, attempt=_T.attempt + 1).returning(_T.attempt)
        return (await connection.execute(mine)).scalar()

    async def cancel_asked(self, connection: AsyncConnection, run: str) -> list[Row[Any]]:
        """The order is none any more: noted once for each of its mirrors, which are the answer. What a connector has
        not brought yet is waited for no longer."""
        now = self._database.now
        waiting = (_T.run == run, _T.kind == SyncRole.EXPECTED.value, _T.state == SyncState.WAITING.value)
        over = {"state": SyncState.CANCELLED.value, "since": now, "look_at": None, "cancel_asked": now}
        await connection.execute(update(order_mirrors).where(*waiting).values(**over))
        asked = update(order_mirrors).where(_T.run == run, _T.kind == SyncRole.MIRROR.value, _T.cancel_asked.is_(None))
        await connection.execute(asked.values(cancel_asked=now))
        chosen = select(order_mirrors).where(_T.run == run, _T.kind == SyncRole.MIRROR.value)
        return list(await connection.execute(chosen.order_by(_T.backend)))

    # --- what a timer asks ------------------------------------------------------------------------------------------

    async def to_look_for(self, limit: int = _BATCH) -> list[Row[Any]]:
        """What connectors are expected to write and is looked for next, with its order's `owner` and `number` there;
        taken for this process: another that asks gets others."""
        now = self._database.now
        waiting = (_T.state == SyncState.WAITING.value, _T.look_at <= now)
        chosen = select(_T.run, _T.backend).where(*waiting).order_by(_T.look_at).limit(limit)
        if not self._database.is_sqlite:
            chosen = chosen.with_for_update(skip_locked=True)
        async with self._database.write() as connection:
            taken = [(row.run, row.backend) for row in await connection.execute(chosen)]
            for run, backend in taken:
                mine = update(order_mirrors).where(_T.run == run, _T.backend == backend)
                await connection.execute(mine.values(look_at=now + _LEASE))
            owners = (checkouts.c.order_backend.label("owner"), checkouts.c.order_number.label("number"))
            rows = (
                select(order_mirrors, *owners, self._database.now.label("now"))
                .join(checkouts, checkouts.c.run == _T.run)
                .where(or_(false(), *(_is(run, backend) for run, backend in taken)))
            )
            return list(await connection.execute(rows)) if taken else []

    async def looked(self, run: str, backend: str) -> None:
        """Not there yet: looked for again when its age has doubled, at its deadline, and not for ever."""
        now = self._database.now
        age = now - _T.created
        later = now + case((age > _FIRST_LOOK, age), else_=_FIRST_LOOK)
        at_deadline = case((_T.due > now, case((later < _T.due, later), else_=_T.due)), else_=later)
        following = case((age > LOOKED_FOR_SECONDS, None), else_=at_deadline)
        async with self._database.write() as connection:
            await connection.execute(update(order_mirrors).where(_is(run, backend)).values(look_at=following))

    async def late(self) -> list[Row[Any]]:
        """Those that should be there and are not, or were refused, longest first."""
        waiting = (_T.state == SyncState.WAITING.value) & (_T.due < self._database.now)
        chosen = select(order_mirrors).where(or_(waiting, _T.state == SyncState.REFUSED.value))
        async with self._database.read() as connection:
            return list(await connection.execute(chosen.order_by(_T.due).limit(_MOST)))

    async def late_counts(self) -> dict[tuple[str, str], int]:
        """How many, by system and state."""
        waiting = (_T.state == SyncState.WAITING.value) & (_T.due < self._database.now)
        chosen = select(_T.backend, _T.state, func.count()).where(or_(waiting, _T.state == SyncState.REFUSED.value))
        async with self._database.read() as connection:
            return {(row[0], row[1]): row[2] for row in await connection.execute(chosen.group_by(_T.backend, _T.state))}

    # --- what staff ask ---------------------------------------------------------------------------------------------

    async def standing(self, orders: Sequence[NativeRef]) -> Mapping[NativeRef, Sequence[OrderSync]]:
        """Where orders of checkouts stand, the owner first; by the owner's reference of each. One that no checkout made
        is absent."""
        table = checkouts.c
        mine = or_(false(), *(_owned(ref) for ref in orders))
        chosen = select(checkouts).where(mine, table.ended.is_not(None))
        async with self._database.read() as connection:
            rows = list(await connection.execute(chosen)) if orders else []
        others = await self.of([row.run for row in rows]) if rows else {}
        return {
            NativeRef(row.order_backend, row.order_id): (_owner(row), *map(_sync, others.get(row.run, ())))
            for row in rows
        }

    async def owners_of(self, orders: Sequence[NativeRef]) -> Mapping[NativeRef, NativeRef]:
        """The order that each of these mirrors is one of, at its owner; without those that are none."""
        table = checkouts.c
        chosen = (
            select(_T.backend, _T.order_id, table.order_backend, table.order_id.label("owned"))
            .join(checkouts, table.run == _T.run)
            .where(or_(false(), *((_T.backend == ref.backend) & (_T.order_id == ref.id) for ref in orders)))
        )
        async with self._database.read() as connection:
            rows = list(await connection.execute(chosen)) if orders else []
        return {NativeRef(row.backend, row.order_id): NativeRef(row.order_backend, row.owned) for row in rows}


def _is(run: str, backend: str) -> ColumnElement[bool]:
    return (_T.run == run) & (_T.backend == backend)


def _owned(ref: NativeRef) -> ColumnElement[bool]:
    return (checkouts.c.order_backend == ref.backend) & (checkouts.c.order_id == ref.id)


def _owner(row: Row[Any]) -> OrderSync:
    return OrderSync(
        backend=row.order_backend,
        role=SyncRole.OWNER,
        state=SyncState.THERE,
        since=datetime.fromtimestamp(row.ended, UTC),
        reference=row.run,
        order=NativeRef(row.order_backend, row.order_id),
        number=row.order_number,
    )


def _sync(row: Row[Any]) -> OrderSync:
    state = SyncState(row.state)
    return OrderSync(
        backend=row.backend,
        role=SyncRole(row.kind),
        state=state,
        since=datetime.fromtimestamp(row.since, UTC),
        reference=row.run,
        order=None if row.order_id is None else NativeRef(row.backend, row.order_id),
        number=row.order_number,
        due=datetime.fromtimestamp(row.due, UTC),
        overdue=state is SyncState.WAITING and row.due < row.now,
        reason=row.reason,
    )
