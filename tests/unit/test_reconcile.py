"""`gateway reconcile`, as it is typed: what it finds, mends and remembers in the gateway's own tables."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from sqlalchemy import insert

from gateway.cli import main
from gateway.state.database import Database
from gateway.state.tables import checkouts, holds, stock_ledger
from tests.unit.test_cli import MINIMAL
from tests.unit.validation.reference import ENVIRONMENT

RUN = "RUN" + "A" * 23
HOLD = f"hold.orphan:{RUN}"


async def planted(url: str) -> None:
    """Two pieces kept back for nobody."""
    database = await Database.open(url)
    spot = {"backend": "shop", "item": "MUG", "place": "LON"}
    async with database.write() as connection:
        await connection.execute(insert(stock_ledger).values(**spot, reading=5, asked=1.0, held=2))
        row = {**spot, "run": RUN, "quantity": 2, "state": "HELD", "since": 1.0, "counted": True}
        await connection.execute(insert(holds).values(row))
    await database.close()


async def still(url: str) -> None:
    """A checkout that nobody executes."""
    database = await Database.open(url)
    row = {
        "run": RUN, "cart": "C", "cart_version": 1, "subject": "S", "continued": 0,
        "language": "en", "currency": "GBP", "quoted": "12.00", "created": 1.0, "moved": 1.0, "state": "PROCESSING",
        "stage": "place",
    }  # fmt: skip
    async with database.write() as connection:
        await connection.execute(insert(checkouts).values(row))
    await database.close()


@pytest.fixture
def url(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """Of a gateway whose configuration is where commands look for it."""
    place = f"sqlite+aiosqlite:///{tmp_path}/state.sqlite"
    for name, value in {**ENVIRONMENT, "GATEWAY_STATE": place}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("GATEWAY_REDIS", raising=False)
    path = tmp_path / "gateway.toml"
    path.write_text(MINIMAL, "utf-8")
    monkeypatch.setenv("GATEWAY_CONFIG", str(path))
    return place


def test_where_nothing_was_sold_nothing_is_found(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reconcile"]) == 0
    assert capsys.readouterr().out == "0 checkouts compared, nothing found\n"


def test_what_is_found_is_mended_by_its_name_and_remembered(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    asyncio.run(planted(url))
    assert main(["reconcile", "--json"]) == 1
    (line,) = capsys.readouterr().out.splitlines()
    assert (json.loads(line)["finding"], json.loads(line)["pieces"]) == (HOLD, "2")
    assert main(["tasks"]) == 0
    assert f"reconcile.hold.orphan  {RUN}" in capsys.readouterr().out
    assert main(["reconcile", "--repair", HOLD, "--by", "ada"]) == 0
    assert main(["reconcile", "--repair", HOLD, "--by", "ada"]) == 0
    assert capsys.readouterr().out == f"{HOLD}: mended\n{HOLD}: there is nothing (any more) to mend\n"
    assert main(["reconcile", "--history", "--json"]) == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(entry["by"], entry["outcome"]) for entry in told] == [("ada", "done"), ("ada", "begun")]
    assert main(["reconcile"]) == 0
    assert main(["tasks"]) == 0
    assert capsys.readouterr().out.endswith("nothing to look at\n")


def test_a_run_that_is_gone_is_left_to_whoever_serves(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    asyncio.run(still(url))
    assert main(["reconcile"]) == 1
    assert "stage place, run GONE" in capsys.readouterr().out
    assert main(["reconcile", "--repair", f"run.open:{RUN}"]) == 0
    assert main(["reconcile"]) == 0  # it has its minute


@pytest.mark.parametrize("order", ["--repair", "--accept"])
def test_what_is_no_finding_is_said(url: str, capsys: pytest.CaptureFixture[str], order: str) -> None:
    assert main(["reconcile", order, "nonsense"]) == 1
    assert "names no finding" in capsys.readouterr().out
    main(["reconcile", order, HOLD])
    assert "there is n" in capsys.readouterr().out
