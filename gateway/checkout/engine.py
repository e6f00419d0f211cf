"""The one module, with `watch`, `moving` and `sealed`, that knows the durable engine (DBOS 3.4, MIT core): opened,
launched and closed here, and the shapes in which it holds. Importing it loads the engine: only a gateway with a
checkout does.

The engine's own tables lie in a file of their own beside the gateway's (`x.runs.sqlite`): in one file its writers and
ours wait for each other for ever. On PostgreSQL they are the schema `dbos` of the same database. Not used: its
time-outs and, but by `moving`, its cancellation, which end a run without compensation.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar, cast
from uuid import uuid4

import sqlalchemy as sa
import structlog
from dbos import DBOS, DBOSClient, DBOSConfig, SetWorkflowID
from dbos import error as dbos_error
from msgspec import Struct
from sqlalchemy import event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.checkout.sealed import AWAY, Sealed, Transient
from gateway.errors import ConfigurationError, StateUnavailable, places_of
from gateway.state.database import Database
from gateway.state.pair import runs_file

if TYPE_CHECKING:
    from dbos import AsyncSQLAlchemyDatasource

LocalBody = Callable[..., Awaitable[Any]]
"""Of a local step: `body(connection, *ids)`, in one transaction with the engine's record of it. No backend in it: on
SQLite it holds the one write lock. Its answer is JSON."""
RemoteAct = Callable[..., Awaitable[Any]]
"""Of a remote step: `act(*ids)`, at least once; looks up before it repeats. Its answer is JSON, a refusal too."""
Workflow = Callable[..., Awaitable[None]]
"""Of a run: takes ids only, and branches on nothing but what steps answered."""

_AWAY_PAUSE = 0.5
"""Seconds before a step is tried anew while our database is away."""
_NO_ROOM = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)
_WRITERS = 6
"""Local steps at a time in one process on PostgreSQL, below its pool; SQLite has one writer."""
_PATIENCE = 30.0
_RECOVERIES = 10_000
"""Past it a run ends without compensation; a person hears of it long before."""
_log = structlog.get_logger("gateway.checkout")


class RunState(Enum):
    """MOVING: some process has it, or will. ENDED: by itself. BROKEN: in error, cancelled or given up: no process goes
    on with it."""

    MOVING = "MOVING"
    ENDED = "ENDED"
    BROKEN = "BROKEN"


class PendingRun(Struct, frozen=True):
    """`executor` is the process that has it, `shape` the application version it was started under."""

    run: str
    executor: str
    shape: str


class UnknownRun(Exception):
    """A signal for a run that was never started."""


class Runs:
    """`await Runs.open(database, shape)`, `workflow` for each, `await launch()`, `await close()`. One in a process: the
    engine is a singleton. `shape` names the sequence of the saga's steps, not the release: a run is taken over only by
    a process of its own shape. `executor` is new in every process, because two that share an id strand runs."""

    _opened: ClassVar[bool] = False

    def __init__(self, database: Database, shape: str) -> None:
        self.database = database
        self.shape = shape
        self.executor = f"{socket.gethostname()}-{os.getpid()}-{uuid4().hex[:8]}"
        self._workflows: dict[str, Any] = {}
        self._datasource: AsyncSQLAlchemyDatasource | None = None
        self._turns = asyncio.Semaphore(_WRITERS)
        self._rows = database.another(size=1 if database.is_sqlite else _WRITERS + 2, patience=_PATIENCE)
        self._system: sa.Engine | None = None
        self._system_url = ""
        self._starting: set[asyncio.Task[None]] = set()

    @classmethod
    def taken(cls) -> bool:
        """Whether the engine, of which a process has one, is open in this process already."""
        return cls._opened

    @classmethod
    async def open(cls, database: Database, shape: str) -> Runs:
        """Migrates the engine's tables. Raises ConfigurationError where they cannot be made."""
        if cls._opened:
            raise RuntimeError("the durable engine is open in this process already")
        runs = cls(database, shape)
        try:
            await runs._prepare()
        except AWAY as error:
            await runs._rows.dispose()
            cause = getattr(error, "orig", None) or error
            raise ConfigurationError(f"cannot open the runs: {cause}", place="gateway.state") from error
        cls._opened = True
        return runs

    async def _prepare(self) -> None:
        from dbos import AsyncSQLAlchemyDatasource

        url = self._rows.url.render_as_string(hide_password=False)
        serializer = Sealed()
        config = DBOSConfig(
            name="gateway",
            executor_id=self.executor,
            application_version=self.shape,
            serializer=serializer,
            max_executor_threads=64,
            notification_listener_polling_interval_sec=0.25,
            log_level="ERROR",
        )
        if self.database.is_sqlite:
            runs_url = f"sqlite:///{runs_file(self._rows.url.database or '')}"
            self._system = _system_engine(runs_url)
            config["system_database_engine"] = self._system
        else:
            runs_url = url
            config["sys_db_idle_transaction_timeout_sec"] = 0
            await asyncio.to_thread(DBOS.migrate, url)  # all processes at once may; launch is short afterwards
        config["system_database_url"] = self._system_url = runs_url
        _speak_through_ours()
        DBOS(config=config)
        if self.database.is_sqlite:
            async with self.database.turn():
                self._datasource = await AsyncSQLAlchemyDatasource.create(url, engine=self._rows, serializer=serializer)
        else:
            self._datasource = await AsyncSQLAlchemyDatasource.create(url, engine=self._rows, serializer=serializer)

    def workflow(self, name: str, workflow: Workflow) -> None:
        """Before `launch`. The name stands in every run of it, for ever."""

        async def run(*ids: str) -> None:
            await workflow(*ids)

        run.__qualname__ = f"gateway.{name}"
        self._workflows[name] = DBOS.workflow(name=name, max_recovery_attempts=_RECOVERIES)(run)

    async def launch(self) -> None:
        """On the loop that runs shall live on: launched in a thread, recovered runs would move to another one."""
        DBOS.launch()

    async def close(self, drain: float = 3.0) -> None:
        """Waits so long for runs that end soon; what remains is taken over by others."""
        loop = asyncio.get_running_loop()
        if self._starting:
            await asyncio.wait(list(self._starting), timeout=drain)
        seconds = max(0, round(drain))
        with ThreadPoolExecutor(1) as aside:  # on the loop, the runs that it waits for could not move
            await loop.run_in_executor(
                aside, lambda: DBOS.destroy(destroy_registry=True, workflow_completion_timeout_sec=seconds)
            )
        loop.set_default_executor(ThreadPoolExecutor())  # the engine's own is shut: `to_thread` would raise
        await self._rows.dispose()
        if self._system is not None:
            self._system.dispose()
        type(self)._opened = False

    # --- within a run -----------------------------------------------------------------------------------------------

    async def local(self, name: str, body: LocalBody, *ids: str) -> Any:
        """A step on our own tables, exactly once with them. While our database is away it is tried again: what would
        leave the step would be its result for ever."""
        while True:
            try:
                return await self._transaction(name, body, ids)
            except Transient:  # a replay: it was waited then
                continue
            except AWAY:
                await asyncio.sleep(_AWAY_PAUSE)  # the engine's own sleep ends by a wall clock, of whoever began it

    async def remote(self, name: str, act: RemoteAct, *ids: str) -> Any:
        """A step at somebody else's, at least once. While our database is away it is tried again, within the step."""

        async def tried(*given: str) -> Any:
            while True:
                try:
                    return await act(*given)
                except StateUnavailable:
                    await asyncio.sleep(_AWAY_PAUSE)

        return await DBOS.run_step_async({"name": name}, tried, *ids)

    async def receive(self, topic: str, seconds: float) -> bool:
        """Whether a signal came within `seconds` of this process's clock. It only wakes: the truth is asked for."""
        return await DBOS.recv_async(topic, timeout_seconds=seconds) is not None

    async def _transaction(self, name: str, body: LocalBody, ids: Sequence[str]) -> Any:
        datasource = self._datasource
        if datasource is None:
            raise RuntimeError("the runs are not open")

        async def attempt(*given: str) -> Any:
            connection: AsyncConnection = await datasource.sql_session().connection()
            if self.database.is_sqlite:  # else every read before the first write is outside of the transaction
                await connection.exec_driver_sql("BEGIN IMMEDIATE")
            return await body(connection, *given)

        if self.database.is_sqlite:
            async with self.database.turn():
                return await datasource.run_tx_step_async(
                    {"name": name, "isolation_level": "SERIALIZABLE"}, attempt, *ids
                )
        async with self._turns:
            return await datasource.run_tx_step_async(
                {"name": name, "isolation_level": "READ COMMITTED"}, attempt, *ids
            )

    # --- around runs ------------------------------------------------------------------------------------------------

    async def start(self, name: str, run: str, *ids: str) -> None:
        """Starts it, or finds that it was started: the same id is the same run. In a task of its own, because a caller
        who goes away in the middle would leave a run that nobody executes."""

        async def begin() -> None:
            with SetWorkflowID(run):
                await DBOS.start_workflow_async(self._workflows[name], *(ids or (run,)))

        task = asyncio.get_running_loop().create_task(begin())
        self._starting.add(task)
        task.add_done_callback(self._started)
        await asyncio.shield(task)

    def _started(self, task: asyncio.Task[None]) -> None:
        self._starting.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.warning("run_not_started", reason=type(error).__name__, at=places_of(error))

    async def send(self, run: str, topic: str, key: str) -> None:
        """Wake it, from any process, before or after it waits; a key once only. Raises UnknownRun."""
        try:
            await DBOS.send_async(run, True, topic, idempotency_key=key)
        except dbos_error.DBOSNonExistentWorkflowError as error:
            raise UnknownRun(run) from error

    async def pending(self) -> list[PendingRun]:
        """Runs that some process has, or had."""
        found = await DBOS.list_workflows_async(status="PENDING", load_input=False, load_output=False)
        return [PendingRun(run.workflow_id, run.executor_id or "", run.app_version or "") for run in found]

    async def states(self, runs: Sequence[str]) -> dict[str, RunState]:
        """Of those that were started; one that is absent never was."""
        if not runs:
            return {}
        found = await DBOS.list_workflows_async(workflow_ids=list(runs), load_input=False, load_output=False)
        return {run.workflow_id: state_of(run.status) for run in found}

    async def steps(self, run: str) -> list[str]:
        """The names of the steps it has finished, in order."""
        found = await DBOS.list_workflow_steps_async(run, load_output=False)
        return [step["function_name"] for step in found]

    async def resume(self, run: str) -> None:
        """Have it gone on with, whoever had it: a person's command, for a run that no process executes."""
        await DBOS.resume_workflow_async(run)

    async def rewind(self, run: str, start: int) -> None:
        """Have one that is cancelled go on with step `start`, as a run of this shape: what was recorded from there on
        is dropped, and what was sent to it and not read. By a client, because the engine's own way asks our database on
        another loop; our part of the record goes first, so that it may be repeated."""
        if (datasource := self._datasource) is None:
            raise RuntimeError("the runs are not open")
        async with self.database.turn():
            await datasource._delete_checkpoints(run, start)  # pyright: ignore[reportPrivateUsage]
        client = DBOSClient(
            system_database_url=self._system_url,
            system_database_engine=self._system,
            system_database_pool_size=1,
            serializer=Sealed(),
            lazy=True,
        )
        try:
            await client.rewind_workflow_async(run, start_step=start, application_version=self.shape)
        finally:
            await asyncio.to_thread(client.destroy)

    async def ended_before(self, seconds: float, limit: int) -> list[str]:
        """Runs that ended by themselves so long ago, by this process's clock."""
        until = (datetime.now(UTC) - timedelta(seconds=seconds)).isoformat()
        found = await DBOS.list_workflows_async(
            status="SUCCESS", completed_before=until, limit=limit, load_input=False, load_output=False
        )
        return [run.workflow_id for run in found]

    async def delete(self, runs: Sequence[str]) -> None:
        """Everything that is kept of runs that have ended."""
        if runs:
            await DBOS.delete_workflows_async(list(runs))


