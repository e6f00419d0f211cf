"""What is suggested was typed: spelt rightly, and nothing added or guessed."""

from __future__ import annotations

import re

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.constraints import nearest
from gateway.constraints.codes import country_fault, currencies, currency_fault, time_zone_fault
from gateway.constraints.constraint import Facts, Fault
from gateway.constraints.texts import SERVICE, WORD, phone_fault, section_fault

NOTHING = Facts({}, {}, None)  # type: ignore[arg-type]


def suggested(fault: Fault | None) -> str | None:
    assert fault is not None
    return fault.nearest


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("+44 20 7946 0000", "+442079460000"),
        ("+44 (0)20 7946-0000", "+442079460000"),
        ("tel:+442079460000", "+442079460000"),
        ("00442079460000", "+442079460000"),
        ("+４４ 20 7946 0000", "+442079460000"),
        ("+44 20 abc", None),
        ("+1-800-FLOWERS", None),
        ("+44 20 7946 0000 ext. 5", None),
        ("abc+442079460000", None),
        ("+442079460000;ext=4", None),
        ("+44 2079460000x", None),
        ("+44 20 7946 0000 / 0001", None),
        ("+44 20 79", None),
        ("020 7946 0101", None),
        ("+999 1234567", None),
    ],
)
def test_a_phone_number_is_suggested_only_as_it_was_typed(typed: str, meant: str | None) -> None:
    assert suggested(phone_fault(typed)) == meant


@given(st.text(alphabet="+0123456789 ()-.abcXYZ/;:ext²１", min_size=1, max_size=24))
def test_a_suggested_number_has_the_digits_that_were_typed_and_exists(typed: str) -> None:
    fault = phone_fault(typed)
    if fault is None or fault.nearest is None:
        return
    digits = re.sub(r"[^0-9]", "", typed.replace("１", "1").replace("²", "2").replace("(0)", ""))
    assert fault.nearest[1:] in (digits, digits.removeprefix("00"))
    assert not re.search(r"[A-Za-z]", typed.replace("tel:", ""))
    assert phonenumbers.is_valid_number(phonenumbers.parse(fault.nearest, None))
    assert phone_fault(fault.nearest) is None


def test_of_two_that_are_equally_near_none_is_suggested() -> None:
    assert nearest("shop_3", ["shop_1", "shop_2"]) is None
    assert nearest("shpo_1", ["shop_1", "shop_2"]) == "shop_1"
    assert nearest("shop1", ["shop_1", "erp"]) == "shop_1"


@pytest.mark.parametrize(("typed", "meant"), [("GPB", "GBP"), ("eur", "EUR"), ("EURO", "EUR"), ("ZZZ", None)])
def test_a_currency_is_suggested_where_one_alone_is_near(typed: str, meant: str | None) -> None:
    assert suggested(currency_fault(typed)) == meant
    assert meant is None or meant in currencies()


@pytest.mark.parametrize(
    ("typed", "meant"), [("UK", "GB"), ("gb", "GB"), ("Germany", "DE"), ("XX", None), ("Q1", None)]
)
def test_a_country_is_suggested_where_it_was_named(typed: str, meant: str | None) -> None:
    assert suggested(country_fault(typed)) == meant


def test_a_time_zone_is_not_invented() -> None:
    assert suggested(time_zone_fault("Europe/Londn")) == "Europe/London"
    assert suggested(time_zone_fault("Mars/Phobos")) is None


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("Käse Shop", "kase_shop"), ("日本shop", None), ("shop™", "shoptm"), ("ß", None), ("Pick Up", "pick_up")],
)
def test_a_name_is_suggested_with_all_its_letters_or_not_at_all(typed: str, meant: str | None) -> None:
    assert suggested(WORD.fault(typed, NOTHING)) == meant
    named = suggested(section_fault(typed))
    assert (named.lower() if named else None) == meant


def test_a_service_is_suggested_in_its_own_spelling() -> None:
    assert suggested(SERVICE.fault("Pick-up", NOTHING)) == "pickup"
