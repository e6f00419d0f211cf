from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.state.aliases import StoredAliases
from gateway.state.database import Database
from gateway.state.tables import aliases as table


async def test_an_old_id_leads_to_the_newest(database: Database) -> None:
    aliases = StoredAliases(database)
    await aliases.add("a", "b")
    await aliases.add("b", "c")
    assert [await aliases.current(old) for old in "abcx"] == ["c", "c", None, None]


async def test_going_back_makes_an_old_id_current_again(database: Database) -> None:
    aliases = StoredAliases(database)
    await aliases.add("a", "b")
    await aliases.add("b", "a")
    assert [await aliases.current(old) for old in "ab"] == [None, "a"]


async def test_an_id_is_no_alias_of_itself(database: Database) -> None:
    aliases = StoredAliases(database)
    await aliases.add("a", "a")
    assert await aliases.current("a") is None


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=st.lists(st.tuples(st.sampled_from("abcde"), st.sampled_from("abcde")), max_size=8))
async def test_no_sequence_of_moves_leads_in_circles(database: Database, moves: list[tuple[str, str]]) -> None:
    async with database.write() as connection:
        await connection.execute(table.delete())
    aliases = StoredAliases(database)
    for old, new in moves:
        await aliases.add(old, new)
    for old in "abcde":
        newest = await aliases.current(old)
        assert newest is None or await aliases.current(newest) is None, "an alias leads to another alias"
