"""What others got wrong in public, by its name there: of shops, and of the durable engine. Where the piece itself is:
`medusa_14987` (test_places), `medusa_16502`, `vendure_4030`, `vendure_4930` (services/test_allocation), `saleor_18063`
(test_saga, services/test_cart_owners), `dbos_425`, `dbos_761` (test_engine), `dbos_716` (test_outages).
"""

from __future__ import annotations

import asyncio
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest
from dbos import DBOS
from msgspec.structs import replace
from sqlalchemy import select

from gateway.checkout.claims import run_of
from gateway.errors import IdempotencyConflict
from gateway.model.checkouts import CheckoutState, FailureReason
from gateway.model.money import Money
from gateway.model.payments import Authorise
from gateway.ports.payment import AUTHORISE, CAPTURE, VOID
from gateway.state.database import Database
from gateway.state.tables import processes

from .conftest import both_stores
from .crowd import Board, Processes
from .evidence import problems
from .fleet import Worker, until
from .retail import TOKEN, Retail
from .test_engine import closed, done
from .toy import Told, Vendors, open_toy
from .vendors import Vendors as Owners
from .worker import Station


@both_stores
@pytest.mark.timeout(300)
async def test_medusa_13301_the_shoppers_return_races_the_webhook(url: str) -> None:
    """In two processes, at once, several times over: one completion and one capture each."""
    books = await Retail.books(url, 100)
    book = books.pay.book
    book.challenged = {TOKEN}
    board = Board(books)
    watching = asyncio.create_task(board.watch())
    try:
        async with (
            Owners({"erp": books.erp, "pay": books.pay}) as owners,
            Processes(Station(url, owners, serves=True), 2) as doors,
        ):
            for _ in range(6):
                cart = await books.cart()
                run = await doors.ask("submit", cart.id, "key", "12.00")

                async def shown(run: str = run) -> bool:
                    return run in board.asked

                await until(30.0, shown)
                (payment,) = [held.id for held in book.payments.values() if held.purchase == run]
                book.answer(payment)
                one, other = doors.alive
                await asyncio.gather(
                    one.ask("heard", payment), other.ask("continue", run), one.ask("heard", payment),
                    other.ask("heard", payment), one.ask("continue", run),
                )  # fmt: skip
                assert (await board.over(run, 30.0)).state == "COMPLETED"

            async def captured() -> bool:
                return set(books.payments()) == {"CAPTURED"}

            await until(30.0, captured)
            assert Counter(entry.kind for entry in book.entries) == {"authorise": 6, "capture": 6}
            assert await problems(books, 100) == []
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        await books.close_books()


async def test_adyen_magento2_1948_a_key_stands_for_what_is_asked(url: str) -> None:
    """Whatever is asked of a payment has a reference of its own, the same at each repetition; another amount under a
    known one is a conflict, never an old answer."""
    retail = await Retail.open(url)
    try:
        retail.pay.book.challenged = {TOKEN}
        bought, left = [await retail.buy(await retail.cart()) for _ in range(2)]
        await retail.desk.go_on(bought.id, {"approved": "yes"})
        await retail.desk.cancel(left.id)
        while await retail.outbox.deliver_one("checkout"):
            pass

        async def captured() -> bool:
            return "CAPTURED" in retail.payments()

        await until(10.0, captured)
        asked = [
            (each.operation, each.keys[0])
            for each in retail.pay.asked
            if each.operation in (AUTHORISE.name, CAPTURE.name, VOID.name)
        ]
        assert Counter(name for name, _ in asked) == {AUTHORISE.name: 3, CAPTURE.name: 1, VOID.name: 1}
        references = {str(command.reference) for _, command in asked}  # type: ignore[attr-defined]
        assert len(references) == 5
        first = asked[0][1]
        assert isinstance(first, Authorise)
        frozen = await retail.given.frozen(bought.id)
        call = retail.given.call(bought.id)
        again = await retail.writes.perform("pay", AUTHORISE, first, frozen.commerce, call)
        assert again.ref.id == frozen.tenders[0].payment_id
        dearer = replace(first, amount=Money(Decimal("99.00"), "GBP"))
        with pytest.raises(IdempotencyConflict):
            await retail.writes.perform("pay", AUTHORISE, dearer, frozen.commerce, call)
        assert len(retail.pay.book.payments) == 2
    finally:
        await retail.close()


