"""Identity links: who is who, remembered."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.model.customers import IdentityLink, LinkStatus
from gateway.model.identity import NativeRef
from gateway.state.aliases import StoredAliases
from gateway.state.database import Database
from gateway.state.links import StoredIdentityLinks


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = await Database.open(f"sqlite+aiosqlite:///{tmp_path}/state.sqlite")
    yield opened
    await opened.close()


def asserted(backend: str, native: str) -> IdentityLink:
    return IdentityLink(NativeRef(backend, native), LinkStatus.ASSERTED)


async def test_a_person_keeps_the_same_random_id(database: Database) -> None:
    links = StoredIdentityLinks(database)
    first = await links.link("idp|ada", [asserted("crm", "1")], ["crm"])
    again = await links.link("idp|ada", [asserted("till", "9")], ["till"])
    assert first.id == again.id
    assert again.asked == {"crm", "till"}
    assert again.refs() == (NativeRef("crm", "1"), NativeRef("till", "9"))
    assert "ada" not in first.id


async def test_support_and_the_customer_mean_the_same_person(database: Database) -> None:
    links = StoredIdentityLinks(database)
    by_staff = await links.link(None, [asserted("crm", "1")], ["crm"])
    signed_in = await links.link("idp|ada", [asserted("crm", "1"), asserted("shop", "7")], ["crm", "shop"])
    assert signed_in.id == by_staff.id


async def test_two_customers_that_turn_out_to_be_one_are_merged_and_both_ids_work(database: Database) -> None:
    links = StoredIdentityLinks(database)
    older = await links.link(None, [asserted("crm", "1")], [])
    younger = await links.link("idp|ada", [asserted("shop", "7")], [])
    assert older.id != younger.id
    merged = await links.link("idp|ada", [asserted("crm", "1")], [])
    assert merged.id == older.id
    assert set(merged.refs()) == {NativeRef("crm", "1"), NativeRef("shop", "7")}
    found = await links.by_id(younger.id)
    assert found is not None
    assert found.id == older.id


async def test_a_candidate_is_never_remembered(database: Database) -> None:
    links = StoredIdentityLinks(database)
    linked = await links.link("idp|ada", [IdentityLink(NativeRef("till", "2"), LinkStatus.CANDIDATE)], ["till"])
    assert linked.links == ()


async def test_a_confirmed_link_is_not_weakened(database: Database) -> None:
    links = StoredIdentityLinks(database)
    await links.link("idp|ada", [IdentityLink(NativeRef("crm", "1"), LinkStatus.CONFIRMED)], [])
    again = await links.link("idp|ada", [asserted("crm", "1")], [])
    assert again.links[0].status is LinkStatus.CONFIRMED


async def test_an_unknown_id_is_nobody(database: Database) -> None:
    assert await StoredIdentityLinks(database).by_id("nobody") is None


async def test_an_old_id_follows_every_move(database: Database) -> None:
    aliases = StoredAliases(database)
    await aliases.add("a", "b")
    await aliases.add("b", "c")
    assert await aliases.current("a") == "c"
    assert await aliases.current("c") is None
