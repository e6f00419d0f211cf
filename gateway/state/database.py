"""The gateway's own database: one SQLite file by default, PostgreSQL when there is more than one gateway. Opening it
brings its schema up to date; what is stored in it is written by the other files of this folder.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy import ColumnElement, Double, Executable, Table, event, literal_column, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    InterfaceError,
    InternalError,
    NoSuchModuleError,
    OperationalError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from gateway.errors import ConfigurationError, StateUnavailable
from gateway.state.clock import DatabaseClock
from gateway.state.migrations import HEAD, revision_of, upgrade
from gateway.state.pair import marker_of

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql, sqlite

_LOCK = 5_118_274  # any number: gateways that start together on one PostgreSQL migrate one after the other

_AWAY = (OperationalError, InterfaceError, InternalError, PoolTimeout, OSError)
_CUT = ("08", "53", "57P")
"""Of PostgreSQL's states: no connection, no room for one, shutting down or starting."""
_MIGRATION_PATIENCE = 60.0
"""Seconds that a gateway waits for another one that migrates the same database."""
_POSTGRES_CLOCK = "extract(epoch from clock_timestamp())::float8"
_SAY_AGAIN = 5.0
"""Seconds between two lines that the database is away: whoever polls it meets that many times a second."""
_LONG = 1.0
"""Seconds after which a write transaction is told to the log: all other writers wait for it."""
_log = structlog.get_logger("gateway.state")


