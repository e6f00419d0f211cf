"""What a person must look at."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct


class Task(Struct, frozen=True, kw_only=True):
    """`facts` are ids, states, amounts and counts: no secret and no personal datum. `opened` and `seen` (the last time
    it was met again) are aware UTC; `done` is None while it is open, `done_by` says who closed it."""

    id: str
    kind: str
    subject: str
    facts: Mapping[str, str]
    opened: datetime
    seen: datetime
    times: int
    done: datetime | None = None
    done_by: str | None = None
