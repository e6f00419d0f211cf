"""How often one caller may ask: a moving window per person, else per frontend and network address. A credential that is
wrong makes its bearer a stranger at an address, who is counted as such and for the failure too.

Counted by all workers together: in Redis where it is configured, else in the state database (`spread`). When that is
away each worker counts for itself, and says so once.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, Protocol

import structlog

from gateway.errors import TooManyRequests
from gateway.model.principal import ANONYMOUS, ClientProfile, Principal
from gateway.security.spread import SharedCounts, SpreadCounts
from gateway.security.windows import Windows

if TYPE_CHECKING:
    from limits import RateLimitItemPerMinute
    from limits.aio.storage import RedisStorage
    from limits.aio.strategies import MovingWindowRateLimiter

TOGETHER_SECONDS = 0.25
RETRY_SECONDS = 5.0
"""How long what is shared is left alone after it failed."""
_log = structlog.get_logger(__name__)


class RateLimits:
    """`anonymous` is the profile of who has no credential, or a wrong one; `failures` a minute are forgiven an address
    (0: any number). `counts` is where workers without Redis count together."""

    def __init__(
        self,
        redis: str = "",
        *,
        anonymous: ClientProfile | None = None,
        failures: int = 0,
        counts: SharedCounts | None = None,
    ) -> None:
        self._anonymous = anonymous
        self._failures = failures
        self._local = Windows()
        self._redis = _InRedis(redis) if redis else None
        self._shared: _Together | None = self._redis or (SpreadCounts(counts) if counts is not None else None)
        self._away_until = 0.0
        self._away = False

    async def check(self, principal: Principal, profile: ClientProfile, address: str) -> None:
        """Counts one request. Raises TooManyRequests with the seconds to wait."""
        if profile.requests_per_minute is not None:
            await self._count(principal.key or f"{principal.profile}|{address}", profile.requests_per_minute)

    async def failed(self, address: str, *, guessed: bool) -> None:
        """Counts a request whose credential was refused; `guessed`: it never was a good one. Raises TooManyRequests."""
        if self._anonymous is not None:
            await self.check(ANONYMOUS, self._anonymous, address)
        if guessed and self._failures:
            await self._count(f"failures|{address}", self._failures)

    async def close(self) -> None:
        """Gives up the connections to Redis, or the report that is under way."""
        if self._shared is not None:
            await self._shared.close()

    async def _count(self, key: str, allowed: int) -> None:
        wait = await self._hit(key, allowed)
        if wait:
            raise TooManyRequests("Too many requests.", retry_after=wait)

    async def _hit(self, key: str, allowed: int) -> float:
        wait = 0.0 if self._redis is not None else self._local.hit(key, allowed)
        if wait:
            return wait  # too often for one worker is too often for all: nothing need be asked
        if self._shared is not None and time.monotonic() >= self._away_until:
            try:
                async with asyncio.timeout(TOGETHER_SECONDS):
                    wait = await self._shared.hit(key, allowed)
            except Exception as error:  # whatever a client library raises, a limit must not take the door down
                if not self._away:
                    _log.warning("rate limits are counted per worker", reason=type(error).__name__)
                self._away = True
                self._away_until = time.monotonic() + RETRY_SECONDS
            else:
                if self._away:
                    _log.info("rate limits are shared again")
                self._away = False
                return wait
        return wait if self._redis is None else self._local.hit(key, allowed)


class _Together(Protocol):
    """Counts for all workers."""

    async def hit(self, key: str, allowed: int) -> float:
        """Counts once more, unless that would be too often. 0, or the seconds to wait."""
        ...

    async def close(self) -> None: ...


class _InRedis:
    """Counted in Redis, for all workers."""

    def __init__(self, redis: str) -> None:
        from limits.aio.storage import RedisStorage
        from limits.aio.strategies import MovingWindowRateLimiter

        self._storage: RedisStorage = RedisStorage(f"async+{redis}", implementation="redispy")
        self._limiter: MovingWindowRateLimiter = MovingWindowRateLimiter(self._storage)
        self._items: dict[int, RateLimitItemPerMinute] = {}

    async def hit(self, key: str, allowed: int) -> float:
        """0, or the seconds to wait."""
        item = self._items.get(allowed)
        if item is None:
            from limits import RateLimitItemPerMinute

            item = self._items[allowed] = RateLimitItemPerMinute(allowed)
        if await self._limiter.hit(item, key):
            return 0.0
        stats = await self._limiter.get_window_stats(item, key)
        return max(1.0, stats.reset_time - time.time())

    async def close(self) -> None:
        bridge: Any = self._storage.bridge
        await bridge.storage.aclose()
