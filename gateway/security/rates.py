"""How often one caller may ask: a moving window per person, else per frontend and network address.

Counted in Redis when it is configured, so that the limit holds over all workers; when Redis is away each worker counts
for itself, and says so once.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

import structlog
from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter

from gateway.errors import TooManyRequests
from gateway.model.principal import ClientProfile, Principal

REDIS_SECONDS = 0.25
RETRY_SECONDS = 5.0
"""How long Redis is left alone after it failed."""
_log = structlog.get_logger(__name__)


class RateLimits:
    def __init__(self, redis: str = "") -> None:
        self._local = MovingWindowRateLimiter(MemoryStorage())
        self._storage: RedisStorage | None = None
        self._shared: MovingWindowRateLimiter | None = None
        if redis:
            self._storage = RedisStorage(f"async+{redis}", implementation="redispy")
            self._shared = MovingWindowRateLimiter(self._storage)
        self._items: dict[int, RateLimitItemPerMinute] = {}
        self._away_until = 0.0
        self._away = False

    async def check(self, principal: Principal, profile: ClientProfile, address: str) -> None:
        """Counts one request. Raises TooManyRequests with the seconds to wait."""
        allowed = profile.requests_per_minute
        if allowed is None:
            return
        item = self._items.get(allowed)
        if item is None:
            item = self._items[allowed] = RateLimitItemPerMinute(allowed)
        key = principal.key or f"{principal.profile}|{address}"
        if not await self._hit(item, key):
            raise TooManyRequests("Too many requests.", retry_after=await self._wait(item, key))

    async def close(self) -> None:
        """Gives up the connections to Redis."""
        if self._storage is not None:
            bridge: Any = self._storage.bridge
            await bridge.storage.aclose()

    async def _hit(self, item: RateLimitItemPerMinute, key: str) -> bool:
        if self._shared is not None and time.monotonic() >= self._away_until:
            try:
                async with asyncio.timeout(REDIS_SECONDS):
                    allowed = await self._shared.hit(item, key)
            except Exception as error:  # whatever the client library raises, a limit must not take the door down
                if not self._away:
                    _log.warning("rate limits are counted per worker", reason=type(error).__name__)
                self._away = True
                self._away_until = time.monotonic() + RETRY_SECONDS
            else:
                if self._away:
                    _log.info("rate limits are shared again")
                self._away = False
                return allowed
        return await self._local.hit(item, key)

    async def _wait(self, item: RateLimitItemPerMinute, key: str) -> float:
        limiter = self._local if self._away or self._shared is None else self._shared
        try:
            async with asyncio.timeout(REDIS_SECONDS):
                stats = await limiter.get_window_stats(item, key)
        except Exception:
            return 1.0
        return max(1.0, stats.reset_time - time.time())
