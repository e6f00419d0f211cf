"""A key that was given for a checkout: claimed once, in one transaction with what it freezes, and the run it stands
for. The run's id is derived from the key, so whoever comes next starts what its first caller could not.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence

import structlog
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.checkout.engine import Runs, RunState
from gateway.checkout.references import derived
from gateway.errors import IdempotencyConflict
from gateway.state.database import Database
from gateway.state.tables import claims

KEPT_SECONDS = 86_400.0
"""How long a claim answers after its run has ended; the run is kept longer, never shorter."""
FORGOTTEN_SECONDS = 2.0
"""After so long, a claim without a run was left by a caller who died."""
_BATCH = 100
_log = structlog.get_logger("gateway.checkout")


def run_of(scope: str, operation: str, key: str) -> str:
    """26 characters of A-Z and 2-7. `scope` is the cart, the device and its store, the customer or the credential:
    never "anonymous", because guests choose the same keys."""
    digest = hashlib.sha256(json.dumps([scope, operation, key]).encode()).digest()
    return base64.b32encode(digest).decode()[:26]


async def begin(
    database: Database, connection: AsyncConnection, workflow: str, run: str, backend: str, number: int
) -> None:
    """Within a transaction: a claim without a run, of what goes on after an order at one system. Whoever serves begins
    it."""
    identifier = derived(run, f"{workflow}.{backend}", number)
    row = {"run": identifier, "workflow": workflow, "digest": "", "ids": json.dumps([run, backend, identifier])}
    await connection.execute(database.insert_once(claims, {**row, "claimed": database.now}))


class Claims:
    def __init__(self, database: Database, runs: Runs) -> None:
        self._database = database
        self._runs = runs

    async def claim(
        self, connection: AsyncConnection, run: str, workflow: str, digest: str, ids: Sequence[str] = ()
    ) -> bool:
        """Within the transaction of what it freezes: whether the key is new. `digest` is of the canonical input,
        without secrets; `ids` are what the run is started with (None: its own id). Raises IdempotencyConflict for a key
        that was given with another input."""
        row = {"run": run, "workflow": workflow, "digest": digest, "ids": json.dumps(list(ids))}
        fresh = self._database.insert_once(claims, {**row, "claimed": self._database.now})
        if (await connection.execute(fresh)).rowcount == 1:
            return True
        known = (await connection.execute(select(claims.c.digest).where(claims.c.run == run))).scalar_one()
        if known != digest:
            raise IdempotencyConflict
        return False

    async def known(self, connection: AsyncConnection, run: str, digest: str) -> bool:
        """Whether the key was given before. Raises IdempotencyConflict as `claim` does."""
        known = (await connection.execute(select(claims.c.digest).where(claims.c.run == run))).scalar()
        if known is not None and known != digest:
            raise IdempotencyConflict
        return known is not None

    async def open_still(self, connection: AsyncConnection, run: str) -> bool:
        """Whether its run has yet to end, or to begin."""
        mine = select(claims.c.run).where(claims.c.run == run, claims.c.ended.is_(None))
        return (await connection.execute(mine)).first() is not None

    async def ended(self, connection: AsyncConnection, run: str) -> None:
        """Within the run's last local step."""
        mine = update(claims).where(claims.c.run == run, claims.c.ended.is_(None))
        await connection.execute(mine.values(ended=self._database.now))

    async def start_forgotten(self) -> int:
        """Start what was claimed and never begun. How many were."""
        late = claims.c.claimed < self._database.now - FORGOTTEN_SECONDS
        chosen = select(claims.c.run, claims.c.workflow, claims.c.ids).where(claims.c.ended.is_(None), late)
        async with self._database.read() as connection:
            rows = (await connection.execute(chosen.order_by(claims.c.claimed.desc()).limit(_BATCH))).all()
        known = await self._runs.states([row.run for row in rows])
        missing = [row for row in rows if row.run not in known]
        for row in missing:
            _log.warning("claim_without_run", run=row.run)
            await self._runs.start(row.workflow, row.run, *json.loads(row.ids))
        return len(missing)

    async def end_finished(self) -> int:
        """Write the end of claims whose run has one; the run's last step does so too."""
        late = claims.c.claimed < self._database.now - KEPT_SECONDS
        chosen = select(claims.c.run).where(claims.c.ended.is_(None), late).limit(_BATCH)
        async with self._database.read() as connection:
            rows = list((await connection.execute(chosen)).scalars())
        states = await self._runs.states(rows)
        over = [run for run in rows if states.get(run) is RunState.ENDED]
        if not over:
            return 0
        async with self._database.write() as connection:
            done = update(claims).where(claims.c.run.in_(over), claims.c.ended.is_(None))
            return (await connection.execute(done.values(ended=self._database.now))).rowcount

    async def sweep(self) -> int:
        """Claims that ended a day ago go, then runs that ended and that no claim stands for. In this order: a run that
        went first would be started again."""
        await self.end_finished()
        async with self._database.write() as connection:
            await connection.execute(delete(claims).where(claims.c.ended < self._database.now - KEPT_SECONDS))
        ended = await self._runs.ended_before(KEPT_SECONDS, _BATCH)
        async with self._database.read() as connection:
            kept = set((await connection.execute(select(claims.c.run).where(claims.c.run.in_(ended)))).scalars())
        over = [run for run in ended if run not in kept]
        await self._runs.delete(over)
        return len(over)
