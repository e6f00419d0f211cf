"""Python's own compiler, asked once per source text: it takes two thirds of what a plan costs to make.

Operations have one source text when they differ in layout, in aliases, or in the values written into them, as
those of clients that write texts rather than variables do.
"""

from __future__ import annotations

import hashlib
import marshal
from types import CodeType

from cachetools import LRUCache

KEPT = 2_000_000
"""Bytes of compiled code, for a few hundred plans."""
BYTES_OF_ONE = 300
"""Of the digest it is known by, and of its place."""

_known: LRUCache[bytes, bytes] = LRUCache(KEPT, getsizeof=lambda code: min(BYTES_OF_ONE + len(code), KEPT))


def code_of(source: str) -> CodeType:
    """A code object that nobody else runs: the interpreter notes in it which classes and names it met."""
    digest = hashlib.sha256(source.encode("utf-8", "surrogatepass")).digest()
    code = _known.get(digest)
    if code is None:
        compiled = compile(source, "<plan>", "exec")
        _known[digest] = marshal.dumps(compiled)
        return compiled
    return marshal.loads(code)  # noqa: S302 # written above
