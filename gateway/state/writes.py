"""The journal of writes: what was sent to whom, when, and what came back. Ids, states and amounts; a command is kept as
a digest only, because it may hold a person's address.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from sqlalchemy import ColumnElement, delete, or_, select, update

from gateway.ports.writes import Claim, ClaimState, WritePlace
from gateway.state.database import Database
from gateway.state.restored import Restored
from gateway.state.tables import writes

REPEATED_SECONDS = 86_400.0
"""For so long clients repeat what they asked for, with its key: also what they asked for after a backup was made."""
KEPT_SECONDS = 3 * 86_400.0
"""How long a write that is done answers to its reference again."""
SENT, DONE = "sent", "done"
_FREE = 0.0
"""Leased until then: nobody is at it."""
_FAR = 900.0
"""Seconds. Nothing is leased or put off for longer: what seems to be was noted before the clock was set back."""


class StoredWrites:
    """Implements `gateway.ports.writes.WriteJournal`. A row under a lease is the lock on its reference, in this process
    and in every other, and as long a one where the database's clock is set meanwhile."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._restored = Restored(database)

    async def claim(self, place: WritePlace, digest: str, holder: str, lease: float) -> Claim:
        restored = await self._restored.since()
        if restored is not None and restored > REPEATED_SECONDS:
            restored = None
        now, table = self._database.now, writes.c
        row = {
            **_key(place),
            "digest": digest,
            "state": SENT,
            "holder": holder,
            "leased_until": now + lease,
            "sent": now,
            "looked": 0,
            "due": now + lease,
        }
        async with self._database.write() as connection:
            if (await connection.execute(self._database.insert_once(writes, row))).rowcount == 1:
                return Claim(ClaimState.FRESH, restored=restored)
            since = (now - table.sent).label("since")
            chosen = select(table.digest, table.state, table.result, since, now.label("now"))
            locked = (
                chosen.where(_is(place)) if self._database.is_sqlite else chosen.where(_is(place)).with_for_update()
            )
            asked = time.monotonic()
            found = (await connection.execute(locked)).one()
            self._database.clock.heard(asked, found.now)
            if found.digest != digest:
                return Claim(ClaimState.CONFLICT)
            if found.state == DONE:
                return Claim(ClaimState.DONE, result=found.result)
            over = or_(table.leased_until <= now, table.leased_until > now + _FAR + lease)
            if (since_set := self._database.clock.since_set) < lease:  # by the clock of before it may not be over
                over = table.leased_until == _FREE
            free = update(writes).where(_is(place), table.state == SENT, over)
            taken = await connection.execute(free.values(holder=holder, leased_until=now + lease))
            state = ClaimState.BEFORE if taken.rowcount == 1 else ClaimState.BUSY
            return Claim(state, since_sent=max(0.0, float(found.since)), since_set=since_set, restored=restored)

    async def sending(self, place: WritePlace, holder: str, lease: float) -> bool:
        now = self._database.now
        mine = update(writes).where(_is(place), writes.c.holder == holder, writes.c.state == SENT)
        async with self._database.write() as connection:
            again = await connection.execute(mine.values(sent=now, leased_until=now + lease))
            return again.rowcount == 1

    async def done(self, place: WritePlace, holder: str, result: bytes) -> bool:
        mine = update(writes).where(_is(place), writes.c.holder == holder, writes.c.state == SENT)
        async with self._database.write() as connection:
            return (await connection.execute(mine.values(state=DONE, result=result, leased_until=_FREE))).rowcount == 1

    async def refused(self, place: WritePlace, holder: str) -> None:
        mine = delete(writes).where(_is(place), writes.c.holder == holder, writes.c.state == SENT)
        async with self._database.write() as connection:
            await connection.execute(mine)

    async def unknown(self, place: WritePlace, holder: str, pauses: Sequence[float]) -> int:
        now = self._database.now
        mine = (_is(place), writes.c.holder == holder, writes.c.state == SENT)
        async with self._database.write() as connection:
            looked = (await connection.execute(select(writes.c.looked).where(*mine))).scalar() or 0
            pause = pauses[min(looked, len(pauses) - 1)]
            free = {"leased_until": _FREE, "due": now + pause, "looked": looked + 1}
            await connection.execute(update(writes).where(*mine).values(free))
            return looked

    async def reopen(self, place: WritePlace) -> None:
        async with self._database.write() as connection:
            await connection.execute(delete(writes).where(_is(place), writes.c.state == DONE))

    async def due(self, limit: int) -> list[tuple[WritePlace, str]]:
        now, table = self._database.now, writes.c
        over = or_(table.leased_until <= now, table.leased_until > now + _FAR)
        waiting = (table.state == SENT) & over & or_(table.due <= now, table.due > now + _FAR)
        chosen = select(table.backend, table.operation, table.reference, table.digest).where(waiting)
        async with self._database.read() as connection:
            asked = time.monotonic()
            self._database.clock.heard(asked, (await connection.execute(select(now))).scalar_one())
            rows = await connection.execute(chosen.order_by(table.due).limit(limit))
            return [(WritePlace(row.backend, row.operation, row.reference), row.digest) for row in rows]

    async def open_writes(self) -> int:
        """How many were sent and not come back."""
        async with self._database.read() as connection:
            rows = await connection.execute(select(writes.c.reference).where(writes.c.state == SENT))
            return len(rows.all())

    async def sweep(self) -> int:
        old = delete(writes).where(writes.c.state == DONE, writes.c.sent < self._database.now - KEPT_SECONDS)
        async with self._database.write() as connection:
            return (await connection.execute(old)).rowcount


def _key(place: WritePlace) -> dict[str, str]:
    return {"backend": place.backend, "operation": place.operation, "reference": place.reference}


def _is(place: WritePlace) -> ColumnElement[bool]:
    table = writes.c
    same = (table.backend == place.backend) & (table.operation == place.operation)
    return same & (table.reference == place.reference)
