"""`gateway backup` and `gateway restore`, as they are typed: what is there afterwards, and what each refuses, with
nothing half done.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from gateway.cli import main
from gateway.state.backup import ABOUT, RUNS, STATE
from gateway.state.database import Database
from gateway.state.key_values import KeyValues
from gateway.state.pair import marker_of, runs_file
from gateway.state.restored import Restored
from gateway.state.sealing import Sealing, key_file, open_sealing
from tests.unit.test_cli import MINIMAL, run
from tests.unit.validation.reference import ENVIRONMENT

Said = pytest.CaptureFixture[str]


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Of a gateway whose configuration is where commands look for it, with a word in each of its files."""
    file = tmp_path / "here" / "state.sqlite"
    for name, value in {**ENVIRONMENT, "GATEWAY_STATE": f"sqlite+aiosqlite:///{file}"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("GATEWAY_REDIS", raising=False)
    path = tmp_path / "gateway.toml"
    path.write_text(MINIMAL, "utf-8")
    monkeypatch.setenv("GATEWAY_CONFIG", str(path))
    asyncio.run(written(file, "before"))
    with closing(sqlite3.connect(runs_file(str(file)))) as connection, connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE words (word TEXT)")
        connection.execute("INSERT INTO words VALUES ('before')")
    return file


async def written(file: Path, word: str) -> None:
    database = await Database.open(f"sqlite+aiosqlite:///{file}")
    await KeyValues(database, "words").put("word", word.encode())
    await database.close()


async def read(file: Path) -> tuple[bytes | None, bool]:
    """The word, and whether a gateway is told that this was restored."""
    database = await Database.open(f"sqlite+aiosqlite:///{file}")
    restored = Restored(database)
    assert (await restored.since() is not None) is await restored.uncompared()
    found = await KeyValues(database, "words").get("word"), await restored.uncompared()
    await database.close()
    return found


async def sealed(file: Path) -> None:
    """A person's key, wrapped under the one beside the database."""
    database = await Database.open(f"sqlite+aiosqlite:///{file}")
    sealing = await open_sealing(database, ())
    assert isinstance(sealing, Sealing)
    async with database.write() as connection:
        await sealing.key_for(connection, database, "subject")
    await database.close()


def refused(said: Said, *arguments: str) -> str:
    """Why; exit code 1, and one sentence."""
    said.readouterr()
    assert main(arguments) == 1
    told = said.readouterr()
    assert told.out == ""
    (line,) = told.err.splitlines()
    return line


def test_what_is_copied_is_put_back_with_what_was_there_aside(store: Path, tmp_path: Path, capsys: Said) -> None:
    folder = tmp_path / "backup"
    assert main(["backup", str(folder)]) == 0
    assert capsys.readouterr().out.startswith(f"{folder}: 2 files, ")
    assert sorted(part.name for part in folder.iterdir()) == [ABOUT, RUNS, STATE]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(part.stat().st_mode) for part in folder.iterdir()} == {0o600}
    asyncio.run(written(store, "after"))
    assert main(["restore", str(folder), "--replace"]) == 0
    told = capsys.readouterr().out.splitlines()
    aside = [Path(line.removeprefix("put aside: ")) for line in told if line.startswith("put aside: ")]
    assert asyncio.run(read(store)) == (b"before", True)
    with closing(sqlite3.connect(runs_file(str(store)))) as connection:
        assert connection.execute("SELECT word FROM words").fetchall() == [("before",)]
    (old,) = [part for part in aside if part.name.startswith("state.sqlite.replaced-")]
    assert asyncio.run(read(old)) == (b"after", False)
    assert not marker_of(store).exists()
    assert [part.name for part in store.parent.iterdir() if part.name.startswith(".")] == []


