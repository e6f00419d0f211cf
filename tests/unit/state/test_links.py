from __future__ import annotations

import asyncio

from gateway.model.customers import IdentityLink, LinkStatus
from gateway.model.identity import NativeRef
from gateway.state.database import Database
from gateway.state.links import StoredIdentityLinks


def link(backend: str, native: str, status: LinkStatus = LinkStatus.CONFIRMED) -> IdentityLink:
    return IdentityLink(NativeRef(backend, native), status)


async def test_a_person_keeps_one_random_id(database: Database) -> None:
    links = StoredIdentityLinks(database)
    assert await links.of_person("ann") is None
    ids = {(await links.link("ann", [], [])).id for _ in range(3)}
    assert len(ids) == 1
    assert (await links.link("bob", [], [])).id not in ids
    assert "ann" not in ids.pop()


async def test_two_requests_of_one_person_make_one_customer(database: Database) -> None:
    links = StoredIdentityLinks(database)
    made = await asyncio.gather(*(links.link("ann", [link("shop", "1")], ["shop"]) for _ in range(6)))
    current = await links.of_person("ann")
    assert current is not None
    assert {customer.refs() for customer in made} == {(NativeRef("shop", "1"),)}
    for customer in made:
        found = await links.by_id(customer.id)
        assert found is not None
        assert found.id == current.id


async def test_an_unknown_customer_is_not_there(database: Database) -> None:
    links = StoredIdentityLinks(database)
    assert await links.by_id("nobody") is None
    assert await links.of_person("nobody") is None


async def test_links_and_searched_backends_are_remembered(database: Database) -> None:
    links = StoredIdentityLinks(database)
    await links.link("ann", [link("till", "C", LinkStatus.ASSERTED)], ["till", "crm"])
    found = await links.link("ann", [link("shop", "1")], ["shop"])
    assert found.links == (link("shop", "1"), link("till", "C", LinkStatus.ASSERTED))
    assert found.asked == {"till", "crm", "shop"}
    assert await links.of_person("ann") == found
    assert await links.by_id(found.id) == found


async def test_a_candidate_is_never_stored(database: Database) -> None:
    links = StoredIdentityLinks(database)
    assert (await links.link("ann", [link("shop", "1", LinkStatus.CANDIDATE)], [])).links == ()


async def test_a_confirmed_link_is_never_weakened(database: Database) -> None:
    links = StoredIdentityLinks(database)
    await links.link("ann", [link("shop", "1", LinkStatus.ASSERTED)], [])
    await links.link("ann", [link("shop", "1")], [])
    assert (await links.link("ann", [link("shop", "1", LinkStatus.ASSERTED)], [])).links == (link("shop", "1"),)


async def test_support_and_the_customer_mean_the_same_person(database: Database) -> None:
    links = StoredIdentityLinks(database)
    by_support = await links.link(None, [link("shop", "1")], [])
    signed_in = await links.link("ann", [link("shop", "1", LinkStatus.ASSERTED)], [])
    assert signed_in.id == by_support.id
    assert await links.of_person("ann") == signed_in


async def test_customers_that_turn_out_to_be_one_are_merged_and_the_younger_id_goes_on_working(
    database: Database,
) -> None:
    links = StoredIdentityLinks(database)
    first = await links.link(None, [link("shop", "1")], [])
    second = await links.link(None, [link("till", "C")], [])
    both = await links.link("ann", [link("shop", "1"), link("till", "C")], [])
    assert both.id == first.id
    assert await links.by_id(second.id) == both
    assert both.refs() == (NativeRef("shop", "1"), NativeRef("till", "C"))


async def test_two_people_who_share_a_phone_are_never_made_one(database: Database) -> None:
    links = StoredIdentityLinks(database)
    shared = link("till", "family", LinkStatus.ASSERTED)
    ann = await links.link("ann", [link("shop", "ann"), shared], [])
    bob = await links.link("bob", [link("shop", "bob"), shared], [])
    assert bob.id != ann.id
    assert bob.refs() == (NativeRef("shop", "bob"),)
    assert (await links.link("ann", [], [])).refs() == (NativeRef("shop", "ann"), NativeRef("till", "family"))


async def test_support_looking_at_two_people_does_not_make_them_one(database: Database) -> None:
    links = StoredIdentityLinks(database)
    ann = await links.link("ann", [link("shop", "ann")], [])
    bob = await links.link("bob", [link("shop", "bob")], [])
    await links.link(None, [link("shop", "ann"), link("shop", "bob")], [])
    assert await links.of_person("ann") == ann
    assert await links.of_person("bob") == bob
