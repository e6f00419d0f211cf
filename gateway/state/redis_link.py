"""The way to Redis for everything several gateways share. Nothing depends on it for correctness: while it cannot be
reached, or not quickly, callers are told at once and go on in process; the log says so once, and once when it is back.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable
from typing import Any, TypeVar, cast

import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from gateway.errors import ConfigurationError

T = TypeVar("T")

PATIENCE = 0.25
"""Seconds that anything may take; Redis answers in a fraction of a millisecond or is not well."""
_PAUSE = 1.0
_log = structlog.get_logger("gateway.redis")


class RedisLink:
    """`client` raises and waits; `ask` does neither."""

    def __init__(self, url: str) -> None:
        try:
            self.client: Redis = cast("Any", Redis).from_url(  # its options are untyped
                url,
                socket_timeout=PATIENCE,
                socket_connect_timeout=PATIENCE,
                retry=Retry(NoBackoff(), 0),
                health_check_interval=0,
            )
        except ValueError as error:
            raise ConfigurationError(f"not a Redis URL: {error}", place="gateway.redis") from error
        self._down_until = 0.0
        self._down = False

    @property
    def is_up(self) -> bool:
        return not self._down

    async def ask(self, work: Awaitable[T]) -> T:
        """The answer, or ConnectionError: at once while Redis is known to be away."""
        if self._down and time.monotonic() < self._down_until:
            _drop(work)
            raise ConnectionError("redis is away")
        try:
            answer = await work
        except (RedisError, OSError, TimeoutError) as error:
            self._down_until = time.monotonic() + _PAUSE
            if not self._down:
                self._down = True
                _log.warning("redis_away_going_on_in_process", error=type(error).__name__)
            raise ConnectionError("redis is away") from error
        if self._down:
            self._down = False
            _log.info("redis_back")
        return answer

    async def close(self) -> None:
        await self.client.aclose()


def _drop(work: Any) -> None:
    close = getattr(work, "close", None)
    if close is not None:
        close()  # a coroutine that is never awaited complains
