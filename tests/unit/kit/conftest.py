"""An identifier cache in memory, whose time is the test's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest


class Remembered:
    """`entries` by space and key: the text and for how long."""

    def __init__(self) -> None:
        self.entries: dict[tuple[str, str], tuple[str, float]] = {}

    async def get_many(self, space: str, keys: Sequence[str]) -> Mapping[str, str]:
        return {key: self.entries[space, key][0] for key in keys if (space, key) in self.entries}

    async def set_many(self, space: str, entries: Mapping[str, str], ttl: float) -> None:
        self.entries.update({(space, key): (text, ttl) for key, text in entries.items()})

    async def drop(self, space: str, keys: Sequence[str] | None = None) -> None:
        for place in [each for each in self.entries if each[0] == space and (keys is None or each[1] in keys)]:
            del self.entries[place]


@pytest.fixture
def cache() -> Remembered:
    return Remembered()
