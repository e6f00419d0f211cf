"""Contacts as HubSpot has them: several emails, phones as typed, merged and archived records, a lagging index."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import cast

import pytest

from adapters.hubspot.sandbox import HubSpotSandbox
from gateway.errors import InvalidAnswer, Mistake
from gateway.model.customers import (
    Consent,
    ConsentState,
    CustomerKey,
    CustomerRecord,
)
from gateway.model.freshness import Freshness
from gateway.model.identity import NativeRef
from tests.contract.adapters.hubspot.connected import NOTHING, Connect, Crm, a_call, email, native, phone

SEEN = Freshness("seed", datetime(2026, 7, 1, tzinfo=UTC))


def person(id: str, *emails: str, phones: tuple[str, ...] = (), **more: object) -> CustomerRecord:  # noqa: A002
    return CustomerRecord(NativeRef("seed", id), SEEN, emails=emails, phones=phones, **more)  # type: ignore[arg-type]


async def ids(crm: Crm, key: CustomerKey) -> list[str]:
    answer = (await crm.find(key)).get(key, ())
    assert isinstance(answer, tuple)
    return sorted(record.ref.id for record in cast("tuple[CustomerRecord, ...]", answer))


async def test_whole_record(sandbox: HubSpotSandbox, connect: Connect) -> None:
    sandbox.add(
        person(
            "900",
            "Hana@Example.com",
            "hana@work.example",
            phones=("+81312345678", "+819012345678"),
            given_name="Hana",
            family_name="Sato",
            language="ja-JP",
            birth_date=date(1990, 2, 28),
            groups=("VIP", "Staff"),
            external_ids=(NativeRef("erp_customer_id", "77"),),
        )
    )
    crm = connect(id_properties=("erp_customer_id",))
    key = email("hana@work.example")
    (record,) = cast("tuple[CustomerRecord, ...]", (await crm.find(key))[key])
    assert record == CustomerRecord(
        NativeRef("crm", "900"),
        record.freshness,
        emails=("hana@example.com", "hana@work.example"),
        email_verified=None,
        phones=("+81312345678", "+819012345678"),
        given_name="Hana",
        family_name="Sato",
        language="ja-JP",
        birth_date=date(1990, 2, 28),
        groups=("VIP", "Staff"),
        external_ids=(NativeRef("erp_customer_id", "77"),),
        updated_at=sandbox.portal.now,
    )
    assert record.freshness.source == "crm"


async def test_email_of_any_case_in_hubspot_is_lower_case_here(sandbox: HubSpotSandbox, crm: Crm) -> None:
    sandbox.set_property("501", "email", "Ada@Example.COM")
    assert await ids(crm, email("ada@example.com")) == ["501"]


async def test_secondary_email_finds_its_contact(sandbox: HubSpotSandbox, crm: Crm) -> None:
    sandbox.add(person("900", "first@example.com", "second@example.com"))
    assert await ids(crm, email("second@example.com")) == ["900"]
    assert len(sandbox.requests) == 1


async def test_secondary_email_is_searched_where_batch_reads_do_not_know_it(
    sandbox: HubSpotSandbox, connect: Connect
) -> None:
    sandbox.batch_reads_secondary_emails = False
    sandbox.add(person("900", "first@example.com", "second@example.com"))
    sandbox.index_catches_up()
    assert await ids(connect(), email("second@example.com")) == []
    searching = connect(search_secondary_emails=True)
    assert await ids(searching, email("second@example.com")) == ["900"]
    sandbox.requests.clear()
    unknown = [email(f"nobody{number}@example.com") for number in range(12)]
    assert await searching.find(email("first@example.com"), *unknown) != {}
    assert [request.operation.rpartition("/")[2] for request in sandbox.requests] == ["read", *["search"] * 3]


async def test_a_search_that_fails_takes_no_contact_away_that_was_found(
    sandbox: HubSpotSandbox, connect: Connect
) -> None:
    sandbox.add(person("900", "first@example.com", "second@example.com"))
    sandbox.faults.reply["/crm/v3/objects/contacts/search"] = b"<html>"
    crm, keys = connect(search_secondary_emails=True), [email("first@example.com"), email("nobody@example.com")]
    found = await crm.adapter.find_customers(keys, NOTHING, a_call())
    assert isinstance(found[keys[0]], tuple)
    assert isinstance(found[keys[1]], InvalidAnswer)
    with pytest.raises(InvalidAnswer):
        await crm.adapter.find_customers(keys[1:], NOTHING, a_call())


async def test_near_match_of_the_index_is_not_served(sandbox: HubSpotSandbox, connect: Connect) -> None:
    """The token index also finds parts; every answer is compared with what was asked."""
    sandbox.set_property("501", "hs_additional_emails", "pair@example.com other@example.com")
    sandbox.index_catches_up()
    sandbox.batch_reads_secondary_emails = False
    assert await ids(connect(search_secondary_emails=True), email("pair@example.com")) == []


@pytest.mark.parametrize("typed", ["020 7946 0955", "+44 (0)20 7946 0955", "0044 20 7946 0955", "+44-20-7946-0955"])
async def test_phone_as_typed_is_found_by_e164(sandbox: HubSpotSandbox, connect: Connect, typed: str) -> None:
    sandbox.set_property("501", "phone", typed)
    sandbox.set_property("501", "hs_searchable_calculated_phone_number", "2079460955")
    sandbox.index_catches_up()
    crm = connect(phone_country="GB", phone_search_properties=("hs_searchable_calculated_phone_number",))
    sandbox.portal.contacts["501"].properties.pop("mobilephone", None)
    found = await crm.adapter.find_customers([native("501")], NOTHING, a_call())
    (record,) = cast("tuple[CustomerRecord, ...]", found[native("501")])
    assert record.phones == ("+442079460955",)


async def test_mobile_number_is_found_too(sandbox: HubSpotSandbox, crm: Crm) -> None:
    sandbox.add(person("900", "m@example.com", phones=("+442079460900", "+447700900456")))
    sandbox.index_catches_up()
    assert await ids(crm, phone("+447700900456")) == ["900"]


async def test_same_digits_in_another_country_are_another_phone(sandbox: HubSpotSandbox, crm: Crm) -> None:
    """HubSpot's calculated property has no country code."""
    sandbox.add(person("900", "de@example.com", phones=("+492079460111",)))
    sandbox.index_catches_up()
    assert await ids(crm, phone("+442079460111")) == ["502", "503"]
    assert await ids(crm, phone("+492079460111")) == ["900"]


