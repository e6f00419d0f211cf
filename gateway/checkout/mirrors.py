"""Orders that other systems are to know: what connectors write is looked for, and what is late is a person's task and a
figure. Timers of every process that sells; each takes others. What was cancelled at its owner: `cancelled`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import structlog
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.calls.operation.caller import BackendCaller
from gateway.checkout.claims import begin
from gateway.checkout.figures import CheckoutFigures
from gateway.checkout.given import Given
from gateway.checkout.saga import MIRROR
from gateway.checkout.steps.mirror import REFUSED_TASK
from gateway.model.context import CallContext, CommerceContext, Priority
from gateway.model.orders import Order, OrderOrigin
from gateway.model.syncing import SyncState
from gateway.ports.order import GET_BY_ORIGIN
from gateway.state.database import Database
from gateway.state.mirrors import StoredMirrors

LATE_TASK = "order.mirror_late"
"""A system that should know an order by now does not."""
BY = "mirrors"
"""Who closes the tasks of those that have come."""
CALL_SECONDS = 10.0
_LATE_SHOWN = 500
_NOWHERE = CommerceContext(country="", currency="", language="")
_log = structlog.get_logger("gateway.checkout")


class Mirrors:
    """`look` and `late`, for timers."""

    def __init__(self, given: Given, figures: CheckoutFigures) -> None:
        self._given = given
        self._figures = figures
        self._stored = StoredMirrors(given.checkouts.database)

    async def look(self) -> int:
        """What connectors are expected to have written by now: asked for by the number it has at its owner, one call
        for each system. How many were found. Raises StateUnavailable."""
        rows, found = await self._stored.to_look_for(), 0
        by_backend: defaultdict[str, list[Row[Any]]] = defaultdict(list)
        for row in rows:
            by_backend[row.backend].append(row)
        for backend, mine in by_backend.items():
            answers = await self._asked(self._given.caller, backend, mine)
            for row in mine:
                answer = answers.get(_origin(row))
                if isinstance(answer, Order):
                    found += await self._came(row, answer)
                else:
                    await self._stored.looked(row.run, row.backend)
        return found

    async def late(self) -> int:
        """A task for each that is late, and none for those that are not. Raises StateUnavailable."""
        tasks, rows = self._given.tasks, await self._stored.late()
        self._figures.mirrors_late(await self._stored.late_counts())
        open_now = {
            (task.kind, task.subject)
            for kind in (LATE_TASK, REFUSED_TASK)
            for task in await tasks.list(kind=kind, limit=_LATE_SHOWN)
        }
        wanted: set[tuple[str, str]] = set()
        for row in rows:
            kind = REFUSED_TASK if row.state == SyncState.REFUSED.value else LATE_TASK
            wanted.add((kind, f"{row.run}:{row.backend}"))
            if (kind, f"{row.run}:{row.backend}") in open_now:
                continue
            facts = {"checkout": row.run, "backend": row.backend, "role": row.kind, "code": row.reason or ""}
            _log.error("order_mirror_late", state=row.state, **facts)
            await tasks.open(kind, f"{row.run}:{row.backend}", facts)
        if len(rows) < _LATE_SHOWN:
            for kind, subject in open_now - wanted:
                await tasks.close_subject(kind, subject, BY)
        return len(rows)

    async def _asked(self, caller: BackendCaller, backend: str, rows: Sequence[Row[Any]]) -> dict[OrderOrigin, Any]:
        if backend not in self._given.backends or not self._given.ownership.offers(backend, GET_BY_ORIGIN.name):
            return {}
        call = CallContext.within(CALL_SECONDS, priority=Priority.BACKGROUND, fresh=True)
        keys = [_origin(row) for row in rows]
        return dict(await caller.keyed(backend, GET_BY_ORIGIN, keys, _NOWHERE, call))

    async def _came(self, row: Row[Any], order: Order) -> bool:
        given = self._given
        total = None if order.total.gross is None else str(order.total.gross.amount)
        async with given.checkouts.database.write() as connection:
            now = await self._stored.locked(connection, row.run, row.backend)
            if now is None or now.state != SyncState.WAITING.value:
                return False
            values = {"order_id": order.ref.id, "order_number": order.number, "total": total}
            await self._stored.moved(connection, row.run, row.backend, SyncState.THERE, **values)
            counted = given.ordering(row.backend).counted
            await given.ledger.committed(
                connection, row.run, row.backend, f"{row.backend}:{order.ref.id}", counted=counted
            )
        return True


async def write_again(database: Database, connection: AsyncConnection, run: str, backend: str) -> bool:
    """Within a transaction: a mirror that is missing is written by a run of its own. False: it is not to be."""
    attempt = await StoredMirrors(database).again(connection, run, backend)
    if attempt is None:
        return False
    await begin(database, connection, MIRROR, run, backend, attempt)
    return True


def _origin(row: Row[Any]) -> OrderOrigin:
    return OrderOrigin(row.number or "", row.owner)
