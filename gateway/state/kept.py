"""Everything the gateway keeps for itself, over one database: made together, started together, ended in order."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.state.bell import Bell
from gateway.state.changes import Change, Changes, Heard
from gateway.state.counters import sweep_counters
from gateway.state.database import Database
from gateway.state.inbox import Handler, Inbox
from gateway.state.key_values import sweep_key_values
from gateway.state.outbox import Event, Outbox, Receiver
from gateway.state.revocations import CHANGED, StoredRevocations
from gateway.state.sweep import Job, Sweep
from gateway.state.tasks import StoredTasks
from gateway.state.writes import StoredWrites

UNDELIVERED_TASK = "delivery.set_aside"


class Kept:
    """Usable at once; `start` is for a process that serves, so that commands neither deliver nor handle anything.
    `heard` learns what other processes changed; `jobs` clear away what others keep in this database."""

    def __init__(
        self,
        database: Database,
        heard: Heard = lambda _: None,
        *,
        receivers: Mapping[str, Receiver] | None = None,
        handlers: Mapping[str, Handler] | None = None,
        jobs: Mapping[str, Job] | None = None,
    ) -> None:
        self.database = database
        self.changes = Changes(database, self._hear, Bell(database.name))
        self.revocations = StoredRevocations(database, self.changes)
        self.outbox = Outbox(database, receivers)
        self.tasks = StoredTasks(database, self.outbox)
        self.inbox = Inbox(database, self.tasks, handlers)
        self.outbox.on_set_aside = self._undelivered
        self._heard = heard
        self._sweep = Sweep(
            {
                "key_values": lambda: sweep_key_values(database),
                "counters": lambda: sweep_counters(database),
                "changes": self.changes.sweep,
                "inbox": self.inbox.sweep,
                "outbox": self.outbox.sweep,
                "tasks": self.tasks.sweep,
                "writes": StoredWrites(database).sweep,
                **(jobs or {}),
            }
        )

    async def start(self) -> None:
        await self.changes.start()
        self.outbox.start()
        self.inbox.start()
        self._sweep.start()

    async def stop_delivering(self) -> None:
        """Before those are closed to whom it is delivered: what is written from now on is another process's, or the
        next one's."""
        await self.inbox.close()
        await self.outbox.close()

    async def close(self) -> None:
        await self._sweep.close()
        await self.inbox.close()
        await self.outbox.close()
        await self.changes.close()

    async def _undelivered(self, receiver: str, number: int, event: Event) -> None:
        facts = {"entry": str(number), "receiver": receiver, "event": event.id, "kind": event.kind}
        await self.tasks.open(UNDELIVERED_TASK, f"{receiver}:{event.subject}", facts)

    def _hear(self, change: Change | None) -> None:
        if change is None or change.topic == CHANGED:
            self.revocations.forget()
        if change is None or change.topic != CHANGED:
            self._heard(change)