def test_it_is_put_back_where_nothing_was(store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert main(["backup", str(tmp_path / "backup")]) == 0
    elsewhere = tmp_path / "another" / "machine" / "state.sqlite"
    monkeypatch.setenv("GATEWAY_STATE", f"sqlite+aiosqlite:///{elsewhere}")
    assert main(["restore", str(tmp_path / "backup")]) == 0
    assert asyncio.run(read(elsewhere)) == (b"before", True)
    assert asyncio.run(read(store)) == (b"before", False)


def test_a_gateway_that_never_sold_has_one_file(store: Path, tmp_path: Path, capsys: Said) -> None:
    Path(runs_file(str(store))).unlink()
    assert main(["backup", str(tmp_path / "backup")]) == 0
    assert capsys.readouterr().out.startswith(f"{tmp_path}/backup: 1 file, ")
    assert main(["restore", str(tmp_path / "backup"), "--replace"]) == 0
    assert not Path(runs_file(str(store))).exists()


def test_keys_are_not_in_it_and_their_absence_is_said(store: Path, tmp_path: Path, capsys: Said) -> None:
    asyncio.run(sealed(store))
    key = key_file(store)
    assert main(["backup", str(tmp_path / "backup")]) == 0
    assert f"to be kept apart from it: {key}" in capsys.readouterr().out
    secret = key.read_text("ascii").strip()
    assert all(secret.encode() not in part.read_bytes() for part in (tmp_path / "backup").iterdir())
    assert main(["restore", str(tmp_path / "backup"), "--replace"]) == 0
    assert "without the key" not in capsys.readouterr().out
    key.write_text("ab" * 32 + "\n", "ascii")
    assert main(["restore", str(tmp_path / "backup"), "--replace"]) == 0
    assert f"without the key of then: {key}" in capsys.readouterr().out


def test_a_backup_is_never_put_over_anything(store: Path, tmp_path: Path, capsys: Said) -> None:
    (tmp_path / "taken").mkdir()
    assert "is there already" in refused(capsys, "backup", str(tmp_path / "taken"))
    assert "there is no folder" in refused(capsys, "backup", str(tmp_path / "nowhere" / "backup"))
    assert list((tmp_path / "taken").iterdir()) == []


def test_a_restore_is_never_put_over_anything_unasked(store: Path, tmp_path: Path, capsys: Said) -> None:
    assert main(["backup", str(tmp_path / "backup")]) == 0
    assert "--replace puts it aside" in refused(capsys, "restore", str(tmp_path / "backup"))
    store.unlink()
    assert "--replace puts it aside" in refused(capsys, "restore", str(tmp_path / "backup"))  # the runs are there


def test_without_a_store_there_is_nothing_to_copy(store: Path, tmp_path: Path, capsys: Said) -> None:
    store.unlink()
    assert "there is no store at" in refused(capsys, "backup", str(tmp_path / "backup"))
    assert not store.exists()


@pytest.mark.parametrize("command", ["backup", "restore"])
@pytest.mark.parametrize(
    ("url", "why"),
    [("postgresql+asyncpg://gateway@127.0.0.1/gateway", "it is PostgreSQL"), ("sqlite+aiosqlite://", "in memory only")],
)
def test_what_is_no_embedded_store_is_said(
    command: str, url: str, why: str, store: Path, tmp_path: Path, capsys: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEWAY_STATE", url)
    assert why in refused(capsys, command, str(tmp_path / "backup"))
    assert not (tmp_path / "backup").exists()


def _without(name: str) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        (folder / name).unlink()

    return spoil


def _about(written: bytes) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        (folder / ABOUT).write_bytes(written)

    return spoil


def _torn(folder: Path) -> None:
    file = folder / STATE
    file.write_bytes(file.read_bytes()[:-1] + b"!")


def _newer(folder: Path) -> None:
    about = json.loads((folder / ABOUT).read_text("utf-8"))
    (folder / ABOUT).write_text(json.dumps({**about, "gateway": "9.0", "oldest": 9000}), "utf-8")


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (_without(ABOUT), "is no backup: there is no backup.json in it"),
        (_about(b"{"), "its backup.json cannot be read"),
        (_about(b" " * 100_000), "its backup.json cannot be read"),
        (_without(STATE), "gateway.sqlite is missing"),
        (_torn, "gateway.sqlite in"),
        (_newer, "made by gateway 9.0"),
    ],
)
def test_what_is_no_whole_backup_changes_nothing(
    spoil: Callable[[Path], None], why: str, store: Path, tmp_path: Path, capsys: Said
) -> None:
    folder = tmp_path / "backup"
    assert main(["backup", str(folder)]) == 0
    spoil(folder)
    before = sorted(part.name for part in store.parent.iterdir())
    assert why in refused(capsys, "restore", str(folder), "--replace")
    assert sorted(part.name for part in store.parent.iterdir()) == before
    assert asyncio.run(read(store)) == (b"before", False)


