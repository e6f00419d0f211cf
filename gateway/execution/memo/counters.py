"""What the executor counts. Plain numbers, read by whoever exports metrics."""

from __future__ import annotations

from collections import Counter

from gateway.execution.memo.memo import Cell


class ExecutionCounters:
    """`operations` by executor, `gave_up` and `unplannable` by reason, and the work of the caches."""

    def __init__(self) -> None:
        self.operations: Counter[str] = Counter()
        self.gave_up: Counter[str] = Counter()
        self.unplannable: Counter[str] = Counter()
        self.documents_parsed = 0
        self.documents_refused = 0
        self.plans_compiled = 0
        self.plans_evicted = 0
        self.fetches = 0
        self.keys = 0

    def fetched(self, cell: Cell, keys: int, started: float, seconds: float) -> None:
        """Called by a memo for every call of a batched resolver."""
        self.fetches += 1
        self.keys += keys
