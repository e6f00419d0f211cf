"""What a store knows of having been put back from a backup: that its owners have done things since which are not in it.
`backup` writes the same marks into the copy that it puts in place.
"""

from __future__ import annotations

import time

import msgspec

from gateway.state.database import Database
from gateway.state.key_values import KeyValues

SPACE, AT, UNCOMPARED = "restored", "at", "uncompared"
"""When (seconds since 1970, UTC), and that checkouts were not compared with their owners since."""


class Restored:
    """Nobody has a store open while it is put back: a process asks once."""

    def __init__(self, database: Database) -> None:
        self._values = KeyValues(database, SPACE)
        self._at: float | None = None
        self._asked = False

    async def since(self) -> float | None:
        """How many seconds ago it was put back last; None: never. Raises StateUnavailable."""
        if not self._asked:
            found = await self._values.get(AT)
            self._at = None if found is None else msgspec.json.decode(found, type=float)
            self._asked = True
        return None if self._at is None else max(0.0, time.time() - self._at)

    async def mark(self) -> None:
        """It was put back, now, and no process has it open. Raises StateUnavailable."""
        now = msgspec.json.encode(time.time())
        await self._values.put(AT, now)
        await self._values.put(UNCOMPARED, now)

    async def uncompared(self) -> bool:
        """Raises StateUnavailable."""
        return await self._values.get(UNCOMPARED) is not None

    async def compared(self) -> None:
        """Raises StateUnavailable."""
        await self._values.delete(UNCOMPARED)