async def test_all_pages_of_a_search_are_read(sandbox: HubSpotSandbox, crm: Crm) -> None:
    for number in range(230):
        sandbox.add(person(str(10_000 + number), f"clone{number}@example.com", phones=("+442079460777",)))
    sandbox.index_catches_up()
    assert len(await ids(crm, phone("+442079460777"))) == 230
    assert len(sandbox.requests) == 3


async def test_merged_contact_answers_under_its_former_id_with_its_own(sandbox: HubSpotSandbox, crm: Crm) -> None:
    sandbox.merge("502", "503")
    answer = await crm.find(native("502"), native("503"))
    records = cast("dict[CustomerKey, tuple[CustomerRecord, ...]]", answer)
    assert {key.value: [record.ref.id for record in found] for key, found in records.items()} == {
        "502": ["502"],
        "503": ["502"],
    }
    assert await ids(crm, email("buyer@example.com")) == ["502"]


async def test_archived_contact_is_absent_even_while_the_index_has_it(sandbox: HubSpotSandbox, crm: Crm) -> None:
    sandbox.archive("502")
    assert await ids(crm, native("502")) == []
    assert await ids(crm, email("sister@example.com")) == []
    assert await ids(crm, phone("+442079460111")) == ["503"]


async def test_new_contact_is_found_by_email_at_once_and_by_phone_when_indexed(
    sandbox: HubSpotSandbox, crm: Crm
) -> None:
    sandbox.add(person("900", "new@example.com", phones=("+442079460333",)))
    assert await ids(crm, email("new@example.com")) == ["900"]
    assert await ids(crm, phone("+442079460333")) == []
    sandbox.index_catches_up()
    assert await ids(crm, phone("+442079460333")) == ["900"]


