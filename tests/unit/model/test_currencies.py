"""ISO 4217 says what is charged, CLDR what is written."""

from __future__ import annotations

import pytest
from babel.core import get_global
from iso4217 import Currency

from gateway.errors import InvalidAnswer
from gateway.model.currencies import display_digits, fraction_digits, is_currency

DIFFERENT = {
    "AFN": 2, "ALL": 2, "IQD": 3, "IRR": 2, "KPW": 2, "LAK": 2, "LBP": 2, "MGA": 2, "MMK": 2, "RSD": 2, "SOS": 2,
    "SYP": 2, "YER": 2,
}  # fmt: skip
"""Currencies whose small coins are out of use, with the digits ISO 4217 gives them all the same."""


@pytest.mark.parametrize(("currency", "digits"), [("GBP", 2), ("JPY", 0), ("KWD", 3), ("ILS", 2), ("CLF", 4)])
def test_currencies_have_the_digits_of_iso_4217(currency: str, digits: int) -> None:
    assert fraction_digits(currency) == digits


@pytest.mark.parametrize(("currency", "digits"), DIFFERENT.items())
def test_a_currency_keeps_its_digits_though_nobody_writes_them(currency: str, digits: int) -> None:
    assert fraction_digits(currency) == digits
    assert display_digits(currency) == 0


def test_no_other_currency_is_written_otherwise_than_it_is_charged() -> None:
    used = [entry.code for entry in Currency if entry.exponent is not None]
    assert {code for code in used if fraction_digits(code) != display_digits(code)} == set(DIFFERENT)


def test_every_currency_of_the_list_has_its_digits() -> None:
    used = {entry.code: entry.exponent for entry in Currency if entry.exponent is not None}
    assert len(used) > 150
    assert {code: fraction_digits(code) for code in used} == used


@pytest.mark.parametrize("code", ["ZZZ", "gbp", "", "GB", "XXX", "XTS", "XAU", "HRK", "DEM", "BYR", "SLL"])
def test_what_is_no_currency_in_use_is_refused(code: str) -> None:
    assert not is_currency(code)
    with pytest.raises(InvalidAnswer) as refused:
        fraction_digits(code)
    assert refused.value.detail is not None
    assert "ISO 4217" in refused.value.detail


def test_withdrawn_currencies_of_old_orders_can_still_be_written() -> None:
    known = get_global("currency_fractions")
    assert display_digits("HRK") == 2
    assert display_digits("BYR") == known["BYR"][0] == 0
