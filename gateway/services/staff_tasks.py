"""What a person must look at, for staff: pages over the gateway's own list."""

from __future__ import annotations

from msgspec import Struct

from gateway.model.paging import PageInfo, TaskEdge, TaskList
from gateway.ports.state import Tasks
from gateway.services.cursors import Cursors


class _After(Struct, frozen=True, tag="t"):
    id: str


class StaffTasks:
    def __init__(self, tasks: Tasks, cursors: Cursors) -> None:
        self._tasks = tasks
        self._cursors = cursors

    async def page(self, size: int, after: str | None, *, kind: str | None, done: bool) -> TaskList:
        """Oldest first. Raises InvalidCursor, StateUnavailable."""
        bound_to = f"tasks|{kind}|{done}"
        start = None if after is None else self._cursors.open(after, _After, bound_to=bound_to).id
        found = await self._tasks.list(kind=kind, done=done, limit=size + 1, after=start)
        edges = tuple(TaskEdge(task, self._cursors.seal(_After(task.id), bound_to=bound_to)) for task in found[:size])
        return TaskList(edges, PageInfo(len(found) > size, edges[-1].cursor if edges else None))
