"""News between processes that share a database and nothing else."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import delete, update

from gateway.state.bell import PATIENCE, Bell
from gateway.state.changes import Change, Changes
from gateway.state.database import Database
from gateway.state.kept import Kept
from gateway.state.tables import changes as rows

PRICE = Change("backend", "erp", ("price:MUG",))


class Worker:
    """One process's part: what it heard."""

    def __init__(self, database: Database, *, bell: bool = True) -> None:
        self.heard: list[Change | None] = []
        self.changes = Changes(database, self.heard.append, Bell(database.name) if bell else None)


@pytest.fixture
async def workers(database: Database) -> AsyncIterator[list[Worker]]:
    made = [Worker(database) for _ in range(4)]
    for worker in made:
        await worker.changes.start()
    yield made
    for worker in made:
        await worker.changes.close()


async def test_when_telling_returns_everybody_has_heard(workers: list[Worker]) -> None:
    for _ in range(20):
        await workers[0].changes.tell(PRICE)
    assert workers[0].heard == []
    assert [len(worker.heard) for worker in workers[1:]] == [20, 20, 20]
    assert workers[1].heard[0] == PRICE


async def test_news_told_side_by_side_are_all_heard_in_one_order(workers: list[Worker]) -> None:
    told = [Change("backend", "erp", (f"price:{number}",)) for number in range(40)]
    await asyncio.gather(*(workers[number % 2].changes.tell(change) for number, change in enumerate(told)))
    heard = workers[2].heard
    assert sorted(map(str, heard)) == sorted(map(str, told))
    assert workers[3].heard == heard


async def test_without_a_bell_news_are_heard_by_the_next_look(database: Database) -> None:
    one, two = Worker(database, bell=False), Worker(database, bell=False)
    await one.changes.start()
    await two.changes.start()
    await one.changes.tell(PRICE)
    async with asyncio.timeout(2):
        while two.heard != [PRICE]:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    await one.changes.close()
    await two.changes.close()


async def test_who_starts_later_hears_only_what_comes(workers: list[Worker], database: Database) -> None:
    await workers[0].changes.tell(PRICE)
    late = Worker(database)
    await late.changes.start()
    stock = Change("backend", "till", ("stock:MUG",))
    await workers[0].changes.tell(stock)
    assert late.heard == [stock]
    await late.changes.close()


async def test_who_was_stopped_for_too_long_is_told_that_anything_may_have_changed(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.state.changes.KEPT_SECONDS", 0.2)
    sleeper, speaker = Worker(database, bell=False), Worker(database, bell=False)
    await sleeper.changes.start()
    await sleeper.changes.catch_up()
    await sleeper.changes.close()  # it does not look any more
    await speaker.changes.tell(PRICE)
    async with database.write() as connection:
        await connection.execute(delete(rows))
    await asyncio.sleep(0.25)
    await sleeper.changes.catch_up()
    assert sleeper.heard == [None]


async def test_old_news_are_swept(database: Database) -> None:
    speaker = Worker(database, bell=False)
    await speaker.changes.tell(PRICE)
    async with database.write() as connection:
        await connection.execute(update(rows).values(told=1.0))
    await speaker.changes.tell(PRICE)
    assert await speaker.changes.sweep() == 1


async def test_a_process_that_was_killed_costs_nobody_a_wait_twice(workers: list[Worker], database: Database) -> None:
    code = (
        "import asyncio, sys\nfrom gateway.state.bell import Bell\n"
        "async def main():\n bell = Bell(sys.argv[1])\n async def look(word): pass\n"
        " await bell.hang(look)\n print('hung', flush=True)\n await asyncio.sleep(60)\nasyncio.run(main())\n"
    )
    root = Path(__file__).resolve().parents[3]
    other = subprocess.Popen(  # noqa: ASYNC220
        [sys.executable, "-c", code, database.name], stdout=subprocess.PIPE, cwd=root
    )
    assert other.stdout is not None
    assert await asyncio.to_thread(other.stdout.readline) == b"hung\n"
    other.kill()
    other.wait()
    other.stdout.close()
    await workers[0].changes.tell(PRICE)
    begun = time.monotonic()
    await workers[0].changes.tell(PRICE)
    assert time.monotonic() - begun < PATIENCE + 1
    assert workers[3].heard == [PRICE, PRICE]


async def test_a_revocation_is_known_to_the_next_request_on_any_process(database: Database) -> None:
    kept = [Kept(database) for _ in range(3)]
    for each in kept:
        await each.changes.start()
        assert not await each.revocations.is_revoked("https://id", "kiosk-1", None)
    await kept[0].revocations.revoke("https://id", "kiosk-1")
    assert [await each.revocations.is_revoked("https://id", "kiosk-1", None) for each in kept] == [True] * 3
    for each in kept:
        await each.changes.close()


async def test_a_bell_in_a_folder_that_others_may_write_stays_silent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    heard: list[str] = []

    async def look(word: str) -> None:
        heard.append(word)

    one, two = Bell("db"), Bell("db")
    await one.hang(look)
    for folder in tmp_path.iterdir():
        folder.chmod(0o777)
    await two.hang(look)
    await two.ring("1")
    assert heard == []
    one.close()
    two.close()
