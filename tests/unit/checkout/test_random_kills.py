"""Processes die at random while people buy, pay, fail to pay, go away and come back; then the books, of everything that
happened to everybody.
"""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress

import pytest
from msgspec import Struct

from gateway.model.payments import DeclineReason

from .conftest import both_stores
from .crowd import Board, Buyer, Processes
from .evidence import problems
from .fleet import until
from .retail import TOKEN, Retail
from .vendors import Vendors
from .worker import Station

PIECES = 1_000_000
PAUSE = (0.5, 3.0)
"""Seconds between a new process and the next death."""
KINDS = (("", ""), ("", ""), ("declined", ""), ("challenged", "continue"), ("challenged", "cancel"))
"""What becomes of a payment, and what its buyer does then."""


class Size(Struct, frozen=True):
    kills: int
    processes: int
    buyers: int


SMALL = Size(kills=3, processes=2, buyers=4)
FULL = Size(kills=15, processes=3, buyers=6)
SOAK = Size(kills=1_000, processes=4, buyers=8)


class Street:
    """Buyers who come one after the other, each with a cart of their own, until it closes."""

    def __init__(self, books: Retail, processes: Processes, board: Board) -> None:
        self._books, self._processes, self._board = books, processes, board
        self.open = True
        self.bought = self.failed = 0

    async def shop(self, chance: random.Random) -> None:
        while self.open:
            pieces = chance.randint(1, 3)
            token, challenge = chance.choice(KINDS)
            cart = await self._books.cart(("MUG", pieces))
            total = f"{12 * pieces}.00"
            buyer = Buyer(self._processes, self._board, cart, token=f"{TOKEN}{token}", challenge=challenge, total=total)
            seen = await buyer.buy(1, within=120.0)
            self.bought += seen.state == "COMPLETED"
            self.failed += seen.state == "FAILED"
            await asyncio.sleep(chance.uniform(0.0, 0.3))


async def murdered(url: str, size: Size, seed: int) -> str:
    """What happened, in a line; the books are balanced."""
    chance = random.Random(seed)
    books = await Retail.books(url, PIECES)
    books.pay.book.declined = {f"{TOKEN}declined": DeclineReason.INSUFFICIENT_FUNDS}
    books.pay.book.challenged = {f"{TOKEN}challenged"}
    board = Board(books)
    station = Station(url, "", serves=True)
    watching = asyncio.create_task(board.watch())
    try:
        async with (
            Vendors({"erp": books.erp, "pay": books.pay}) as station.vendors,
            Processes(station, size.processes) as processes,
        ):
            street = Street(books, processes, board)
            shopping = [
                asyncio.create_task(street.shop(random.Random(f"{seed} {number}"))) for number in range(size.buyers)
            ]
            for _ in range(size.kills):
                await asyncio.sleep(chance.uniform(*PAUSE))
                await processes.kill(chance)
            street.open = False
            await asyncio.gather(*shopping)

            async def captured() -> bool:
                return "AUTHORISED" not in books.payments() and not board.open_still()

            with suppress(TimeoutError):  # the books say what is missing
                await until(60.0, captured)
            assert board.open_still() == []
            assert await problems(books, PIECES) == []
            assert [task.kind for task in await books.tasks.list()] == []
            assert street.bought > size.kills / 2
            return f"{processes.kills} kills, {street.bought} bought, {street.failed} failed"
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        await books.close_books()


def a_seed() -> int:
    return random.SystemRandom().randrange(1_000_000)


@pytest.mark.timeout(300)
async def test_three_deaths(url: str) -> None:
    print(await murdered(url, SMALL, a_seed()))


@pytest.mark.full
@pytest.mark.timeout(900)
@both_stores
async def test_fifteen_deaths(url: str) -> None:
    print(await murdered(url, FULL, a_seed()))


@pytest.mark.soak
@pytest.mark.timeout(10 * 3_600)
@both_stores
async def test_a_thousand_deaths(url: str) -> None:
    print(await murdered(url, SOAK, a_seed()))
