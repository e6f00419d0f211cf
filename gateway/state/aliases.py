"""Aliases: ids that frontends hold and that were given up, by re-keying a product or changing a platform, go on
working. Asked when an id is decoded and nothing is found under it.
"""

from __future__ import annotations

import time

from sqlalchemy import delete, select, update

from gateway.state.database import Database
from gateway.state.tables import aliases


class StoredAliases:
    """Implements `gateway.ports.state.Aliases`. Every alias points straight at the newest id: chains are folded when
    they are written."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def current(self, identifier: str) -> str | None:
        """The newest id of an old one; None for an id that is not old."""
        async with self._database.read() as connection:
            return (await connection.execute(select(aliases.c.new).where(aliases.c.old == identifier))).scalar()

    async def add(self, old: str, new: str) -> None:
        """From now on `old` means what `new` means. Going back to an earlier id makes that one current again."""
        if old == new:
            return
        async with self._database.write() as connection:
            await connection.execute(delete(aliases).where(aliases.c.old == new))
            await connection.execute(update(aliases).where(aliases.c.new == old).values(new=new))
            row = {"old": old, "new": new, "created": time.time()}
            await connection.execute(self._database.upsert(aliases, [row], update=("new", "created")))
