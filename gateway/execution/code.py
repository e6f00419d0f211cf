"""Python's own compiler, asked once per source text: it takes two thirds of what a plan costs to make.

Operations have one source text when they differ in layout, in aliases, or in the values written into them, as
those of clients that write texts rather than variables do.
"""

from __future__ import annotations

import marshal
from types import CodeType

from cachetools import LRUCache

KEPT = 2_000_000
"""Bytes of compiled code, for a few hundred plans."""

_known: LRUCache[str, bytes] = LRUCache(KEPT, getsizeof=lambda code: min(len(code), KEPT))


def code_of(source: str) -> CodeType:
    """A code object that nobody else runs: the interpreter notes in it which classes and names it met."""
    code = _known.get(source)
    if code is None:
        compiled = compile(source, "<plan>", "exec")
        _known[source] = marshal.dumps(compiled)
        return compiled
    return marshal.loads(code)  # noqa: S302 # written above
