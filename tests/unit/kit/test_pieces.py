"""A line of an order in whole coins."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from gateway.kit.pieces import in_coins, shared
from gateway.model.money import Money

CURRENCY = st.sampled_from(["GBP", "JPY", "KWD"])
UNIT = st.decimals("0", "5000", places=4)
QUANTITY = st.integers(1, 500)


def gbp(amount: str) -> Money:
    return Money(Decimal(amount), "GBP")


def test_a_price_in_whole_coins_stays_one() -> None:
    assert in_coins(gbp("12.08"), 7, gbp("84.56")) == ((7, gbp("12.08")),)


def test_a_finer_price_is_told_as_two_a_coin_apart() -> None:
    assert in_coins(gbp("10.268"), 10, gbp("102.68")) == ((8, gbp("10.27")), (2, gbp("10.26")))


@given(UNIT, QUANTITY, CURRENCY)
def test_pieces_and_their_sum_are_what_was_asked_for(unit: Decimal, quantity: int, currency: str) -> None:
    whole = Money(unit * quantity, currency).quantized()
    parts = in_coins(Money(unit, currency), quantity, whole)
    assert sum(pieces for pieces, _ in parts) == quantity
    assert sum(each.amount * pieces for pieces, each in parts) == whole.amount
    assert all(pieces > 0 and each == each.quantized() and each.amount >= 0 for pieces, each in parts)


@given(UNIT, QUANTITY, CURRENCY, st.decimals("0", "900", places=3))
def test_what_is_shared_sums_to_the_coin(unit: Decimal, quantity: int, currency: str, amount: Decimal) -> None:
    tax = Money(amount, currency).quantized()
    parts = in_coins(Money(unit, currency), quantity, Money(unit * quantity, currency))
    told = shared(tax, parts)
    assert len(told) == len(parts)
    assert sum(each.amount for each in told) == tax.amount
    assert all(each == each.quantized() for each in told)
