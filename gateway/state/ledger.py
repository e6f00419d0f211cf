"""The stock ledger: what is kept back, per stock item and place, so that what was sold once is not sold again while its
owner has not heard of it.

A hold is HELD by a run, HANDED_OVER when its owner has the order (or the reservation) that takes its place, and GONE
when a reading that was asked for after that has been seen: until then both the hold and the owner's older figure
count, from then on the owner's alone. What lies between (an owner that counts an order we have not yet noted) sells
too little for a moment, never too much. Times are the database's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from types import MappingProxyType
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, Row, and_, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.state.database import Database
from gateway.state.tables import checkouts, holds, stock_ledger

_NEVER = -1.0
_AWAITED = ""
"""In place of an order's reference, while it is waited for."""
_AT_ONCE = 1_000
"""Items a statement asks for: SQLite takes 32,766 values, PostgreSQL 32,767."""


class HoldState(Enum):
    HELD = "HELD"
    HANDED_OVER = "HANDED_OVER"
    GONE = "GONE"


class StockSpot(Struct, frozen=True, order=True):
    """A stock item at a place, both as their backend calls them."""

    backend: str
    item: str
    place: str


class Short(Struct, frozen=True):
    """Not to be had: `available` pieces are left, less holds; None where the spot was never read. `held`: others hold
    some of it, which may come back."""

    spot: StockSpot
    wanted: int
    available: int | None
    held: int = 0


class Returning(Struct, frozen=True):
    """Pieces that runs under way hold and may give back. `left`: seconds until the first of them is over by itself, at
    the latest; None: none of them waits for anybody."""

    pieces: int
    left: float | None


class SpotStanding(Struct, frozen=True):
    """The last reading, how many seconds ago it was asked for, and how many pieces are kept back."""

    reading: int
    held: int
    age: float


class Hold(Struct, frozen=True):
    run: str
    spot: StockSpot
    quantity: int
    state: HoldState
    since: float


