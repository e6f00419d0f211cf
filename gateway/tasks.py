"""`gateway tasks`: what a person must look at, and the hand that closes it or tries again what was set aside."""

from __future__ import annotations

import msgspec

from gateway.model.tasks import Task
from gateway.state.database import Database
from gateway.state.inbox import SET_ASIDE_TASK
from gateway.state.kept import UNDELIVERED_TASK, Kept

_MOST = 1_000


async def show(url: str, *, kind: str | None, done: bool, as_json: bool) -> int:
    """Exit code 0, also when there is nothing to show."""
    database = await Database.open(url)
    try:
        found = await Kept(database).tasks.list(kind=kind, done=done, limit=_MOST)
    finally:
        await database.close()
    for task in found:
        print(msgspec.json.encode(task).decode() if as_json else _line(task))
    if not found and not as_json:
        print("nothing to look at")
    return 0


async def close(url: str, identifier: str, by: str, *, retry: bool) -> int:
    """Exit code 1 where no such task is open, or it has set nothing aside that could be tried again."""
    database = await Database.open(url)
    try:
        kept = Kept(database)
        if retry:
            again = {SET_ASIDE_TASK: kept.inbox.again, UNDELIVERED_TASK: kept.outbox.again}
            task = await kept.tasks.get(identifier)
            if task is None or task.kind not in again or not await again[task.kind](int(task.facts["entry"])):
                print(f"{identifier}: nothing that was set aside")
                return 1
        if not await kept.tasks.close(identifier, by):
            print(f"{identifier}: no such task is open")
            return 1
    finally:
        await database.close()
    print("tried again within a second" if retry else "closed")
    return 0


def _line(task: Task) -> str:
    facts = ", ".join(f"{name} {value}" for name, value in task.facts.items())
    often = f", met {task.times} times" if task.times > 1 else ""
    closed = f", closed by {task.done_by}" if task.done is not None else ""
    return f"{task.id}  {task.opened:%Y-%m-%d %H:%M}  {task.kind}  {task.subject}{often}{closed}\n    {facts}".rstrip()
