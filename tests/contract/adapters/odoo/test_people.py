"""Customers and loyalty: exact matches, people who share a phone, cards that are no loyalty cards."""

from __future__ import annotations

from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from gateway.errors import InvalidCursor, RequestRefused
from gateway.model.context import CallContext, CommerceContext
from gateway.model.customers import CustomerKey, CustomerKeyKind, LoyaltyEntryQuery, LoyaltyRule
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


async def test_rules_of_a_programme_are_whole_points(odoo: Running) -> None:
    """0.1 points a euro is 1 point for 10."""
    program = odoo.store.add("loyalty.program", {"name": "Circle", "program_type": "loyalty"})
    mug = odoo.product("MUG")
    for mode, amount, products in (("money", 0.1, []), ("unit", 5.0, [mug]), ("order", 2.0, [])):
        rule = {"program_id": program, "reward_point_mode": mode, "reward_point_amount": amount}
        more = {"minimum_amount_tax_mode": "excl", "product_ids": products}
        odoo.store.add("loyalty.rule", {**rule, **more})
    (found,) = await odoo.adapter().list_programs(None, NOTHING, soon())
    assert found.rules == (
        LoyaltyRule("SPEND", 1, spend_minor=1000, currency="EUR", tax_included=False),
        LoyaltyRule("ITEM", 5, skus=("MUG",), tax_included=False),
        LoyaltyRule("VISIT", 2, tax_included=False),
    )
