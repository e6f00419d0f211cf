"""Whose turn it is to ensure a customer: at each owner one run at a time per e-mail, because most vendors take a second
record of one e-mail without a word, and some do not find the first at once.
"""

from __future__ import annotations

from enum import Enum

from msgspec import Struct
from sqlalchemy import delete, select, update

from gateway.state.database import Database
from gateway.state.sealing import Sealing
from gateway.state.tables import customer_turns

_BATCH = 500


class TurnState(Enum):
    MINE = "mine"
    BUSY = "busy"
    """Another run is at it, or nobody knows yet what became of what it sent."""
    KNOWN = "known"
    """Another run has just been told: its owner may not find that record yet."""


class Turn(Struct, frozen=True):
    """`record` where it is KNOWN: the owner's id; empty where several bear the e-mail."""

    state: TurnState
    record: str = ""


class CustomerTurns:
    """Times are the database's, in seconds. Every method is one short transaction; raises StateUnavailable."""

    def __init__(self, database: Database, sealing: Sealing) -> None:
        self._database = database
        self._sealing = sealing

    async def take(self, backend: str, email: str, run: str, seconds: float) -> Turn:
        """`seconds`: how long what this run sends may still take effect, or not be found yet."""
        table, now = customer_turns.c, self._database.now
        mine = {"run": run, "record": None, "until": now + seconds}
        named = self._named(backend, email)
        async with self._database.write() as connection:
            fresh = self._database.insert_once(customer_turns, {"backend": backend, "email": named, **mine})
            if (await connection.execute(fresh)).rowcount == 1:
                return Turn(TurnState.MINE)
            this = (table.backend == backend) & (table.email == named)
            free = this & ((table.run == run) | (table.until <= now))
            if (await connection.execute(update(customer_turns).where(free).values(mine))).rowcount == 1:
                return Turn(TurnState.MINE)
            record = (await connection.execute(select(table.record).where(this))).scalar()
        return Turn(TurnState.BUSY) if record is None else Turn(TurnState.KNOWN, record)

    async def told(self, backend: str, email: str, run: str, record: str, seconds: float) -> None:
        """Who comes within `seconds` believes it unasked."""
        await self._change(backend, email, run, record=record, until=self._database.now + seconds)

    async def given_up(self, backend: str, email: str, run: str) -> None:
        """Nothing was changed there: the next one may."""
        await self._change(backend, email, run, until=self._database.now)

    async def sweep(self) -> int:
        table = customer_turns
        over = select(table.c.email).where(table.c.until <= self._database.now).limit(_BATCH)
        async with self._database.write() as connection:
            gone = delete(table).where(table.c.email.in_(over), table.c.until <= self._database.now)
            return (await connection.execute(gone)).rowcount

    async def _change(self, backend: str, email: str, run: str, **values: object) -> None:
        table = customer_turns.c
        mine = (table.backend == backend) & (table.email == self._named(backend, email)) & (table.run == run)
        async with self._database.write() as connection:
            await connection.execute(update(customer_turns).where(mine).values(**values))

    def _named(self, backend: str, email: str) -> str:
        return self._sealing.digest("customer", f"{backend}\x1f{email}")
