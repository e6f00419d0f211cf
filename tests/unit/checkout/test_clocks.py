"""Clocks that are an hour off, or are set by an hour in the middle; and processors that have no time: nothing is
decided by them, and nobody is called dead who lives.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from .clock import Clock
from .conftest import both_stores
from .crowd import Board, Buyer, Processes
from .evidence import problems
from .fleet import until
from .retail import TOKEN, Retail
from .vendors import Vendors
from .worker import Station

HOUR = 3_600
PIECES = 100_000
STEPS = ("get_stock", "place_order", "authorise", "confirm_order")


@asynccontextmanager
async def shop(url: str, stations: Sequence[Clock | None], *, action: float = 600.0) -> AsyncGenerator[Shop]:
    """One process for each clock; None has the true one."""
    books = await Retail.books(url, PIECES)
    books.pay.book.challenged = {f"{TOKEN}challenged"}
    board = Board(books)
    watching = asyncio.create_task(board.watch())
    try:
        async with AsyncExitStack() as opened:
            vendors = await opened.enter_async_context(Vendors({"erp": books.erp, "pay": books.pay}))
            station = Station(url, vendors, serves=True, action=action)
            processes = [
                await opened.enter_async_context(Processes(station, 1, None if clock is None else clock.environment))
                for clock in stations
            ]
            yield Shop(books, board, processes)
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        await books.close_books()


class Shop:
    def __init__(self, books: Retail, board: Board, processes: Sequence[Processes]) -> None:
        self.books, self.board, self.processes = books, board, processes

    async def sell(self, count: int, challenge: str = "") -> list[str]:
        """As many carts at each process; how each ended."""
        token = f"{TOKEN}challenged" if challenge else TOKEN
        buyers = [
            Buyer(processes, self.board, await self.books.cart(), token=token, challenge=challenge)
            for processes in self.processes
            for _ in range(count)
        ]
        ended = await asyncio.gather(*(buyer.buy(1) for buyer in buyers))
        return [seen.state if seen.state == "COMPLETED" else seen.reason for seen in ended]

    async def balanced(self) -> None:
        async def captured() -> bool:
            return "AUTHORISED" not in self.books.payments() and not self.board.open_still()

        await until(60.0, captured)
        assert await problems(self.books, PIECES) == []

    async def takeovers(self) -> int:
        return sum([int(answer) for each in self.processes for answer in await each.ask_each("takeovers")])


@pytest.mark.postgres
@pytest.mark.timeout(300)
@pytest.mark.parametrize("url", ["postgres"], indirect=True)
async def test_processes_an_hour_off_decide_by_the_databases_clock(url: str, tmp_path: Path) -> None:
    ahead, behind = Clock(tmp_path, "ahead"), Clock(tmp_path, "behind")
    ahead.set(HOUR)
    behind.set(-HOUR)
    async with shop(url, (ahead, None, behind)) as street:
        told = [(await each.ask("clock")).split() for each in street.processes]
        assert [round(float(own) - float(databases), -2) for own, databases in told] == [HOUR, 0, -HOUR]
        assert set(await street.sell(4)) == {"COMPLETED"}
        assert set(await street.sell(2, "continue")) == {"COMPLETED"}
        assert set(await street.sell(2, "cancel")) == {"CANCELLED"}
        await street.balanced()
        assert await street.takeovers() == 0


@pytest.mark.postgres
@pytest.mark.timeout(300)
@pytest.mark.parametrize("url", ["postgres"], indirect=True)
async def test_a_shopper_who_stays_away_is_let_go_by_whoever_has_the_wrong_time(url: str, tmp_path: Path) -> None:
    """Begun by a process whose clock is right, gone on with by one that is an hour behind: the engine's own timer would
    keep the piece for that hour."""
    behind = Clock(tmp_path, "behind")
    behind.set(-HOUR)
    async with shop(url, (None, behind), action=8.0) as street:
        right, wrong = street.processes
        buyer = Buyer(right, street.board, await street.books.cart(), token=f"{TOKEN}challenged")
        buying = asyncio.create_task(buyer.buy(1))

        async def shown() -> bool:
            return bool(street.board.asked)

        await until(30.0, shown)
        for worker in right.alive:
            worker.kill()
        assert (await asyncio.wait_for(buying, 60.0)).reason == "PAYMENT_EXPIRED"
        assert await wrong.ask("takeovers") == "1"


@pytest.mark.timeout(300)
@pytest.mark.parametrize("moved", [-HOUR, pytest.param(HOUR, marks=pytest.mark.full)])
async def test_a_clock_that_is_set_while_people_buy_frightens_nobody(url: str, tmp_path: Path, moved: int) -> None:
    """Also the database's own, where that is the machine's. At each step once."""
    clock = Clock(tmp_path)
    async with shop(url, (clock, clock)) as street:
        for number, step in enumerate(STEPS):
            street.books.erp.delays = street.books.pay.delays = {f"order.{step}": 0.4, f"payment.{step}": 0.4}
            selling = asyncio.create_task(street.sell(3))
            await asyncio.sleep(0.6)
            clock.set(moved if number % 2 == 0 else 0)
            assert set(await selling) == {"COMPLETED"}
        clock.set(max(moved, 0))  # what was written in that hour is due in it
        await street.balanced()
        assert await street.takeovers() == 0


async def busy(url: str, seconds: float, spinners: int = 4) -> int:
    """Every core has more to do than it can. How often somebody was called dead."""
    async with shop(url, (None, None)) as street, AsyncExitStack() as spinning:
        for _ in range(spinners):
            process = await asyncio.create_subprocess_exec(sys.executable, "-c", "while True: pass")
            spinning.callback(process.kill)
        loop = asyncio.get_running_loop()
        ends, sold = loop.time() + seconds, 0
        while loop.time() < ends:
            ended = await street.sell(4)
            assert set(ended) <= {"COMPLETED", "OUTCOME_UNKNOWN", "OWNER_UNAVAILABLE", "QUOTE_INCOMPLETE"}, ended
            sold += ended.count("COMPLETED")
        assert sold
        await street.balanced()
        return await street.takeovers()


@pytest.mark.timeout(300)
async def test_a_busy_machine_sells_as_well(url: str) -> None:
    """Whoever is called dead because they had no time is harmless: the books balance. How seldom that is, the long run
    holds, where nothing else runs."""
    await busy(url, 5.0)


@pytest.mark.soak
@pytest.mark.timeout(600)
@both_stores
async def test_a_busy_machine_sells_as_well_for_a_minute(url: str) -> None:
    await busy(url, 60.0)


@pytest.mark.soak
@pytest.mark.timeout(1_800)
@both_stores
async def test_nobody_is_called_dead_in_ten_busy_minutes(url: str) -> None:
    assert await busy(url, 600.0) == 0
