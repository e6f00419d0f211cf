"""Units convert within what they measure, and into nothing else."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.shopify.shapes import UCUM
from gateway.model.measures import Dimension, converted, dimension_of


@pytest.mark.parametrize(
    ("quantity", "unit", "target", "found"),
    [
        ("750", "mL", "L", "0.75"),
        ("75", "cL", "mL", "750"),
        ("750", "ml", "l", "0.75"),
        ("1", "[lb_av]", "g", "453.59237"),
        ("16", "[oz_av]", "[lb_av]", "1"),
        ("1", "[gal_us]", "L", "3.785411784"),
        ("1", "[ft_i]", "[in_i]", "12"),
        ("1", "m3", "L", "1000"),
        ("6", "{item}", "1", "6"),
    ],
)
def test_a_quantity_is_converted_exactly(quantity: str, unit: str, target: str, found: str) -> None:
    assert converted(Decimal(quantity), unit, target) == Decimal(found)


@pytest.mark.parametrize(("unit", "target"), [("g", "mL"), ("m", "m2"), ("{item}", "kg"), ("g", "furlong"), ("x", "g")])
def test_what_measures_something_else_is_not_converted(unit: str, target: str) -> None:
    assert converted(Decimal(1), unit, target) is None


def test_a_unit_nobody_knows_is_itself() -> None:
    assert converted(Decimal(3), "furlong", "furlong") == 3
    assert dimension_of("furlong") is None


@pytest.mark.parametrize("unit", UCUM.values())
def test_every_unit_an_adapter_gives_is_known(unit: str) -> None:
    assert dimension_of(unit) is not None


@given(
    st.decimals("0.001", "100000", places=3),
    st.sampled_from(["mg", "g", "kg", "[oz_av]", "[lb_av]"]),
    st.sampled_from(["mg", "g", "kg", "[oz_av]", "[lb_av]"]),
)
def test_there_and_back_is_where_it_began(quantity: Decimal, unit: str, target: str) -> None:
    there = converted(quantity, unit, target)
    assert there is not None
    back = converted(there, target, unit)
    assert back is not None
    assert abs(back - quantity) <= quantity * Decimal("1e-20")


def test_law_prices_each_kind_in_a_unit_of_that_kind() -> None:
    assert {kind: dimension_of(kind.value) for kind in Dimension} == {kind: kind for kind in Dimension}
