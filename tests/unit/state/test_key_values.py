from __future__ import annotations

import asyncio

from gateway.state.database import Database
from gateway.state.key_values import KeyValues, sweep_key_values


async def test_values_are_kept_by_space(database: Database) -> None:
    one, two = KeyValues(database, "one"), KeyValues(database, "two")
    await one.put("key", b"1")
    await one.put("key", b"2")
    assert await one.get("key") == b"2"
    assert await two.get("key") is None
    await one.delete("key")
    assert await one.get("key") is None


async def test_one_of_many_puts_a_key_first(database: Database) -> None:
    space = KeyValues(database, "seen")
    first = await asyncio.gather(*(space.put_if_absent("event", b"", ttl=60) for _ in range(10)))
    assert sum(first) == 1


async def test_a_value_that_is_over_is_absent(database: Database) -> None:
    space = KeyValues(database, "seen")
    await space.put("key", b"1", ttl=-1)
    assert await space.get("key") is None
    assert await space.put_if_absent("key", b"2", ttl=60)
    assert await space.get("key") == b"2"
    await space.put("old", b"1", ttl=-1)
    assert await sweep_key_values(database) == 1
    assert await space.get("key") == b"2"
