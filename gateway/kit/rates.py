"""The rate of a tax, for vendors that want one beside an amount that was worked out elsewhere."""

from __future__ import annotations

from decimal import Decimal

from gateway.model.money import Money, TaxedMoney, TaxTreatment

MOST_DIGITS = 4
"""Of a percentage."""


def rate_of(total: TaxedMoney) -> Decimal | None:
    """The roundest rate (a fraction) that gives the tax of an amount; None where net, gross or tax is unknown. 0.17 in
    1.00 is 20 %, not 20.48 %."""
    if total.net is None or total.gross is None or total.tax is None:
        return None
    if not total.tax.amount or not total.net.amount:
        return Decimal(0)
    exact = total.tax.amount / total.net.amount * 100
    for digits in range(MOST_DIGITS + 1):
        rate = exact.quantize(Decimal(1).scaleb(-digits)) / 100
        if tax_at(rate, total.stated, total.treatment) == total.tax.quantized():
            return rate
    return exact.quantize(Decimal(1).scaleb(-MOST_DIGITS)) / 100


def tax_at(rate: Decimal, stated: Money, treatment: TaxTreatment) -> Money:
    """What a rate comes to in an amount, or on top of one, rounded half up."""
    if treatment is TaxTreatment.EXCLUDED:
        return stated.times(rate).quantized()
    return Money(stated.amount - stated.amount / (1 + rate), stated.currency).quantized()
