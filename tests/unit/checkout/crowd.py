"""Many buyers before several processes, which are killed meanwhile and others started in their place. A buyer whose
answer was lost asks again with their key, as a shop's page does.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self

from msgspec import Struct
from sqlalchemy import select

from gateway.checkout.journal import history_of
from gateway.model.carts import Cart
from gateway.state.tables import checkouts

from .fleet import Worker, until
from .retail import TOKEN, Retail
from .worker import Station

RUN = 26
"""Letters of a run's id; any other answer to a submission is a fault by its name."""
OVER = ("COMPLETED", "FAILED")


class Processes:
    """`async with Processes(station, 2)`: so many at all times, but for the moments after a kill."""

    def __init__(
        self,
        station: Station,
        count: int,
        environment: Mapping[str, str] | None = None,
        module: str = "tests.unit.checkout.worker",
        more: Sequence[str] = (),
    ) -> None:
        self._station, self._count = station, count
        self._environment, self._module, self._more = environment, module, more
        self.alive: list[Worker] = []
        self.kills = 0

    async def __aenter__(self) -> Self:
        await asyncio.gather(*(self.start() for _ in range(self._count)))
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: object, at: TracebackType | None) -> None:
        for worker in self.alive:
            await worker.__aexit__(kind, error, at)

    async def start(self) -> None:
        worker = Worker(self._station, self._module, self._environment, self._more)
        self.alive.append(await worker.__aenter__())

    async def kill(self, chance: random.Random) -> None:
        """One of them; and another is started in its place."""
        victim = chance.choice(self.alive)
        self.alive.remove(victim)
        self.kills += 1
        await victim.__aexit__(None, None, None)
        await self.start()

    async def ask(self, *words: str) -> str:
        """Of any that lives, until one answers."""
        while True:
            if self.alive:
                with suppress(RuntimeError, ConnectionError):
                    answer = await random.choice(self.alive).ask(*words)
                    if answer not in ("", "unavailable"):
                        return answer
            await asyncio.sleep(0.1)

    async def ask_each(self, *words: str) -> list[str]:
        return await asyncio.gather(*(worker.ask(*words) for worker in self.alive))


class Seen(Struct, frozen=True):
    """How a checkout stands, and why it failed."""

    state: str
    reason: str


class Board:
    """Every checkout, as our rows say, read by one for all buyers."""

    def __init__(self, books: Retail) -> None:
        self._books = books
        self.seen: dict[str, Seen] = {}
        self.asked: set[str] = set()
        """Runs whose buyer was asked for something, at any time."""

    async def look(self) -> None:
        chosen = select(checkouts.c.run, checkouts.c.state, checkouts.c.reason)
        with suppress(Exception):  # the database is away: the next look tells
            async with self._books.database.read() as connection:
                for run, state, reason in await connection.execute(chosen):
                    self.seen[run] = Seen(state, reason or "")
                    if state == "ACTION":
                        self.asked.add(run)

    async def watch(self) -> None:
        while True:
            await self.look()
            await asyncio.sleep(0.2)

    async def over(self, run: str, within: float) -> Seen:
        async def ended() -> Seen | None:
            seen = self.seen.get(run)
            return seen if seen is not None and seen.state in OVER else None

        try:
            return await until(within, ended)
        except TimeoutError:
            raise AssertionError(f"{await self._row_of(run)}: {await self._books_of(run)}") from None

    async def _row_of(self, run: str) -> dict[str, object]:
        table = checkouts.c
        columns = (table.state, table.stage, table.continued, table.cancel_asked, table.expires, table.moved)
        async with self._books.database.read() as connection:
            return dict((await connection.execute(select(*columns).where(table.run == run))).mappings().one())

    async def _books_of(self, run: str) -> list[tuple[str, str]]:
        return [(entry.step, entry.outcome) for entry in await history_of(self._books.database, run)]

    def open_still(self) -> list[str]:
        return [f"{run}: {seen.state}" for run, seen in self.seen.items() if seen.state not in OVER]


class Buyer:
    """One cart. `challenge`: what they do when something is asked of them, "" for nothing."""

    def __init__(
        self,
        processes: Processes,
        board: Board,
        cart: Cart,
        *,
        token: str = TOKEN,
        challenge: str = "",
        total: str = "12.00",
    ) -> None:
        self._processes, self._board = processes, board
        self._token, self._challenge, self._total = token, challenge, total
        self.cart = cart
        self._tries = 0

    async def buy(self, version: int, within: float = 90.0) -> Seen:
        self._tries += 1
        asked = (self.cart.id, f"k{self._tries}", self._total, self._token, str(version))
        run = await self._processes.ask("submit", *asked)
        if len(run) != RUN:
            return Seen("FAILED", run)
        answering = asyncio.create_task(self._answer(run)) if self._challenge else None
        try:
            return await self._board.over(run, within)
        finally:
            if answering is not None:
                answering.cancel()
                with suppress(asyncio.CancelledError):
                    await answering

    async def _answer(self, run: str) -> None:
        while True:
            seen = self._board.seen.get(run)
            if seen is not None and seen.state == "ACTION":
                await self._processes.ask(self._challenge, run)
            await asyncio.sleep(0.5)
