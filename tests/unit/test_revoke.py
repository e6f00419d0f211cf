"""`gateway revoke` does what it says, or says that it does nothing."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from gateway.cli import main
from gateway.state.database import Database
from gateway.state.revocations import StoredRevocations

ISSUER = "https://id.example.com"
CONFIGURATION = """
[gateway]
state = "sqlite+aiosqlite:///{folder}/{state}"
[issuers.customers]
issuer = "https://id.example.com"
audience = "shop"
jwks_file = "keys.json"
"""


def configured(folder: Path, *, state: str = "state.sqlite", text: str = CONFIGURATION) -> Path:
    path = folder / "gateway.toml"
    path.write_text(text.format(folder=folder, state=state), "utf-8")
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A configuration whose gateway has run."""

    async def run() -> None:
        await (await Database.open(f"sqlite+aiosqlite:///{tmp_path}/state.sqlite")).close()

    asyncio.run(run())
    return configured(tmp_path)


def revoke(path: Path, *arguments: str) -> int:
    return main(["revoke", "--config", str(path), *arguments])


def is_revoked(path: Path, subject: str, token: str | None = None) -> bool:
    async def ask() -> bool:
        database = await Database.open(f"sqlite+aiosqlite:///{path.parent}/state.sqlite")
        try:
            return await StoredRevocations(database).is_revoked(ISSUER, subject, token)
        finally:
            await database.close()

    return asyncio.run(ask())


def test_a_subject_is_revoked_and_restored(path: Path) -> None:
    assert revoke(path, ISSUER, "kiosk-1") == 0
    assert is_revoked(path, "kiosk-1")
    assert revoke(path, ISSUER, "kiosk-1", "--restore") == 0
    assert not is_revoked(path, "kiosk-1")


def test_one_of_two_revoked_tokens_is_restored(path: Path) -> None:
    for token in ("t1", "t2"):
        assert revoke(path, ISSUER, "kiosk-1", "--token", token) == 0
    assert revoke(path, ISSUER, "kiosk-1", "--token", "t1", "--restore") == 0
    assert [is_revoked(path, "kiosk-1", token) for token in ("t1", "t2")] == [False, True]


@pytest.mark.parametrize(
    ("issuer", "hint"),
    [
        ("https://id.example.com/", "did you mean https://id.example.com?"),
        ("https://id.exmaple.com", "did you mean https://id.example.com?"),
        ("customers", "did you mean https://id.example.com?"),
        ("x", "known: https://id.example.com"),
    ],
)
def test_an_issuer_that_is_not_configured_is_refused(
    path: Path, capsys: pytest.CaptureFixture[str], issuer: str, hint: str
) -> None:
    assert revoke(path, issuer, "kiosk-1") == 1
    told = capsys.readouterr()
    assert hint in told.err
    assert "revoked" not in told.out


def test_nothing_can_be_revoked_where_no_issuer_is_configured(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    configured(path.parent, text=CONFIGURATION.partition("[issuers")[0])
    assert revoke(path, ISSUER, "kiosk-1") == 1
    assert "no issuer is configured" in capsys.readouterr().err


def test_a_restoration_of_nothing_is_refused(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert revoke(path, ISSUER, "kiosk-1", "--restore") == 1
    assert "restored" not in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [("",), ("a" * 256,), ("kiosk-1", "--token", "")])
def test_what_stands_in_no_token_is_refused(path: Path, arguments: tuple[str, ...]) -> None:
    assert revoke(path, ISSUER, *arguments) == 1


def test_a_state_that_no_gateway_has_written_is_refused_and_not_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert revoke(configured(tmp_path), ISSUER, "kiosk-1") == 1
    assert "run this where `gateway serve` runs" in capsys.readouterr().err
    assert not (tmp_path / "state.sqlite").exists()
