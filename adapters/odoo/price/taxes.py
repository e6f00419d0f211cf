"""Taxes on a price: which apply, how a fiscal position re-prices, and net, tax and gross as Odoo states them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal, localcontext

from msgspec import Struct

from adapters.odoo.price.rows import TaxRow
from adapters.odoo.price.tables import FiscalPosition
from adapters.odoo.price.tax_computation import Rounding, adapted, flattened, line_totals
from adapters.odoo.values import link
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


class Charging(Struct, frozen=True):
    """What totals of one list are computed by: its currency, how it is rounded, and the server's version."""

    currency: str
    rounding: Rounding
    version: int

    def money(self, amount: Decimal) -> Money:
        return Money(self.rounding.of(amount), self.currency)


def of_company(taxes: tuple[TaxRow, ...], lineage: Sequence[int]) -> tuple[TaxRow, ...]:
    """A product carries the taxes of every company: those of the nearest in `lineage` (a branch, then what it belongs
    to) that has any."""
    for company in lineage:
        found = tuple(tax for tax in taxes if link(tax.company_id) == company)
        if found:
            return found
    return ()


def treatment(taxes: tuple[TaxRow, ...]) -> TaxTreatment:
    """How these taxes relate to the amount they are on; UNKNOWN where some are in it and some are not."""
    if not taxes:
        return TaxTreatment.EXEMPT
    included = {tax.price_include for tax in flattened(taxes)}
    if len(included) > 1:
        return TaxTreatment.UNKNOWN
    return TaxTreatment.INCLUDED if included == {True} else TaxTreatment.EXCLUDED


def repriced(unit: Decimal, taxation: Taxation) -> Decimal | None:
    """What a fiscal position makes of a price that contains tax: the old tax out, the new one in where it is included
    too. A price that does not contain all its taxes never changes. None where only Odoo can compute them."""
    taxes, mapped = taxation.own, taxation.applied
    unchanged = {tax.id for tax in mapped} == {tax.id for tax in taxes}
    if unchanged or not all(tax.price_include for tax in taxes):
        return unit
    return adapted(unit, taxes, mapped)


def kept(amount: Decimal) -> Decimal:
    """Without digits beyond a float's."""
    with localcontext(prec=KEPT_DIGITS, rounding=ROUND_HALF_UP):
        short = +amount
    return short.normalize() if short % 1 else short.quantize(Decimal(1))


def taxed(unit: Decimal, quantity: Decimal, taxes: tuple[TaxRow, ...], charging: Charging) -> TaxedMoney:
    """A line of `quantity`, every amount as Odoo writes it on the line. Where a tax has a formula of its own, only the
    amount that the price states."""
    how = treatment(taxes)
    totals = line_totals(unit, quantity, taxes, charging.rounding, charging.version)
    if totals is not None:
        net, gross = charging.money(totals.net), charging.money(totals.gross)
        return TaxedMoney(net=net, gross=gross, tax=charging.money(gross.amount - net.amount), treatment=how)
    stated = charging.money(unit * quantity)
    if how is TaxTreatment.INCLUDED:
        return TaxedMoney(gross=stated, treatment=how)
    return TaxedMoney(net=stated, treatment=how)


def one_piece(
    unit: Decimal, taxes: tuple[TaxRow, ...], charging: Charging, line: TaxedMoney | None = None
) -> TaxedMoney:
    """The stated amount keeps its digits; the others are what Odoo would charge for a line of one (`line`, where it is
    known already). Where some taxes are in the price and some are not, it states neither, and both are a line's."""
    line = line or taxed(unit, Decimal(1), taxes, charging)
    stated = Money(kept(unit), charging.currency)
    match line.treatment:
        case TaxTreatment.EXEMPT:
            return TaxedMoney(net=stated, gross=stated, tax=line.tax, treatment=line.treatment)
        case TaxTreatment.INCLUDED:
            return TaxedMoney(net=line.net, gross=stated, tax=line.tax, treatment=line.treatment)
        case TaxTreatment.EXCLUDED:
            return TaxedMoney(net=stated, gross=line.gross, tax=line.tax, treatment=line.treatment)
        case TaxTreatment.UNKNOWN:
            return line if line.gross is not None else TaxedMoney(net=stated, treatment=line.treatment)
