"""Operation policy: one call takes as many keys as the adapter said it does at once (`OperationSpec.max_keys`); more
are asked in several calls.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

PLACE: ContextVar[tuple[int, int]] = ContextVar("chunk_place", default=(1, 1))
"""Which chunk of how many a call is: read where the call is told to an observer."""


class Chunk:
    """`number` of `count`, from 1."""

    __slots__ = ("count", "keys", "number")

    def __init__(self, keys: list[Any], number: int, count: int) -> None:
        self.keys = keys
        self.number = number
        self.count = count

    @contextmanager
    def placed(self) -> Generator[None]:
        """What is called or started within knows its place."""
        token = PLACE.set((self.number, self.count))
        try:
            yield
        finally:
            PLACE.reset(token)


def chunks(keys: Sequence[Any], most: int) -> Iterator[Chunk]:
    count = -(-len(keys) // most)
    for index in range(count):
        yield Chunk(list(keys[index * most : (index + 1) * most]), index + 1, count)
