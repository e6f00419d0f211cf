"""What checkouts need goes away while they run, and comes back: their own database, locked, full and gone; an owner,
down or slow, at the step that needs it. Each is bought in the end, or not at all.
"""

from __future__ import annotations

import asyncio
import os
import random
import sqlite3
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from msgspec import Struct

from gateway.checkout.engine import runs_file
from gateway.errors import StateUnavailable
from gateway.model.carts import Cart
from gateway.ports.order import CANCEL_ORDER, CONFIRM_ORDER, PLACE_ORDER
from gateway.ports.payment import AUTHORISE, GET_PAYMENTS, VOID
from gateway.ports.price import GET_PRICES
from gateway.ports.stock import GET_STOCK
from gateway.testing.reference import ReferenceAdapter
from tests.unit.state.servers import PostgresServer

from .checker import faults
from .conftest import sqlite_alone
from .crowd import Board, Buyer, Processes
from .evidence import evidence, problems
from .fleet import until
from .retail import TOKEN, Retail
from .vendors import Vendors
from .worker import Station

PIECES = 100_000
Trouble = Callable[[Processes], Awaitable[None]]


class Size(Struct, frozen=True):
    """`away` in seconds, longer than any statement is waited for."""

    buyers: int
    processes: int
    away: float
    times: int


SMALL = Size(buyers=12, processes=2, away=6.0, times=1)
FULL = Size(buyers=40, processes=3, away=6.0, times=3)
SOAK = Size(buyers=100, processes=4, away=35.0, times=10)


async def through(url: str, size: Size, trouble: Trouble) -> None:
    """Everybody buys; in the middle of it there is trouble, more than once."""
    books = await Retail.books(url, PIECES)
    books.pay.book.challenged = {f"{TOKEN}challenged"}
    board = Board(books)
    station = Station(url, "", serves=True)
    watching = asyncio.create_task(board.watch())
    try:
        async with (
            Vendors({"erp": books.erp, "pay": books.pay}) as station.vendors,
            Processes(station, size.processes) as processes,
        ):
            for _ in range(size.times):
                carts = [await books.cart() for _ in range(size.buyers)]
                asked = [asyncio.create_task(_buy(processes, board, cart, number)) for number, cart in enumerate(carts)]

                async def begun() -> bool:
                    return len(books.erp.placed) > size.buyers / 6

                await until(60.0, begun)
                await trouble(processes)
                ended = await asyncio.gather(*asked)
                await until(60.0, lambda: _answers(books))
                assert {seen for seen in ended if seen != "COMPLETED"} <= {"OUTCOME_UNKNOWN", "OWNER_UNAVAILABLE"}

            async def captured() -> bool:
                return "AUTHORISED" not in books.payments() and not board.open_still()

            with suppress(TimeoutError):  # the books say what is missing
                await until(60.0, captured)
            assert board.open_still() == []
            assert await problems(books, PIECES) == []
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        await books.close_books()


async def _answers(books: Retail) -> bool:
    with suppress(StateUnavailable):
        return bool(await books.ledger.now())
    return False


async def _buy(processes: Processes, board: Board, cart: Cart, number: int) -> str:
    token, challenge = (f"{TOKEN}challenged", "continue") if number % 4 == 0 else (TOKEN, "")
    buyer = Buyer(processes, board, cart, token=token, challenge=challenge)
    seen = await buyer.buy(1, within=150.0)
    return seen.state if seen.state == "COMPLETED" else seen.reason


# --- our own database -----------------------------------------------------------------------------------------------


def locked(file: Path, seconds: float) -> Trouble:
    """Both files, by somebody else: the engine's first, as a backup does."""

    async def lock(processes: Processes) -> None:
        held = [sqlite3.connect(name, timeout=30.0, isolation_level=None) for name in (runs_file(str(file)), str(file))]
        for connection in held:
            connection.execute("BEGIN IMMEDIATE")
        await asyncio.sleep(seconds)
        for connection in held:
            connection.execute("ROLLBACK")
            connection.close()

    return lock