class Ledger:
    """`reserve`, `hand_over` and `release` take the connection of a transaction that is the caller's: a run's step."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def reserve(self, connection: AsyncConnection, run: str, wanted: Mapping[StockSpot, int]) -> Sequence[Short]:
        """All of it or nothing, and then why. Check and hold are one statement on the spot's row, spots in the order of
        their names, so that two runs never wait for each other. Again for the same run changes nothing."""
        if any(quantity <= 0 for quantity in wanted.values()):
            raise ValueError("a hold has pieces")
        taken: list[StockSpot] = []
        short: list[Short] = []
        for spot in sorted(wanted):
            quantity = wanted[spot]
            row = {"run": run, **_named(spot), "quantity": quantity, "state": HoldState.HELD.value, "counted": True}
            once = self._database.insert_once(holds, {**row, "since": self._database.now})
            if (await connection.execute(once)).rowcount == 0:
                continue
            free = stock_ledger.c.reading - stock_ledger.c.held >= quantity
            take = update(stock_ledger).where(_is(stock_ledger, spot), free)
            done = await connection.execute(take.values(held=stock_ledger.c.held + quantity))
            if done.rowcount == 1:
                taken.append(spot)
                continue
            await connection.execute(delete(holds).where(holds.c.run == run, _is(holds, spot)))
            short.append(await self._short(connection, spot, quantity))
        if short:
            for spot in taken:
                await connection.execute(delete(holds).where(holds.c.run == run, _is(holds, spot)))
                await self._give_back(connection, spot, wanted[spot])
        return short

    async def hand_over(
        self,
        connection: AsyncConnection,
        run: str,
        owner: str,
        order: str,
        *,
        counted: bool = True,
        awaiting: Sequence[str] = (),
        apart: Mapping[str, str] = MappingProxyType({}),
    ) -> int:
        """The order's owner has it now, as `order`. `counted`: its readings leave out what it was ordered from then on;
        where they go on counting it until it is shipped, the hold stays until `fulfilled`. What lies at other systems
        is kept back until it is `committed` there: those of `awaiting` will have an order of their own, the others have
        to be told (`uncommitted`). How many holds those have. `apart`: what lies at these of the
        owner's places has another order than `order`."""
        mine = update(holds).where(holds.c.run == run, holds.c.state == HoldState.HELD.value)
        values = {"state": HoldState.HANDED_OVER.value, "handed_over": self._database.now}
        for place, another in sorted(apart.items()):
            there = mine.where(holds.c.backend == owner, holds.c.place == place)
            await connection.execute(there.values(reference=f"{owner}:{another}", counted=counted, **values))
        own = mine.where(holds.c.backend == owner).values(reference=f"{owner}:{order}", counted=counted, **values)
        await connection.execute(own)
        await connection.execute(
            mine.where(holds.c.backend.in_(awaiting)).values(reference=_AWAITED, counted=False, **values)
        )
        return (await connection.execute(mine.values(reference=None, counted=False, **values))).rowcount

    async def uncommitted(self, run: str) -> list[Hold]:
        """What its order takes of systems that have to be told and have not heard."""
        async with self._database.read() as connection:
            return await self.uncommitted_within(connection, run)

    async def uncommitted_within(self, connection: AsyncConnection, run: str) -> list[Hold]:
        mine = (holds.c.run == run, holds.c.state == HoldState.HANDED_OVER.value, holds.c.reference.is_(None))
        return [_hold(row) for row in await connection.execute(select(holds).where(*mine))]

    async def unheard(self, after: str, limit: int, seconds: float) -> list[tuple[str, float]]:
        """Runs in their order, from the one after `after` on, with goods at systems that have not heard for so long of
        what was taken; each with the longest such time, in seconds."""
        late = holds.c.handed_over < self._database.now - seconds
        mine = (holds.c.state == HoldState.HANDED_OVER.value, holds.c.reference.is_(None), holds.c.run > after, late)
        age = (self._database.now - func.min(holds.c.handed_over)).label("age")
        chosen = select(holds.c.run, age).where(*mine).group_by(holds.c.run).order_by(holds.c.run).limit(limit)
        async with self._database.read() as connection:
            return [(row.run, float(row.age)) for row in await connection.execute(chosen)]

    async def committed(
        self, connection: AsyncConnection, run: str, backend: str, reference: str, *, counted: bool = True
    ) -> int:
        """What was handed over and lies at `backend` is ordered or booked there now, as `reference`: its readings know
        of it from now on. How many holds."""
        mine = update(holds).where(
            holds.c.run == run, holds.c.backend == backend, holds.c.state == HoldState.HANDED_OVER.value
        )
        return (await connection.execute(mine.values(reference=reference, **self._from_now(counted=counted)))).rowcount

    async def dropped(self, connection: AsyncConnection, run: str, backend: str) -> int:
        """What was handed over and lies at `backend` is ordered by nobody any more. How many holds."""
        return await self._end(connection, run, HoldState.HANDED_OVER, backend)

    async def fulfilled(self, connection: AsyncConnection, run: str, reference: str) -> int:
        """Shipped, collected or cancelled, at an owner that counts until then: a reading that is asked for from now on
        leaves it out. How many holds."""
        mine = update(holds).where(holds.c.run == run, holds.c.counted.is_(False), holds.c.reference == reference)
        mine = mine.where(holds.c.state == HoldState.HANDED_OVER.value)
        return (await connection.execute(mine.values(**self._from_now(counted=True)))).rowcount

    def _from_now(self, *, counted: bool) -> dict[str, Any]:
        return {"counted": counted, "handed_over": self._database.now, "since": self._database.now}

    async def release(self, connection: AsyncConnection, run: str) -> int:
        """What the run holds and has not handed over is free again. How many holds."""
        return await self._end(connection, run, HoldState.HELD)

    async def now(self) -> float:
        """The database's time: taken before an owner is asked for a reading."""
        async with self._database.read() as connection:
            return float((await connection.execute(select(self._database.now))).scalar_one())

    async def read_at(self, readings: Mapping[StockSpot, int], asked: float, *, lag: float = 0.0) -> None:
        """Readings of an owner that was asked at `asked` (`now` before it was). `lag` in seconds: how far the owner's
        figures may be behind its orders. An older reading than the one that is kept changes nothing."""
        async with self._database.write() as connection:
            for spot in sorted(readings):
                row = {**_named(spot), "reading": 0, "asked": _NEVER, "held": 0}
                await connection.execute(self._database.insert_once(stock_ledger, row))
                newer = update(stock_ledger).where(_is(stock_ledger, spot), stock_ledger.c.asked < asked)
                fresh = await connection.execute(newer.values(reading=readings[spot], asked=asked))
                if fresh.rowcount == 0:
                    continue
                seen = update(holds).where(
                    _is(holds, spot),
                    holds.c.state == HoldState.HANDED_OVER.value,
                    holds.c.counted.is_(True),
                    holds.c.handed_over < asked - lag,
                )
                gone = await connection.execute(seen.values(state=HoldState.GONE.value).returning(holds.c.quantity))
                if pieces := sum(gone.scalars()):
                    await self._give_back(connection, spot, pieces)

    async def free(self, spots: Iterable[StockSpot]) -> dict[StockSpot, tuple[int, float]]:
        """What may still be held of each spot that was ever read, and its reading's age in seconds."""
        table = stock_ledger.c
        columns = (table.reading - table.held, self._database.now - table.asked)
        rows = await self._rows(spots, columns, table.asked > _NEVER)
        return {spot: (row[3], float(row[4])) for spot, row in rows.items()}

    async def standing(self, spots: Iterable[StockSpot]) -> dict[StockSpot, SpotStanding]:
        """Of each spot that was ever read."""
        table = stock_ledger.c
        columns = (table.reading, table.held, self._database.now - table.asked)
        rows = await self._rows(spots, columns, table.asked > _NEVER)
        return {spot: SpotStanding(row[3], row[4], float(row[5])) for spot, row in rows.items()}

    async def _rows(
        self, spots: Iterable[StockSpot], columns: tuple[ColumnElement[Any], ...], which: ColumnElement[bool]
    ) -> dict[StockSpot, Row[Any]]:
        """By the key's own columns, so that it is searched and never scanned; so many items at once as a statement
        takes."""
        asked = set(spots)
        table = stock_ledger.c
        names = (table.backend, table.item, table.place)
        found: dict[StockSpot, Row[Any]] = {}
        if not asked:
            return found
        async with self._database.read() as connection:
            for backend in sorted({spot.backend for spot in asked}):
                items = sorted({spot.item for spot in asked if spot.backend == backend})
                places = sorted({spot.place for spot in asked if spot.backend == backend})
                for begin in range(0, len(items), _AT_ONCE):
                    mine = and_(table.backend == backend, table.item.in_(items[begin : begin + _AT_ONCE]))
                    chosen = select(*names, *columns).where(mine, table.place.in_(places), which)
                    for row in await connection.execute(chosen):
                        if (spot := StockSpot(row[0], row[1], row[2])) in asked:
                            found[spot] = row
        return found

    async def returning(
        self, connection: AsyncConnection, spots: Iterable[StockSpot], *, beside: str
    ) -> dict[StockSpot, Returning]:
        """What others than the run `beside` hold of these, and have not bought yet."""
        asked = set(spots)
        items = sorted({spot.item for spot in asked})
        left = func.min(checkouts.c.expires - self._database.now).label("left")
        columns = (holds.c.backend, holds.c.item, holds.c.place, func.sum(holds.c.quantity).label("pieces"), left)
        chosen = select(*columns).outerjoin(checkouts, checkouts.c.run == holds.c.run)
        chosen = chosen.where(holds.c.state == HoldState.HELD.value, holds.c.run != beside)
        chosen = chosen.group_by(holds.c.backend, holds.c.item, holds.c.place)
        found: dict[StockSpot, Returning] = {}
        for begin in range(0, len(items), _AT_ONCE):
            for row in await connection.execute(chosen.where(holds.c.item.in_(items[begin : begin + _AT_ONCE]))):
                if (spot := _spot(row)) in asked:
                    found[spot] = Returning(int(row.pieces), None if row.left is None else float(row.left))
        return found

    async def held_since(self, seconds: float, limit: int = 500) -> list[Hold]:
        """Holds that runs have had for longer than `seconds`, oldest first: their runs may be gone."""
        old = holds.c.since < self._database.now - seconds
        chosen = select(holds).where(holds.c.state == HoldState.HELD.value, old)
        async with self._database.read() as connection:
            rows = await connection.execute(chosen.order_by(holds.c.since).limit(limit))
            return [_hold(row) for row in rows]

    async def unshipped(self, after: str, limit: int) -> list[tuple[str, str]]:
        """Runs in their order, from the one after `after` on, so many of them, whose pieces an owner counts until they
        are shipped, each with the owner's reference of its order; once for each, where it has several."""
        mine = (holds.c.state == HoldState.HANDED_OVER.value, holds.c.counted.is_(False), holds.c.run > after)
        heard = holds.c.reference.is_not(None) & (holds.c.reference != _AWAITED)
        runs = select(holds.c.run).where(*mine, heard).distinct().order_by(holds.c.run).limit(limit)
        chosen = select(holds.c.run, holds.c.reference).where(*mine, heard, holds.c.run.in_(runs)).distinct()
        chosen = chosen.order_by(holds.c.run, holds.c.reference)
        async with self._database.read() as connection:
            return [(row.run, row.reference) for row in await connection.execute(chosen)]

    async def of_run(self, run: str) -> list[Hold]:
        async with self._database.read() as connection:
            rows = await connection.execute(select(holds).where(holds.c.run == run))
            return sorted((_hold(row) for row in rows), key=lambda hold: hold.spot)

    async def sweep(self, seconds: float = 7 * 86_400.0) -> int:
        """Holds that have long been gone."""
        old = delete(holds).where(holds.c.state == HoldState.GONE.value, holds.c.since < self._database.now - seconds)
        async with self._database.write() as connection:
            return (await connection.execute(old)).rowcount

    async def _end(self, connection: AsyncConnection, run: str, state: HoldState, backend: str | None = None) -> int:
        """Rows of the ledger first, in the order of their names: as everybody locks them."""
        chosen = select(holds).where(holds.c.run == run, holds.c.state == state.value)
        rows = (await connection.execute(chosen)).all()
        spots = sorted(_spot(row) for row in rows if backend in (None, row.backend))
        if spots and not self._database.is_sqlite:
            for spot in spots:
                lock = select(stock_ledger.c.held).where(_is(stock_ledger, spot)).with_for_update()
                await connection.execute(lock)
        ended = 0
        for spot in spots:
            mine = update(holds).where(holds.c.run == run, _is(holds, spot), holds.c.state == state.value)
            over = await connection.execute(mine.values(state=HoldState.GONE.value).returning(holds.c.quantity))
            if pieces := sum(over.scalars()):
                await self._give_back(connection, spot, pieces)
                ended += 1
        return ended

    async def _give_back(self, connection: AsyncConnection, spot: StockSpot, pieces: int) -> None:
        back = update(stock_ledger).where(_is(stock_ledger, spot))
        await connection.execute(back.values(held=stock_ledger.c.held - pieces))

    async def _short(self, connection: AsyncConnection, spot: StockSpot, wanted: int) -> Short:
        chosen = select(stock_ledger.c.reading, stock_ledger.c.held, stock_ledger.c.asked)
        row = (await connection.execute(chosen.where(_is(stock_ledger, spot)))).first()
        if row is None or row.asked == _NEVER:
            return Short(spot, wanted, None)
        return Short(spot, wanted, row.reading - row.held, row.held)


def _named(spot: StockSpot) -> dict[str, str]:
    return {"backend": spot.backend, "item": spot.item, "place": spot.place}


def _is(table: Any, spot: StockSpot) -> ColumnElement[bool]:
    return and_(table.c.backend == spot.backend, table.c.item == spot.item, table.c.place == spot.place)


def _spot(row: Row[Any]) -> StockSpot:
    return StockSpot(row.backend, row.item, row.place)


def _hold(row: Row[Any]) -> Hold:
    return Hold(row.run, _spot(row), row.quantity, HoldState(row.state), row.since)
