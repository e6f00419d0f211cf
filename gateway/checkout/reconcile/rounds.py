"""Rounds: what our rows say against what owners have. Each finding is counted, logged, and a person's task, once
however often it is met; a task whose finding is gone is closed. What a person has accepted as it is is not told again,
unless it changes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any

import structlog
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import func, or_, select

from gateway.calls.operation.caller import BackendCaller
from gateway.checkout.desk import STUCK_TASK
from gateway.checkout.figures import CheckoutFigures
from gateway.checkout.reconcile.asking import PAUSE_SECONDS, Asking
from gateway.checkout.reconcile.findings import TASK_PREFIX, Finding, FindingKind
from gateway.checkout.reconcile.judging import Seen, cancelled, judged, judged_goods, judged_mirrors
from gateway.checkout.reconcile.rows import MOST, CheckoutRows, RunStates
from gateway.model.checkouts import CheckoutState
from gateway.model.identity import NativeRef
from gateway.model.payments import Payment
from gateway.ownership import Ownership
from gateway.state.audit import Audit
from gateway.state.commitments import StoredCommitments
from gateway.state.database import Database
from gateway.state.mirrors import StoredMirrors
from gateway.state.tables import tasks as task_rows
from gateway.state.tasks import StoredTasks

DAYS = 7.0
"""How long a checkout is looked at after it began."""
BATCH = 100
"""Checkouts of one round on the timer."""
ACCEPT = "reconcile.accept"
BY = "reconcile"
"""Who closes tasks whose finding is gone."""
_OPEN_AT_MOST = 5_000
_log = structlog.get_logger("gateway.checkout")


class Looked(Struct, frozen=True):
    """`checkouts` were compared; of `missed` somebody was not heard, who stands in `unheard`."""

    findings: Sequence[Finding]
    checkouts: int
    missed: Sequence[str] = ()
    unheard: Sequence[str] = ()


class Reconciler:
    """`round` for the timer, `whole` for a person, `again` for one checkout."""

    def __init__(
        self,
        database: Database,
        runs: RunStates,
        *,
        ownership: Ownership,
        caller: BackendCaller,
        tasks: StoredTasks,
        figures: CheckoutFigures | None = None,
        pause: float = PAUSE_SECONDS,
        cancelled: Callable[[str], Awaitable[object]] | None = None,
    ) -> None:
        """`cancelled` is told of a checkout whose order was cancelled at its owner and stands elsewhere."""
        self._database = database
        self._runs = runs
        self._ownership = ownership
        self._caller = caller
        self._tasks = tasks
        self._figures = figures or CheckoutFigures()
        self._pause = pause
        self._cancelled = cancelled
        self._mirrors = StoredMirrors(database)
        self._commitments = StoredCommitments(database)
        self.rows = CheckoutRows(database)
        self.audit = Audit(database)

    async def round(self, limit: int = BATCH, days: float = DAYS) -> int:
        """The next few checkouts, and all that our own tables tell. How many findings. Raises StateUnavailable."""
        rows = await self.rows.due(limit, days)
        looked = await self._compared(rows)
        looked = replace(looked, findings=await self._cancelled_too(looked.findings))
        wrong = {finding.run for finding in looked.findings} | set(looked.missed)
        runs = [row.run for row in rows]
        await self.rows.looked([run for run in runs if run not in wrong], [run for run in runs if run in wrong])
        known = set(runs) - set(looked.missed)
        found = [*looked.findings, *await self._own()]
        await self._told(found, known)
        return len(found)

    async def whole(self, days: float = DAYS) -> Looked:
        """Every checkout of the last days. Raises StateUnavailable."""
        findings, missed, unheard, known = list[Finding](), list[str](), set[str](), set[str]()
        async for rows in self._pages(days):
            looked = await self._compared(rows)
            findings += looked.findings
            missed += looked.missed
            unheard |= set(looked.unheard)
            known |= {row.run for row in rows}
        findings += await self._own()
        return Looked(await self._told(findings, known - set(missed)), len(known), missed, sorted(unheard))

    async def again(self, run: str) -> Looked:
        """One checkout, whatever moved; nothing is told."""
        row = await self.rows.one(run)
        own = [*await self.rows.unfinished(self._runs, run), *await self.rows.idle_holds(self._runs, run)]
        if row is None or row.ended is None:
            return Looked(own, 0)
        looked = await self._compared([row])
        return Looked([*looked.findings, *own], 1, looked.missed, looked.unheard)

    async def payments(self, run: str) -> Mapping[NativeRef, Payment]:
        """How the payments of a checkout stand at their processor now."""
        row = await self.rows.one(run)
        if row is None:
            return {}
        asking = Asking(self._ownership, self._caller, self._pause)
        seen = (await asking.seen([row], await self.rows.tenders([row]), await self.rows.further([row])))[run]
        return {} if seen is None else seen.payments

    async def count_open(self) -> None:
        """What `/metrics` shows of tasks."""
        kinds = {Finding(kind=kind, run="").task: kind for kind in FindingKind}
        chosen = select(task_rows.c.kind, func.count()).where(task_rows.c.done.is_(None), task_rows.c.kind.in_(kinds))
        async with self._database.read() as connection:
            rows = await connection.execute(chosen.group_by(task_rows.c.kind))
            self._figures.open({kinds[row[0]]: row[1] for row in rows})

    async def closed(self, finding: Finding, by: str) -> bool:
        return await self._tasks.close_subject(finding.task, finding.subject, by)

    async def _cancelled_too(self, findings: Sequence[Finding]) -> list[Finding]:
        """Without those mirrors that nobody had told yet that their order is none any more: they are told."""
        left: list[Finding] = []
        for finding in findings:
            if self._cancelled is None or finding.facts.get("asked") != "no":
                left.append(finding)
            else:
                await self._cancelled(finding.run)
        return left

    async def _pages(self, days: float) -> AsyncIterator[list[Any]]:
        after = ""
        while rows := await self.rows.page(after, BATCH, days):
            yield rows
            after = rows[-1].run

    async def _own(self) -> list[Finding]:
        return [*await self.rows.unfinished(self._runs), *await self.rows.idle_holds(self._runs)]

    async def _compared(self, rows: Sequence[Any]) -> Looked:
        asking = Asking(self._ownership, self._caller, self._pause)
        seen = await asking.seen(rows, await self.rows.tenders(rows), await self.rows.further(rows))
        mirrors = await self._mirrors.of([row.run for row in rows])
        known = await asking.mirrors([each for some in mirrors.values() for each in some])
        goods = await self._commitments.of([row.run for row in rows])
        absent = {row.run: await self._gone(asking, row, seen[row.run], goods.get(row.run, ())) for row in rows}
        self._figures.looked.inc(len(rows))
        for backend in asking.unheard:
            self._figures.unheard.labels(backend).inc()
        findings, missed = list[Finding](), list[str]()
        for row in rows:
            answer, others = seen[row.run], mirrors.get(row.run, ())
            if (
                answer is None
                or absent[row.run] is None
                or any(known.get((row.run, each.backend), ...) is None for each in others)
            ):
                missed.append(row.run)
                continue
            findings += judged(row, answer)
            if row.state == CheckoutState.COMPLETED.value:
                findings += judged_mirrors(row, answer, others, known)
                findings += judged_goods(row, answer, goods.get(row.run, ()), absent[row.run] or set())
        return Looked(findings, len(rows), missed, sorted(asking.unheard))

    async def _gone(self, asking: Asking, row: Any, seen: Seen | None, goods: Sequence[Any]) -> set[str] | None:
        """Nobody is asked of goods whose order stands."""
        return set() if seen is None or not cancelled(row, seen) else await asking.goods(goods)

    async def _told(self, found: Sequence[Finding], known: set[str]) -> list[Finding]:
        """Those that nobody has accepted. `known`: checkouts that were heard in full."""
        accepted = await self.audit.last(ACCEPT, [finding.name for finding in found])
        told = [
            finding
            for finding in found
            if (entry := accepted.get(finding.name)) is None or dict(entry.facts) != finding.told
        ]
        open_now = await self._open_tasks()
        for finding in told:
            self._figures.found(finding.kind)
            if (finding.task, finding.subject) not in open_now:
                _log.error("reconcile_finding", kind=finding.kind.value, **finding.told)
            await self._tasks.open(finding.task, finding.subject, finding.told)
        await self._close(open_now, {(finding.task, finding.subject) for finding in told}, known)
        await self.count_open()
        return told

    async def _open_tasks(self) -> set[tuple[str, str]]:
        table = task_rows.c
        ours = or_(table.kind.like(f"{TASK_PREFIX}%"), table.kind == STUCK_TASK)
        chosen = select(table.kind, table.subject).where(table.done.is_(None), ours).limit(_OPEN_AT_MOST)
        async with self._database.read() as connection:
            return {(row.kind, row.subject) for row in await connection.execute(chosen)}

    async def _close(self, open_now: set[tuple[str, str]], found: set[tuple[str, str]], known: set[str]) -> None:
        """Tasks of what is not there any more."""
        met = Counter(task for task, _ in found)
        whole = [Finding(kind=kind, run="").task for kind in (FindingKind.HOLD_ORPHAN, FindingKind.RUN_OPEN)]
        always = {task for task in whole if met[task] < MOST}  # seen to their end
        for kind, subject in sorted(open_now - found):
            if kind in always or subject.partition(":")[0] in known:
                await self._tasks.close_subject(kind, subject, BY)
