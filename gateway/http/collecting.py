"""When Python's collector runs in a serving process, and over how much.

Nothing that is kept for long is in a ring: documents, plans, answers and records are gone when they are pushed out.
What is left to collect is young (tracebacks, the rules that refuse a document) or few (classes of response objects). So
each generation may stay small, and a collection of all of them is short: what start-up made is not looked at again,
records and spans are not tracked, and the caches are bounded in bytes.
"""

from __future__ import annotations

import gc

YOUNG = 10_000
"""Containers more than there were, before the youngest are looked at: a few milliseconds."""
MIDDLE = 5
"""Times as many, before those that stayed are looked at again: 20 ms at most."""
OLD = 20
"""Times as many again, before all are: a process that does not grow hardly ever does. What is known to be in rings and
old, the classes of response objects, is collected when there are many of them (`gateway.execution.memo.response`)."""


def settle() -> None:
    """What start-up made stays: the collector need not look at it again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)
