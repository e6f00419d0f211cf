"""What variants are made of that share their stock with others, as their owners said when a checkout last asked: for
whoever has to count pieces before, or after, an owner is asked. Bounded by the catalogue: what is no kit leaves no row.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal

from msgspec import Struct
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.state.database import Database
from gateway.state.tables import kit_parts

_AT_ONCE = 1_000


class KnownPart(Struct, frozen=True, order=True):
    """So many of a stock item, as its owner calls it. `native`: by a reference of the owner's, not by a SKU."""

    item: str
    quantity: Decimal
    native: bool = False


KnownKits = Mapping[tuple[str, str], tuple[KnownPart, ...]]
"""By backend, and what is sold: a SKU (canonical), or the backend's reference. What is no kit is absent."""


class Kits:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def known(self, variants: Iterable[str]) -> KnownKits:
        async with self._database.read() as connection:
            return await self.known_within(connection, variants)

    async def known_within(self, connection: AsyncConnection, variants: Iterable[str]) -> KnownKits:
        """Of any backend."""
        asked = sorted(set(variants))
        found: dict[tuple[str, str], list[KnownPart]] = {}
        for begin in range(0, len(asked), _AT_ONCE):
            chosen = select(kit_parts).where(kit_parts.c.variant.in_(asked[begin : begin + _AT_ONCE]))
            for row in await connection.execute(chosen):
                part = KnownPart(row.part, Decimal(row.quantity), row.native)
                found.setdefault((row.backend, row.variant), []).append(part)
        return {what: tuple(sorted(parts)) for what, parts in found.items()}

    async def learn(self, before: KnownKits, told: KnownKits) -> bool:
        """`told` has an empty tuple for what is an item itself; `before` is what was known of all of it. Writes only
        what is new, and says whether there was any."""
        changed = {what: parts for what, parts in told.items() if tuple(sorted(parts)) != before.get(what, ())}
        if not changed:
            return False
        async with self._database.write() as connection:
            for (backend, variant), parts in sorted(changed.items()):
                mine = (kit_parts.c.backend == backend, kit_parts.c.variant == variant)
                await connection.execute(delete(kit_parts).where(*mine))
                for part in parts:
                    row = {"backend": backend, "variant": variant, "part": part.item, "native": part.native}
                    await connection.execute(
                        self._database.insert_once(kit_parts, {**row, "quantity": f"{part.quantity:f}"})
                    )
        return True

    async def natives(self, backend: str, items: Collection[str]) -> set[str]:
        """Those of these parts that have no SKU there."""
        mine = (kit_parts.c.backend == backend, kit_parts.c.part.in_(sorted(items)), kit_parts.c.native.is_(True))
        async with self._database.read() as connection:
            return set((await connection.execute(select(kit_parts.c.part).where(*mine))).scalars())
