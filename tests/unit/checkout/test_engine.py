"""What breaks a durable run silently, each in one process: callers who go away, databases that are away, errors that
are replayed, what is stored.
"""

from __future__ import annotations

import asyncio
import inspect
import sqlite3
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from dbos import DBOS
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.checkout.claims import run_of
from gateway.checkout.engine import Runs, RunState, UnknownRun
from gateway.checkout.sealed import Sealed, StepFailed, Transient
from gateway.checkout.watch import RunsWatch
from gateway.errors import IdempotencyConflict, StateUnavailable
from gateway.state.database import Database
from gateway.state.pair import runs_file
from gateway.state.tables import processes

from .conftest import both_stores
from .fleet import until
from .toy import Told, Toy, Vendors, open_toy


async def closed(runs: Runs) -> None:
    """When nothing moves any more: a thread in the middle of something would lose its connection."""

    async def still() -> bool:
        return not await runs.pending()

    await until(5.0, still)
    await asyncio.sleep(0.1)
    await runs.close(drain=0)


@asynccontextmanager
async def launched(database: Database, **workflows: Callable[..., Awaitable[None]]) -> AsyncGenerator[Runs]:
    runs = await Runs.open(database, "test-1")
    for name, workflow in workflows.items():
        runs.workflow(name, workflow)
    await runs.launch()
    try:
        yield runs
    finally:
        await closed(runs)


@pytest.fixture
async def toy(url: str, tmp_path: Path) -> AsyncIterator[Toy]:
    database, runs, watch, opened = await open_toy(Told(url, str(tmp_path / "effects")), lambda _: None)
    yield opened
    await watch.stop()
    await closed(runs)
    await watch.leave()
    await database.close()


async def done(toy: Toy, runs: list[str], within: float = 30.0) -> None:
    """Until each of them has ended, once."""
    async with asyncio.timeout(within):
        while True:
            async with toy.database.read() as connection:
                rows = [row[0] for row in await connection.execute(text("SELECT run FROM toy_done"))]
            assert len(rows) == len(set(rows))
            if set(rows) >= set(runs):
                return
            await asyncio.sleep(0.05)


@both_stores
async def test_dbos_425_a_caller_who_goes_away_leaves_a_run_that_goes_on(toy: Toy) -> None:
    """Without a task of its own, a start that is cancelled leaves the run pending in a living process for ever."""
    runs = [run_of("toy", "checkout", str(number)) for number in range(40)]
    asked = [asyncio.create_task(toy.runs.start("toy", run, run, "paid")) for run in runs]
    for task in asked:
        await asyncio.sleep(0.002)
        task.cancel()
    ended = await asyncio.gather(*asked, return_exceptions=True)
    assert any(isinstance(error, asyncio.CancelledError) for error in ended)
    started = [run for run in runs if run in await toy.runs.states(runs)]
    assert len(started) > 20  # a task that was cancelled before it began has begun nothing
    await done(toy, started)


async def test_what_was_claimed_and_never_begun_is_started_by_the_sweep(toy: Toy) -> None:
    run = run_of("toy", "checkout", "lost")
    async with toy.database.write() as connection:
        await toy.claims.claim(connection, run, "toy", "paid", [run, "paid"])
    assert await toy.claims.start_forgotten() == 0  # its caller may be about to
    async with toy.database.write() as connection:
        await connection.execute(text("UPDATE claims SET claimed = claimed - 10"))
    assert await toy.claims.start_forgotten() == 1
    await done(toy, [run])
    assert await toy.claims.start_forgotten() == 0


async def test_a_key_with_another_input_is_a_conflict(toy: Toy) -> None:
    run = await toy.submit("key", "paid")
    assert await toy.submit("key", "paid") == run
    with pytest.raises(IdempotencyConflict):
        await toy.submit("key", "declined")
    await done(toy, [run])
    assert toy.vendors.effects("order", run) == 1


async def test_two_guests_with_one_key_are_two_runs() -> None:
    assert run_of("cart-1", "checkout", "1") != run_of("cart-2", "checkout", "1")
    assert run_of("cart-1", "checkout", "11") != run_of("cart-11", "checkout", "1")


