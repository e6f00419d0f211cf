"""Revoked credentials: refused at once here, within seconds everywhere else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.state import revocations
from gateway.state.database import Database
from gateway.state.revocations import StoredRevocations

DEVICES = "https://devices.example"


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = await Database.open(f"sqlite+aiosqlite:///{tmp_path}/state.sqlite")
    yield opened
    await opened.close()


async def test_a_revoked_subject_is_refused_with_every_token(database: Database) -> None:
    known = StoredRevocations(database)
    assert not await known.is_revoked(DEVICES, "kiosk-1", "t1")
    await known.revoke(DEVICES, "kiosk-1")
    assert await known.is_revoked(DEVICES, "kiosk-1", "t1")
    assert await known.is_revoked(DEVICES, "kiosk-1", None)
    assert not await known.is_revoked(DEVICES, "kiosk-2", "t1")
    assert not await known.is_revoked("https://id.example", "kiosk-1", "t1")


async def test_one_token_is_revoked_without_the_others(database: Database) -> None:
    known = StoredRevocations(database)
    await known.revoke(DEVICES, "kiosk-1", "t1")
    assert await known.is_revoked(DEVICES, "kiosk-1", "t1")
    assert not await known.is_revoked(DEVICES, "kiosk-1", "t2")
    assert not await known.is_revoked(DEVICES, "kiosk-1", None)


async def test_another_gateway_hears_of_it_after_its_next_look(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = StoredRevocations(database), StoredRevocations(database)
    assert not await there.is_revoked(DEVICES, "kiosk-1", None)
    await here.revoke(DEVICES, "kiosk-1")
    assert not await there.is_revoked(DEVICES, "kiosk-1", None)
    assert revocations.REFRESH_SECONDS <= 5
    monkeypatch.setattr(revocations, "REFRESH_SECONDS", 0.0)
    assert await there.is_revoked(DEVICES, "kiosk-1", None)


async def test_a_restored_subject_is_served_again(database: Database) -> None:
    known = StoredRevocations(database)
    await known.revoke(DEVICES, "kiosk-1")
    await known.restore(DEVICES, "kiosk-1")
    assert not await known.is_revoked(DEVICES, "kiosk-1", None)


async def test_while_the_database_is_away_what_was_revoked_stays_so(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = StoredRevocations(database)
    await known.revoke(DEVICES, "kiosk-1")
    assert await known.is_revoked(DEVICES, "kiosk-1", None)
    async with database.write() as connection:
        await connection.run_sync(revocations.revocations.drop)
    monkeypatch.setattr(revocations, "REFRESH_SECONDS", 0.0)
    assert await known.is_revoked(DEVICES, "kiosk-1", None)
