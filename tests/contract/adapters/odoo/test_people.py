"""Customers and loyalty: exact matches, people who share a phone, cards that are no loyalty cards."""

from __future__ import annotations

from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from gateway.errors import InvalidCursor, RequestRefused
from gateway.model.context import CallContext, CommerceContext
from gateway.model.customers import CustomerKey, CustomerKeyKind, LoyaltyEntryQuery
from gateway.model.identity import NativeRef
from gateway.testing.sandbox import Seed
from tests.contract.adapters.odoo.connected import Running, run

NOTHING = CommerceContext("DE", "EUR", "en").only(frozenset())
EMAIL, PHONE, NATIVE = CustomerKeyKind.EMAIL, CustomerKeyKind.PHONE, CustomerKeyKind.NATIVE


def soon() -> CallContext:
    return CallContext.within(10)


@pytest.fixture
async def odoo(stack: AsyncExitStack, version: int) -> Running:
    running = await run(stack, Seed(currency="EUR", country="DE"), version)
    tag = running.store.add("res.partner.category", {"name": "VIP"})
    ada = {"name": "Ada Maria Example", "email": "Ada <ADA@example.com>", "phone": "+44 20 7946 0111", "lang": "de_DE"}
    running.store.add("res.partner", {**ada, "category_id": [tag], "ref": "C-1"}, 77)
    running.store.add("res.partner", {"name": "Ada", "email": "ada@example.com"}, 78)
    running.store.add("res.partner", {"name": "Sister", "phone": "+442079460111", "active": True}, 79)
    running.store.add("res.partner", {"name": "Gone", "email": "gone@example.com", "active": False}, 80)
    running.store.add("res.partner", {"name": "Local", "phone": "020 7946 0111"}, 81)
    return running


async def test_email_phone_and_id_are_found_in_one_request(odoo: Running) -> None:
    keys = [
        CustomerKey(EMAIL, "ada@example.com"),
        CustomerKey(PHONE, "+442079460111"),
        CustomerKey(NATIVE, "81"),
        CustomerKey(EMAIL, "gone@example.com"),
        CustomerKey(NATIVE, "no-number"),
    ]
    adapter = odoo.adapter()
    found = await adapter.find_customers(keys, NOTHING, soon())
    ids = {key: [record.ref.id for record in records] for key, records in found.items() if isinstance(records, tuple)}
    assert {key: sorted(value) for key, value in ids.items()} == {
        keys[0]: ["77", "78"],
        keys[1]: ["77", "79"],
        keys[2]: ["81"],
    }
    assert odoo.operations().count("res.partner.web_search_read") == 1


async def test_a_contact_becomes_a_record(odoo: Running) -> None:
    key = CustomerKey(NATIVE, "77")
    for order, names in (("given_family", ("Ada Maria", "Example")), ("family_given", ("Maria Example", "Ada"))):
        found = (await odoo.adapter(name_order=order).find_customers([key], NOTHING, soon()))[key]
        assert isinstance(found, tuple)
        (ada,) = found
        assert (ada.given_name, ada.family_name) == names
        assert (ada.emails, ada.phones, ada.language) == (("ada@example.com",), ("+442079460111",), "de-DE")
        assert (ada.groups, ada.external_ids) == (("VIP",), (NativeRef("ref", "C-1"),))
        assert ada.email_verified is None


@pytest.fixture
async def acme(odoo: Running) -> Running:
    """A company, a contact of it, and addresses that bear the contact's email, as Odoo's own shop makes them."""
    add = odoo.store.add
    add("res.partner", {"name": "Acme", "is_company": True, "email": "info@acme.example"}, 90)
    add("res.partner", {"name": "Eve", "type": "contact", "parent_id": 90, "email": "Eve@acme.example"}, 91)
    add("res.partner", {"name": "Eve, bills", "type": "invoice", "parent_id": 90, "email": "eve@acme.example"}, 92)
    add("res.partner", {"name": "Eve, depot", "type": "delivery", "parent_id": 91, "email": "eve@acme.example"}, 93)
    add("res.partner", {"name": "Depot", "type": "delivery", "parent_id": 90, "email": "depot@acme.example"}, 94)
    add("res.partner", {"name": "Depot too", "type": "other", "parent_id": 90, "email": "depot@acme.example"}, 95)
    return odoo


async def found_ids(odoo: Running, *keys: CustomerKey) -> dict[str, list[str]]:
    found = await odoo.adapter().find_customers(keys, NOTHING, soon())
    return {
        key.value: sorted(one.ref.id for one in records) for key, records in found.items() if isinstance(records, tuple)
    }


async def test_a_contact_and_the_addresses_with_the_same_email_are_one_person(acme: Running) -> None:
    keys = [CustomerKey(EMAIL, f"{name}@acme.example") for name in ("eve", "info", "depot")]
    assert await found_ids(acme, *keys) == {keys[0].value: ["91"], keys[1].value: ["90"], keys[2].value: ["94"]}
    assert acme.operations().count("res.partner.web_search_read") == 1
    # asked by id, a contact is that contact
    assert await found_ids(acme, CustomerKey(NATIVE, "92"), CustomerKey(NATIVE, "91")) == {"91": ["91"], "92": ["92"]}


async def test_two_people_of_a_company_with_one_email_stay_two(acme: Running) -> None:
    acme.store.add("res.partner", {"name": "Adam", "type": "contact", "parent_id": 90, "email": "eve@acme.example"}, 96)
    key = CustomerKey(EMAIL, "eve@acme.example")
    assert await found_ids(acme, key) == {key.value: ["91", "96"]}


