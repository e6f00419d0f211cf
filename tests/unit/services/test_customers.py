"""One person over several systems: asserted by verified claims, never guessed, never somebody else's."""

from __future__ import annotations

import base64

from tests.unit.services.conftest import Build, World
from tests.unit.services.retailer import KIOSK, STAFF, configuration, domains, order, person, shop, shopper

ME = "{ me { id givenName emails groups language identities { system externalId } orders { nodes { number } } } }"
PHONE = "+442079460111"


async def world_of(build: Build, **seeds: object) -> World:
    order = tuple(seeds)
    sections = domains(
        customer={"order": list(order), "fields": {"given_name": list(reversed(order))}}, order=order, price=["shop"]
    )
    return await build(configuration(domains=sections), {"shop": shop("MUG"), **seeds})  # type: ignore[dict-item]


async def test_a_verified_email_links_the_records_that_bear_it(build: Build) -> None:
    world = await world_of(
        build,
        shop=shop("MUG", customers=(person("1", "ada@example.com", given_name="Ada"),)),
        crm=shop(customers=(person("9", "ada@example.com", "ada@work.example", given_name="Ada L."),)),
    )
    me = (await world.data(ME, principal=shopper("Ada@Example.com")))["me"]
    assert me["givenName"] == "Ada L."
    assert me["emails"] == ["ada@example.com", "ada@work.example"]
    assert {(i["system"], i["externalId"]) for i in me["identities"]} == {("shop", "1"), ("crm", "9")}


async def test_an_unverified_token_links_nothing(build: Build) -> None:
    world = await world_of(build, shop=shop("MUG", customers=(person("1", "ada@example.com"),)))
    me = (await world.data(ME, principal=shopper(None)))["me"]
    assert (me["emails"], me["identities"]) == ([], [])


async def test_two_people_who_share_a_phone_do_not_see_each_others_receipts(build: Build) -> None:
    customers = (person("1", "ada@example.com", phone=PHONE), person("2", "bob@example.com", phone=PHONE))
    till = shop(customers=customers, orders=(order("50", "1", 1), order("51", "2", 2)))
    world = await world_of(build, till=till)
    ada = (await world.data(ME, principal=shopper("ada@example.com", PHONE)))["me"]
    bob = (await world.data(ME, principal=shopper("bob@example.com", PHONE, subject="bob")))["me"]
    assert [node["number"] for node in ada["orders"]["nodes"]] == ["N50"]
    assert [node["number"] for node in bob["orders"]["nodes"]] == ["N51"]


async def test_a_shared_phone_alone_proves_nothing(build: Build) -> None:
    till = shop(customers=(person("2", "bob@example.com", phone=PHONE),), orders=(order("51", "2", 2),))
    world = await world_of(build, till=till)
    eve = (await world.data(ME, principal=shopper("eve@example.com", PHONE, subject="eve")))["me"]
    assert (eve["identities"], eve["orders"]["nodes"]) == ([], [])


async def test_a_phone_that_only_one_nameless_record_bears_links_it(build: Build) -> None:
    till = shop(customers=(person("2", phone=PHONE),), orders=(order("51", "2", 2),))
    world = await world_of(build, till=till)
    ada = (await world.data(ME, principal=shopper("ada@example.com", PHONE)))["me"]
    assert [node["number"] for node in ada["orders"]["nodes"]] == ["N51"]


async def test_several_records_with_one_email_in_one_system_are_not_linked(build: Build) -> None:
    world = await world_of(build, crm=shop(customers=(person("1", "ada@example.com"), person("2", "ada@example.com"))))
    assert (await world.data(ME, principal=shopper("ada@example.com")))["me"]["identities"] == []


async def test_a_customer_system_that_is_down_is_a_gap_and_the_next_one_prevails(build: Build) -> None:
    world = await world_of(
        build,
        shop=shop("MUG", customers=(person("1", "ada@example.com", given_name="Ada"),)),
        crm=shop(customers=(person("9", "ada@example.com", given_name="Ada L."),)),
    )
    await world.data(ME, principal=shopper("ada@example.com"))
    world["crm"].down = True
    query = "{ me { givenName gaps { source code } } }"
    me = (await world.data(query, principal=shopper("ada@example.com")))["me"]
    assert me == {"givenName": "Ada", "gaps": [{"source": "crm", "code": "BACKEND_UNAVAILABLE"}]}


async def test_a_system_that_was_down_at_sign_in_is_searched_again(build: Build) -> None:
    crm = shop(customers=(person("9", "ada@example.com", given_name="Ada"),))
    world = await world_of(build, crm=crm)
    world["crm"].down = True
    assert (await world.data("{ me { identities { system } } }", principal=shopper("ada@example.com")))["me"] == {
        "identities": []
    }
    world["crm"].down = False
    me = (await world.data("{ me { identities { system } } }", principal=shopper("ada@example.com")))["me"]
    assert me["identities"] == [{"system": "crm"}]


async def test_nobody_is_me_without_a_token(build: Build) -> None:
    world = await world_of(build, shop=shop("MUG"))
    assert await world.data("{ me { id } }") == {"me": None}


async def test_only_staff_may_look_people_up_and_not_yours_reads_like_not_there(build: Build) -> None:
    seed = shop("MUG", customers=(person("1", "ada@example.com"), person("2", "bob@example.com")),
                orders=(order("50", "1", 1),))  # fmt: skip
    world = await world_of(build, shop=seed)
    ada = (await world.data("{ me { id orders { nodes { id } } } }", principal=shopper("ada@example.com")))["me"]
    by_email = '{ customer(by: {email: "ada@example.com"}) { id } }'
    assert (await world.data(by_email, principal=STAFF))["customer"] == {"id": ada["id"]}
    refused = await world.ask(by_email, principal=shopper("bob@example.com", subject="bob"))
    assert [getattr(error.original_error, "code", None) for error in refused.errors or []] == ["FORBIDDEN"]
    bob = shopper("bob@example.com", subject="bob")
    node = "query($id: ID!) { node(id: $id) { id } }"
    missing = world.services.ids.order(order("404", "1", 1))
    for identifier in (ada["id"], ada["orders"]["nodes"][0]["id"], missing):
        assert await world.data(node, {"id": identifier}, principal=bob) == {"node": None}
    assert (await world.data(node, {"id": ada["id"]}, principal=shopper("ada@example.com")))["node"] is not None


async def test_a_shared_device_may_not_select_personal_data(build: Build) -> None:
    world = await world_of(build, shop=shop("MUG"))
    result = await world.ask("{ me { id } }", principal=KIOSK)
    assert [getattr(error.original_error, "code", None) for error in result.errors or []] == ["FORBIDDEN"]


async def test_an_id_tells_nothing_about_the_person(build: Build) -> None:
    world = await world_of(build, crm=shop(customers=(person("9", "ada@example.com"),)))
    identifier = (await world.data("{ me { id } }", principal=shopper("ada@example.com")))["me"]["id"]
    plain = base64.urlsafe_b64decode(identifier + "=" * (-len(identifier) % 4))
    assert b"ada" not in plain