async def test_vendure_4930_a_shortfall_is_in_the_journal_with_its_line(url: str) -> None:
    retail = await Retail.open(url, pieces=3)
    try:
        checkout = await retail.buy(await retail.cart(("PLATE", 1), ("MUG", 5)), quoted="72.00")
        assert checkout.state is CheckoutState.FAILED
        assert checkout.failure is not None
        assert (checkout.failure.reason, checkout.failure.detail) == (FailureReason.OUT_OF_STOCK, "1")
        assert ("fail", "OUT_OF_STOCK") in [
            (entry.step, entry.outcome) for entry in await retail.desk.history(checkout.id)
        ]
    finally:
        await retail.close()


# --- the engine -----------------------------------------------------------------------------------------------------


async def left_behind(told: Told, count: int) -> list[str]:
    """Runs of a process that died in the middle of all of them."""
    runs = [run_of("toy", "checkout", str(number)) for number in range(count)]
    async with Worker(replace(told, slow=30.0)) as victim:
        for number in range(count):
            assert await victim.ask("submit", str(number), "paid") == runs[number]
        await asyncio.sleep(0.3)
        victim.kill()
    return runs


def effects(told: Told, runs: list[str]) -> set[tuple[int, int]]:
    vendors = Vendors(Path(told.log))
    return {(vendors.effects("order", run), vendors.effects("payment", run)) for run in runs}


@both_stores
async def test_dbos_742_a_stale_list_of_runs_executes_none_of_them_again(url: str, tmp_path: Path) -> None:
    """Recovered three times at once, by one process, from one list."""
    told = Told(url, str(tmp_path / "effects"), slow=0.2)
    opening = await Database.open(url)
    runs = await left_behind(told, 8)
    async with opening.read() as connection:
        (dead,) = (await connection.execute(select(processes.c.id))).scalars()
    database, engine, watch, toy = await open_toy(told, lambda _: None)
    await asyncio.gather(
        *(asyncio.to_thread(DBOS._recover_pending_workflows, [dead]) for _ in range(3))  # pyright: ignore[reportPrivateUsage]
    )
    await done(toy, runs)
    assert effects(told, runs) == {(1, 1)}
    await watch.stop()
    await closed(engine)
    await watch.leave()
    await database.close()
    await opening.close()


@both_stores
async def test_dbos_541_two_processes_take_nothing_over_twice(url: str, tmp_path: Path, database: Database) -> None:
    told = Told(url, str(tmp_path / "effects"), slow=0.2)
    async with Worker(told), Worker(told):
        runs = await left_behind(told, 12)

        async def over() -> bool:
            return effects(told, runs) == {(1, 1)}

        await until(40.0, over)
        await asyncio.sleep(1.0)
        assert effects(told, runs) == {(1, 1)}


@both_stores
async def test_dbos_804_a_rolling_restart_strands_no_run(url: str, tmp_path: Path, database: Database) -> None:
    """Old and new of one configuration side by side: were both one, what the old one leaves would
    have an owner that lives."""
    told = Told(url, str(tmp_path / "effects"), slow=0.2)
    async with Worker(told):
        runs = await left_behind(told, 4)
        async with Worker(told) as second:
            async with database.read() as connection:
                ids = list((await connection.execute(select(processes.c.id))).scalars())
            assert len(ids) == len(set(ids)) == 3

            async def over() -> bool:
                return effects(told, runs) == {(1, 1)}

            second.kill()
            await until(40.0, over)