async def test_a_contact_is_found_by_each_address_of_its_email_field(odoo: Running) -> None:
    """Odoo normalises the first only."""
    odoo.store.add("res.partner", {"name": "Two", "email": "one@x.example, Two <TWO@x.example>; a_b%@x.example"}, 60)
    odoo.store.add("res.partner", {"name": "Near", "email": "nottwo@x.example"}, 61)
    emails = ["one@x.example", "two@x.example", "a_b%@x.example", "acb@x.example", "%", "x.example"]
    assert await found_ids(odoo, *(CustomerKey(EMAIL, email) for email in emails)) == {
        email: ["60"] for email in emails[:3]
    }
    found = await odoo.adapter().find_customers([CustomerKey(NATIVE, "60")], NOTHING, soon())
    (records,) = found.values()
    assert isinstance(records, tuple)
    (two,) = records
    assert two.emails == tuple(emails[:3])


async def test_a_card_of_an_address_is_its_persons(acme: Running) -> None:
    program = acme.store.add("loyalty.program", {"name": "Circle", "program_type": "loyalty"})
    acme.store.add("loyalty.card", {"program_id": program, "partner_id": 93, "points": 5.0}, 1)
    key = CustomerKey(NATIVE, "91")
    found = await acme.adapter().find_accounts([key], NOTHING, soon())
    (cards,) = found.values()
    assert isinstance(cards, tuple)
    (card,) = cards
    assert (card.balance, card.customer) == (5, NativeRef("erp", "91"))


@pytest.mark.parametrize("hostile", ["²", "٣", "9" * 12, "2147483648", "-1", "1.5", ""])
async def test_an_id_that_is_none_finds_nobody(odoo: Running, hostile: str) -> None:
    assert await found_ids(odoo, CustomerKey(NATIVE, hostile)) == {}


async def test_cards_of_loyalty_programmes_only_and_all_of_them(odoo: Running) -> None:
    points = odoo.store.add(
        "loyalty.program", {"name": "Circle", "program_type": "loyalty", "portal_point_name": "stars"}
    )
    coupon = odoo.store.add("loyalty.program", {"name": "Ten off", "program_type": "coupons"})
    for card, program, balance in ((1, points, 1610.0), (2, points, -3.5), (3, coupon, 1.0)):
        odoo.store.add("loyalty.card", {"program_id": program, "partner_id": 77, "points": balance}, card)
    key = CustomerKey(PHONE, "+442079460111")
    unknown = CustomerKey(EMAIL, "nobody@example.com")
    found = await odoo.adapter().find_accounts([key, unknown], NOTHING, soon())
    assert set(found) == {key}
    accounts = found[key]
    assert isinstance(accounts, tuple)
    assert [(account.balance, account.unit_many, account.program_name) for account in accounts] == [
        (Decimal(1610), "stars", "Circle"),
        (Decimal("-3.5"), "stars", "Circle"),
    ]
    assert {account.customer for account in accounts} == {NativeRef("erp", "77")}


async def test_entries_are_paged_newest_first(odoo: Running) -> None:
    program = odoo.store.add("loyalty.program", {"name": "Circle", "program_type": "loyalty"})
    card = odoo.store.add("loyalty.card", {"program_id": program, "partner_id": 77, "points": 9.0})
    for day in range(5):
        at = datetime(2026, 5, 1, tzinfo=UTC) + timedelta(days=day)
        amounts = {"issued": 0.0, "used": 4.0} if day == 3 else {"issued": float(day + 1), "used": 0.0}
        odoo.store.add("loyalty.history", {"card_id": card, "create_date": at, "description": f"day {day}", **amounts})
    adapter = odoo.adapter()
    account = NativeRef("erp", str(card))
    first = await adapter.list_entries(LoyaltyEntryQuery(account, 3), NOTHING, soon())
    rest = await adapter.list_entries(LoyaltyEntryQuery(account, 3, first.positions[-1]), NOTHING, soon())
    assert [entry.points for entry in (*first.entries, *rest.entries)] == [5, -4, 3, 2, 1]
    assert (first.has_next, rest.has_next) == (True, False)
    assert [entry.kind for entry in first.entries] == ["EARN", "REDEEM", "EARN"]
    with pytest.raises(InvalidCursor):
        await adapter.list_entries(LoyaltyEntryQuery(account, 3, "elsewhere"), NOTHING, soon())


@pytest.mark.parametrize("version", [17])
async def test_17_keeps_no_history(odoo: Running, version: int) -> None:
    with pytest.raises(RequestRefused):
        await odoo.adapter().list_entries(LoyaltyEntryQuery(NativeRef("erp", "1"), 3), NOTHING, soon())


async def test_balances_and_movements_are_written_as_odoo_shows_them(odoo: Running) -> None:
    """Points are floats there, and two decimals on every screen."""
    program = odoo.store.add("loyalty.program", {"name": "Circle", "program_type": "loyalty"})
    balance = {"program_id": program, "partner_id": 77, "points": 197.07999999999998}
    card = odoo.store.add("loyalty.card", balance)
    odoo.store.add(
        "loyalty.history", {"card_id": card, "create_date": datetime(2026, 5, 1, tzinfo=UTC), "issued": 0.1 + 0.2}
    )
    key = CustomerKey(NATIVE, "77")
    accounts = (await odoo.adapter().find_accounts([key], NOTHING, soon()))[key]
    assert isinstance(accounts, tuple)
    assert f"{accounts[0].balance:f}" == "197.08"
    page = await odoo.adapter().list_entries(LoyaltyEntryQuery(accounts[0].ref, 3), NOTHING, soon())
    assert [f"{entry.points:f}" for entry in page.entries] == ["0.3"]
