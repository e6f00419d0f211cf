"""What is followed: whoever may see something is told when it stands otherwise, in whichever process it was changed.
One look at the database for all that is followed in this one, twice a second; whether it may be seen is asked anew with
everything that is told, and every five seconds.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Hashable, Mapping, Sequence
from typing import Generic, TypeVar

import structlog

from gateway.errors import GatewayOverloaded, StateUnavailable

T = TypeVar("T")

POLL_SECONDS = 0.5
CHECK_SECONDS = 5.0
MOST_FOLLOWED = 5_000
"""Streams of one process, of one kind of thing."""
_BATCH = 500
_log = structlog.get_logger("gateway.following")

Look = Callable[[Sequence[str]], Awaitable[Mapping[str, Hashable]]]
"""How things stand, by id, for those who were let in before; without those that are gone."""


class _Follower:
    """One stream: rung when what it follows stands otherwise than it was told."""

    __slots__ = ("news", "seen")

    def __init__(self) -> None:
        self.news = asyncio.Event()
        self.seen: Hashable = None


class Following(Generic[T]):
    """`standing` is what `look` says of one, as its record says it; once it is `over`, nothing more is told."""

    def __init__(self, look: Look, standing: Callable[[T], Hashable], over: Callable[[T], bool]) -> None:
        self._look_at = look
        self._standing = standing
        self._over = over
        self._followers: dict[str, set[_Follower]] = {}
        self._count = 0
        self._task: asyncio.Task[None] | None = None

    async def close(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def follow(self, identifier: str, read: Callable[[], Awaitable[T | None]]) -> AsyncGenerator[T | None]:
        """The record as it is, then each time it stands otherwise; None, the last, where `read` shows it no longer.
        Raises GatewayOverloaded, StateUnavailable where it cannot begin."""
        if self._count >= MOST_FOLLOWED:
            raise GatewayOverloaded("Too much is followed here.")
        follower = _Follower()
        self._enter(identifier, follower)
        try:
            record = await read()
            while True:
                yield record
                if record is None or self._over(record):
                    return
                follower.seen = self._standing(record)
                record = await self._next(follower, read)
        finally:
            self._leave(identifier, follower)

    async def _next(self, follower: _Follower, read: Callable[[], Awaitable[T | None]]) -> T | None:
        """The record once it is otherwise; None once it is not theirs."""
        while True:
            try:
                async with asyncio.timeout(CHECK_SECONDS):
                    await follower.news.wait()
            except TimeoutError:
                pass
            follower.news.clear()
            try:
                record = await read()
            except StateUnavailable:
                continue  # nothing is told meanwhile either
            if record is None or self._standing(record) != follower.seen:
                return record

    def _enter(self, identifier: str, follower: _Follower) -> None:
        self._followers.setdefault(identifier, set()).add(follower)
        self._count += 1
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._look_for_ever())

    def _leave(self, identifier: str, follower: _Follower) -> None:
        mine = self._followers.get(identifier, set())
        mine.discard(follower)
        self._count -= 1
        if not mine:
            self._followers.pop(identifier, None)

    async def _look_for_ever(self) -> None:
        """For as long as anybody follows anything."""
        away = False
        while self._followers:
            began = time.monotonic()
            try:
                await self._look()
                away = False
            except StateUnavailable:
                if not away:
                    _log.warning("unwatched")
                away = True
            await asyncio.sleep(max(0.05, POLL_SECONDS - (time.monotonic() - began)))

    async def _look(self) -> None:
        followed = list(self._followers)
        for start in range(0, len(followed), _BATCH):
            some = followed[start : start + _BATCH]
            found = await self._look_at(some)
            for identifier in some:
                for follower in self._followers.get(identifier, ()):
                    if follower.seen is not None and found.get(identifier) != follower.seen:
                        follower.news.set()