async def test_a_run_is_deleted_a_day_after_its_end_and_never_before_its_claim(toy: Toy) -> None:
    run = await toy.submit("old", "paid")
    await done(toy, [run])

    async def over() -> bool:
        return (await toy.runs.states([run]))[run] is RunState.ENDED

    await until(5.0, over)
    await toy.claims.sweep()
    assert run in await toy.runs.states([run])
    async with toy.database.write() as connection:
        await connection.execute(text("UPDATE claims SET ended = ended - 90000"))
    await toy.claims.sweep()  # the claim goes; the run is not a day old
    async with toy.database.read() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM claims"))).scalar() == 0
    await toy.runs.delete([run])
    assert await toy.runs.states([run]) == {}


async def test_a_signal_for_a_run_that_never_was_is_said(toy: Toy) -> None:
    with pytest.raises(UnknownRun):
        await toy.runs.send("NOBODY", "payment", "1")


@both_stores
async def test_a_signal_counts_once_and_before_anybody_waits(toy: Toy) -> None:
    run = await toy.submit("signal", "action")
    for _ in range(3):
        await toy.runs.send(run, "payment", "webhook-1")
    await toy.runs.send(run, "payment", "poll-1")
    await done(toy, [run])


@both_stores
async def test_our_database_away_in_a_step_ends_no_run(database: Database) -> None:
    """Any of the errors in which a database is away would be the step's result for ever."""
    failures: list[Exception] = [
        PoolTimeout("QueuePool limit"),
        OperationalError("INSERT", {}, Exception("disk is full")),
        StateUnavailable(),
        ConnectionRefusedError(),
    ]
    ended = asyncio.Event()

    async def body(connection: AsyncConnection, run: str) -> str:
        if failures:
            raise failures.pop()
        return run

    async def workflow(run: str) -> None:
        assert await runs.local("body", body, run) == run
        ended.set()

    async with launched(database, flow=workflow) as runs:
        await runs.start("flow", "RUN")
        await asyncio.wait_for(ended.wait(), 15)
        assert not failures


async def test_our_database_away_in_the_middle_of_a_remote_step_ends_no_run(database: Database) -> None:
    """What was done at the owner could not be noted: the step is tried again, and looks it up."""
    failures = [StateUnavailable(), StateUnavailable()]
    ended = asyncio.Event()

    async def act(run: str) -> str:
        if failures:
            raise failures.pop()
        return run

    async def workflow(run: str) -> None:
        assert await runs.remote("act", act, run) == run
        ended.set()

    async with launched(database, flow=workflow) as runs:
        await runs.start("flow", "RUN")
        await asyncio.wait_for(ended.wait(), 15)
        assert not failures
        assert await runs.steps("RUN") == ["act"]


@pytest.mark.parametrize("error", [PoolTimeout("full"), OperationalError("", {}, Exception()), StateUnavailable()])
def test_what_a_replay_raises_for_our_database_is_tried_again(error: Exception) -> None:
    sealed = Sealed()
    assert isinstance(sealed.deserialize(sealed.serialize(error)), Transient)


def test_an_error_is_stored_without_its_text() -> None:
    sealed = Sealed()
    written = sealed.serialize(ValueError("ada@example.com"))
    assert "ada" not in written
    replayed = sealed.deserialize(written)
    assert isinstance(replayed, StepFailed)
    assert replayed.args == ("ValueError",)


def test_arguments_come_back_as_they_were() -> None:
    sealed = Sealed()
    assert sealed.deserialize(sealed.serialize({"args": ("a", "b"), "kwargs": {}})) == {
        "args": ("a", "b"),
        "kwargs": {},
    }
    with pytest.raises(TypeError):
        sealed.serialize({"amount": object()})


@both_stores
async def test_reads_before_the_first_write_are_inside_the_transaction(database: Database) -> None:
    """Ten pieces and thirty buyers, each of whom reads before it writes."""
    async with database.write() as connection:
        await connection.execute(text("CREATE TABLE shelf (pieces INTEGER)"))
        await connection.execute(text("INSERT INTO shelf VALUES (10)"))
        await connection.execute(text("CREATE TABLE taken (run VARCHAR(40))"))
    ended: list[str] = []

    async def take(connection: AsyncConnection, run: str) -> bool:
        lock = "" if database.is_sqlite else " FOR UPDATE"
        left = (await connection.execute(text(f"SELECT pieces FROM shelf{lock}"))).scalar_one()
        if left <= 0:
            return False
        await asyncio.sleep(0)
        await connection.execute(text("INSERT INTO taken VALUES (:run)"), {"run": run})
        await connection.execute(text(f"UPDATE shelf SET pieces = {left - 1}"))
        return True

    async def workflow(run: str) -> None:
        await runs.local("take", take, run)
        ended.append(run)

    async with launched(database, flow=workflow) as runs:
        await asyncio.gather(*(runs.start("flow", f"R{number}") for number in range(30)))

        async def all_ended() -> bool:
            return len(ended) == 30

        await until(30.0, all_ended)
        async with database.read() as connection:
            assert (await connection.execute(text("SELECT count(*) FROM taken"))).scalar() == 10