class Database:
    """`await Database.open(url)`; `close` when done. `now` is the database's clock, for statements: seconds since 1970
    (UTC). Several processes decide by it, whatever their own clocks say; `clock` knows whether it was set. `name` tells
    databases apart and holds no password; `file` is where an SQLite database lies, None for any other."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._writing = asyncio.Lock()
        self._said_away = float("-inf")
        self._away = _AWAY + _refusals(engine)
        self.is_sqlite = engine.dialect.name == "sqlite"
        self.name = _name(engine)
        self.file = _file(engine)
        clock = "((julianday('now') - 2440587.5) * 86400.0)" if self.is_sqlite else _POSTGRES_CLOCK
        self.clock = DatabaseClock()
        self.now: ColumnElement[float] = literal_column(clock, Double)

    @classmethod
    async def open(cls, url: str, *, patience: float = 5.0) -> Database:
        """Raises ConfigurationError where the database cannot be opened or belongs to a newer gateway. `patience` in
        seconds is how long a writer waits for another one."""
        try:
            parsed = make_url(url)
        except ArgumentError as error:
            raise ConfigurationError("not a database URL", place="gateway.state") from error
        except ValueError as error:
            raise ConfigurationError("not a database URL: its port is no number", place="gateway.state") from error
        is_sqlite = parsed.get_backend_name() == "sqlite"
        file = parsed.database if is_sqlite and parsed.database not in (None, "", ":memory:") else None
        try:
            if file is not None:
                if await asyncio.to_thread(marker_of(Path(file)).exists):
                    raise ConfigurationError("a restore of this store was cut short: restore it", place="gateway.state")
                await asyncio.to_thread(Path(file).parent.mkdir, parents=True, exist_ok=True)
            options: dict[str, Any] = {} if is_sqlite else {"pool_pre_ping": True, "pool_size": 8}
            engine = create_async_engine(parsed, **options)
        except ModuleNotFoundError as error:
            extra = 'pip install "headless-commerce-gateway[postgres]"'
            hint = f"install the PostgreSQL driver: {extra}" if error.name == "asyncpg" else str(error)
            raise ConfigurationError(hint, place="gateway.state") from error
        except (OSError, NoSuchModuleError, SQLAlchemyError) as error:
            raise ConfigurationError(f"cannot use this database: {error}", place="gateway.state") from error
        if is_sqlite:
            event.listen(engine.sync_engine, "connect", _prepare_sqlite(patience))
        database = cls(engine)
        try:
            await database._migrate()
        except (SQLAlchemyError, *database._away) as error:
            await engine.dispose()
            cause = getattr(error, "orig", None) or error
            raise ConfigurationError(f"cannot open the database: {cause}", place="gateway.state") from error
        except ConfigurationError:
            await engine.dispose()
            raise
        return database

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[AsyncConnection]:
        """`async with database.read() as connection`: nothing to commit. Raises StateUnavailable."""
        try:
            async with self._engine.connect() as connection:
                yield connection
        except Exception as error:
            if not self._is_away(error):
                raise
            raise self._unavailable(error) from error

    @asynccontextmanager
    async def write(self) -> AsyncGenerator[AsyncConnection]:
        """`async with database.write() as connection`: one transaction, committed at the end. Short, and never over an
        await on a backend: on SQLite it has the one write lock from its first statement (so that what it reads is what
        it changes), and this process writes one after the other rather than let its writers fight for the file. Raises
        StateUnavailable while the database is locked, full, read-only or away; then nothing of it was written."""
        try:
            if not self.is_sqlite:
                async with self._engine.begin() as connection:
                    yield connection
                return
            async with self._writing, self._engine.begin() as connection:
                await connection.exec_driver_sql("BEGIN IMMEDIATE")
                begun = time.monotonic()
                yield connection
                if (held := time.monotonic() - begun) > _LONG:
                    _log.warning("state_write_held_long", seconds=round(held, 1))
        except Exception as error:
            if not self._is_away(error):
                raise
            raise self._unavailable(error) from error

    @asynccontextmanager
    async def turn(self) -> AsyncGenerator[None]:
        """This process's turn to write (SQLite), for whoever opens the transaction on an engine of `another`."""
        if not self.is_sqlite:
            yield
            return
        async with self._writing:
            yield

    def another(self, *, size: int, patience: float) -> AsyncEngine:
        """One more engine over the same database, disposed of by the caller: with `size` connections of its own, for
        whoever must not wait behind this one's. On PostgreSQL by psycopg, whose errors the durable engine knows."""
        if self.is_sqlite:
            engine = create_async_engine(self._engine.url, pool_size=size, max_overflow=0)
            event.listen(engine.sync_engine, "connect", _prepare_sqlite(patience))
            return engine
        url = self._engine.url
        if url.get_driver_name() == "asyncpg":
            said = dict(url.query)
            if (ssl := said.pop("ssl", None)) is not None:
                said["sslmode"] = ssl
            url = url.set(drivername="postgresql+psycopg", query=said)
        return create_async_engine(url, pool_size=size, max_overflow=0, pool_pre_ping=True)

    def upsert(self, table: Table, rows: Sequence[Mapping[str, Any]], *, update: Sequence[str]) -> Executable:
        """An insert that, where the primary key exists, sets the `update` columns to the new values."""
        statement = self._insert(table).values(list(rows))
        keys = [column.name for column in table.primary_key.columns]
        return statement.on_conflict_do_update(
            index_elements=keys, set_={name: statement.excluded[name] for name in update}
        )

    def insert_once(self, table: Table, row: Mapping[str, Any]) -> Executable:
        """An insert that does nothing where any unique column is taken already."""
        return self._insert(table).values(dict(row)).on_conflict_do_nothing()

    def merging(self, table: Table, row: Mapping[str, Any]) -> sqlite.Insert | postgresql.Insert:
        """An insert to which `on_conflict_do_update` may be added. What `row` leaves out comes with its execution."""
        return self._insert(table).values(dict(row))

    def _insert(self, table: Table) -> sqlite.Insert | postgresql.Insert:
        # Only the dialect of the configured database is loaded, by the engine already.
        if self.is_sqlite:
            from sqlalchemy.dialects.sqlite import insert
        else:
            from sqlalchemy.dialects.postgresql import insert
        return insert(table)

    async def one_at_a_time(self, connection: AsyncConnection) -> None:
        """Until this transaction ends, others that ask the same wait. On SQLite every writer is alone anyway."""
        if not self.is_sqlite:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK + 1})

    async def in_turn(self, connection: AsyncConnection, keys: Iterable[str]) -> None:
        """Until this transaction ends, others that name one of these keys wait. To be called before it locks a row. On
        SQLite every writer is alone anyway."""
        if not self.is_sqlite:
            for number in sorted({_number_of(key) for key in keys}):  # in one order everywhere
                await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": number})

    async def close(self) -> None:
        await self._engine.dispose()

    def _is_away(self, error: Exception) -> bool:
        """Also what SQLAlchemy has no class for: a connection that was cut in the middle."""
        if isinstance(error, self._away):
            return True
        return isinstance(error, DBAPIError) and (
            error.connection_invalidated or str(getattr(error.orig, "sqlstate", None)).startswith(_CUT)
        )

    def _unavailable(self, error: BaseException) -> StateUnavailable:
        now = time.monotonic()
        if now - self._said_away > _SAY_AGAIN:
            self._said_away = now
            _log.error("state_unavailable", error=type(getattr(error, "orig", None) or error).__name__)
        return StateUnavailable()

    async def _migrate(self) -> None:
        async with self._engine.connect() as connection:
            if await connection.run_sync(revision_of) == HEAD:
                return
        async with self._engine.begin() as connection:
            if self.is_sqlite:
                await connection.exec_driver_sql(f"PRAGMA busy_timeout={int(_MIGRATION_PATIENCE * 1000)}")
                await connection.exec_driver_sql("BEGIN IMMEDIATE")
            else:
                await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            await connection.run_sync(upgrade)
        await self._engine.dispose()  # with the patience of a migration


def _number_of(key: str) -> int:
    """Of 64 bits: two keys that share one by chance merely wait for each other."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big", signed=True)


def _refusals(engine: AsyncEngine) -> tuple[type[Exception], ...]:
    """What the driver raises by itself where a connection is not to be had: a server that starts, or has too many."""
    if engine.dialect.driver != "asyncpg":
        return ()
    import asyncpg

    return asyncpg.PostgresError, asyncpg.InterfaceError


def _file(engine: AsyncEngine) -> Path | None:
    named = engine.url.database if engine.dialect.name == "sqlite" else None
    return None if named in (None, "", ":memory:") else Path(named)


def _name(engine: AsyncEngine) -> str:
    """The same for everybody on this machine who opened the same database."""
    url = engine.url
    if url.get_backend_name() == "sqlite":
        return f"sqlite:{Path(url.database or ':memory:').resolve()}"
    return f"{url.get_backend_name()}:{url.host}:{url.port}/{url.database}"


def _prepare_sqlite(patience: float) -> Callable[[Any, object], None]:
    busy = f"busy_timeout={int(patience * 1000)}"

    def prepare(connection: Any, record: object) -> None:
        cursor = connection.cursor()
        # FULL: a link or a saga that was acknowledged survives a power cut; WAL: readers never wait for the writer.
        for pragma in ("journal_mode=WAL", "synchronous=FULL", busy, "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return prepare
