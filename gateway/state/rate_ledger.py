"""The rate budgets that several gateways share, over Redis: one script draws, so that two gateways never draw the same
point; the clock is Redis's own. Implements `gateway.calls.attempt.rates.RateLedger`.
"""

from __future__ import annotations

from typing import Any

from gateway.ports.transport import ThrottleSignal
from gateway.state.redis_link import RedisLink

_KEEP = 120
_CLAIM = """
local time = redis.call('TIME')
local now = time[1] + time[2] / 1e6
local known = redis.call('HMGET', KEYS[1], 'closed', 'level', 'capacity', 'restore', 'at')
local closed = tonumber(known[1] or '0') - now
if closed > 0 then return tostring(closed) end
if not known[4] then return '0' end
local capacity, restore = tonumber(known[3]), tonumber(known[4])
local level = math.min(capacity, tonumber(known[2]) + (now - tonumber(known[5])) * restore)
local cost, kept = tonumber(ARGV[1]), tonumber(ARGV[2])
local needed = math.min(capacity, cost + kept * capacity)
if level < needed then return tostring((needed - level) / restore) end
redis.call('HSET', KEYS[1], 'level', tostring(level - cost), 'at', tostring(now))
return '0'
"""
_TELL = """
local time = redis.call('TIME')
local now = time[1] + time[2] / 1e6
local pause = tonumber(ARGV[1])
if pause > 0 then
  local closed = tonumber(redis.call('HGET', KEYS[1], 'closed') or '0')
  redis.call('HSET', KEYS[1], 'closed', tostring(math.max(closed, now + pause)))
end
if ARGV[2] ~= '' then
  local capacity, restore, level = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[2])
  local known = redis.call('HMGET', KEYS[1], 'level', 'at')
  if known[1] then
    -- the vendor has not seen yet what other gateways have under way: the lower figure is the safe one
    level = math.min(level, tonumber(known[1]) + (now - tonumber(known[2])) * restore)
  end
  redis.call('HSET', KEYS[1], 'level', tostring(level), 'capacity', ARGV[3], 'restore', ARGV[4], 'at', tostring(now))
end
redis.call('EXPIRE', KEYS[1], ARGV[5])
return '0'
"""


class RedisLedger:
    def __init__(self, link: RedisLink) -> None:
        self._link = link
        self._claim: Any = link.client.register_script(_CLAIM)
        self._tell: Any = link.client.register_script(_TELL)

    async def claim(self, backend: str, cost: float, kept: float) -> float:
        return float(await self._link.ask(self._claim(keys=[_key(backend)], args=[cost, kept])))

    async def tell(self, backend: str, signal: ThrottleSignal, pause: float) -> None:
        restore = signal.restore_rate
        if restore is None and signal.window and signal.capacity:
            restore = signal.capacity / signal.window
        known = signal.remaining is not None and signal.capacity and restore
        figures = [signal.remaining, signal.capacity, restore] if known else ["", "", ""]
        keep = max(_KEEP, int(pause) + 1)
        await self._link.ask(self._tell(keys=[_key(backend)], args=[pause, *figures, keep]))


def _key(backend: str) -> str:
    return f"gateway:rate:{backend}"