def full(seconds: float) -> Trouble:
    async def fill(processes: Processes) -> None:
        for worker in processes.alive:
            worker.fill(full=True)
        await asyncio.sleep(seconds)
        for worker in processes.alive:
            worker.fill(full=False)

    return fill


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state.sqlite"


@pytest.mark.timeout(300)
async def test_a_locked_file_ends_no_checkout_in_the_middle(file: Path) -> None:
    await through(f"sqlite+aiosqlite:///{file}", SMALL, locked(file, SMALL.away))


@pytest.mark.timeout(300)
async def test_a_full_disk_ends_no_checkout_in_the_middle(file: Path) -> None:
    await through(f"sqlite+aiosqlite:///{file}", SMALL, full(SMALL.away))


@pytest.mark.full
@pytest.mark.timeout(900)
async def test_files_that_are_locked_and_full_in_turn(file: Path) -> None:
    async def both(processes: Processes) -> None:
        await locked(file, FULL.away)(processes)
        await full(FULL.away)(processes)

    await through(f"sqlite+aiosqlite:///{file}", FULL, both)


@pytest.mark.soak
@pytest.mark.timeout(3_600)
async def test_files_that_are_locked_and_full_for_longer_than_anything_waits(file: Path) -> None:
    async def both(processes: Processes) -> None:
        await locked(file, SOAK.away)(processes)
        await full(SOAK.away)(processes)

    await through(f"sqlite+aiosqlite:///{file}", SOAK, both)


@pytest.fixture
async def server() -> AsyncIterator[PostgresServer]:
    """Of its own: others would miss it."""
    server = PostgresServer()
    server.start()
    yield server
    server.kill()


def gone(server: PostgresServer, seconds: float, *, dies: bool = False) -> Trouble:
    """Perhaps with one process dying just before, so that it goes away in the middle of a recovery."""

    async def go(processes: Processes) -> None:
        if dies:
            await processes.kill(random.Random())
            await asyncio.sleep(random.uniform(0.0, 2.5))
        await asyncio.to_thread(server.go_away)
        await asyncio.sleep(seconds)
        await asyncio.to_thread(server.come_back)

    return go


@pytest.mark.postgres
@pytest.mark.timeout(300)
async def test_postgres_gone_for_five_seconds_ends_no_checkout_in_the_middle(server: PostgresServer) -> None:
    await through(server.url, SMALL, gone(server, 5.0))


@pytest.mark.postgres
@pytest.mark.full
@pytest.mark.timeout(900)
async def test_postgres_gone_again_and_again(server: PostgresServer) -> None:
    await through(server.url, FULL, gone(server, 5.0))


@pytest.mark.postgres
@pytest.mark.full
@pytest.mark.timeout(900)
async def test_dbos_716_a_restart_of_postgres_in_the_middle_of_a_recovery_strands_no_run(
    server: PostgresServer,
) -> None:
    await through(server.url, FULL, gone(server, 1.0, dies=True))


@pytest.mark.postgres
@pytest.mark.soak
@pytest.mark.timeout(3_600)
async def test_postgres_gone_for_longer_than_anything_waits(server: PostgresServer) -> None:
    await through(server.url, SOAK, gone(server, SOAK.away, dies=True))


# --- owners ---------------------------------------------------------------------------------------------------------


class Fragile(ReferenceAdapter):
    """Goes down, or becomes slow, when it is asked for `at`, before or after it has done it; for `away` seconds."""

    at, how, away = "", "", 0.0

    async def _request(self, operation: str, keys: Iterable[object] = ()) -> None:
        if operation == self.at:
            self.at = ""
            loop = asyncio.get_running_loop()
            loop.call_later(self.away, self._well_again)
            if self.how == "slow":
                self.delay = self.away
            else:
                self.down = True
        await super()._request(operation, keys)

    def _well_again(self) -> None:
        self.down, self.delay = False, 0.0


