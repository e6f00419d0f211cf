from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import update

from gateway.cli import main
from gateway.state.counters import Counters, sweep_counters
from gateway.state.database import Database
from gateway.state.inbox import SET_ASIDE_TASK
from gateway.state.kept import Kept
from gateway.state.log import START
from gateway.state.outbox import Outbox
from gateway.state.sweep import Sweep
from gateway.state.tables import counters as counter_rows
from gateway.state.tables import tasks as rows
from gateway.state.tasks import OPENED_EVENT, StoredTasks


async def test_what_is_met_again_is_one_task_told_once(database: Database) -> None:
    outbox = Outbox(database)
    tasks = StoredTasks(database, outbox)
    first = await tasks.open("order.doubled", "2069", {"orders": "2"})
    again = await tasks.open("order.doubled", "2069", {"orders": "3"})
    other = await tasks.open("order.doubled", "2070")
    assert first == again != other
    found = await tasks.list()
    assert [(task.subject, task.times) for task in found] == [("2069", 2), ("2070", 1)]
    assert found[0].facts == {"orders": "3"}
    assert found[0].opened <= found[0].seen
    events = await outbox.read(START)
    assert [(event.kind, event.facts["id"]) for event in events] == [(OPENED_EVENT, first), (OPENED_EVENT, other)]


async def test_twenty_that_meet_it_at_once_open_one_task(database: Database) -> None:
    tasks = StoredTasks(database, Outbox(database))
    found = await asyncio.gather(*(tasks.open("order.doubled", "2069") for _ in range(20)))
    assert len(set(found)) == 1
    assert [task.times for task in await tasks.list()] == [20]


async def test_a_closed_task_is_kept_with_who_closed_it_and_may_come_again(database: Database) -> None:
    tasks = StoredTasks(database, Outbox(database))
    first = await tasks.open("order.doubled", "2069")
    assert await tasks.close(first, "ann")
    assert not await tasks.close(first, "bob")
    assert await tasks.list() == []
    (done,) = await tasks.list(done=True)
    assert (done.id, done.done_by) == (first, "ann")
    second = await tasks.open("order.doubled", "2069")
    assert second != first
    assert await tasks.close_subject("order.doubled", "2069", "ann")
    async with database.write() as connection:
        await connection.execute(update(rows).where(rows.c.id == first).values(done=1.0))
    assert await tasks.sweep() == 1


async def test_pages_follow_one_another_oldest_first(database: Database) -> None:
    tasks = StoredTasks(database, Outbox(database))
    opened = [await tasks.open("kind", str(number)) for number in range(5)]
    first = await tasks.list(limit=2)
    second = await tasks.list(limit=10, after=first[-1].id)
    assert sorted(opened) == [task.id for task in [*first, *second]]


async def test_no_two_callers_are_told_the_same_count(database: Database) -> None:
    guesses = Counters(database, "codes", 60.0)
    counted = await asyncio.gather(*(guesses.add("kiosk-1") for _ in range(30)))
    assert sorted(one.value for one in counted) == list(range(1, 31))
    assert await guesses.value("kiosk-1") == 30
    assert await guesses.value("kiosk-2") == 0
    await guesses.reset("kiosk-1")
    assert (await guesses.add("kiosk-1")).value == 1


async def test_a_window_that_is_over_begins_anew_and_is_swept(database: Database) -> None:
    guesses = Counters(database, "codes", 60.0)
    await guesses.add("kiosk-1", 5)
    async with database.write() as connection:
        await connection.execute(update(counter_rows).values(expires=1.0))
    assert await guesses.value("kiosk-1") == 0
    assert (await guesses.add("kiosk-1")).value == 1
    async with database.write() as connection:
        await connection.execute(update(counter_rows).values(expires=1.0))
    assert await sweep_counters(database) == 1


async def test_one_job_that_fails_keeps_no_other_from_its_turn(database: Database) -> None:
    done: list[str] = []

    async def fails() -> int:
        raise ZeroDivisionError

    async def works() -> int:
        done.append("works")
        return 1

    sweep = Sweep({"fails": fails, "works": works}, every=0.01)
    sweep.start()
    async with asyncio.timeout(5):
        while len(done) < 2:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    await sweep.close()


def test_an_operator_lists_closes_and_tries_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "gateway.toml"
    config.write_text(f'[gateway]\nstate = "sqlite+aiosqlite:///{tmp_path}/state.sqlite"\n')

    async def open_two() -> list[str]:
        database = await Database.open(f"sqlite+aiosqlite:///{tmp_path}/state.sqlite")
        tasks = Kept(database).tasks
        opened = [await tasks.open("order.doubled", "2069"), await tasks.open(SET_ASIDE_TASK, "pay:1", {"entry": "1"})]
        await database.close()
        return opened

    command = ["tasks", "--config", str(config)]
    assert main(command) == 0
    assert "nothing to look at" in capsys.readouterr().out
    doubled, aside = asyncio.run(open_two())
    assert main(command) == 0
    assert "order.doubled  2069" in capsys.readouterr().out
    assert main([*command, "--close", doubled, "--by", "ann"]) == 0
    assert main([*command, "--close", doubled]) == 1
    assert main([*command, "--retry", aside]) == 1
    assert main([*command, "--done", "--json"]) == 0
    assert '"done_by":"ann"' in capsys.readouterr().out
