"""The checkout of one gateway: the engine, the watch, the saga and the desk, opened, started and ended in order."""

from __future__ import annotations

from sqlalchemy import func, select

from gateway.calls.operation.caller import BackendCaller
from gateway.calls.operation.writes import Writes
from gateway.checkout.claims import Claims
from gateway.checkout.desk import Desk
from gateway.checkout.engine import Runs
from gateway.checkout.figures import CheckoutFigures
from gateway.checkout.given import BuyerAt, Evaluate, Given, Recognise
from gateway.checkout.journal import Checkouts
from gateway.checkout.mirrors import Mirrors
from gateway.checkout.reconcile.rounds import Reconciler
from gateway.checkout.saga import SHAPE, Saga
from gateway.checkout.turns import CustomerTurns
from gateway.checkout.unheard import Unheard
from gateway.checkout.unshipped import Unshipped
from gateway.checkout.watch import RunsWatch
from gateway.model.checkouts import CheckoutState
from gateway.ownership import Ownership
from gateway.settings import CheckoutSection
from gateway.state.carts import StoredCarts
from gateway.state.database import Database
from gateway.state.ledger import Ledger
from gateway.state.outbox import Outbox
from gateway.state.sweep import Sweep
from gateway.state.tables import checkouts
from gateway.state.tasks import StoredTasks

_FORGOTTEN_EVERY, _STUCK_EVERY, _MIRRORS_EVERY, _SWEEP_EVERY, _RECONCILE_EVERY = 2.0, 15.0, 15.0, 60.0, 60.0


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
        self._timers = (
            Sweep({"claims without a run": given.claims.start_forgotten}, every=_FORGOTTEN_EVERY),
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
            Sweep({"pieces shipped": Unshipped(given).round, "owners told": Unheard(given).round}, every=_SWEEP_EVERY),
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
        runs = await Runs.open(database, SHAPE)
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
            cancelled=mirrors.cancel,
        )
        return cls(database, runs, watch, given, mirrors, reconciler, figures)

    async def start(self) -> None:
        """Beat first: a process that does not is dead to the others, and its runs are theirs."""
        await self.watch.beat()
        await self.runs.launch()
        self.watch.start()
        for timer in self._timers:
            timer.start()

    async def close(self, drain: float = 3.0) -> None:
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

    async def _stuck(self) -> int:
        stuck = len(await self.desk.watch_stuck())
        self._figures.stuck.set(stuck)
        await self.reconciler.count_open()
        return stuck
