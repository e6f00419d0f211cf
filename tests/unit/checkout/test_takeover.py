"""SIGKILL at each point of a run, with another process alive: it goes on with the run within five seconds, and no
effect is doubled or lost.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
from sqlalchemy import text

from gateway.checkout.claims import run_of
from gateway.state.database import Database

from .conftest import both_stores
from .fleet import Worker, until
from .toy import POINTS, UNDOING, Told, Vendors

TAKEN_OVER = 5.0
SAMPLE = [("action", "claimed"), ("action", "record:reserve"), ("action", "mid:place"), ("declined", "record:release")]
ALL = [("action", point) for point in POINTS] + [("declined", point) for point in UNDOING]


async def outcomes(database: Database, run: str) -> dict[str, list[str]]:
    async with database.read() as connection:
        return {
            table: [
                str(row[-1]) for row in await connection.execute(text(f"SELECT * FROM {table} WHERE run = '{run}'"))
            ]
            for table in ("toy_holds", "toy_released", "toy_done")
        }


async def ended(database: Database, run: str, within: float) -> dict[str, list[str]]:
    async def over() -> bool:
        return bool((await outcomes(database, run))["toy_done"])

    await until(within, over)
    return await outcomes(database, run)  # the tables are read one by one: what came before the end perhaps too early


async def killed_at(point: str, kind: str, told: Told, other: Worker, database: Database) -> float:
    """Seconds from the death to the end of the run."""
    key = f"{kind}-{point}"
    run = run_of("toy", "checkout", key)
    async with Worker(Told(told.url, told.log, kill=point)) as victim:
        asked = asyncio.create_task(victim.ask("submit", key, kind))
        if kind == "action" and point not in ("claimed", "before:signal"):

            async def signalled() -> bool:
                return await other.ask("signal", key) == "signalled"

            await until(10.0, signalled)  # before it waits, and perhaps before the death
        await victim.died()
        await asked
    dead = time.monotonic()
    if point == "claimed":
        assert await other.ask("submit", key, kind) == run  # the client comes back
    if kind == "action":
        await other.ask("signal", key)
    found = await ended(database, run, 30.0)
    vendors = Vendors(Path(told.log))
    assert found["toy_holds"] == [run]
    assert vendors.effects("order", run) == 1
    if kind == "declined":
        assert found["toy_done"] == ["failed"]
        assert found["toy_released"] == [run]
        assert (vendors.effects("payment", run), vendors.effects("cancelled", run)) == (0, 1)
    else:
        assert found["toy_done"] == ["completed"]
        assert found["toy_released"] == []
        assert (vendors.effects("payment", run), vendors.effects("cancelled", run)) == (1, 0)
    return time.monotonic() - dead


async def matrix(points: list[tuple[str, str]], url: str, folder: Path, database: Database) -> dict[str, float]:
    told = Told(url, str(folder / "effects"))
    seconds: dict[str, float] = {}
    async with Worker(told) as other:
        for kind, point in points:
            seconds[f"{kind} {point}"] = await killed_at(point, kind, told, other, database)
    return seconds


@both_stores
async def test_another_process_goes_on_with_a_killed_run(url: str, tmp_path: Path, database: Database) -> None:
    seconds = await matrix(SAMPLE, url, tmp_path, database)
    assert max(seconds.values()) < TAKEN_OVER, seconds


@pytest.mark.full
@pytest.mark.timeout(600)
async def test_at_every_point(url: str, tmp_path: Path, database: Database) -> None:
    seconds = await matrix(ALL, url, tmp_path, database)
    assert max(seconds.values()) < TAKEN_OVER, seconds
