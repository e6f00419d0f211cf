"""Profiles by email and phone: several per person, near matches, the index that lags, and what Square does not know."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from adapters.square.sandbox.account import native_id
from gateway.errors import InvalidAnswer
from gateway.model.customers import Consent, ConsentState, CustomerKey, CustomerKeyKind, CustomerRecord
from gateway.model.identity import NativeRef
from gateway.testing.sandbox import Seed
from tests.contract.adapters.square.connected import BACKEND, SEEN, Connect, Connected, call, seen_by, small_seed

SEARCH, BULK = "POST /v2/customers/search", "POST /v2/customers/bulk-retrieve"
ADA, BABBAGE = native_id("CUST", "501"), native_id("CUST", "502")


def email(value: str) -> CustomerKey:
    return CustomerKey(CustomerKeyKind.EMAIL, value)


def phone(value: str) -> CustomerKey:
    return CustomerKey(CustomerKeyKind.PHONE, value)


def native(value: str) -> CustomerKey:
    return CustomerKey(CustomerKeyKind.NATIVE, value)


def people_seed() -> Seed:
    return small_seed(
        customers=(
            CustomerRecord(
                NativeRef("seed", "501"),
                SEEN,
                emails=("Ada@Example.com",),
                phones=("+44 20 7946 0100",),
                given_name="Ada",
                family_name="Lovelace",
                birth_date=date(1815, 12, 10),
                groups=("VIP",),
                consents=(Consent("email", ConsentState.DENIED, SEEN),),
                external_ids=(NativeRef("crm", "C-77"),),
            ),
            CustomerRecord(NativeRef("seed", "502"), SEEN, emails=("b@example.com",), phones=("020 7946 0100",)),
        )
    )


@pytest.fixture
async def till(connect: Connect) -> Connected:
    return await connect(people_seed())


async def ask(till: Connected, *keys: CustomerKey) -> dict[CustomerKey, Any]:
    return dict(await till.adapter.find_customers(keys, seen_by("customer.find_customers"), call()))


async def test_a_profile_as_square_keeps_it(till: Connected) -> None:
    (ada,) = (await ask(till, email("ada@example.com")))[email("ada@example.com")]
    assert (ada.ref, ada.emails, ada.phones) == (NativeRef(BACKEND, ADA), ("ada@example.com",), ("+442079460100",))
    assert (ada.given_name, ada.family_name, ada.birth_date) == ("Ada", "Lovelace", date(1815, 12, 10))
    assert (ada.groups, ada.external_ids) == (("VIP",), (NativeRef("reference_id", "C-77"),))
    assert ada.email_verified is None
    assert [(each.channel, each.state) for each in ada.consents] == [("email", ConsentState.DENIED)]


async def test_not_having_unsubscribed_is_no_consent(till: Connected) -> None:
    (other,) = (await ask(till, native(BABBAGE)))[native(BABBAGE)]
    assert [each.state for each in other.consents] == [ConsentState.UNKNOWN]


async def test_two_people_who_share_a_phone_are_both_answered(till: Connected) -> None:
    till.sandbox.account.customers[BABBAGE]["phone_number"] = "+442079460100"
    found = (await ask(till, phone("+442079460100")))[phone("+442079460100")]
    assert {each.ref.id for each in found} == {ADA, BABBAGE}


async def test_a_national_number_is_read_by_the_configured_country(connect: Connect) -> None:
    till = await connect(people_seed())
    assert (await ask(till, native(BABBAGE)))[native(BABBAGE)][0].phones == ("+442079460100",)
    nowhere = await connect(people_seed(), country="")
    assert (await ask(nowhere, native(BABBAGE)))[native(BABBAGE)][0].phones == ()


async def test_a_day_without_a_year_is_no_birth_date(till: Connected) -> None:
    till.sandbox.account.customers[ADA]["birthday"] = "0000-12-10"
    assert (await ask(till, native(ADA)))[native(ADA)][0].birth_date is None


async def test_an_instant_profile_is_found_once_the_index_has_it(till: Connected) -> None:
    till.sandbox.account.index_lag = 60.0
    record = CustomerRecord(NativeRef("seed", "599"), SEEN, emails=("ada@example.com",))
    made = till.sandbox.add_instant_profile(record)
    assert len((await ask(till, email("ada@example.com")))[email("ada@example.com")]) == 1
    assert len((await ask(till, native(made["id"])))[native(made["id"])]) == 1
    till.sandbox.account.index_lag = 0.0
    assert len((await ask(till, email("ada@example.com")))[email("ada@example.com")]) == 2


async def test_a_profile_that_no_longer_matches_is_left_out(till: Connected) -> None:
    """The index may be a minute behind: it answers a profile whose email has been changed since."""
    body = b'{"customers":[{"id":"X","email_address":"somebody.else@example.com"}]}'
    till.sandbox.faults.reply["/v2/customers/search"] = body
    assert await ask(till, email("ada@example.com")) == {}


async def test_more_than_a_page_of_profiles_with_one_phone(connect: Connect) -> None:
    many = tuple(CustomerRecord(NativeRef("seed", str(n)), SEEN, phones=("+442079460100",)) for n in range(205))
    till = await connect(small_seed(customers=many))
    assert len((await ask(till, phone("+442079460100")))[phone("+442079460100")]) == 205
    assert till.asked() == [SEARCH] * 3


@pytest.mark.parametrize("count", [1, 100])
async def test_one_request_for_each_email_and_one_for_100_ids(connect: Connect, count: int) -> None:
    many = tuple(CustomerRecord(NativeRef("seed", str(n)), SEEN, emails=(f"p{n}@example.com",)) for n in range(count))
    till = await connect(small_seed(customers=many))
    assert len(await ask(till, *(email(f"p{n}@example.com") for n in range(count)))) == count
    assert till.asked() == [SEARCH] * count
    assert len(await ask(till, *(native(native_id("CUST", str(n))) for n in range(count)), native("NOPE"))) == count
    assert till.asked() == [BULK] * (1 if count < 100 else 2)


async def test_a_search_that_fails_is_the_error_of_its_own_key(connect: Connect) -> None:
    till = await connect(people_seed())
    till.sandbox.faults.reply["/v2/customers/search"] = b"<html>"
    keys = [native(ADA), email("ada@example.com")]
    found = await till.adapter.find_customers(keys, seen_by("customer.find_customers"), call())
    assert isinstance(found[keys[0]], tuple)
    assert isinstance(found[keys[1]], InvalidAnswer)
    till.sandbox.faults.reply_after = 1
    both = [email("ada@example.com"), email("b@example.com")]
    found = await till.adapter.find_customers(both, seen_by("customer.find_customers"), call())
    assert sorted(type(found[key]).__name__ for key in both) == ["InvalidAnswer", "tuple"]
    till.sandbox.faults.reply_after = 0
    with pytest.raises(InvalidAnswer):
        await till.adapter.find_customers(both, seen_by("customer.find_customers"), call())
