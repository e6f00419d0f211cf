"""When Python's collector runs in a serving process, and over how much.

Nothing that is kept for long is in a ring: documents, plans, answers and records are gone when they are pushed out.
What is left to collect is young (tracebacks, the rules that refuse a document) or few (classes of response objects).

Python counts how many containers more there are than there were, which bounds no collection: once the caches are full,
one comes for each that goes, the count hardly moves, and a hundred thousand tuples of kept answers are young together,
and looked at together. So the clock decides, where there is one (`look`): what can be made in a tenth of a second is
looked at in a few milliseconds. Tuples of what is no container are then off the collector's lists for good.
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
MIDDLE_TICKS = 2
OLD_TICKS = 600
"""All that start-up did not make: what the caches keep that may be in a ring, nodes of documents above all. Caches are
bounded, records and entries are not tracked: 40 ms at most, once a minute."""
_NEVER = 1_000_000


def settle(*, ticking: bool = False) -> None:
    """What start-up made stays: the collector need not look at it again. `ticking`: somebody calls `look`."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, _NEVER if ticking else OLD)


def look(tick: int) -> None:
    """To be called ten times a second, with the number of the call."""
    gc.collect(2 if tick % OLD_TICKS == 0 else 1 if tick % MIDDLE_TICKS == 0 else 0)