def test_a_damaged_store_makes_no_backup(store: Path, tmp_path: Path, capsys: Said) -> None:
    with closing(sqlite3.connect(store)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    whole = bytearray(store.read_bytes())
    whole[8 * 4096 : 12 * 4096] = os.urandom(4 * 4096)
    store.write_bytes(whole)
    assert "gateway.sqlite is damaged" in refused(capsys, "backup", str(tmp_path / "backup"))
    assert sorted(part.name for part in tmp_path.iterdir()) == ["gateway.toml", "here"]


HOLDS = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
print("open", flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("which", ["state", "runs"])
def test_nothing_is_put_back_under_a_gateway(store: Path, tmp_path: Path, capsys: Said, which: str) -> None:
    """One that does nothing at all in this moment."""
    assert main(["backup", str(tmp_path / "backup")]) == 0
    file = str(store) if which == "state" else runs_file(str(store))
    other = subprocess.Popen(
        [sys.executable, "-c", HOLDS, file], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        for options in ([], ["--replace"]):
            assert "is in use: end every gateway" in refused(capsys, "restore", str(tmp_path / "backup"), *options)
    finally:
        other.communicate("")
    assert main(["restore", str(tmp_path / "backup"), "--replace"]) == 0


@pytest.mark.parametrize("command", ["backup", "restore"])
def test_a_disk_without_room_leaves_nothing_half_done(command: str, store: Path, tmp_path: Path) -> None:
    """What this process may write is as short as a full disk is."""
    folder = tmp_path / "backup"
    arguments = ["backup", str(folder)]
    if command == "restore":
        assert main(arguments) == 0
        arguments = ["restore", str(folder), "--replace"]
    before = sorted(part.name for part in store.parent.iterdir())
    ended = subprocess.run(
        [sys.executable, "-m", "gateway.cli", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (65_536, 65_536)),
    )
    assert ended.returncode == 1
    assert ended.stdout == ""
    (line,) = ended.stderr.splitlines()
    assert line.startswith("gateway: ")
    assert sorted(part.name for part in store.parent.iterdir()) == before
    assert folder.exists() is (command == "restore")
    assert [part.name for part in tmp_path.iterdir() if part.name.startswith(".")] == []
    assert asyncio.run(read(store)) == (b"before", False)


def test_what_was_put_back_by_other_means_is_said(store: Path, tmp_path: Path, capsys: Said) -> None:
    assert "either a folder or --done" in refused(capsys, "restore")
    assert "either a folder or --done" in refused(capsys, "restore", str(tmp_path / "backup"), "--done")
    assert asyncio.run(read(store)) == (b"before", False)
    assert main(["restore", "--done"]) == 0
    assert asyncio.run(read(store)) == (b"before", True)


def test_a_configuration_that_cannot_be_read_is_exit_code_2(tmp_path: Path) -> None:
    for command in ("backup", "restore"):
        ended = run(command, str(tmp_path / "backup"), "--config", str(tmp_path / "none.toml"))
        assert (ended.returncode, ended.stdout) == (2, "")
