"""Balances, movements and how points are earned."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from adapters.square.sandbox.account import account_uuid, native_id
from gateway.errors import InvalidCursor
from gateway.model.customers import (
    CustomerKey,
    CustomerKeyKind,
    CustomerRecord,
    LoyaltyAccount,
    LoyaltyEntry,
    LoyaltyEntryQuery,
    LoyaltyProgram,
    LoyaltyRule,
)
from gateway.model.horizon import horizon_of
from gateway.model.identity import NativeRef
from gateway.testing.sandbox import Seed, SeedAccount
from tests.contract.adapters.square.connected import BACKEND, NOW, SEEN, Connect, Connected, call, seen_by, small_seed

ACCOUNTS, EVENTS = "POST /v2/loyalty/accounts/search", "POST /v2/loyalty/events/search"
PROMOTIONS = "GET /v2/loyalty/programs/{program_id}/promotions"
PROGRAM, SKUS = "GET /v2/loyalty/programs/{program_id}", "POST /v2/catalog/batch-retrieve"
SEARCH, BY_CATEGORY = "POST /v2/customers/search", "POST /v2/catalog/search-catalog-items"


def entry(number: int, points: int, kind: str = "EARN", minutes: int = 0, **more: Any) -> LoyaltyEntry:
    return LoyaltyEntry(str(7000 + number), Decimal(points), NOW - timedelta(minutes=minutes), kind, **more)


def holder(number: int, balance: int, *entries: LoyaltyEntry) -> SeedAccount:
    account = LoyaltyAccount(
        NativeRef("seed", str(700 + number)),
        NativeRef("seed", "70"),
        Decimal(balance),
        SEEN,
        customer=NativeRef("seed", str(500 + number)),
        lifetime=Decimal(max(balance, 0)),
        enrolled_at=NOW,
    )
    return SeedAccount(account, entries, phone=f"+4420794601{number:02}")


def loyal_seed(*accounts: SeedAccount, rules: tuple[LoyaltyRule, ...] = ()) -> Seed:
    people = tuple(
        CustomerRecord(NativeRef("seed", str(500 + number)), SEEN, emails=(f"p{number}@example.com",))
        for number in range(len(accounts))
    )
    program = LoyaltyProgram(NativeRef("seed", "70"), "Stars", SEEN, "star", "stars", rules)
    return small_seed(program=program, accounts=accounts, customers=people)


def phone(number: int) -> CustomerKey:
    return CustomerKey(CustomerKeyKind.PHONE, f"+4420794601{number:02}")


async def ask(till: Connected, *keys: CustomerKey) -> dict[CustomerKey, Any]:
    return dict(await till.adapter.find_accounts(keys, seen_by("loyalty.find_accounts"), call()))


async def test_an_account_by_phone_by_customer_and_by_email(connect: Connect) -> None:
    till = await connect(loyal_seed(holder(0, 55)))
    by_email = CustomerKey(CustomerKeyKind.EMAIL, "p0@example.com")
    by_id = CustomerKey(CustomerKeyKind.NATIVE, native_id("CUST", "500"))
    found = await ask(till, phone(0), by_id, by_email, phone(9))
    assert set(found) == {phone(0), by_id, by_email}
    (account,) = found[phone(0)]
    assert found[by_id] == found[by_email] == found[phone(0)]
    assert (account.balance, account.lifetime, account.enrolled_at) == (Decimal(55), Decimal(55), NOW)
    assert (account.program_name, account.unit_one, account.unit_many) == ("Stars", "star", "stars")
    assert account.customer == NativeRef(BACKEND, native_id("CUST", "500"))
    assert till.asked() == [SEARCH, ACCOUNTS, ACCOUNTS, PROGRAM, PROMOTIONS]


async def test_a_balance_holds_until_points_expire(connect: Connect) -> None:
    expires = NOW + timedelta(days=2)
    one, two = holder(0, 55), holder(1, 55)
    one = replace(one, account=replace(one.account, changes_at=expires))
    two = replace(two, account=replace(two.account, changes_at=expires - timedelta(days=4)))
    till = await connect(loyal_seed(one, two))
    found = await ask(till, phone(0), phone(1))
    assert found[phone(0)][0].horizon == expires
    assert found[phone(1)][0].horizon is None  # that is past
    assert horizon_of(found[phone(0)]) == expires.timestamp()


async def test_a_balance_may_be_negative(connect: Connect) -> None:
    till = await connect(loyal_seed(holder(0, -20)))
    assert (await ask(till, phone(0)))[phone(0)][0].balance == Decimal(-20)


@pytest.mark.parametrize(("count", "requests"), [(1, 1), (24, 1), (30, 1), (31, 2), (100, 4)])
async def test_30_keys_a_request(connect: Connect, count: int, requests: int) -> None:
    till = await connect(loyal_seed(*(holder(number, number) for number in range(100))))
    await till.adapter.list_programs(None, seen_by("loyalty.list_programs"), call())
    till.asked()
    assert len(await ask(till, *(phone(number) for number in range(count)))) == count
    assert till.asked() == [ACCOUNTS] * requests


async def test_no_programme_is_no_programme(till: Connected) -> None:
    assert await till.adapter.list_programs(None, seen_by("loyalty.list_programs"), call()) == ()
    assert await ask(till, phone(0)) == {}


async def test_rules_name_skus_and_the_programme_is_kept(connect: Connect) -> None:
    rules = (
        spend(2, excluded_skus=frozenset({"GIFT"}), tax_included=False),
        LoyaltyRule(kind="ITEM", points=Decimal(5), skus=frozenset({"TOTE"})),
        LoyaltyRule(kind="ITEM", points=Decimal(3), category_keys=("11",)),
        LoyaltyRule(kind="VISIT", points=Decimal(1)),
    )
    till = await connect(loyal_seed(rules=rules))
    await till.adapter.list_programs(None, seen_by("loyalty.list_programs"), call())
    (program,) = await till.adapter.list_programs(None, seen_by("loyalty.list_programs"), call())
    assert (program.name, program.unit_many, program.active) == ("Stars", "stars", True)
    by_category = LoyaltyRule(kind="ITEM", points=Decimal(3), skus=frozenset({"MUG-S", "MUG-L"}))
    assert program.rules == (rules[0], rules[1], by_category, rules[3])
    assert program.complete
    assert till.asked() == [PROGRAM, SKUS, BY_CATEGORY, PROMOTIONS]


async def test_a_programme_says_at_which_places_it_is_in_force(connect: Connect) -> None:
    till = await connect(loyal_seed(rules=(spend(1),)))
    places = list(till.sandbox.account.locations)
    (program,) = await till.adapter.list_programs(None, seen_by("loyalty.list_programs"), call())
    assert program.places == frozenset(places)
    narrowed = await connect(loyal_seed(rules=(spend(1),)))
    assert narrowed.sandbox.account.program is not None
    narrowed.sandbox.account.program["location_ids"] = places[:1]
    (program,) = await narrowed.adapter.list_programs(None, seen_by("loyalty.list_programs"), call())
    assert program.places == frozenset(places[:1])


def spend(points: int, **more: Any) -> LoyaltyRule:
    return LoyaltyRule(kind="SPEND", points=Decimal(points), spend_minor=100, currency="GBP", **more)


@pytest.mark.parametrize(
    ("status", "complete"), [("ACTIVE", False), ("SCHEDULED", False), ("ENDED", True), ("CANCELED", True)]
)
async def test_a_promotion_makes_the_rules_a_lower_bound(connect: Connect, status: str, complete: bool) -> None:
    till = await connect(loyal_seed(rules=(spend(1),)))
    promotion: dict[str, Any] = {"name": "Double points", "incentive": {"type": "POINTS_MULTIPLIER"}}
    promotion |= {"available_time": {"time_periods": ["BEGIN:VEVENT"]}, "status": status}
    till.sandbox.account.loyalty_promotions = [promotion]
    (program,) = await till.adapter.list_programs(None, seen_by("loyalty.list_programs"), call())
    assert program.complete is complete


async def test_a_rule_of_a_kind_nobody_knows_is_not_left_out_in_silence(connect: Connect) -> None:
    till = await connect(loyal_seed(rules=(spend(1),)))
    assert till.sandbox.account.program is not None
    till.sandbox.account.program["accrual_rules"].append({"accrual_type": "REFERRAL", "points": 9})
    (program,) = await till.adapter.list_programs(None, seen_by("loyalty.list_programs"), call())
    assert [(rule.kind, rule.evaluable) for rule in program.rules] == [("SPEND", True), ("REFERRAL", False)]


async def test_a_category_that_earns_nothing_is_read_as_its_skus(connect: Connect) -> None:
    till = await connect(loyal_seed(rules=(spend(1),)))
    assert till.sandbox.account.program is not None
    details = till.sandbox.account.program["accrual_rules"][0]["spend_data"]
    details["excluded_category_ids"] = [native_id("CATG", "11")]
    (program,) = await till.adapter.list_programs(None, seen_by("loyalty.list_programs"), call())
    assert program.rules[0].excluded_skus == {"MUG-S", "MUG-L"}
    assert till.asked() == [PROGRAM, BY_CATEGORY, PROMOTIONS]


async def entries_of(till: Connected, first: int, after: str | None = None) -> Any:
    query = LoyaltyEntryQuery(NativeRef(BACKEND, account_uuid("700")), first, after)
    return await till.adapter.list_entries(query, seen_by("loyalty.list_entries"), call())


async def test_what_each_kind_of_movement_does_to_the_balance(connect: Connect) -> None:
    moves = (
        entry(0, 100, minutes=6, order_reference="8000"),
        entry(1, -40, "CREATE_REWARD", minutes=5),
        entry(2, 0, "REDEEM_REWARD", minutes=4),
        entry(3, 40, "DELETE_REWARD", minutes=3),
        entry(4, -7, "ADJUST_POINTS", minutes=2, description="goodwill reversed"),
        entry(5, -3, "EXPIRE_POINTS", minutes=1),
    )
    till = await connect(loyal_seed(holder(0, 90, *moves)))
    found = (await entries_of(till, 10)).entries
    assert [int(each.points) for each in found] == [-3, -7, 40, 0, -40, 100]
    assert sum(each.points for each in found) == 90
    assert (found[1].description, found[5].order_reference) == ("goodwill reversed", native_id("ORDR", "8000"))


async def test_a_reward_written_with_a_positive_number_still_takes_points(connect: Connect) -> None:
    till = await connect(loyal_seed(holder(0, 0, entry(1, 40, "CREATE_REWARD"), entry(2, 5, "EXPIRE_POINTS"))))
    assert {int(each.points) for each in (await entries_of(till, 10)).entries} == {-40, -5}


@pytest.mark.parametrize("first", [1, 2, 7, 29, 30, 31, 70])
async def test_pages_of_movements_neither_lose_nor_double(connect: Connect, first: int) -> None:
    """70 movements of which ten share each instant."""
    moves = tuple(entry(number, 1, minutes=number // 10) for number in range(70))
    till = await connect(loyal_seed(holder(0, 70, *moves)))
    walked: list[str] = []
    after: str | None = None
    while True:
        page = await entries_of(till, first, after)
        assert len(page.entries) == len(page.positions) <= first
        walked += [each.id for each in page.entries]
        if not page.has_next:
            break
        after = page.positions[-1]
    assert len(walked) == len(set(walked)) == 70


async def test_a_page_of_movements_is_one_request(connect: Connect) -> None:
    moves = tuple(entry(number, 1, minutes=number) for number in range(70))
    till = await connect(loyal_seed(holder(0, 70, *moves)))
    page = await entries_of(till, 20)
    await entries_of(till, 20, page.positions[-1])
    assert till.asked() == [EVENTS, EVENTS]
    await entries_of(till, 60)
    assert till.asked() == [EVENTS] * 3


async def test_a_position_that_is_none_is_refused(till: Connected) -> None:
    with pytest.raises(InvalidCursor):
        await entries_of(till, 5, "yesterday x")
