"""Where a program leaves what only a person can mend, and where people find it. `state/` has one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from gateway.model.tasks import Task


class Tasks(Protocol):
    async def open(self, kind: str, subject: str, facts: Mapping[str, str] | None = None) -> str:
        """The id of the open task of this kind and subject: a new one, or the one that is open already, met again."""
        ...

    async def list(
        self, *, kind: str | None = None, done: bool = False, limit: int = 100, after: str | None = None
    ) -> Sequence[Task]:
        """Oldest first; `after` is the id of the last one seen."""
        ...
