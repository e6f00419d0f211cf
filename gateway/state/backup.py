"""A backup of the embedded store: a folder with a copy of both its files, and `backup.json`, which says of when they
are and what they were when they were written. It appears under its name when all of it is there and was looked over; it
is put back only where nobody has the store open, and says to the gateway that opens it next that it was.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import sqlite3
from collections.abc import Generator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from gateway.errors import BackupRefused
from gateway.state.migrations import HEAD
from gateway.state.pair import alone, copied, marker_of, parts, runs_file, settled, sound
from gateway.state.restored import AT, SPACE, UNCOMPARED

STATE, RUNS, ABOUT = "gateway.sqlite", "gateway.runs.sqlite", "backup.json"
_LARGEST_ABOUT = 65_536


class CopiedFile(Struct, frozen=True):
    """`sha256` in hexadecimal."""

    size: int
    sha256: str


class Backup(Struct, frozen=True, kw_only=True):
    """`made` in UTC: the moment of the copy. `gateway` is the version that made it, `revision` the schema's, `oldest`
    the oldest revision whose gateways it serves. `sealing` names the keys that what people typed is sealed under; none
    of them is in it. There are no runs where nothing was ever sold."""

    made: datetime
    gateway: str
    revision: str
    oldest: int
    sealing: tuple[str, ...]
    files: Mapping[str, CopiedFile]

    @property
    def size(self) -> int:
        return sum(file.size for file in self.files.values())


def back_up(store: Path, folder: Path, *, gateway: str) -> tuple[Backup, float]:
    """And for how many seconds writers waited. Raises BackupRefused, OSError; then nothing is at `folder`."""
    if not store.is_file():
        raise BackupRefused(f"there is no store at {store}: it is made when a gateway first opens")
    if folder.exists() or folder.is_symlink():
        raise BackupRefused(f"{folder} is there already: name a folder that is not")
    if not folder.parent.is_dir():
        raise BackupRefused(f"there is no folder {folder.parent} to put it in")
    runs = Path(runs_file(str(store)))
    files = {RUNS: runs, STATE: store} if runs.exists() else {STATE: store}
    aside = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}")
    aside.mkdir(0o700)
    try:
        targets = {name: aside / name for name in files}
        made, waited = copied(list(files.values()), list(targets.values()))
        for target in targets.values():
            sound(target)
        revision, oldest, sealing = _inside(targets[STATE])
        backup = Backup(
            made=made,
            gateway=gateway,
            revision=revision,
            oldest=oldest,
            sealing=sealing,
            files={name: CopiedFile(target.stat().st_size, _digest(target)) for name, target in targets.items()},
        )
        about = aside / ABOUT
        about.write_bytes(msgspec.json.format(msgspec.json.encode(backup)) + b"\n")
        about.chmod(0o600)
        settled(about)
        settled(aside)
        try:
            aside.rename(folder)
        except OSError as error:
            raise BackupRefused(f"{folder} came to be there meanwhile") from error
        settled(folder.parent)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    return backup, waited


def read_backup(folder: Path) -> Backup:
    """What is there, every byte of it as it was written. Raises BackupRefused, OSError."""
    about = folder / ABOUT
    if not about.is_file():
        raise BackupRefused(f"{folder} is no backup: there is no {ABOUT} in it")
    if about.stat().st_size > _LARGEST_ABOUT:
        raise BackupRefused(f"{folder} is no backup: its {ABOUT} cannot be read")
    try:
        backup = msgspec.json.decode(about.read_bytes(), type=Backup)
    except msgspec.DecodeError as error:
        raise BackupRefused(f"{folder} is no backup: its {ABOUT} cannot be read") from error
    if not {STATE} <= set(backup.files) <= {STATE, RUNS}:
        raise BackupRefused(f"{folder} is no backup: its {ABOUT} names other files")
    if backup.oldest > int(HEAD):
        raise BackupRefused(
            f"this backup was made by gateway {backup.gateway} and serves none from before revision {backup.oldest:04}"
        )
    for name, written in backup.files.items():
        file = folder / name
        if not file.is_file():
            raise BackupRefused(f"{name} is missing in {folder}")
        if file.stat().st_size != written.size or _digest(file) != written.sha256:
            raise BackupRefused(f"{name} in {folder} is not what was written: this backup is damaged")
    return backup


def put_back(folder: Path, store: Path, *, replace: bool) -> tuple[Backup, list[Path]]:
    """And where what was there before was put. Raises BackupRefused, OSError; then what was there is there, or, where
    a restore was cut short in the middle of putting it in place, no gateway opens it until one has ended."""
    backup = read_backup(folder)
    runs = Path(runs_file(str(store)))
    store.parent.mkdir(parents=True, exist_ok=True)
    present = [part for file in (runs, store) for part in parts(file)]
    with alone([file for file in (runs, store) if file.exists()]):
        if present and not replace:
            raise BackupRefused(f"{present[-1]} is there already: --replace puts it aside")
        marker = marker_of(store)
        with _copies(folder, backup, store) as copies:
            marker.touch(0o600)
            settled(store.parent)
            suffix = f".replaced-{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"
            aside = [_aside(part, suffix, store, runs) for part in present]
            for name, place in ((RUNS, runs), (STATE, store)):
                if name in copies:
                    copies[name].rename(place)
        settled(store.parent)
        marker.unlink()
        settled(store.parent)
    return backup, aside


@contextmanager
def _copies(folder: Path, backup: Backup, store: Path) -> Generator[dict[str, Path]]:
    """Of the backup's files, beside where they shall be, whole and looked over; gone at the end."""
    word = secrets.token_hex(4)
    made: dict[str, Path] = {}
    try:
        for name in backup.files:
            target = store.with_name(f".{name}.{word}")
            os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            made[name] = target
            shutil.copyfile(folder / name, target)
            sound(target)
        _mark(made[STATE])
        for target in made.values():
            settled(target)
        yield made
    finally:
        for target in made.values():
            for part in parts(target):
                part.unlink()


def _aside(part: Path, suffix: str, store: Path, runs: Path) -> Path:
    """Named so that file and logs are still of each other."""
    file = runs if part.name.startswith(runs.name) else store
    named = part.with_name(f"{file.name}{suffix}{part.name.removeprefix(file.name)}")
    part.rename(named)
    return named


def _mark(file: Path) -> None:
    """For whoever opens it next: what its owners did since is not in it."""
    now = msgspec.json.encode(datetime.now(UTC).timestamp())
    rows = [(SPACE, mark, now) for mark in (AT, UNCOMPARED)]
    try:
        with closing(sqlite3.connect(file)) as connection, connection:
            connection.executemany(
                "INSERT OR REPLACE INTO key_values (space, key, value, expires) VALUES (?, ?, ?, NULL)", rows
            )
    except sqlite3.Error as error:
        raise BackupRefused(f"what was restored cannot be written to: {error}") from error


def _inside(file: Path) -> tuple[str, int, tuple[str, ...]]:
    """Its revision, the oldest it serves, and the names of the keys it is sealed under."""
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
            (revision,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
            (oldest,) = connection.execute("SELECT max(oldest) FROM gateway_floor").fetchone()
            sealing = connection.execute("SELECT DISTINCT sealing FROM subject_keys ORDER BY 1").fetchall()
    except (sqlite3.Error, TypeError) as error:
        raise BackupRefused("this is no store of a gateway of today: open it with one first") from error
    return str(revision), int(oldest or 0), tuple(str(row[0]) for row in sealing)


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
