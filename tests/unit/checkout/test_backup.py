"""The store copied while two processes sell from it, and put back after both have died: what was under way goes on,
what its clients repeat is done once, and the owners, who forgot nothing, have one of everything. Always a few rounds;
`full`: eight, and as many copies of one store while nobody dies; `soak`: fifty of each.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest
from sqlalchemy import select, text

from gateway.checkout.service import CheckoutService
from gateway.errors import ConfigurationError, Unavailable
from gateway.model.carts import Cart
from gateway.model.checkouts import CheckoutState
from gateway.model.context import CallContext, CommerceContext, Priority
from gateway.model.orders import OrderStatus
from gateway.model.stock import StockKey, StockLevels
from gateway.ports.stock import GET_STOCK
from gateway.state.backup import back_up, put_back
from gateway.state.database import Database
from gateway.state.ledger import StockSpot
from gateway.state.pair import marker_of, runs_file
from gateway.state.restored import SPACE, UNCOMPARED, Restored
from gateway.state.tables import checkouts, claims, key_values

from .checker import faults
from .evidence import evidence
from .fleet import Worker, until
from .retail import Retail
from .test_kill_matrix import Fleet
from .vendors import Vendors

PIECES = 10_000
AT_ONCE = 8
"""Checkouts of a round: half are submitted before the copy is made, half while it is and after."""


@asynccontextmanager
async def opened(store: Path, owners: Retail | None = None) -> AsyncGenerator[Retail]:
    """The store's rows, without a checkout of this process's own; the owners are those of before."""
    books = await Retail.books(f"sqlite+aiosqlite:///{store}", PIECES)
    if owners is not None:
        books.erp, books.pay = owners.erp, owners.pay
    try:
        yield books
    finally:
        await books.close_books()


async def bought(workers: tuple[Worker, Worker], carts: list[Cart], key: str) -> None:
    """Submitted at either, one after the other there; none is waited for."""

    async def at(worker: Worker, mine: list[Cart]) -> None:
        for cart in mine:
            if worker.process.returncode is None:
                await worker.ask("submit", cart.id, key, "12.00")

    await asyncio.gather(*(at(worker, carts[place::2]) for place, worker in enumerate(workers)))


async def ended(fleet: Fleet, carts: list[Cart]) -> list[str]:
    """What is wrong when all have ended."""
    problems: list[str] = []
    for cart in carts:

        async def over(cart: Cart = cart) -> tuple[str, str] | None:
            now = await fleet.standing(cart.id)
            return now if now is not None and now[1] in ("COMPLETED", "FAILED") else None

        run, state = await until(60.0, over)
        cart_state = (await fleet.books.cart_now(cart)).state.value
        seen = await evidence(fleet.books)
        # Others bought meanwhile, with a younger reading: what was handed over may be gone by it. `balanced` counts.
        seen.holds = [(whose, "HANDED_OVER" if now == "GONE" else now) for whose, now in seen.holds]
        problems += faults(run, state, cart_state, seen)
        if state != "COMPLETED":
            problems.append(state)
    return problems


async def balanced(books: Retail, owners: Retail) -> list[str]:
    """What may still be sold, against what the owner has given away."""
    sold = sum(state is not OrderStatus.CANCELLED for state in owners.orders())
    asked, key, spot = await books.ledger.now(), StockKey("MUG", ("LON",)), StockSpot("erp", "MUG", "LON")
    call = CallContext(time.monotonic() + 5.0, Priority.CHECKOUT, "balance", fresh=True)
    told = (await owners.caller.keyed("erp", GET_STOCK, [key], CommerceContext("GB", "GBP", "en", "web"), call))[key]
    assert isinstance(told, StockLevels)
    await books.ledger.read_at({spot: int(told.levels["LON"].available or 0)}, asked)
    free = (await books.ledger.free([spot]))[spot][0]
    return [] if free == PIECES - sold else [f"{free} pieces may be sold, of {PIECES} less {sold}"]


def attempts(store: Path) -> int:
    """How often the run that was begun most often was: once, unless somebody took it over."""
    with closing(sqlite3.connect(runs_file(str(store)))) as connection:
        return connection.execute("SELECT max(recovery_attempts) FROM workflow_status").fetchone()[0] or 0


async def unclaimed(books: Retail, store: Path) -> list[str]:
    """Runs of a store that nobody claimed: of two files that are not of one moment."""
    async with books.database.read() as connection:
        claimed = set((await connection.execute(select(claims.c.run))).scalars())
    with closing(sqlite3.connect(runs_file(str(store)))) as connection:
        runs = connection.execute("SELECT workflow_uuid FROM workflow_status WHERE name = 'checkout'")
        return [row[0] for row in runs if row[0] not in claimed]


async def restored_while_selling(folder: Path, rounds: int) -> list[str]:
    store = folder / "state.sqlite"
    problems: list[str] = []
    async with opened(folder / "owners.sqlite") as owners, Vendors({"erp": owners.erp, "pay": owners.pay}) as vendors:
        for number in range(rounds):
            backup, pending, key = folder / f"backup-{number}", number % 2 == 0, f"round-{number}"
            async with opened(store, owners) as books:
                carts = [await books.cart() for _ in range(AT_ONCE)]
                fleet = Fleet(f"sqlite+aiosqlite:///{store}", vendors, books)
                async with fleet.worker(pending) as one, fleet.worker(pending) as other:
                    await bought((one, other), carts[: AT_ONCE // 2], key)
                    selling = asyncio.create_task(bought((one, other), carts[AT_ONCE // 2 :], key))
                    await asyncio.sleep(0.02 * (number % 5))
                    await asyncio.to_thread(back_up, store, backup, gateway="0")
                    await selling
                    await asyncio.sleep(0.1 * (number % 4))
            await asyncio.to_thread(put_back, backup, store, replace=True)
            async with opened(store, owners) as books:
                problems += [f"{run}: begun, and not claimed" for run in await unclaimed(books, store)]
                fleet = Fleet(f"sqlite+aiosqlite:///{store}", vendors, books)
                async with fleet.worker(pending) as one, fleet.worker(pending) as other:
                    await bought((one, other), carts, key)  # their clients come back
                    problems += [f"round {number}: {problem}" for problem in await ended(fleet, carts)]
                problems += await balanced(books, owners)
                if not await Restored(books.database).uncompared():
                    problems.append(f"round {number}: it was not said to be restored")
    return problems


async def copied_while_selling(folder: Path, copies: int) -> int:
    """How often the run was begun that was begun most often, when all have ended well."""
    store = folder / "state.sqlite"
    async with opened(store) as books, Vendors({"erp": books.erp, "pay": books.pay}) as vendors:
        fleet = Fleet(f"sqlite+aiosqlite:///{store}", vendors, books)
        carts: list[Cart] = []
        async with fleet.worker(True) as one, fleet.worker(True) as other:
            for number in range(copies):
                mine = [await books.cart() for _ in range(4)]
                carts += mine
                selling = asyncio.create_task(bought((one, other), mine, "key"))
                await asyncio.to_thread(back_up, store, folder / f"copy-{number}", gateway="0")
                await selling
            assert await ended(fleet, carts) + await balanced(books, books) == []
    return attempts(store)


async def test_what_is_restored_goes_on_and_owners_have_one_of_everything(tmp_path: Path) -> None:
    assert await restored_while_selling(tmp_path, 2) == []


async def test_nobody_is_taken_for_dead_while_copies_are_made(tmp_path: Path) -> None:
    assert await copied_while_selling(tmp_path, 3) == 1


@pytest.mark.full
@pytest.mark.timeout(600)
async def test_eight_times_what_is_restored_goes_on(tmp_path: Path) -> None:
    assert await restored_while_selling(tmp_path, 8) == []


@pytest.mark.full
@pytest.mark.timeout(600)
async def test_eight_copies_and_nobody_is_taken_for_dead(tmp_path: Path) -> None:
    assert await copied_while_selling(tmp_path, 8) == 1


@pytest.mark.soak
@pytest.mark.timeout(1_800)
async def test_fifty_times_what_is_restored_goes_on(tmp_path: Path) -> None:
    assert await restored_while_selling(tmp_path, 50) == []


@pytest.mark.soak
@pytest.mark.timeout(900)
async def test_fifty_copies_and_nobody_is_taken_for_dead(tmp_path: Path) -> None:
    assert await copied_while_selling(tmp_path, 50) == 1


async def test_nothing_new_is_bought_before_what_was_restored_is_compared(tmp_path: Path) -> None:
    store = tmp_path / "state.sqlite"
    async with opened(store) as books:
        async with books.database.write() as connection:
            row = {"space": SPACE, "key": UNCOMPARED, "value": b"{}", "expires": None}
            await connection.execute(key_values.insert().values(row))
        service = await CheckoutService.open(
            books.database,
            carts=books.carts,
            writes=books.writes,
            caller=books.caller,
            ownership=books.ownership,
            outbox=books.outbox,
            tasks=books.tasks,
            evaluate=books.evaluate,
            buyer_at=books.buyer_at,
            recognise=books.recognise,
        )
        books.given, books.desk, books.runs = service.given, service.desk, service.runs
        cart = await books.cart()
        async with books.database.write() as connection:
            await connection.execute(text("ALTER TABLE checkouts RENAME TO elsewhere"))  # nothing can be compared
        await service.start()
        assert service.desk.closed
        async with books.database.write() as connection:
            await connection.execute(text("ALTER TABLE elsewhere RENAME TO checkouts"))
        with pytest.raises(Unavailable):
            await books.buy(cart)

        async def open_again() -> bool:
            return not service.desk.closed

        await until(20.0, open_again)
        assert not await Restored(books.database).uncompared()
        assert (await books.buy(cart)).state is CheckoutState.COMPLETED
        await service.close()


async def test_a_restore_that_was_cut_short_is_no_store_to_open(tmp_path: Path) -> None:
    store = tmp_path / "state.sqlite"
    async with opened(store) as books, books.database.read() as connection:
        assert (await connection.execute(select(checkouts.c.run))).all() == []
    back_up(store, tmp_path / "backup", gateway="0")
    marker_of(store).touch()
    with pytest.raises(ConfigurationError, match="cut short"):
        await Database.open(f"sqlite+aiosqlite:///{store}")
    put_back(tmp_path / "backup", store, replace=True)
    async with opened(store) as books:
        assert await Restored(books.database).uncompared()
