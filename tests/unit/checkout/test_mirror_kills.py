"""SIGKILL before, within and after each step of the runs that write an order a second time and take it back, with
another process alive: one order stands in the other system, or none.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress

import pytest

from gateway.model.syncing import SyncState
from gateway.state.mirrors import StoredMirrors

from .after_orders import MODULE, Point, bought, matrix, points_of, that_takes_its_turn
from .conftest import sqlite_alone
from .fleet import Worker, until
from .retail import Retail
from .worker import Station

WMS = "wms"
STEPS = {
    "mirrored": {"mirror_buyer": (), "mirror": ("place_order", "confirm_order"), "mirrored": None},
    "taken back": {"unmirror": ("cancel_order",), "unmirrored": None},
}


async def killed_at(books: Retail, url: str, vendors: str, what: str, point: str) -> list[str]:
    """What is wrong afterwards."""
    cart = await books.cart()
    async with Worker(Station(url, vendors, mirror=(WMS,)), module=MODULE) as other:
        await other.ask("submit", cart.id, point, "12.00")
        run = await bought(books, cart.id)
        stored, wanted = StoredMirrors(books.database), SyncState.THERE

        async def over() -> bool:
            row = await stored.one(run, WMS)
            return row is not None and row.state == wanted.value

        if what == "taken back":
            await other.ask("follow")
            await until(40.0, over)
            wanted = SyncState.CANCELLED
        async with Worker(Station(url, vendors, kill=point, mirror=(WMS,)), MODULE) as victim:
            asked = asyncio.create_task(victim.ask(*(("follow",) if what == "mirrored" else ("undo", run))))
            await victim.died()
            with suppress(Exception):
                await asked
        await other.ask("follow")  # what the victim took and had not begun
        try:
            await until(60.0, over)
        except TimeoutError:
            row = await stored.one(run, WMS)
            return [f"{what} at {point}: {None if row is None else row.state}"]
        await until(60.0, other.idle)  # else the next victim goes on with this one's run, and dies of it
        wms = books.others[WMS]
        orders = [wms.order_states[order.number].value for reference, order, _ in wms.placed if reference == run]
    expected = ["CONFIRMED"] if what == "mirrored" else ["CANCELLED"]
    return [] if orders == expected else [f"{what} at {point}: {orders}"]


async def deaths(url: str, chosen: Iterable[Point]) -> list[str]:
    books = await Retail.books(url, pieces=10_000, mirror=(WMS,))
    return await matrix(books, url, chosen, killed_at)


@pytest.mark.timeout(180)
async def test_one_point_that_takes_its_turn(url: str) -> None:
    turn = that_takes_its_turn(url, STEPS)
    assert await deaths(url, [turn]) == [], turn


@pytest.mark.full
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
