from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest
import structlog
from sqlalchemy import text

from gateway.errors import ConfigurationError, StateUnavailable
from gateway.state.database import Database
from gateway.state.key_values import KeyValues
from gateway.state.links import StoredIdentityLinks
from gateway.state.migrations import HEAD


async def test_a_new_file_is_made_with_its_folder_and_written_ahead(tmp_path: Path) -> None:
    database = await Database.open(f"sqlite+aiosqlite:///{tmp_path}/deep/er/state.sqlite")
    async with database.read() as connection:
        assert (await connection.execute(text("PRAGMA journal_mode"))).scalar() == "wal"
        assert (await connection.execute(text("PRAGMA foreign_keys"))).scalar() == 1
    await database.close()


async def test_opening_twice_changes_nothing(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/state.sqlite"
    for _ in range(2):
        database = await Database.open(url)
        async with database.read() as connection:
            versions = (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalars().all()
        assert versions == [HEAD]
        await database.close()


async def test_a_newer_gateways_database_is_refused(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/state.sqlite"
    with sqlite3.connect(tmp_path / "state.sqlite") as file:
        file.executescript("CREATE TABLE gateway_schema (version INTEGER); INSERT INTO gateway_schema VALUES (999);")
    file.close()
    with pytest.raises(ConfigurationError, match="newer gateway"):
        await Database.open(url)


async def test_while_another_writer_holds_the_file_reads_go_on_and_writes_say_so(tmp_path: Path) -> None:
    database = await Database.open(f"sqlite+aiosqlite:///{tmp_path}/state.sqlite", patience=0.05)
    links = StoredIdentityLinks(database)
    ann = await links.link("ann", [], ["shop"])
    other = sqlite3.connect(tmp_path / "state.sqlite")
    other.execute("BEGIN IMMEDIATE")
    assert await links.of_person("ann") == ann
    with pytest.raises(StateUnavailable) as refused:
        await links.link("bob", [], ["shop"])
    assert refused.value.retryable
    other.rollback()
    other.close()
    assert await links.of_person("bob") is None
    assert (await links.link("bob", [], ["shop"])).asked == {"shop"}
    await database.close()


async def test_a_full_disk_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    database = await Database.open(f"sqlite+aiosqlite:///{tmp_path}/state.sqlite")
    values = KeyValues(database, "documents")
    await values.put("kept", b"before")
    async with database.read() as connection:
        pages = (await connection.execute(text("PRAGMA page_count"))).scalar_one()
        await connection.execute(text(f"PRAGMA max_page_count = {pages}"))
    with pytest.raises(StateUnavailable):
        await values.put("large", b"x" * 1_000_000)
    assert await values.get("kept") == b"before"
    assert await values.get("large") is None
    await database.close()


@pytest.mark.parametrize("url", ["", "no url", "oracle9+x://h/db"])
async def test_a_url_that_makes_no_sense_is_the_operators_mistake(url: str) -> None:
    with pytest.raises(ConfigurationError, match=r"gateway\.state"):
        await Database.open(url)


async def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "state.sqlite").write_bytes(b"not a database, but long enough to be looked at" * 100)
    with pytest.raises(ConfigurationError, match="cannot open the database"):
        await Database.open(f"sqlite+aiosqlite:///{tmp_path}/state.sqlite")


async def test_writers_of_one_process_take_turns_and_read_what_they_change(tmp_path: Path) -> None:
    """Forty read-then-write transactions at once: none is refused as busy, none loses another's step."""
    database = await Database.open(f"sqlite+aiosqlite:///{tmp_path}/state.sqlite", patience=0.05)
    async with database.write() as connection:
        await connection.execute(text("INSERT INTO counters VALUES ('s', 'k', 0, 0.0)"))

    async def step() -> None:
        async with database.write() as connection:
            value = (await connection.execute(text("SELECT value FROM counters"))).scalar_one()
            await connection.execute(text("UPDATE counters SET value = :value"), {"value": value + 1})

    await asyncio.gather(*(step() for _ in range(40)))
    async with database.read() as connection:
        assert (await connection.execute(text("SELECT value FROM counters"))).scalar() == 40
    await database.close()


async def test_a_write_that_holds_the_lock_long_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.state.database._LONG", 0.01)
    database = await Database.open(f"sqlite+aiosqlite:///{tmp_path}/state.sqlite")
    with structlog.testing.capture_logs() as told:
        async with database.write():
            await asyncio.sleep(0.05)
    assert [line["event"] for line in told] == ["state_write_held_long"]
    await database.close()
