"""Small values by key, for whatever the gateway must remember over restarts and share between processes: seen webhooks,
registered documents. Bytes in, bytes out; who stores knows what they mean.
"""

from __future__ import annotations

import time

from sqlalchemy import ColumnElement, delete, or_, select

from gateway.state.database import Database
from gateway.state.tables import key_values


async def sweep_key_values(database: Database) -> int:
    """Drop what is over, of every namespace; reading never returns it anyway."""
    async with database.write() as connection:
        return (await connection.execute(delete(key_values).where(key_values.c.expires < time.time()))).rowcount


class KeyValues:
    """One namespace (`space`) of the store. `ttl` in seconds; None keeps."""

    def __init__(self, database: Database, space: str) -> None:
        self._database = database
        self._space = space

    async def get(self, key: str) -> bytes | None:
        async with self._database.read() as connection:
            found = await connection.execute(select(key_values.c.value).where(self._is(key), self._alive()))
            return found.scalar()

    async def put(self, key: str, value: bytes, ttl: float | None = None) -> None:
        async with self._database.write() as connection:
            row = self._row(key, value, ttl)
            await connection.execute(self._database.upsert(key_values, [row], update=("value", "expires")))

    async def put_if_absent(self, key: str, value: bytes, ttl: float | None = None) -> bool:
        """True for exactly one of any number of callers, in this process or another."""
        async with self._database.write() as connection:
            await connection.execute(delete(key_values).where(self._is(key), key_values.c.expires < time.time()))
            inserted = await connection.execute(self._database.insert_once(key_values, self._row(key, value, ttl)))
            return inserted.rowcount == 1

    async def delete(self, key: str) -> None:
        async with self._database.write() as connection:
            await connection.execute(delete(key_values).where(self._is(key)))

    def _is(self, key: str) -> ColumnElement[bool]:
        return (key_values.c.space == self._space) & (key_values.c.key == key)

    def _alive(self) -> ColumnElement[bool]:
        return or_(key_values.c.expires.is_(None), key_values.c.expires >= time.time())

    def _row(self, key: str, value: bytes, ttl: float | None) -> dict[str, object]:
        expires = None if ttl is None else time.time() + ttl
        return {"space": self._space, "key": key, "value": value, "expires": expires}
