"""Taxes on a price: which apply, how a fiscal position re-prices, and net, tax and gross as Odoo states them."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, localcontext

from msgspec import Struct

from adapters.odoo.pricing.rows import TaxRow
from adapters.odoo.pricing.rules import EXACT, PERCENT
from adapters.odoo.pricing.tables import FiscalPosition
from adapters.odoo.values import link, number
from gateway.model.money import Money, TaxedMoney, TaxTreatment

KEPT_DIGITS = 15
"""What a float of Odoo's can hold; more would be digits nobody charges."""


class Taxation(Struct, frozen=True):
    """A product's `own` taxes, and those `applied` to this customer: the fiscal position may replace them."""

    own: tuple[TaxRow, ...]
    position: FiscalPosition | None
    applied: tuple[TaxRow, ...]

    @classmethod
    def of(cls, own: tuple[TaxRow, ...], position: FiscalPosition | None) -> Taxation:
        return cls(own, position, own if position is None else position.mapped(own))


def of_company(taxes: tuple[TaxRow, ...], companies: frozenset[int]) -> tuple[TaxRow, ...]:
    """A product carries the taxes of every company."""
    return tuple(tax for tax in taxes if link(tax.company_id) in companies)


def treatment(taxes: tuple[TaxRow, ...]) -> TaxTreatment:
    """How these taxes relate to the amount they are on; UNKNOWN where some are in it and some are not."""
    if not taxes:
        return TaxTreatment.EXEMPT
    included = {tax.price_include for tax in taxes}
    if len(included) > 1:
        return TaxTreatment.UNKNOWN
    return TaxTreatment.INCLUDED if included.pop() else TaxTreatment.EXCLUDED


def simple_rate(taxes: tuple[TaxRow, ...]) -> Decimal | None:
    """The fraction when there is one plain percentage, else None: groups, fixed amounts and taxes on taxes are Odoo's
    to compute."""
    if len(taxes) == 1 and taxes[0].amount_type == "percent":
        return number(taxes[0].amount) / PERCENT
    return None


def repriced(unit: Decimal, taxation: Taxation) -> Decimal | None:
    """What a fiscal position makes of a price that contains tax: the old tax out, the new one in where it is included
    too. A price without included tax never changes. None where the taxes are too involved to tell."""
    taxes, mapped = taxation.own, taxation.applied
    if {tax.id for tax in mapped} == {tax.id for tax in taxes} or treatment(taxes) is not TaxTreatment.INCLUDED:
        return unit
    rate = simple_rate(taxes)
    new_rate = simple_rate(mapped) if mapped else Decimal(0)
    if rate is None or new_rate is None:
        return None
    with localcontext(EXACT):
        net = unit / (1 + rate)
        return net * (1 + new_rate) if treatment(mapped) is TaxTreatment.INCLUDED else net


def kept(amount: Decimal) -> Decimal:
    """Without digits beyond a float's."""
    with localcontext(prec=KEPT_DIGITS, rounding=ROUND_HALF_UP):
        short = +amount
    return short.normalize() if short % 1 else short.quantize(Decimal(1))


def taxed(unit: Decimal, quantity: Decimal, currency: str, taxes: tuple[TaxRow, ...]) -> TaxedMoney:
    """A line of `quantity`, every amount rounded to the currency as Odoo rounds a line."""
    with localcontext(EXACT):
        total = Money(unit * quantity, currency).quantized()
        how = treatment(taxes)
        if how is TaxTreatment.EXEMPT:
            return TaxedMoney(net=total, gross=total, tax=Money(Decimal(0), currency).quantized(), treatment=how)
        if how is TaxTreatment.UNKNOWN:
            return TaxedMoney(net=total, treatment=how)
        rate = simple_rate(taxes)
        if how is TaxTreatment.INCLUDED:
            if rate is None:
                return TaxedMoney(gross=total, treatment=how)
            raw = unit * quantity
            tax = Money(raw - raw / (1 + rate), currency).quantized()
            return TaxedMoney(net=Money(total.amount - tax.amount, currency), gross=total, tax=tax, treatment=how)
        if rate is None:
            return TaxedMoney(net=total, treatment=how)
        tax = Money(unit * quantity * rate, currency).quantized()
        return TaxedMoney(net=total, gross=total.plus(tax), tax=tax, treatment=how)


def one_piece(unit: Decimal, currency: str, taxes: tuple[TaxRow, ...], line: TaxedMoney | None = None) -> TaxedMoney:
    """The stated amount keeps its digits; the others are what Odoo would charge for a line of one (`line`, where it is
    known already)."""
    line = line or taxed(unit, Decimal(1), currency, taxes)
    stated = Money(kept(unit), currency)
    match line.treatment:
        case TaxTreatment.EXEMPT:
            return TaxedMoney(net=stated, gross=stated, tax=line.tax, treatment=line.treatment)
        case TaxTreatment.INCLUDED:
            return TaxedMoney(net=line.net, gross=stated, tax=line.tax, treatment=line.treatment)
        case _:
            return TaxedMoney(net=stated, gross=line.gross, tax=line.tax, treatment=line.treatment)
