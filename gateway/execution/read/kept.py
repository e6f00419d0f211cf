"""A cache bounded in bytes that a flood of things asked for once cannot wash out."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from cachetools import LRUCache

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

PROVEN_PART = 0.75
"""Of the room, for what was asked for again."""


class KeptBySize(Generic[K, V]):
    """What is new waits in a quarter of the room, and moves to the rest when it is asked for a second time: strangers
    who never repeat themselves push out only each other. `size` in bytes may grow: see `grown`."""

    def __init__(self, most: int, size: Callable[[V], int]) -> None:
        proven = int(most * PROVEN_PART)
        self._new: LRUCache[K, V] = LRUCache(most - proven, lambda value: min(size(value), most - proven))
        self._proven: LRUCache[K, V] = LRUCache(proven, lambda value: min(size(value), proven))

    def get(self, key: K) -> V | None:
        value = self._proven.get(key)
        if value is None:
            value = self._new.pop(key, None)
            if value is not None:
                self._proven[key] = value
        return value

    def put(self, key: K, value: V) -> None:
        self._new[key] = value

    def grown(self, key: K) -> None:
        """What is kept under this key, if it still is, has another size now."""
        for part in (self._proven, self._new):
            value = part.get(key)
            if value is not None:
                part[key] = value

    def clear(self) -> None:
        self._new.clear()
        self._proven.clear()

    def __len__(self) -> int:
        return len(self._new) + len(self._proven)

    @property
    def bytes(self) -> int:
        return int(self._new.currsize + self._proven.currsize)
