from __future__ import annotations

import asyncio

import pytest

from gateway.state.database import Database
from gateway.state.identifiers import StoredIdentifiers


async def test_identifiers_are_known_after_a_restart(database: Database) -> None:
    before = StoredIdentifiers(database, "shop")
    await before.set_many("sku", {"A-1": "gid/1", "GONE": ""}, ttl=60)
    await before.close()
    after = StoredIdentifiers(database, "shop")
    assert await after.get_many("sku", ["A-1", "GONE", "NEVER"]) == {"A-1": "gid/1", "GONE": ""}


async def test_a_set_identifier_is_seen_at_once(database: Database) -> None:
    cache = StoredIdentifiers(database, "shop")
    assert await cache.get_many("sku", ["A"]) == {}
    await cache.set_many("sku", {"A": "1"}, ttl=60)
    assert await cache.get_many("sku", ["A"]) == {"A": "1"}
    await cache.set_many("sku", {"A": "2"}, ttl=60)
    assert await cache.get_many("sku", ["A"]) == {"A": "2"}
    await cache.close()


async def test_an_identifier_ends_with_its_time_to_live(database: Database) -> None:
    cache = StoredIdentifiers(database, "shop")
    await cache.set_many("sku", {"A": "1"}, ttl=-1)
    assert await cache.get_many("sku", ["A"]) == {}
    await cache.close()
    assert await StoredIdentifiers(database, "shop").get_many("sku", ["A"]) == {}


async def test_backends_and_spaces_do_not_meet(database: Database) -> None:
    shop, erp = StoredIdentifiers(database, "shop"), StoredIdentifiers(database, "erp")
    await shop.set_many("sku", {"A": "shop"}, ttl=60)
    await erp.set_many("sku", {"A": "erp"}, ttl=60)
    await erp.set_many("variation", {"A": "other"}, ttl=60)
    await shop.close()
    await erp.close()
    again = StoredIdentifiers(database, "erp")
    assert await again.get_many("sku", ["A"]) == {"A": "erp"}
    assert await again.get_many("variation", ["A"]) == {"A": "other"}
    await again.drop("sku")
    assert await again.get_many("sku", ["A"]) == {}
    assert await StoredIdentifiers(database, "erp").get_many("sku", ["A"]) == {}
    assert await StoredIdentifiers(database, "shop").get_many("sku", ["A"]) == {"A": "shop"}


async def test_dropped_keys_are_forgotten_everywhere(database: Database) -> None:
    cache = StoredIdentifiers(database, "shop")
    await cache.set_many("sku", {f"S{number}": str(number) for number in range(900)}, ttl=60)
    await cache.drop("sku", ["S0", "S1"])
    await cache.close()
    known = await StoredIdentifiers(database, "shop").get_many("sku", [f"S{number}" for number in range(900)])
    assert len(known) == 898
    assert "S0" not in known


async def test_a_lost_database_costs_no_answer(database: Database) -> None:
    cache = StoredIdentifiers(database, "shop")
    async with database.write() as connection:
        await connection.exec_driver_sql("DROP TABLE identifiers")
    assert await cache.get_many("sku", ["A"]) == {}
    await cache.set_many("sku", {"A": "1"}, ttl=60)
    assert await cache.get_many("sku", ["A"]) == {"A": "1"}
    await cache.close()


@pytest.mark.parametrize("keys", [["A"], None], ids=["some", "all"])
async def test_what_is_dropped_while_the_database_is_lost_stays_dropped(
    database: Database, keys: list[str] | None
) -> None:
    before = StoredIdentifiers(database, "shop")
    await before.set_many("sku", {"A": "old", "B": "old"}, ttl=60)
    await before.close()
    cache = StoredIdentifiers(database, "shop")
    async with database.write() as connection:
        await connection.exec_driver_sql("ALTER TABLE identifiers RENAME TO hidden")
    await cache.drop("sku", keys)
    assert await cache.get_many("sku", ["A"]) == {}
    async with database.write() as connection:
        await connection.exec_driver_sql("ALTER TABLE hidden RENAME TO identifiers")
    assert await cache.get_many("sku", ["A", "B"]) == ({} if keys is None else {"B": "old"})
    await cache.close()


async def test_closing_in_the_middle_of_a_write_loses_nothing(database: Database) -> None:
    for pause in (0.1, 0.101, 0.102, 0.105):  # about when the buffered write begins
        cache = StoredIdentifiers(database, f"shop{pause}")
        await cache.set_many("sku", {f"A{number}": "1" for number in range(2_000)}, ttl=60)
        await asyncio.sleep(pause)
        await cache.close()
        again = StoredIdentifiers(database, f"shop{pause}")
        assert len(await again.get_many("sku", [f"A{number}" for number in range(2_000)])) == 2_000
        await again.close()
