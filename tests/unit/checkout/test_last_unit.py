"""Ten pieces, far more buyers, several processes, some of which die: never eleven, and ten in the end."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from typing import Literal

import pytest
from msgspec import Struct

from gateway.model.orders import OrderStatus
from gateway.model.payments import DeclineReason

from .crowd import Board, Buyer, Processes, Seen
from .evidence import problems
from .fleet import until
from .retail import TOKEN, Retail
from .vendors import Vendors
from .worker import Station

PIECES = 10
How = Literal["all can pay", "a third declines", "ten never pay"]
EVERYBODY: tuple[How, ...] = ("all can pay", "a third declines", "ten never pay")
REFUSED = ("OUT_OF_STOCK", "PAYMENT_DECLINED", "OWNER_UNAVAILABLE", "OUTCOME_UNKNOWN", "QUOTE_INCOMPLETE")
"""Why a checkout may fail cleanly here: on a busy machine an owner's answer may come too late."""
DECLINED, IDLE = "tok_declined", "tok_idle"


class Size(Struct, frozen=True):
    """`hold` in seconds: how long a device may sit on a piece that it does not pay. `retry` in seconds: for so long
    those who got none try again."""

    buyers: int
    processes: int
    kills: int
    hold: float
    retry: float


SMALL = Size(buyers=60, processes=2, kills=1, hold=10.0, retry=60.0)
FULL = Size(buyers=250, processes=3, kills=4, hold=15.0, retry=60.0)
SOAK = Size(buyers=1_000, processes=4, kills=20, hold=20.0, retry=60.0)


class Rush:
    """Everybody at once, over one shop that counts its own orders."""

    def __init__(self, books: Retail, processes: Processes, board: Board, size: Size) -> None:
        self.books, self.processes, self.board, self.size = books, processes, board, size
        self.most = 0

    def standing(self) -> int:
        return sum(state is not OrderStatus.CANCELLED for state in self.books.orders())

    def sold(self) -> int:
        return self.books.orders().count(OrderStatus.CONFIRMED)

    async def counted(self) -> None:
        """After every effect at the owner of orders, whoever had it."""
        self.most = max(self.most, self.standing())

    async def idle(self) -> None:
        """As many as there are pieces take one each and go away."""
        buyers = [
            Buyer(self.processes, self.board, await self.books.cart(), token=f"{IDLE}{number}")
            for number in range(PIECES)
        ]
        self.leaving = [asyncio.create_task(self.leave(buyer)) for buyer in buyers]

        async def shown() -> bool:
            return len(self.board.asked) >= PIECES

        await until(60.0, shown)

    async def leave(self, buyer: Buyer) -> Seen:
        """Until they were asked to pay, and did not."""
        version = 1
        while (seen := await buyer.buy(version)).reason in REFUSED:
            version = (await self.books.cart_now(buyer.cart)).version
        return seen

    async def buy(self, buyer: Buyer, ends: float) -> None:
        """Once more after a while, as long as something may come back."""
        version, loop = 1, asyncio.get_running_loop()
        while True:
            seen = await buyer.buy(version)
            if seen.state == "COMPLETED":
                return
            assert seen.reason in REFUSED, seen
            if self.sold() >= PIECES or loop.time() > ends:
                return
            version = (await self.books.cart_now(buyer.cart)).version
            await asyncio.sleep(random.uniform(0.5, 2.0))

    async def murder(self) -> None:
        chance = random.Random()
        for _ in range(self.size.kills):
            await asyncio.sleep(chance.uniform(0.3, 1.5))
            await self.processes.kill(chance)


async def rush(url: str, how: How, size: Size) -> None:
    books = await Retail.books(url, PIECES)
    book, loop = books.pay.book, asyncio.get_running_loop()
    declines = [f"{DECLINED}{number}" for number in range(size.buyers) if number % 3 == 0]
    book.declined = dict.fromkeys(declines, DeclineReason.INSUFFICIENT_FUNDS) if how == "a third declines" else {}
    book.challenged = {f"{IDLE}{number}" for number in range(PIECES)}
    station = Station(url, "", action=size.hold, serves=True)
    board = Board(books)
    watching = asyncio.create_task(board.watch())
    try:
        async with (
            Vendors({"erp": books.erp, "pay": books.pay}) as station.vendors,
            Processes(station, size.processes) as processes,
        ):
            shop = Rush(books, processes, board, size)
            books.erp.after_placing = shop.counted
            if how == "ten never pay":
                await shop.idle()
                assert shop.sold() == 0
            buyers = [
                Buyer(processes, board, await books.cart(), token=f"{DECLINED if number % 3 == 0 else TOKEN}{number}")
                for number in range(size.buyers)
            ]
            murdering = asyncio.create_task(shop.murder())
            ends = loop.time() + size.retry
            await asyncio.gather(*(shop.buy(buyer, ends) for buyer in buyers))
            await murdering
            if how == "ten never pay":
                left = await asyncio.gather(*shop.leaving)
                assert {seen.reason for seen in left} == {"PAYMENT_EXPIRED"}

            async def captured() -> bool:
                return books.payments().count("CAPTURED") == PIECES

            with suppress(TimeoutError):  # the books say what is missing
                await until(30.0, captured)
            assert shop.most == PIECES
            assert shop.sold() == PIECES
            assert processes.kills == size.kills
            assert board.open_still() == []
            assert await problems(books, PIECES) == []
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        await books.close_books()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("how", [EVERYBODY[0], *(pytest.param(how, marks=pytest.mark.full) for how in EVERYBODY[1:])])
async def test_never_eleven_and_ten_in_the_end(how: How, url: str) -> None:
    await rush(url, how, SMALL)


@pytest.mark.full
@pytest.mark.timeout(600)
@pytest.mark.parametrize("how", EVERYBODY[1:2])
async def test_never_eleven_of_a_larger_crowd(how: How, url: str) -> None:
    await rush(url, how, FULL)


@pytest.mark.soak
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("how", EVERYBODY)
async def test_never_eleven_of_a_thousand(how: How, url: str) -> None:
    await rush(url, how, SOAK)
