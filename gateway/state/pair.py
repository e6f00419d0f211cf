"""The embedded store is two files: the gateway's own, and the durable engine's beside it. Here is what is true of them
together: where the second one lies, who has them open, and a copy of both as they were at one moment.

For the copy both write locks are taken, the runs' first; under them a reader of each begins, and the locks go at once:
a reader of a write-ahead log sees what was there when it began, however long the copying takes. Writers wait for
milliseconds, whatever the size of the store; until the copy is done the logs only grow.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import time
from collections.abc import Generator, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from gateway.errors import BackupRefused

PATIENCE = 30.0
"""Seconds to wait for whoever holds a write lock."""
_SECOND = 0.3
"""Seconds to wait for the second lock with the first in hand: nobody's run moves meanwhile."""
_PAUSE = 0.1
"""Seconds without a lock, before both are tried for again."""
_SHARED, _SHARED_LENGTH = 0x40000002, 510
"""The bytes of a database file that each connection to a write-ahead log keeps locked. Source: SQLite, "os.h"."""
_BESIDE = ("", "-wal", "-shm", "-journal")


def runs_file(file: str) -> str:
    """Where the engine's own tables lie, beside the gateway's file."""
    return f"{file.removesuffix('.sqlite')}.runs.sqlite"


def marker_of(file: Path) -> Path:
    """There while a restore puts the pair in place, and left by one that was cut short: until another one has ended no
    gateway opens the store."""
    return file.with_name(f"{file.name}.restoring")


def parts(file: Path) -> list[Path]:
    """What there is of one database: the file, and the logs beside it."""
    return [part for suffix in _BESIDE if (part := file.with_name(file.name + suffix)).exists()]


def copied(files: Sequence[Path], targets: Sequence[Path]) -> tuple[datetime, float]:
    """`targets`, new files that only this user reads, hold `files` as they were at one moment (UTC): at which, and how
    many seconds their writers waited. The locks are taken in the order of `files`. Raises BackupRefused, OSError."""
    with ExitStack() as open_still:
        try:
            readers, waited = _readers(files, open_still)
            moment = datetime.now(UTC)
            for reader, target in zip(readers, targets, strict=True):
                os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
                with closing(sqlite3.connect(target)) as copy:
                    reader.backup(copy)
                _written(target)
        except sqlite3.Error as error:
            raise _told(error) from error
        return moment, waited


def sound(file: Path) -> None:
    """Every page of it. Raises BackupRefused with the first thing that is wrong."""
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
            said = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(1)")]
    except sqlite3.Error as error:
        said = [str(error)]
    if said != ["ok"]:
        raise BackupRefused(f"{file.name} is damaged: {' '.join(said[0].split())}")


@contextmanager
def alone(files: Sequence[Path]) -> Generator[None]:
    """Nobody has one of them open, and nobody opens one meanwhile. Raises BackupRefused."""
    with ExitStack() as held:
        for file in files:
            descriptor = os.open(file, os.O_RDWR)
            held.callback(os.close, descriptor)
            try:
                fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, _SHARED_LENGTH, _SHARED)
            except OSError as error:
                raise BackupRefused(f"{file} is in use: end every gateway and command of this store first") from error
        yield


def settled(path: Path) -> None:
    """A file, or what a folder lists, is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _written(target: Path) -> None:
    if left := parts(target)[1:]:
        raise BackupRefused(f"{left[0].name} was left beside the copy")
    settled(target)


def _readers(files: Sequence[Path], open_still: ExitStack) -> tuple[list[sqlite3.Connection], float]:
    until = time.monotonic() + PATIENCE
    while True:
        with ExitStack() as locks, ExitStack() as readers:
            try:
                begun = None
                for place, file in enumerate(files):
                    writer = locks.enter_context(closing(_opened(file, _SECOND if place else PATIENCE)))
                    writer.execute("BEGIN IMMEDIATE")
                    begun = begun or time.monotonic()
                found = [readers.enter_context(closing(_opened(file, _SECOND))) for file in files]
                for reader in found:
                    reader.execute("BEGIN")
                    reader.execute("SELECT count(*) FROM sqlite_master").fetchone()
                open_still.push(readers.pop_all())
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                    raise
            else:
                locks.close()
                return found, time.monotonic() - (begun or until)
        time.sleep(_PAUSE)  # whoever has the one may be waiting for the other


def _opened(file: Path, seconds: float) -> sqlite3.Connection:
    """Never makes a file; `seconds` of patience. Statements are as written: no transaction begins by itself."""
    return sqlite3.connect(f"{file.resolve().as_uri()}?mode=rw", uri=True, timeout=seconds, isolation_level=None)


def _told(error: sqlite3.Error) -> BackupRefused:
    code = getattr(error, "sqlite_errorcode", None)
    if code == sqlite3.SQLITE_BUSY:
        return BackupRefused(f"somebody has held the store's write lock for {PATIENCE:.0f} seconds")
    if code == sqlite3.SQLITE_FULL:
        return BackupRefused("the disk is full")
    return BackupRefused(f"the store cannot be copied: {error}")
