"""Points to earn: whole steps, parts of points, thresholds, what a rule is for, and what cannot be told before."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model.customers import LoyaltyProgram, LoyaltyRule
from gateway.model.freshness import Freshness
from gateway.model.identity import NativeRef
from gateway.model.money import Money, TaxedMoney, TaxTreatment
from gateway.model.pricing import Price
from gateway.services.earning import PointsToEarn, in_force, to_earn
from tests.unit.services.retailer import NOW

CENTS = {"digits": 2}


def price(net: str | None, gross: str | None, quantity: str = "1", currency: str = "GBP", **more: Any) -> Price:
    amounts = [None if amount is None else Money(Decimal(amount), currency) for amount in (net, gross)]
    total = TaxedMoney(amounts[0], amounts[1], None, TaxTreatment.INCLUDED if gross else TaxTreatment.EXCLUDED)
    return Price(total, Freshness("erp", NOW), line=total, quantity=Decimal(quantity), **more)


def rule(kind: str, points: str, **more: Any) -> LoyaltyRule:
    return LoyaltyRule(kind=kind, points=Decimal(points), **more)


def earned(of: Price, *rules: LoyaltyRule, sku: str | None = "MUG", **more: Any) -> PointsToEarn | None:
    program = LoyaltyProgram(NativeRef("erp", "1"), "Circle", Freshness("erp", NOW), rules=rules, **more)
    return to_earn(program, of, sku)


def points(of: Price, *rules: LoyaltyRule, sku: str | None = "MUG", **more: Any) -> tuple[str, bool]:
    found = earned(of, *rules, sku=sku, **more)
    assert found is not None
    return f"{found.points:f}", found.complete


MUG = price("16.66", "19.99")
TEN_POUNDS = {"spend_minor": 1000, "currency": "GBP"}


@pytest.mark.parametrize(
    ("counted", "rules", "expected"),
    [
        (MUG, [rule("SPEND", "0.15", **CENTS)], "2.99"),
        (MUG, [rule("SPEND", "1", **TEN_POUNDS)], "1"),
        (MUG, [rule("SPEND", "1", spend_minor=100, currency="GBP", tax_included=False)], "16"),
        (MUG, [rule("ITEM", "5")], "5"),
        (price("10", "12", "2.5"), [rule("ITEM", "5", **CENTS)], "12.5"),
        (price("10", "12", "2.5"), [rule("ITEM", "5")], "10"),
        (MUG, [rule("ORDER", "10")], "10"),
        (MUG, [rule("SPEND", "0.15", **CENTS), rule("ITEM", "5", **CENTS), rule("ORDER", "10")], "17.99"),
        (MUG, [rule("SPEND", "1", skus=frozenset({"PEN"}), **CENTS)], "0"),
        (MUG, [rule("SPEND", "1", skus=frozenset({"MUG"}), **CENTS)], "19.99"),
        (MUG, [rule("SPEND", "1", excluded_skus=frozenset({"MUG"}), **CENTS)], "0"),
        (MUG, [rule("ITEM", "5", minimum_quantity=Decimal(2))], "0"),
        (price("20", "24", "2"), [rule("ITEM", "5", minimum_quantity=Decimal(2))], "10"),
        (MUG, [rule("ORDER", "4", minimum_spend=Decimal("19.99"), minimum_currency="GBP")], "4"),
        (
            MUG,
            [rule("ORDER", "4", minimum_spend=Decimal("19.99"), minimum_currency="GBP", minimum_tax_included=False)],
            "0",
        ),
        (price("-10", "-12"), [rule("SPEND", "1", **CENTS)], "0"),
        (price("1900", "2090", currency="JPY"), [rule("SPEND", "0.01", **CENTS)], "20.9"),
    ],
)
def test_what_is_known_before_buying_is_evaluated(counted: Price, rules: list[LoyaltyRule], expected: str) -> None:
    assert points(counted, *rules) == (expected, True)


@pytest.mark.parametrize(
    "unknown",
    [
        rule("ITEM", "3", evaluable=False),
        rule("VISIT", "3"),
        rule("REFERRAL", "3"),
        rule("ITEM", "3", category_keys=("11",)),
        rule("ORDER", "3", minimum_spend=Decimal(1), minimum_currency="EUR"),
    ],
    ids=["a code", "a visit", "an unknown kind", "a category of its own", "a threshold in another currency"],
)
def test_what_is_not_known_makes_it_a_lower_bound(unknown: LoyaltyRule) -> None:
    assert points(MUG, rule("ITEM", "5"), unknown) == ("5", False)


def test_a_rule_about_other_products_leaves_nothing_open() -> None:
    assert points(MUG, rule("ITEM", "3", evaluable=False, skus=frozenset({"PEN"}))) == ("0", True)
    assert points(MUG, rule("ITEM", "3", skus=frozenset({"PEN"})), sku=None) == ("0", False)
    assert points(MUG, rule("ITEM", "3"), sku=None) == ("3", True)


def test_an_amount_that_the_price_does_not_state_is_not_guessed() -> None:
    assert points(price("16.66", None), rule("SPEND", "1", **CENTS)) == ("0", False)
    assert points(price("16.66", None), rule("SPEND", "1", tax_included=False, **CENTS)) == ("16.66", True)


def test_a_programme_that_says_it_has_more_conditions_is_a_lower_bound() -> None:
    assert points(MUG, rule("ITEM", "5"), complete=False) == ("5", False)


def test_a_programme_is_for_its_lists_and_its_currency() -> None:
    five = rule("ITEM", "5")
    assert earned(MUG, rule("SPEND", "1", spend_minor=100, currency="EUR")) is None
    listed = frozenset({"3"})
    assert points(price("10", "12", price_list="3"), five, price_lists=listed) == ("5", True)
    assert earned(price("10", "12", price_list="4"), five, price_lists=listed) is None
    assert points(MUG, five, price_lists=listed) == ("0", False)  # from a system without that list


@given(st.decimals("0", "9999", places=2), st.decimals("0.01", "9", places=3))
def test_points_for_money_never_exceed_it_and_are_cut_at_two_decimals(amount: Decimal, each: Decimal) -> None:
    found = earned(price(str(amount), str(amount)), rule("SPEND", str(each), **CENTS))
    assert found is not None
    assert 0 <= amount * each - found.points < Decimal("0.01")


@pytest.mark.parametrize(
    ("places", "here", "holds"),
    [
        (None, None, True),
        ({"L1", "L2", "L3"}, None, True),  # at every place that is configured
        ({"L1", "L2"}, ["L1"], True),
        ({"L1"}, ["L2"], False),
        ({"L1"}, [], False),  # a store of another system
        ({"L1"}, ["L1", "L2"], None),
        ({"L1"}, None, None),
        ({"L9"}, None, False),
    ],
)
def test_a_programme_of_some_places_promises_nothing_elsewhere(
    places: set[str] | None, here: list[str] | None, holds: bool | None
) -> None:
    some = None if places is None else frozenset(places)
    program = LoyaltyProgram(
        NativeRef("till", "1"), "Circle", Freshness("till", NOW), rules=(rule("ORDER", "5"),), places=some
    )
    assert in_force(program, ["L1", "L2"], here) is holds
    found = to_earn(program, MUG, "MUG", holds=holds)
    told = None if found is None else (found.points, found.complete)
    assert told == {True: (Decimal(5), True), False: None, None: (Decimal(0), False)}[holds]