_STATES = {
    "PENDING": RunState.MOVING,
    "ENQUEUED": RunState.MOVING,
    "DELAYED": RunState.MOVING,
    "SUCCESS": RunState.ENDED,
}


def state_of(status: str) -> RunState:
    """Of the engine's own word for it."""
    return _STATES.get(status, RunState.BROKEN)


def _system_engine(url: str) -> sa.Engine:
    engine = sa.create_engine(
        url, connect_args={"check_same_thread": False, "timeout": _PATIENCE}, pool_size=20, max_overflow=0
    )

    def prepare(connection: Any, record: object) -> None:
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            f"busy_timeout={int(_PATIENCE * 1000)}",
            "foreign_keys=ON",
            "secure_delete=ON",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()
        connection.isolation_level = "IMMEDIATE"

    def waited_for(context: ExceptionContext) -> BaseException | None:
        """The engine waits for a file that is locked, for as long as it takes, and gives a run up for any other error:
        a disk that is full would leave it in the middle."""
        error = context.original_exception
        if not isinstance(error, sqlite3.Error) or getattr(error, "sqlite_errorcode", 0) & 0xFF not in _NO_ROOM:
            return None
        return OperationalError(context.statement, None, sqlite3.OperationalError(f"database is locked: {error}"))

    event.listen(engine, "connect", prepare)
    event.listen(engine, "handle_error", waited_for, retval=True)
    return engine


class _EngineLog(logging.Handler):
    """What the engine logs, in our log: its own lines hold the text of whatever a step raised."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        told: dict[str, Any] = {"where": f"{record.module}:{record.lineno}"}
        if error is not None:
            told |= {"reason": type(error).__name__, "at": places_of(error)}
        _log.log(record.levelno, "durable_engine", **told)


def _speak_through_ours() -> None:
    logger = logging.getLogger("dbos")
    if not any(isinstance(handler, _EngineLog) for handler in logger.handlers):
        cast("list[Any]", logger.handlers)[:] = [_EngineLog()]
    logger.propagate = False
