"""What checkouts keep back, as a copy in memory, at most a second old: what is shown subtracts it, so that no reader
waits for the ledger's rows. Only a reservation reads those (`state/ledger.py`).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import structlog
from msgspec import Struct
from sqlalchemy import Row, and_, or_, select

from gateway.errors import StateUnavailable, places_of
from gateway.state.database import Database
from gateway.state.ledger import HoldState, StockSpot
from gateway.state.tables import holds, stock_ledger

EVERY_SECONDS = 0.8
OLDEST_READING = 3_600.0
"""Seconds. Older ones are shown as stale only: whatever was handed over before that is in all others."""
_LONGEST_CHECKOUT = 900.0
_log = structlog.get_logger("gateway.state")

HoldsChanged = Callable[[Sequence[StockSpot]], None]


class KeptBack(Struct, frozen=True):
    """Of one spot. `always` counts against every reading; `handed` (when, by this machine's clock, and how many
    pieces) against those that are older: kept readings end when an order is written, so none is dated after one that it
    does not know of. `free`: what the ledger's own reading leaves."""

    always: int
    handed: tuple[tuple[float, int], ...]
    free: int

    def against(self, as_of: datetime) -> int:
        """Pieces to subtract from a reading of that time."""
        if not self.handed:
            return self.always
        seen = as_of.timestamp()
        return self.always + sum(pieces for at, pieces in self.handed if at >= seen)


Spots = Mapping[tuple[str, str], Mapping[str, KeptBack]]
"""By backend and place, then by item."""


class HeldStock:
    """`start` it where anything is sold; until then nothing is kept back. `changed` hears of spots where a hold came
    or went while `near` pieces or fewer were left: where what is said of them, in stock or not, may have changed.
    `uncounted`: an owner's figures go on counting what was ordered until it is shipped, so those holds have no end by
    time."""

    def __init__(self, database: Database, changed: HoldsChanged, *, near: int = 0, uncounted: bool = False) -> None:
        self._database = database
        self._changed = changed
        self._near = near
        self._chosen = _chosen(database, uncounted=uncounted)
        self._task: asyncio.Task[None] | None = None
        self.spots: Spots = {}

    async def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._follow())

    async def close(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def refresh(self) -> None:
        """Raises StateUnavailable."""
        async with self._database.read() as connection:
            rows = (await connection.execute(self._chosen)).all()
        before, self.spots = self.spots, _spots(rows)
        if moved := self._moved(before, self.spots):
            self._changed(moved)

    async def _follow(self) -> None:
        away = False
        while True:
            try:
                await self.refresh()
                away = False
            except StateUnavailable:  # the last copy stays: what is kept back is not for sale because nobody can see it
                if not away:
                    _log.warning("held_stock_unreadable")
                away = True
            except Exception as error:
                _log.error("held_stock_failed", reason=type(error).__name__, at=places_of(error))
            await asyncio.sleep(EVERY_SECONDS)

    def _moved(self, before: Spots, after: Spots) -> list[StockSpot]:
        moved: list[StockSpot] = []
        for place in {**before, **after}:
            old, new = before.get(place, {}), after.get(place, {})
            for item in {**old, **new}:
                was, now = old.get(item), new.get(item)
                if was == now:
                    continue
                left = min(each.free for each in (was, now) if each is not None)
                if left <= self._near:
                    moved.append(StockSpot(place[0], item, place[1]))
        return moved


def _chosen(database: Database, *, uncounted: bool) -> Any:
    """By the index of states and times: what was bought long ago is not looked at."""
    table, now = holds.c, database.now
    handed_over = table.state == HoldState.HANDED_OVER.value
    lately = table.since > now - OLDEST_READING - _LONGEST_CHECKOUT
    which = [table.state == HoldState.HELD.value, and_(handed_over, lately)]
    if uncounted:
        which.append(and_(handed_over, table.counted.is_(False)))
    spot = and_(*(table[name] == stock_ledger.c[name] for name in ("backend", "item", "place")))
    free = (stock_ledger.c.reading - stock_ledger.c.held).label("free")
    named = (table.backend, table.item, table.place, table.quantity, table.state, table.counted, table.handed_over)
    return select(*named, free, now.label("now")).join(stock_ledger, spot).where(or_(*which))


def _spots(rows: Sequence[Row[Any]]) -> Spots:
    always: dict[StockSpot, int] = {}
    handed: dict[StockSpot, list[tuple[float, int]]] = {}
    free: dict[StockSpot, int] = {}
    behind = time.time() - float(rows[0].now) if rows else 0.0
    for row in rows:
        spot = StockSpot(row.backend, row.item, row.place)
        free[spot] = row.free
        if row.state == HoldState.HANDED_OVER.value and row.counted:
            handed.setdefault(spot, []).append((float(row.handed_over) + behind, row.quantity))
        else:
            always[spot] = always.get(spot, 0) + row.quantity
    found: dict[tuple[str, str], dict[str, KeptBack]] = {}
    for spot, left in free.items():
        kept = KeptBack(always.get(spot, 0), tuple(sorted(handed.get(spot, ()))), left)
        found.setdefault((spot.backend, spot.place), {})[spot.item] = kept
    return found
