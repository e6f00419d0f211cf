"""Counters that protect something, counted by all processes together: wrong guesses, say. Fixed windows by the
database's clock. A key is kept as a hash under our own key, where there is one: an address's plain hash is found by
trying all there are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

from sqlalchemy import case, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.security.spread import Counted
from gateway.state.database import Database
from gateway.state.sealing import Sealing
from gateway.state.tables import counters


class Counters:
    """One namespace of counters, each over windows of `seconds`. `sealing` None: nothing can be sealed here."""

    def __init__(self, database: Database, space: str, seconds: float, sealing: Sealing | None = None) -> None:
        self._database = database
        self._space = space
        self._seconds = seconds
        self._sealing = sealing

    async def add(self, key: str, amount: int = 1) -> Counted:
        """The count of this window with `amount` in it: no two callers, in whatever process, are told the same."""
        return (await self.add_all({key: amount}))[key]

    async def add_all(self, amounts: Mapping[str, int]) -> dict[str, Counted]:
        """As `add`, of several keys in one transaction."""
        async with self._database.write() as connection:
            return await self.add_within(connection, amounts)

    async def add_within(self, connection: AsyncConnection, amounts: Mapping[str, int]) -> dict[str, Counted]:
        """As `add_all`, in a transaction of the caller's: until it ends, whoever counts one of these keys waits."""
        now, table = self._database.now, counters
        keys = {self._digest(key): key for key in amounts}
        rows = [
            {"space": self._space, "key": digest, "value": amounts[keys[digest]]}
            for digest in sorted(keys)  # in one order everywhere, or two processes could wait for each other
        ]
        statement = self._database.merging(table, {"expires": now + self._seconds})
        over = table.c.expires <= now
        statement = statement.on_conflict_do_update(
            index_elements=["space", "key"],
            set_={
                "value": case((over, statement.excluded["value"]), else_=table.c.value + statement.excluded["value"]),
                "expires": case((over, statement.excluded["expires"]), else_=table.c.expires),
            },
        )
        left = (table.c.expires - now).label("left")
        mine = (table.c.space == self._space) & table.c.key.in_(list(keys))
        await connection.execute(statement, rows)
        counted = (await connection.execute(select(table.c.key, table.c.value, left).where(mine))).all()
        return {keys[digest]: Counted(value, max(1.0, float(left))) for digest, value, left in counted}

    async def mark_within(self, connection: AsyncConnection, keys: Iterable[str]) -> None:
        """Each counts one until `seconds` from now, however often it was marked before."""
        now, table = self._database.now, counters
        rows = [{"space": self._space, "key": digest, "value": 1} for digest in sorted({*map(self._digest, keys)})]
        statement = self._database.merging(table, {"expires": now + self._seconds})
        anew = {name: statement.excluded[name] for name in ("value", "expires")}
        statement = statement.on_conflict_do_update(index_elements=["space", "key"], set_=anew)
        if rows:
            await connection.execute(statement, rows)

    async def standing(self, connection: AsyncConnection, keys: Iterable[str]) -> dict[str, Counted]:
        """The counts of this window, without those that are nothing."""
        digests, table = {self._digest(key): key for key in keys}, counters
        left = (table.c.expires - self._database.now).label("left")
        mine = (table.c.space == self._space) & table.c.key.in_(list(digests))
        alive = select(table.c.key, table.c.value, left).where(mine, table.c.expires > self._database.now)
        rows = await connection.execute(alive.where(table.c.value > 0))
        return {digests[key]: Counted(value, max(1.0, float(left))) for key, value, left in rows}

    async def value(self, key: str) -> int:
        mine = (counters.c.space == self._space) & (counters.c.key == self._digest(key))
        alive = select(counters.c.value).where(mine, counters.c.expires > self._database.now)
        async with self._database.read() as connection:
            return (await connection.execute(alive)).scalar() or 0

    async def reset(self, key: str) -> None:
        mine = (counters.c.space == self._space) & (counters.c.key == self._digest(key))
        async with self._database.write() as connection:
            await connection.execute(delete(counters).where(mine))

    def _digest(self, key: str) -> str:
        if self._sealing is None:
            return hashlib.sha256(key.encode()).hexdigest()
        return self._sealing.digest("counter", f"{self._space}|{key}")


async def sweep_counters(database: Database) -> int:
    async with database.write() as connection:
        return (await connection.execute(delete(counters).where(counters.c.expires <= database.now))).rowcount
