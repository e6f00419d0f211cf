"""SIGKILL before, within and after each step of the runs that tell the system that counts the goods, and give them
back, with another process alive: pieces are told once, given back once, and kept back by nobody afterwards.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress

import pytest

from gateway.state.commitments import CommitmentState, StoredCommitments
from gateway.state.ledger import HoldState, StockSpot

from .after_orders import MODULE, Point, bought, matrix, points_of, that_takes_its_turn
from .conftest import sqlite_alone
from .fleet import Worker, until
from .retail import Retail
from .worker import Station

TILL, PIECES = "till", 10_000
SHELF = StockSpot(TILL, "MUG", "LON")
STEPS = {
    "told": {"commit": ("get_orders", "commit_stock")},
    "told, and cancelled at once": {"commit": ("get_orders", "commit_stock")},
    "given back": {"uncommit": ("restock",), "uncommitted": None},
    "never told": {"uncommit": (), "uncommitted": None},
}
OVER = (CommitmentState.RETURNED.value, CommitmentState.DROPPED.value)


async def killed_at(books: Retail, url: str, vendors: str, what: str, point: str) -> list[str]:
    """What is wrong afterwards."""
    cart, stored = await books.cart(), StoredCommitments(books.database)
    async with Worker(Station(url, vendors, counts=TILL), MODULE) as other:
        await other.ask("submit", cart.id, point, "12.00")
        run, wanted = await bought(books, cart.id), (CommitmentState.COMMITTED.value,)

        async def over() -> bool:
            row = await stored.one(run, TILL)
            return row is not None and row.state in wanted

        if what == "given back":
            await other.ask("follow")
            await until(40.0, over)
        if what != "told":
            wanted = OVER
        async with Worker(Station(url, vendors, kill=point, counts=TILL), MODULE) as victim:
            asked = asyncio.create_task(victim.ask(*(("follow",) if what.startswith("told") else ("undo", run))))
            await victim.died()
            with suppress(Exception):
                await asked
        if what == "told, and cancelled at once":
            await other.ask("undo", run)
        await other.ask("follow")  # what the victim took and had not begun
        try:
            await until(60.0, over)
        except TimeoutError:
            row = await stored.one(run, TILL)
            return [f"{what} at {point}: {None if row is None else row.state}"]
        await until(60.0, other.idle)  # else the next victim goes on with this one's run, and dies of it
        if what == "told, and cancelled at once":
            await other.ask("undo", run)  # what was told after it was noted: its run is begun by a timer
            await until(60.0, other.idle)
    return [f"{what} at {point}: {wrong}" for wrong in await wrongs(books, run, what, point)]


async def wrongs(books: Retail, run: str, what: str, point: str) -> list[str]:
    """By the till's own effect log, and by what the ledger keeps back once the till was read again."""
    till = books.others[TILL]
    (row,) = (await StoredCommitments(books.database).of([run]))[run]
    records = {done.ref.id for _, _, done, _ in till.committed}
    told = [known for known, command, _, _ in till.committed if _is_of(command.order, run, books)]
    back = [known for known, command, _, _ in till.restocked if _is_of(command.order, run, books)]
    expected = {"told": [(1, 0)], "given back": [(1, 1)], "never told": [(0, 0)]}.get(what, [(0, 0), (1, 1)])
    if point in ("mid:commit_stock", "after:commit") and what != "told":
        expected = [(1, 1)]
    found = [] if (len(told), len(back)) in expected else [f"told {len(told)}, given back {len(back)}"]
    if row.record is not None and row.record not in records:
        found.append(f"record {row.record}")
    asked = await books.ledger.now()
    await books.ledger.read_at({SHELF: PIECES - till.sold["MUG", "LON"]}, asked)
    if any(hold.state is not HoldState.GONE for hold in await books.ledger.of_run(run)):
        found.append("kept back still")
    return found


def _is_of(order: str | None, run: str, books: Retail) -> bool:
    return any(reference == run and placed.number == order for reference, placed, _ in books.erp.placed)


async def deaths(url: str, chosen: Iterable[Point]) -> list[str]:
    books = await Retail.books(url, pieces=PIECES, counts=TILL)
    return await matrix(books, url, chosen, killed_at)


@pytest.mark.timeout(180)
async def test_one_point_that_takes_its_turn(url: str) -> None:
    turn = that_takes_its_turn(url, STEPS)
    assert await deaths(url, [turn]) == [], turn


@pytest.mark.soak
@pytest.mark.timeout(900)
@sqlite_alone
async def test_every_point(url: str) -> None:
    assert await deaths(url, points_of(STEPS)) == []


@pytest.mark.soak
@pytest.mark.postgres
@pytest.mark.timeout(900)
@pytest.mark.parametrize("url", ["postgres"], indirect=True)
async def test_every_point_over_postgres(url: str) -> None:
    assert await deaths(url, points_of(STEPS)) == []
