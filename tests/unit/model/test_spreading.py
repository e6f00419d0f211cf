"""An amount spread over several is that amount, whatever they weigh."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model.spreading import spread

CENT = Decimal("0.01")
weights = st.lists(st.decimals(0, 10**9, places=4), min_size=1, max_size=60)
quanta = st.sampled_from([Decimal(1), CENT, Decimal("0.001")])


@given(st.integers(0, 10**12), weights, quanta)
def test_shares_sum_to_the_amount_and_are_no_further_than_a_quantum_from_their_part(
    units: int, weights: list[Decimal], quantum: Decimal
) -> None:
    amount = units * quantum
    shares = spread(amount, weights, quantum)
    assert sum(shares) == amount
    total = sum(weights)
    for share, weight in zip(shares, weights, strict=True):
        assert share >= 0
        assert share % quantum == 0
        if total:
            # Compared crosswise, because a division of decimals would round.
            assert abs(share * total - amount * weight) <= quantum * total
            assert weight or not share


@given(st.integers(0, 10**6), weights)
def test_no_share_of_a_part_is_more_than_what_it_is_a_part_of(units: int, weights: list[Decimal]) -> None:
    whole = [weight.quantize(CENT) for weight in weights]
    amount = min(units * CENT, sum(whole, Decimal(0)))
    assert all(share <= weight for share, weight in zip(spread(amount, whole, CENT), whole, strict=True))


@given(st.integers(0, 10**6), weights, st.integers(2, 1_000))
def test_only_proportions_count(units: int, weights: list[Decimal], factor: int) -> None:
    assert spread(Decimal(units), weights, Decimal(1)) == spread(
        Decimal(units), [weight * factor for weight in weights], Decimal(1)
    )


def test_a_remainder_goes_to_the_largest_and_of_equal_ones_to_the_first() -> None:
    assert spread(Decimal("0.05"), [Decimal(1)] * 3, CENT) == [Decimal("0.02"), Decimal("0.02"), CENT]
    assert spread(Decimal("1.00"), [Decimal(1), Decimal(2)], CENT) == [Decimal("0.33"), Decimal("0.67")]
    assert spread(Decimal("5.00"), [Decimal("19.98"), Decimal("3.33")], CENT) == [Decimal("4.29"), Decimal("0.71")]
    assert spread(Decimal(1), [Decimal(0), Decimal(0)], Decimal(1)) == [Decimal(1), Decimal(0)]


@pytest.mark.parametrize(
    ("amount", "weights", "quantum"),
    [("-1", ["1"], "1"), ("1", ["-1", "2"], "1"), ("0.005", ["1"], "0.01"), ("1", [], "1"), ("1", ["1"], "0")],
)
def test_what_cannot_be_spread_is_a_mistake(amount: str, weights: list[str], quantum: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        spread(Decimal(amount), [Decimal(weight) for weight in weights], Decimal(quantum))
