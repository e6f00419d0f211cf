"""The identifier cache that adapters are given: business key to native id, remembered over restarts. One per backend.

Three layers: this process (cachetools), a buffer of what is not written yet, the database. A lookup never waits for a
write; a database that cannot be reached costs the memory of earlier runs, never an answer.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence

import structlog
from cachetools import LRUCache
from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.exc import SQLAlchemyError

from gateway.errors import StateUnavailable
from gateway.state.database import Database
from gateway.state.tables import identifiers

_CHUNK = 400
_WRITE_AFTER = 0.1
_log = structlog.get_logger("gateway.state")

_Known = tuple[str, float]


class StoredIdentifiers:
    """Implements `gateway.ports.identifiers.IdentifierCache`. `close` writes what is still buffered."""

    def __init__(self, database: Database, backend: str, *, size: int = 50_000) -> None:
        self._database = database
        self._backend = backend
        self._memory: LRUCache[tuple[str, str], _Known | None] = LRUCache(size)
        self._unwritten: dict[tuple[str, str], _Known] = {}
        self._undropped: set[str] = set()
        """Spaces that are to be forgotten and that the database still holds: nothing of them is read from there."""
        self._writer: asyncio.Task[None] | None = None
        self._writing = asyncio.Lock()

    async def get_many(self, space: str, keys: Sequence[str]) -> Mapping[str, str]:
        now = time.time()
        found: dict[str, str] = {}
        unseen: list[str] = []
        for key in keys:
            known = self._memory.get((space, key), _UNSEEN)
            if known is _UNSEEN:
                unseen.append(key)
            elif known is not None and known[1] > now:
                found[key] = known[0]
        if unseen:
            for key, known in (await self._load(space, unseen)).items():
                if known[1] > now:
                    found[key] = known[0]
        return found

    async def set_many(self, space: str, entries: Mapping[str, str], ttl: float) -> None:
        expires = time.time() + ttl
        for key, value in entries.items():
            self._memory[space, key] = self._unwritten[space, key] = (value, expires)
        if self._unwritten and self._writer is None:
            self._writer = asyncio.get_running_loop().create_task(self._write_soon())

    async def drop(self, space: str, keys: Sequence[str] | None = None) -> None:
        table = identifiers.c
        mine = (table.backend == self._backend) & (table.space == space)
        async with self._writing:
            if keys is None:
                for place in [place for place in self._memory if place[0] == space]:
                    del self._memory[place]
                for place in [place for place in self._unwritten if place[0] == space]:
                    del self._unwritten[place]
                self._undropped.add(space)
                if await self._delete(mine):
                    self._undropped.discard(space)
                return
            for key in keys:
                self._memory[space, key] = None  # what the database holds is not asked for again, deleted or not
                self._unwritten.pop((space, key), None)
            for start in range(0, len(keys), _CHUNK):
                await self._delete(mine & table.key.in_(keys[start : start + _CHUNK]))

    async def _delete(self, those: ColumnElement[bool]) -> bool:
        try:
            async with self._database.write() as connection:
                await connection.execute(delete(identifiers).where(those))
        except (SQLAlchemyError, StateUnavailable) as error:
            _log.warning("identifiers_undropped", backend=self._backend, error=type(error).__name__)
            return False
        return True

    async def close(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)
        await self._write()

    async def _load(self, space: str, keys: Sequence[str]) -> dict[str, _Known]:
        table = identifiers.c
        loaded: dict[str, _Known] = {}
        if space in self._undropped:
            async with self._writing:
                if not await self._delete((table.backend == self._backend) & (table.space == space)):
                    return {}
                self._undropped.discard(space)
        try:
            async with self._database.read() as connection:
                for start in range(0, len(keys), _CHUNK):
                    rows = await connection.execute(
                        select(table.key, table.value, table.expires).where(
                            table.backend == self._backend,
                            table.space == space,
                            table.key.in_(keys[start : start + _CHUNK]),
                        )
                    )
                    loaded.update({key: (value, expires) for key, value, expires in rows})
        except (SQLAlchemyError, StateUnavailable) as error:
            _log.warning("identifiers_unreadable", backend=self._backend, error=type(error).__name__)
            return {}
        for key in keys:  # what was set while we read is newer than what we read
            if (space, key) not in self._memory:
                self._memory[space, key] = loaded.get(key)
            elif (known := self._memory[space, key]) is not None:
                loaded[key] = known
        return loaded

    async def _write_soon(self) -> None:
        try:
            await asyncio.sleep(_WRITE_AFTER)
            await self._write()
        finally:
            self._writer = None

    async def _write(self) -> None:
        async with self._writing:
            entries, self._unwritten = self._unwritten, {}
            if not entries:
                return
            rows = [
                {"backend": self._backend, "space": space, "key": key, "value": value, "expires": expires}
                for (space, key), (value, expires) in entries.items()
            ]
            try:
                async with self._database.write() as connection:
                    for start in range(0, len(rows), _CHUNK):
                        some = rows[start : start + _CHUNK]
                        upsert = self._database.upsert(identifiers, some, update=("value", "expires"))
                        await connection.execute(upsert)
                    stale = (identifiers.c.backend == self._backend) & (identifiers.c.expires < time.time())
                    await connection.execute(delete(identifiers).where(stale))
            except (SQLAlchemyError, StateUnavailable) as error:
                _log.warning("identifiers_unwritten", backend=self._backend, error=type(error).__name__)
            except asyncio.CancelledError:  # `close` came in the middle: what was not committed is written again
                self._unwritten = {**entries, **self._unwritten}
                raise


_UNSEEN: _Known = ("", -1.0)
