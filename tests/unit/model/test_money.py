"""Money is decimal, keeps its digits until it is charged, and is never guessed at."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import InvalidAnswer
from gateway.model.money import Money, TaxedMoney, TaxTreatment

CURRENCIES = st.sampled_from(["GBP", "JPY", "KWD", "ILS", "RSD", "IQD", "CLF"])


@pytest.mark.parametrize(
    ("minor", "currency", "amount"),
    [
        (1999, "GBP", "19.99"),
        (1999, "JPY", "1999"),
        (1999, "KWD", "1.999"),
        (-5, "GBP", "-0.05"),
        (199999, "RSD", "1999.99"),
        (199999, "IQD", "199.999"),
        (199999, "CLF", "19.9999"),
    ],
)
def test_minor_units_are_scaled_by_the_currency(minor: int, currency: str, amount: str) -> None:
    assert Money.from_minor(minor, currency).amount == Decimal(amount)


@given(st.integers(-(10**12), 10**12), CURRENCIES)
def test_minor_units_need_no_rounding(minor: int, currency: str) -> None:
    money = Money.from_minor(minor, currency)
    assert money.quantized() == money


@pytest.mark.parametrize(
    ("amount", "currency", "charged"),
    [
        ("13.327333", "GBP", "13.33"),
        ("0.005", "GBP", "0.01"),
        ("-0.005", "GBP", "-0.01"),
        ("2623.6875", "JPY", "2624"),
        ("6.1469", "KWD", "6.147"),
        ("149.494", "RSD", "149.49"),
    ],
)
def test_what_is_charged_is_rounded_half_up_away_from_zero(amount: str, currency: str, charged: str) -> None:
    assert str(Money(Decimal(amount), currency).quantized().amount) == charged


def test_the_line_is_rounded_and_not_the_piece() -> None:
    piece = Money(Decimal("13.327333"), "GBP")
    assert piece.times(3).quantized().amount == Decimal("39.98")
    assert piece.quantized().times(3).amount == Decimal("39.99")


def test_three_pieces_cost_three_times_one_where_the_small_coins_are_out_of_use() -> None:
    assert Money(Decimal("149.49"), "RSD").times(3).quantized().amount == Decimal("448.47")


@pytest.mark.parametrize(
    ("amount", "currency", "displayed"),
    [("149.49", "RSD", "149"), ("148.496", "RSD", "148"), ("0.5", "IQD", "1"), ("12.345", "GBP", "12.35")],
)
def test_it_is_shown_with_the_digits_people_write_rounded_once(amount: str, currency: str, displayed: str) -> None:
    assert str(Money(Decimal(amount), currency).displayed()) == displayed


def test_an_amount_in_a_currency_that_is_none_is_never_rounded_or_scaled() -> None:
    for currency in ("ZZZ", "XAU", "HRK", ""):
        with pytest.raises(InvalidAnswer):
            Money.from_minor(1, currency)
        with pytest.raises(InvalidAnswer):
            Money(Decimal(1), currency).quantized()
        assert Money(Decimal("1.00"), currency).displayed() == 1


@pytest.mark.parametrize(
    ("amount", "currency", "settled"),
    [
        ("149.494", "RSD", "149.49"),
        ("67.82999999999998", "HRK", "67.83"),
        ("67.8", "BGN", "67.80"),
        ("5.4", "BYR", "5"),
    ],
)
def test_what_was_charged_in_a_currency_that_was_withdrawn_since_keeps_its_digits(
    amount: str, currency: str, settled: str
) -> None:
    assert str(Money(Decimal(amount), currency).settled().amount) == settled


def test_amounts_of_two_currencies_are_never_added() -> None:
    with pytest.raises(ValueError, match="JPY"):
        Money(Decimal(1), "GBP").plus(Money(Decimal(1), "JPY"))


NET, GROSS = Money(Decimal(10), "GBP"), Money(Decimal(12), "GBP")


@pytest.mark.parametrize(
    ("treatment", "net", "gross", "stated"),
    [
        (TaxTreatment.EXCLUDED, NET, GROSS, NET),
        (TaxTreatment.INCLUDED, NET, GROSS, GROSS),
        (TaxTreatment.EXEMPT, NET, NET, NET),
        (TaxTreatment.UNKNOWN, None, GROSS, GROSS),
        (TaxTreatment.UNKNOWN, NET, None, NET),
        (TaxTreatment.EXCLUDED, None, GROSS, GROSS),
    ],
)
def test_the_stated_amount_is_the_one_its_source_keeps(
    treatment: TaxTreatment, net: Money | None, gross: Money | None, stated: Money
) -> None:
    money = TaxedMoney(net, gross, None, treatment)
    assert money.stated == stated
    assert money.currency == "GBP"


def test_taxed_money_without_an_amount_is_refused_when_it_is_read() -> None:
    with pytest.raises(ValueError, match="without an amount"):
        _ = TaxedMoney().stated


def test_what_rounds_to_nothing_has_no_sign() -> None:
    for written in ("-0", "-0.001", "0"):
        assert str(Money(Decimal(written), "GBP").quantized().amount) == "0.00"
        assert str(Money(Decimal(written), "GBP").displayed()) == "0.00"
