"""The checkout of one gateway: the engine, the watch, the saga and the desk, opened, started and ended in order."""

from __future__ import annotations

import asyncio
from functools import partial

import structlog
from sqlalchemy import func, select

from gateway.calls.operation.caller import BackendCaller
from gateway.calls.operation.writes import Writes
from gateway.checkout.cancelled import order_cancelled
from gateway.checkout.claims import Claims
from gateway.checkout.desk import Desk
from gateway.checkout.engine import Runs
from gateway.checkout.figures import CheckoutFigures
from gateway.checkout.given import BuyerAt, Evaluate, Given, Recognise
from gateway.checkout.journal import Checkouts
from gateway.checkout.mirrors import Mirrors
from gateway.checkout.moving import RunsMoving
from gateway.checkout.reconcile.rounds import Reconciler
from gateway.checkout.saga import Saga
from gateway.checkout.turns import CustomerTurns
from gateway.checkout.unfulfilled import Unfulfilled
from gateway.checkout.unheard import Unheard
from gateway.checkout.unshipped import Unshipped
from gateway.checkout.watch import RunsWatch
from gateway.errors import places_of
from gateway.model.checkouts import CheckoutState
from gateway.ownership import Ownership
from gateway.settings import CheckoutSection
from gateway.state.carts import StoredCarts
from gateway.state.database import Database
from gateway.state.ledger import Ledger
from gateway.state.outbox import Outbox
from gateway.state.restored import Restored
from gateway.state.sweep import Sweep
from gateway.state.tables import checkouts
from gateway.state.tasks import StoredTasks

_AGAIN = 5.0
"""Seconds until what was restored is compared anew, where our own database was away."""
_MOVED_EVERY = 1.0
_FORGOTTEN_EVERY, _STUCK_EVERY, _MIRRORS_EVERY, _SWEEP_EVERY, _RECONCILE_EVERY = 2.0, 15.0, 15.0, 60.0, 60.0
_log = structlog.get_logger("gateway.checkout")


class CheckoutService:
    """`await open(...)`, `start`, `close`. The outbox given to it has the desk's `followed` as a receiver, and the
    inbox its `heard` for every kind of `payment.FACTS` (`gateway/selling.py`)."""

    def __init__(
        self,
        database: Database,
        runs: Runs,
        watch: RunsWatch,
        given: Given,
        mirrors: Mirrors,
        reconciler: Reconciler,
        figures: CheckoutFigures,
    ) -> None:
        self.database = database
        self.runs = runs
        self.watch = watch
        self.given = given
        self.reconciler = reconciler
        self.desk = Desk(given)
        self._figures = figures
        self._comparing: asyncio.Task[None] | None = None
        self._timers = (
            Sweep(
                {"runs of older shapes": RunsMoving(runs, watch, given.checkouts, Saga.moves).round}, every=_MOVED_EVERY
            ),
            Sweep(
                {"claims without a run": given.claims.start_forgotten, "runs that wait": self.desk.wake_waiting},
                every=_FORGOTTEN_EVERY,
            ),
            Sweep({"stuck checkouts": self._stuck, "orphaned holds": self.desk.release_orphans}, every=_STUCK_EVERY),
            Sweep({"orders looked for": mirrors.look, "mirrors that are late": mirrors.late}, every=_MIRRORS_EVERY),
            Sweep(
                {
                    "claims and runs": given.claims.sweep,
                    "holds": given.ledger.sweep,
                    "failed checkouts": given.checkouts.sweep,
                    "requesters of checkouts": given.bounds.sweep,
                    "turns of customers": given.turns.sweep,
                },
                every=_SWEEP_EVERY,
            ),
            Sweep({"checkouts compared": reconciler.round}, every=_RECONCILE_EVERY),
            Sweep(
                {
                    "pieces shipped": Unshipped(given).round,
                    "owners told": Unheard(given).round,
                    "orders fulfilled": Unfulfilled(given).round,
                },
                every=_SWEEP_EVERY,
            ),
        )

    @classmethod
    async def open(
        cls,
        database: Database,
        *,
        carts: StoredCarts,
        writes: Writes,
        caller: BackendCaller,
        ownership: Ownership,
        outbox: Outbox,
        tasks: StoredTasks,
        evaluate: Evaluate,
        buyer_at: BuyerAt,
        recognise: Recognise,
        section: CheckoutSection | None = None,
    ) -> CheckoutService:
        """Raises ConfigurationError where the engine's tables cannot be made."""
        runs = await Runs.open(database, Saga.shape)
        watch = RunsWatch(runs)
        given = Given(
            runs=runs,
            checkouts=Checkouts(database, carts.sealing),
            claims=Claims(database, runs),
            carts=carts,
            turns=CustomerTurns(database, carts.sealing),
            ledger=Ledger(database),
            writes=writes,
            caller=caller,
            ownership=ownership,
            backends=ownership.backends,
            outbox=outbox,
            tasks=tasks,
            evaluate=evaluate,
            buyer_at=buyer_at,
            section=section or CheckoutSection(),
            recognise=recognise,
        )
        Saga(given)
        writes.fence = lambda: watch.alive
        figures = CheckoutFigures(writes.metrics.registry)
        mirrors = Mirrors(given, figures)
        reconciler = Reconciler(
            database,
            runs,
            ownership=ownership,
            caller=caller,
            tasks=tasks,
            figures=figures,
            cancelled=partial(order_cancelled, database),
        )
        return cls(database, runs, watch, given, mirrors, reconciler, figures)

    async def start(self) -> None:
        """Beat first: a process that does not is dead to the others, and its runs are theirs."""
        await self.watch.beat()
        await self.runs.launch()
        self.watch.start()
        for timer in self._timers:
            timer.start()
        restored = Restored(self.database)
        if await restored.uncompared():
            self.desk.closed = True
            self._comparing = asyncio.get_running_loop().create_task(self._compare(restored))

    async def close(self, drain: float = 3.0) -> None:
        if self._comparing is not None:
            self._comparing.cancel()
            await asyncio.gather(self._comparing, return_exceptions=True)
        for timer in self._timers:
            await timer.close()
        await self.watch.stop()
        await self.runs.close(drain)
        await self.watch.leave()

    async def under_way(self) -> dict[str, int]:
        """How many checkouts are in each state that is no end."""
        open_still = (CheckoutState.PROCESSING.value, CheckoutState.ACTION_REQUIRED.value)
        chosen = select(checkouts.c.state, func.count()).where(checkouts.c.state.in_(open_still))
        async with self.database.read() as connection:
            return {row[0]: row[1] for row in await connection.execute(chosen.group_by(checkouts.c.state))}

    async def _compare(self, restored: Restored) -> None:
        """After a restore: runs go on at once, and nothing new is bought until every checkout was compared with its
        owners. Each process that serves does so for itself. Whoever could not be heard is asked again by the rounds:
        the shop stays closed for nobody's outage."""
        while True:
            try:
                looked = await self.reconciler.whole()
                await self.reconciler.rows.looked([], looked.missed)
                await restored.compared()
            except Exception as error:
                _log.warning("not_compared", reason=type(error).__name__, at=places_of(error))
                await asyncio.sleep(_AGAIN)
            else:
                break
        _log.warning(
            "compared_after_restore",
            checkouts=looked.checkouts,
            findings=len(looked.findings),
            unheard=list(looked.unheard),
        )
        self.desk.closed = False

    async def _stuck(self) -> int:
        stuck = len(await self.desk.watch_stuck())
        self._figures.stuck.set(stuck)
        await self.reconciler.count_open()
        return stuck
