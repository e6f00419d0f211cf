"""Events out: written in the transaction that makes them true, delivered at least once with an id, in order per
subject. A receiver that is slow or dead holds up nobody but itself, and a subject nobody but itself.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime

import structlog
from msgspec import Struct
from sqlalchemy import delete, exists, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.errors import StateUnavailable
from gateway.state.database import Database
from gateway.state.log import Position, after, appended, complete, newest
from gateway.state.queue import WAITING, Queue, queued
from gateway.state.tables import outbox, outbox_deliveries

KEPT_SECONDS = 7 * 86_400.0
TRIES = 12
"""With pauses that double from a second to ten minutes: about an hour."""
DELIVERY_SECONDS = 20.0
POLL_SECONDS = 1.0
_SIDE_BY_SIDE = 4
_log = structlog.get_logger("gateway.outbox")


class Event(Struct, frozen=True, kw_only=True):
    """`id` is the same however often it is delivered. `facts` are ids, states and amounts; `written` is aware UTC;
    `position` is where it stands among all events."""

    id: str
    kind: str
    subject: str
    facts: Mapping[str, str]
    written: datetime
    position: Position


Receiver = Callable[[Event], Awaitable[None]]
"""Raises when it has not taken the event; sees some events twice."""
SetAside = Callable[[str, int, Event], Awaitable[None]]
"""Told of the receiver, the delivery's number and the event when it was tried often enough."""


class Outbox:
    """`receivers` by name get every event written from now on; the names are kept, so a receiver that is configured no
    longer leaves its rows until they are swept. `start` delivers, `close` finishes what is being delivered."""

    def __init__(self, database: Database, receivers: Mapping[str, Receiver] | None = None) -> None:
        self._database = database
        self._receivers = dict(receivers or {})
        self._queue = Queue(database, outbox_deliveries, TRIES, ("receiver",), lease=DELIVERY_SECONDS + 10)
        self._news = asyncio.Event()
        self.on_set_aside: SetAside | None = None
        self._closing = False
        self._tasks: list[asyncio.Task[None]] = []

    async def write(
        self, connection: AsyncConnection, kind: str, subject: str, facts: Mapping[str, str], *, key: str
    ) -> bool:
        """Within the transaction of what it tells. `key` is what makes it this event and no other (a run and its step,
        say): written twice, it is there once, and the answer is False."""
        identifier = hashlib.sha256(f"{kind}|{subject}|{key}".encode()).hexdigest()[:32]
        if (await connection.execute(select(outbox.c.id).where(outbox.c.event == identifier))).first() is not None:
            return False
        row = {"event": identifier, "kind": kind, "subject": subject, "facts": json.dumps(facts)}
        statement = appended(self._database, outbox, {**row, "written": self._database.now}).returning(outbox.c.id)
        number = (await connection.execute(statement)).scalar_one()
        for receiver in self._receivers:
            delivery = {"entry": number, "receiver": receiver, "subject": subject}
            await connection.execute(insert(outbox_deliveries).values({**delivery, **queued(self._database)}))
        self._news.set()
        return True

    async def read(self, position: Position, limit: int = 500) -> Sequence[Event]:
        """Events of all subjects behind `position`, for readers who remember how far they got. It stops below the
        oldest open transaction, so what was passed is complete."""
        columns = (outbox.c.xact, outbox.c.id, outbox.c.event, outbox.c.kind, outbox.c.subject, outbox.c.facts)
        chosen = (
            select(*columns, outbox.c.written)
            .where(after(self._database, outbox, position))
            .order_by(outbox.c.xact, outbox.c.id)
            .limit(limit)
        )
        async with self._database.read() as connection:
            return [_event(*row) for row in await connection.execute(chosen)]

    async def newest(self) -> Position:
        """Where a reader begins who wants only what comes."""
        return await newest(self._database, outbox)

    def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._tasks = [
            loop.create_task(self._deliver_for_ever(receiver))
            for receiver in self._receivers
            for _ in range(_SIDE_BY_SIDE)
        ]

    async def close(self) -> None:
        self._closing = True
        self._news.set()
        tasks, self._tasks = self._tasks, []
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=DELIVERY_SECONDS + 1)
            for task in late:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def again(self, number: int) -> bool:
        """Try a delivery that was set aside anew."""
        return await self._queue.again(number)

    async def depths(self) -> dict[str, int]:
        return await self._queue.depths()

    async def sweep(self) -> int:
        """What everybody has taken goes after a week; so does what is waited for by nobody we know."""
        open_deliveries = exists().where(
            outbox_deliveries.c.entry == outbox.c.id,
            outbox_deliveries.c.state == WAITING,
            outbox_deliveries.c.receiver.in_(list(self._receivers)),
        )
        old = delete(outbox).where(outbox.c.written < self._database.now - KEPT_SECONDS, ~open_deliveries)
        async with self._database.write() as connection:
            return (await connection.execute(old)).rowcount

    async def deliver_one(self, receiver: str) -> bool:
        """Whether there was something to deliver, taken or not."""
        ready = exists().where(outbox.c.id == outbox_deliveries.c.entry, complete(self._database, outbox))
        row = await self._queue.take(outbox_deliveries.c.receiver == receiver, ready)
        if row is None:
            return False
        event = await self._event(row.entry)
        try:
            async with asyncio.timeout(DELIVERY_SECONDS):
                await self._receivers[receiver](event)
        except Exception as error:
            reason = type(error).__name__
            if await self._queue.failed(row.id, row.attempts, reason):
                _log.error("delivery_set_aside", receiver=receiver, event_id=event.id, kind=event.kind, reason=reason)
                if self.on_set_aside is not None:
                    await self.on_set_aside(receiver, row.id, event)
            return True
        await self._queue.done(row.id)
        return True

    async def _event(self, number: int) -> Event:
        columns = (outbox.c.xact, outbox.c.id, outbox.c.event, outbox.c.kind, outbox.c.subject, outbox.c.facts)
        async with self._database.read() as connection:
            chosen = select(*columns, outbox.c.written).where(outbox.c.id == number)
            return _event(*(await connection.execute(chosen)).one())

    async def _deliver_for_ever(self, receiver: str) -> None:
        while not self._closing:
            try:
                if await self.deliver_one(receiver):
                    continue
            except StateUnavailable:
                pass  # said once where it is raised
            self._news.clear()
            try:
                async with asyncio.timeout(POLL_SECONDS):  # another process may have written something
                    await self._news.wait()
            except TimeoutError:
                continue


def _event(xact: int, number: int, event: str, kind: str, subject: str, facts: str, written: float) -> Event:
    return Event(
        id=event,
        kind=kind,
        subject=subject,
        facts=json.loads(facts),
        written=datetime.fromtimestamp(written, UTC),
        position=Position(xact, number),
    )
