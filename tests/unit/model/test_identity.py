"""Business keys are trimmed and kept as written; codes are compared by the rule of the backend they stand in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model.identity import CaseRule, KeyRule, canonical_key, gtin14, gtin_forms


def test_keys_are_trimmed_and_composed_but_keep_their_case() -> None:
    assert canonical_key("  gw-S ") == "gw-S"
    assert canonical_key("Cafe\u0301") == "Caf\u00e9"


@given(st.text())
def test_a_canonical_key_stays_as_it_is(key: str) -> None:
    assert canonical_key(canonical_key(key)) == canonical_key(key)


def test_codes_that_differ_by_case_are_two_unless_the_rule_folds_them() -> None:
    assert not KeyRule().same("gw-s", "GW-S")
    assert KeyRule(case=CaseRule.UPPER).same("gw-s", "GW-S")
    assert KeyRule(case=CaseRule.LOWER).written("GW-S") == "gw-s"


def test_only_digits_are_padded() -> None:
    rule = KeyRule(pad=6)
    assert rule.written("42") == "000042"
    assert rule.written("42A") == "42A"
    assert rule.same("42", "000042")


KEYS = st.text("aAbB\u0301 01", max_size=4)


@given(st.builds(KeyRule, case=st.sampled_from(CaseRule), pad=st.integers(0, 3)), KEYS, KEYS)
def test_two_keys_are_one_exactly_when_they_are_written_alike(rule: KeyRule, asked: str, found: str) -> None:
    assert rule.same(asked, found) is (found != "" and rule.written(asked) == rule.written(found))


@pytest.mark.parametrize("found", [None, ""])
def test_a_record_without_a_key_matches_nothing(found: str | None) -> None:
    assert not KeyRule().same("", found)


@pytest.mark.parametrize(
    ("code", "padded"),
    [
        ("4006381333931", "04006381333931"),
        ("96385074", "00000096385074"),
        ("036000291452", "00036000291452"),
        ("10614141000415", "10614141000415"),
        (" 4006381333931 ", "04006381333931"),
        ("4006381333932", None),
        ("400638133393", None),
        ("4006381333931x", None),
        ("４００６３８１３３３９３１", None),
        ("", None),
    ],
)
def test_gtins_of_all_lengths_become_fourteen_digits_or_nothing(code: str, padded: str | None) -> None:
    assert gtin14(code) == padded


def test_a_gtin_is_looked_for_in_every_form_it_may_be_stored_in() -> None:
    assert gtin_forms("00000096385074") == ("00000096385074", "0000096385074", "000096385074", "96385074")
    assert gtin_forms("04006381333931") == ("04006381333931", "4006381333931")
    assert gtin_forms("10614141000415") == ("10614141000415",)


@given(st.integers(0, 10**13 - 1))
def test_exactly_one_check_digit_is_right_and_every_form_means_the_same(number: int) -> None:
    body = f"{number:013}"
    right = [code for digit in "0123456789" if (code := gtin14(body + digit)) is not None]
    assert len(right) == 1
    assert {gtin14(form) for form in gtin_forms(right[0])} == {right[0]}