async def test_cleared_and_never_set_properties_are_both_nothing(sandbox: HubSpotSandbox, crm: Crm) -> None:
    for name in ("firstname", "phone", "hs_language", "date_of_birth", "customer_group", "hs_additional_emails"):
        sandbox.set_property("501", name, "")
    answer = await crm.find(native("501"))
    (record,) = cast("tuple[CustomerRecord, ...]", answer[native("501")])
    assert (record.given_name, record.phones, record.language, record.birth_date, record.groups) == (
        None,
        (),
        None,
        None,
        (),
    )
    assert record.emails == ("ada@example.com",)


@pytest.mark.parametrize(
    ("stored", "read"),
    [
        ("1990-02-28", date(1990, 2, 28)),
        ("636163200000", date(1990, 2, 28)),
        ("-86400000000", date(1967, 4, 7)),
        ("28/02/1990", None),
        ("my birthday", None),
        ("99999999999999999999", None),
    ],
)
async def test_birth_date_is_read_where_it_is_a_date(
    sandbox: HubSpotSandbox, crm: Crm, stored: str, read: date | None
) -> None:
    sandbox.set_property("501", "date_of_birth", stored)
    answer = await crm.find(native("501"))
    (record,) = cast("tuple[CustomerRecord, ...]", answer[native("501")])
    assert record.birth_date == read


async def test_one_request_for_each_kind_of_key(sandbox: HubSpotSandbox, crm: Crm) -> None:
    await crm.find(
        email("ada@example.com"),
        email("buyer@example.com"),
        phone("+442079460100"),
        phone("+442079460111"),
        native("501"),
        native("502"),
    )
    assert sorted(request.operation.rpartition("/")[2] for request in sandbox.requests) == ["read", "read", "search"]


async def test_consents_of_every_subscription_type(sandbox: HubSpotSandbox, crm: Crm) -> None:
    granted = Consent("email", ConsentState.GRANTED, SEEN, purpose="Offers")
    sandbox.add(person("900", "offers@example.com", consents=(granted,)))
    answer = await crm.adapter.get_consents(
        ["offers@example.com", "ada@example.com", "nobody@example.com"], NOTHING, a_call()
    )
    states = {
        address: {consent.purpose: consent.state for consent in cast("tuple[Consent, ...]", found)}
        for address, found in answer.items()
    }
    assert states == {
        "offers@example.com": {"Marketing Information": ConsentState.DENIED, "Offers": ConsentState.GRANTED},
        "ada@example.com": {"Marketing Information": ConsentState.GRANTED, "Offers": ConsentState.DENIED},
    }
    assert len(sandbox.requests) == 3


async def test_email_with_characters_of_a_path_stays_one_segment(sandbox: HubSpotSandbox, crm: Crm) -> None:
    odd = "a/b+c?d#e%f@example.com"
    sandbox.add(person("900", odd))
    assert set(await crm.adapter.get_consents([odd], NOTHING, a_call())) == {odd}
    assert sandbox.requests[0].operation.endswith("{emailAddress}")


async def test_probe_names_configured_properties_that_do_not_exist(connect: Connect) -> None:
    good = await connect().adapter.probe(a_call())
    assert (good.version, good.notes) == ("CRM v3", ())
    bad = await connect(group_property="price_gruop").adapter.probe(a_call())
    assert [mistake.place for mistake in bad.problems if isinstance(mistake, Mistake)] == ["group_property"]


async def test_probe_names_a_property_that_phones_cannot_be_searched_in(connect: Connect) -> None:
    (problem,) = (await connect(phone_search_properties=("hs_searchable",)).adapter.probe(a_call())).problems
    assert isinstance(problem, Mistake)
    assert (problem.place, problem.value) == ("phone_search_properties[0]", "hs_searchable")