class Case(Struct, frozen=True):
    """`what` happens to a checkout that asks `operation` of `backend`, which then is `how` for `away` seconds."""

    what: str
    backend: str
    operation: str
    how: str
    away: float


STEPS = (
    ("bought", "erp", GET_PRICES.name), ("bought", "erp", GET_STOCK.name), ("bought", "erp", PLACE_ORDER.name),
    ("bought", "pay", AUTHORISE.name), ("bought", "erp", CONFIRM_ORDER.name),
    ("different", "erp", CANCEL_ORDER.name), ("gone back", "pay", GET_PAYMENTS.name), ("gone back", "pay", VOID.name),
    ("gone back", "erp", CANCEL_ORDER.name), ("challenged", "pay", AUTHORISE.name),
)  # fmt: skip
SHORT, LONG = 1.5, 5.0
"""Seconds: a step on the way forward is tried for three."""
CASES = [Case(*step, how, away) for step in STEPS for how in ("down", "slow") for away in (SHORT, LONG)]


def erp_of(retail: Retail, name: str) -> Fragile:
    adapter = retail.erp if name == "erp" else retail.pay
    assert isinstance(adapter, Fragile)
    return adapter


async def suffered(retail: Retail, case: Case) -> list[str]:
    book = retail.pay.book
    book.challenged = {TOKEN} if case.what in ("challenged", "gone back") else set()
    retail.erp.surcharge = Decimal("0.01") if case.what == "different" else Decimal(0)
    cart = await retail.cart()
    fragile = erp_of(retail, case.backend)
    begins = case.what != "challenged" or case.operation != AUTHORISE.name
    fragile.how, fragile.away = case.how, case.away
    fragile.at = case.operation if begins else ""
    checkout = await retail.buy(cart, wait=60.0)
    if checkout.state.value == "ACTION":
        if not begins:
            fragile.at = case.operation
        if case.what == "gone back":
            await retail.desk.cancel(checkout.id, 0.0)
        else:
            await retail.desk.go_on(checkout.id, {"approved": "yes"}, 0.0)

    async def over() -> bool:
        found = await retail.desk.get(checkout.id)
        return found is not None and found.state.value in ("COMPLETED", "FAILED")

    await until(60.0, over)
    fragile._well_again()  # pyright: ignore[reportPrivateUsage]
    state = await retail.desk.get(checkout.id)
    assert state is not None
    cart_state = (await retail.cart_now(cart)).state.value
    found = faults(checkout.id, state.state.value, cart_state, await evidence(retail))
    return [f"{case}: {fault}" for fault in found]


@asynccontextmanager
async def fragile(url: str, *, pending: bool) -> AsyncGenerator[Retail]:
    retail = await Retail.open(url, pending=pending, kind=Fragile, pieces=PIECES)
    try:
        yield retail
    finally:
        await retail.close()


def seed() -> str:
    return os.environ.get("GATEWAY_SEED") or datetime.now(UTC).date().isoformat()


@pytest.mark.parametrize("pending", [True, pytest.param(False, marks=pytest.mark.full)])
async def test_an_owner_away_at_a_step_leaves_nothing_in_the_middle(url: str, pending: bool) -> None:
    chosen = random.Random(f"{seed()} {pending}").sample(CASES, 3)
    async with fragile(url, pending=pending) as retail:
        assert [fault for case in chosen for fault in await suffered(retail, case)] == []


@pytest.mark.full
@pytest.mark.timeout(900)
@pytest.mark.parametrize("pending", [True, False])
@sqlite_alone
async def test_ten_of_those_that_take_turns(url: str, pending: bool) -> None:
    chosen = random.Random(f"ten {seed()} {pending}").sample(CASES, 10)
    async with fragile(url, pending=pending) as retail:
        assert [fault for case in chosen for fault in await suffered(retail, case)] == [], chosen


@pytest.mark.soak
@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("pending", [True, False])
async def test_each_owner_away_at_each_step(url: str, pending: bool) -> None:
    async with fragile(url, pending=pending) as retail:
        assert [fault for case in CASES for fault in await suffered(retail, case)] == []
