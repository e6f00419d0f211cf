"""Webhooks that mean more than "read this again" (a payment, a fulfilment): stored before the vendor is answered, then
handled until they are dealt with, in order per subject, over restarts. What cannot be handled is set aside with a task.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime

import structlog
from sqlalchemy import delete

from gateway.errors import StateUnavailable, places_of
from gateway.ports.state import Tasks
from gateway.ports.webhooks import Received
from gateway.state.database import Database
from gateway.state.queue import DONE, Queue, queued
from gateway.state.tables import inbox

KEPT_SECONDS = 7 * 86_400.0
"""Vendors repeat a delivery for hours; what was dealt with is remembered for longer."""
TRIES = 8
HANDLING_SECONDS = 20.0
POLL_SECONDS = 1.0
SET_ASIDE_TASK = "webhook.set_aside"
_log = structlog.get_logger("gateway.inbox")


Handler = Callable[[Received], Awaitable[None]]
"""Raises when the event is not dealt with yet; sees some events twice."""


class Inbox:
    """`handlers` by the kind of what is told; `start` handles what waits, also from before a restart; `close` finishes
    what is handled."""

    def __init__(self, database: Database, tasks: Tasks, handlers: Mapping[str, Handler] | None = None) -> None:
        self._database = database
        self._people = tasks
        self._handlers = dict(handlers or {})
        self._queue = Queue(database, inbox, TRIES, lease=HANDLING_SECONDS + 10)
        self._news = asyncio.Event()
        self._closing = False
        self._worker: asyncio.Task[None] | None = None

    async def store(self, events: Sequence[Received]) -> int:
        """How many were new. When this returns they are safe, and the vendor may be answered. Raises StateUnavailable:
        then none of them was stored."""
        fresh = 0
        async with self._database.write() as connection:
            for event in events:
                row = {
                    "identity": hashlib.sha256(f"{event.backend}|{event.identity}".encode()).hexdigest(),
                    "backend": event.backend,
                    "kind": event.kind,
                    "subject": event.subject,
                    "facts": json.dumps(event.facts),
                    "received": self._database.now,
                    **queued(self._database),
                }
                fresh += (await connection.execute(self._database.insert_once(inbox, row))).rowcount
        self._news.set()
        return fresh

    def start(self) -> None:
        self._worker = asyncio.get_running_loop().create_task(self._handle_for_ever())

    async def close(self) -> None:
        self._closing = True
        self._news.set()
        worker, self._worker = self._worker, None
        if worker is not None:
            _, late = await asyncio.wait([worker], timeout=HANDLING_SECONDS + 1)
            if late:
                worker.cancel()
            await asyncio.gather(worker, return_exceptions=True)

    async def handle_one(self) -> bool:
        """Whether there was something to handle, dealt with or not."""
        row = await self._queue.take()
        if row is None:
            return False
        event = Received(
            identity=row.identity,
            backend=row.backend,
            kind=row.kind,
            subject=row.subject,
            facts=json.loads(row.facts),
            at=datetime.fromtimestamp(row.received, UTC),
        )
        handler = self._handlers.get(event.kind)
        try:
            if handler is None:
                raise LookupError(event.kind)
            async with asyncio.timeout(HANDLING_SECONDS):
                await handler(event)
        except Exception as error:
            reason = "no handler" if handler is None else type(error).__name__
            if await self._queue.failed(row.id, row.attempts, reason):
                facts = {"entry": str(row.id), "backend": event.backend, "kind": event.kind, "reason": reason}
                await self._people.open(SET_ASIDE_TASK, f"{event.backend}:{event.subject}", facts)
                _log.error("webhook_set_aside", **facts, at=places_of(error))
            return True
        await self._queue.done(row.id)
        return True

    async def again(self, number: int) -> bool:
        """Handle an entry that was set aside anew."""
        return await self._queue.again(number)

    async def depths(self) -> dict[str, int]:
        return await self._queue.depths()

    async def sweep(self) -> int:
        """What was dealt with goes after a week; what was set aside stays for a person."""
        old = delete(inbox).where(inbox.c.state == DONE, inbox.c.received < self._database.now - KEPT_SECONDS)
        async with self._database.write() as connection:
            return (await connection.execute(old)).rowcount

    async def _handle_for_ever(self) -> None:
        while not self._closing:
            try:
                if await self.handle_one():
                    continue
            except StateUnavailable:
                pass  # said once where it is raised
            self._news.clear()
            try:
                async with asyncio.timeout(POLL_SECONDS):  # another process may have stored something, or died
                    await self._news.wait()
            except TimeoutError:
                continue
