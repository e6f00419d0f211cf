"""`gateway reconcile`: what our rows and their owners do not agree about; and the one hand that mends it, by name,
written down in `state/audit`. Beside a gateway that serves, or, after a restore, before one does.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from gateway.app import Gateway
from gateway.checkout.aside import RunsAside
from gateway.checkout.reconcile.findings import BY_HAND, Finding, NamedFinding
from gateway.checkout.reconcile.repairs import Outcome, Repairs
from gateway.checkout.reconcile.rounds import DAYS, Looked, Reconciler
from gateway.settings import load
from gateway.state.audit import Audit
from gateway.state.database import Database
from gateway.state.restored import Restored

SAID = {
    Outcome.DONE: "mended",
    Outcome.NOTHING: "there is nothing (any more) to mend",
    Outcome.BY_HAND: "no program mends this: look at it where it is, then --accept it as it stands",
    Outcome.REFUSED: "its owner says no",
    Outcome.LEFT: "accepted by its owner, and still there: look again later",
    Outcome.UNKNOWN: "nobody knows yet what became of it: give the same order again later",
}
_LISTED = 100


async def look(config: Path, *, days: float, as_json: bool) -> int:
    """Exit code 1 where something was found, or somebody was not heard. What was restored is compared by this."""
    async with _opened(config) as (reconciler, _, database):
        looked = await reconciler.whole(days)
        if days >= DAYS and not looked.missed:
            await Restored(database).compared()
    for finding in looked.findings:
        print(_encoded(finding) if as_json else _line(finding))
    if not as_json:
        print(_summary(looked))
    return 1 if looked.findings or looked.missed else 0


async def repair(config: Path, written: str, by: str) -> int:
    """Exit code 0 where it is mended, or was."""
    named = NamedFinding.of(written)
    if named is None:
        return _unnamed(written)
    async with _opened(config) as (_, repairs, _):
        outcome, _ = await repairs.repair(named, by)
    print(f"{written}: {SAID[outcome]}")
    return 0 if outcome in (Outcome.DONE, Outcome.NOTHING) else 1


async def accept(config: Path, written: str, by: str) -> int:
    """Exit code 1 where there is no such finding."""
    named = NamedFinding.of(written)
    if named is None:
        return _unnamed(written)
    async with _opened(config) as (_, repairs, _):
        finding = await repairs.accept(named, by)
    print(f"{written}: " + ("there is no such finding" if finding is None else "accepted as it stands"))
    return 1 if finding is None else 0


async def history(url: str, *, as_json: bool) -> int:
    """What was done by hand, newest first."""
    database = await Database.open(url)
    try:
        entries = await Audit(database).list(_LISTED)
    finally:
        await database.close()
    for entry in entries:
        facts = ", ".join(f"{name} {value}" for name, value in entry.facts.items() if value)
        line = f"{entry.at:%Y-%m-%d %H:%M:%S}  {entry.by}  {entry.action}  {entry.outcome:8}  {entry.subject}  {facts}"
        print(msgspec.json.encode(entry).decode() if as_json else line.rstrip())
    if not entries and not as_json:
        print("nothing was done by hand")
    return 0


@asynccontextmanager
async def _opened(config: Path) -> AsyncGenerator[tuple[Reconciler, Repairs, Database]]:
    """The owners as a gateway has them, without a run, a door or a timer of its own."""
    gateway = await Gateway.open(load(config))
    runs = RunsAside(gateway.database)
    try:
        owners, database = gateway.ownership, gateway.database
        reconciler = Reconciler(
            database, runs, ownership=owners, caller=gateway.caller, tasks=gateway.kept.tasks, figures=None
        )
        repairs = Repairs(database, runs, reconciler, ownership=owners, writes=gateway.writes, carts=gateway.carts)
        yield reconciler, repairs, database
    finally:
        runs.close()
        await gateway.close()


def _unnamed(written: str) -> int:
    print(f"`{written}` names no finding: give KIND:SUBJECT as `gateway reconcile` prints it")
    return 1


def _encoded(finding: Finding) -> str:
    return msgspec.json.encode({"finding": finding.name, "kind": finding.kind.value, **finding.told}).decode()


def _line(finding: Finding) -> str:
    facts = ", ".join(f"{name} {value}" for name, value in finding.facts.items() if value)
    how = "by hand" if finding.kind in BY_HAND else "--repair"
    return f"{finding.name}\n    {facts} ({how})"


def _summary(looked: Looked) -> str:
    found = len(looked.findings)
    told = f"{looked.checkouts} checkouts compared, {found or 'nothing'} found"
    if not looked.missed:
        return told
    return f"{told}; {len(looked.missed)} not judged, because {', '.join(looked.unheard) or 'an owner'} did not answer"
