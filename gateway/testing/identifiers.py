"""The identifier cache of adapters under test, in memory. Its time is the test's."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta


class MemoryIdentifiers:
    """Implements `gateway.ports.identifiers.IdentifierCache`. `entries` by space and key, with when each ends."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self.entries: dict[tuple[str, str], tuple[str, datetime]] = {}

    async def get_many(self, space: str, keys: Sequence[str]) -> Mapping[str, str]:
        now = self._clock()
        known = {key: self.entries[space, key] for key in keys if (space, key) in self.entries}
        return {key: value for key, (value, ends) in known.items() if ends > now}

    async def set_many(self, space: str, entries: Mapping[str, str], ttl: float) -> None:
        ends = self._clock() + timedelta(seconds=ttl)
        self.entries.update({(space, key): (value, ends) for key, value in entries.items()})

    async def drop(self, space: str, keys: Sequence[str] | None = None) -> None:
        for place in [place for place in self.entries if place[0] == space and (keys is None or place[1] in keys)]:
            del self.entries[place]
