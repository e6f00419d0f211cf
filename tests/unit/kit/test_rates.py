"""The rate of a tax that was worked out elsewhere."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.kit.rates import rate_of, tax_at
from gateway.model.money import Money, TaxedMoney, TaxTreatment

RATES = st.sampled_from(
    [Decimal(text) for text in ("0", "0.05", "0.07", "0.08", "0.081", "0.19", "0.2", "0.21", "0.27")]
)
STATED = st.decimals("0.01", "100000", places=2)
BOTH = st.sampled_from([TaxTreatment.INCLUDED, TaxTreatment.EXCLUDED])


def taxed(stated: Decimal, rate: Decimal, treatment: TaxTreatment) -> TaxedMoney:
    money = Money(stated, "EUR")
    tax = tax_at(rate, money, treatment)
    if treatment is TaxTreatment.EXCLUDED:
        return TaxedMoney(money, money.plus(tax), tax, treatment)
    return TaxedMoney(money.plus(tax.times(-1)), money, tax, treatment)


@given(STATED, RATES, BOTH)
def test_a_rate_gives_the_tax_it_was_made_of(stated: Decimal, rate: Decimal, treatment: TaxTreatment) -> None:
    total = taxed(stated, rate, treatment)
    found = rate_of(total)
    assert found is not None
    if total.net is not None and total.net.amount:
        assert tax_at(found, total.stated, treatment) == total.tax


@pytest.mark.parametrize(("stated", "rate"), [("1.00", "0.2"), ("10.00", "0.19"), ("99.95", "0.081"), ("0.50", "0.07")])
def test_a_rate_is_as_round_as_it_can_be(stated: str, rate: str) -> None:
    for treatment in (TaxTreatment.INCLUDED, TaxTreatment.EXCLUDED):
        found = rate_of(taxed(Decimal(stated), Decimal(rate), treatment))
        assert found is not None
        assert len(str(found.normalize())) <= len(rate)


def test_without_all_three_sides_nobody_knows_a_rate() -> None:
    assert rate_of(TaxedMoney(gross=Money(Decimal(10), "EUR"), treatment=TaxTreatment.INCLUDED)) is None