@pytest.mark.parametrize("locked", ["ours", "runs"])
async def test_dbos_761_a_locked_file_delays_runs_and_ends_none(locked: str, tmp_path: Path) -> None:
    file = tmp_path / "state.sqlite"
    told = Told(f"sqlite+aiosqlite:///{file}", str(tmp_path / "effects"))
    database, runs, watch, toy = await open_toy(told, lambda _: None)
    try:
        started = [await toy.submit(str(number), "action") for number in range(10)]
        name = str(file) if locked == "ours" else runs_file(str(file))
        lock = sqlite3.connect(name, timeout=30.0, isolation_level=None, check_same_thread=False)
        await asyncio.to_thread(lock.execute, "BEGIN IMMEDIATE")  # whose turn it is now goes on in this loop
        signals = [asyncio.create_task(runs.send(run, "payment", run)) for run in started]
        await asyncio.sleep(4.0)
        lock.execute("ROLLBACK")
        lock.close()
        await asyncio.gather(*signals)
        await done(toy, started)
        assert all(toy.vendors.effects("order", run) == 1 for run in started)
    finally:
        await watch.stop()
        await closed(runs)
        await watch.leave()
        await database.close()


async def test_a_closed_engine_leaves_threads_that_work(database: Database) -> None:
    async with launched(database):
        pass
    assert await asyncio.to_thread(lambda: 1) == 1


async def test_runs_live_on_the_gateways_own_loop(database: Database) -> None:
    """Where the outgoing connections live."""
    seen: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    async def workflow(run: str) -> None:
        seen.set_result(asyncio.get_running_loop())

    async with launched(database, flow=workflow) as runs:
        await runs.start("flow", "RUN")
        async with asyncio.timeout(5):
            assert await seen is asyncio.get_running_loop()


def test_the_private_call_that_the_watch_makes_is_still_there() -> None:
    recover = DBOS._recover_pending_workflows  # pyright: ignore[reportPrivateUsage]
    assert list(inspect.signature(recover).parameters) == ["executor_ids"]


async def test_a_process_that_was_late_itself_calls_nobody_dead(database: Database) -> None:
    """After a backup or an outage the others could not beat either."""
    async with launched(database) as runs:
        watch = RunsWatch(runs, every=0.05, dead=0.4)
        await watch.beat()
        await asyncio.sleep(0.5)
        assert not watch.alive
        await watch.beat()
        assert watch.alive
        begun = time.monotonic()
        assert await watch.look() == set()
        assert time.monotonic() - begun < 0.4
        await watch.leave()


async def test_who_has_little_time_itself_gives_others_more(database: Database) -> None:
    async def silent_for(seconds: float) -> None:
        row = {"id": "other", "shape": "another shape", "beat": database.now - seconds}
        async with database.write() as connection:
            await connection.execute(database.upsert(processes, [row], update=["beat"]))

    async with launched(database) as runs:
        watch = RunsWatch(runs)
        await watch.beat()
        await watch.beat()
        await silent_for(2.3)
        assert await watch.beating() == {runs.executor}
        await asyncio.sleep(1.3)  # a beat so late is not yet one that others take for death
        await watch.beat()
        await silent_for(2.3)
        assert await watch.beating() == {runs.executor, "other"}
        await silent_for(4.1)  # whoever is dead is taken over within five seconds all the same
        assert await watch.beating() == {runs.executor}
        await watch.leave()


def test_vendors_of_the_toy_count_what_is_doubled(tmp_path: Path) -> None:
    vendors = Vendors(tmp_path / "effects")
    for _ in range(2):
        vendors.effect("order", "R")
        vendors.effect("payment", "R", once=True)
    assert (vendors.effects("order", "R"), vendors.effects("payment", "R")) == (2, 1)
