"""`gateway checkouts`: what is under way, what is stuck, and what one of them did."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import insert

from gateway import checkouts as command
from gateway.state.database import Database
from gateway.state.tables import checkout_journal, checkouts

RUN = "RUN" + "A" * 23


@pytest.fixture
async def url(tmp_path: Path) -> str:
    """With one that has stood still for two minutes, and one that waits for its shopper."""
    place = f"sqlite+aiosqlite:///{tmp_path}/state.sqlite"
    database = await Database.open(place)
    row = {
        "cart": "C", "cart_version": 1, "subject": "S", "continued": 0, "language": "en",
        "currency": "GBP", "quoted": "12.00", "created": 0.0, "moved": database.now - 120.0,
    }  # fmt: skip
    async with database.write() as connection:
        still = {**row, "run": RUN, "state": "PROCESSING", "stage": "place", "order_backend": "erp", "order_id": "7"}
        waits = {**row, "run": "W", "state": "ACTION", "stage": "authorise", "expires": database.now + 300.0}
        over = {**row, "run": "E", "state": "COMPLETED", "stage": "completed"}
        for each in (still, waits, over):
            await connection.execute(insert(checkouts).values(each))
        entry = {
            "run": RUN,
            "step": "place",
            "outcome": "unknown",
            "backend": "erp",
            "facts": '{"order": "7"}',
            "at": 0.0,
        }
        await connection.execute(insert(checkout_journal).values(entry))
    await database.close()
    return place


async def test_those_under_way_are_listed(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert await command.show(url, stuck=False, as_json=False) == 0
    told = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in sorted(told)] == [RUN, "W"]


async def test_a_stuck_one_is_a_problem(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert await command.show(url, stuck=True, as_json=True) == 1
    (line,) = capsys.readouterr().out.splitlines()
    told = json.loads(line)
    assert (told["checkout"], told["stage"], told["order"]) == (RUN, "place", "erp:7")
    assert int(told["seconds"]) >= 119


async def test_its_journal_is_told(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert await command.journal(url, RUN, as_json=False) == 0
    assert "place      unknown          erp  order 7" in capsys.readouterr().out
    assert await command.journal(url, "NOBODY", as_json=False) == 1
