"""What the reference owners reckon with: a part of a taxed amount is taxed as the whole."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from gateway.model.baskets import BasketLine
from gateway.model.money import Money, TaxedMoney, TaxTreatment

ZERO = Decimal(0)


def line_total(line: BasketLine) -> TaxedMoney:
    """For all pieces, quantised: what the price owner said, else the unit price as often."""
    if line.line is not None:
        return line.line
    return part_of(line.unit, line.unit.stated.times(line.quantity).quantized())


def worth_of(lines: Iterable[BasketLine]) -> Decimal:
    """What the lines cost together, as they are stated."""
    return sum((line_total(line).stated.amount for line in lines), ZERO)


def part_of(whole: TaxedMoney, stated: Money) -> TaxedMoney:
    """As much of `whole` as `stated` says, in its own treatment, with its share of the tax where that is known."""
    net_first = whole.treatment is TaxTreatment.EXCLUDED or whole.gross is None
    if whole.tax is None or whole.net is None or whole.gross is None:
        return TaxedMoney(
            net=stated if net_first else None, gross=None if net_first else stated, treatment=whole.treatment
        )
    base = whole.stated.amount
    share = stated.amount / base if base else ZERO
    tax = whole.tax.times(share).quantized()
    if net_first:
        return TaxedMoney(stated, stated.plus(tax), tax, whole.treatment)
    return TaxedMoney(stated.plus(tax.times(-1)), stated, tax, whole.treatment)


def sum_of(amounts: Iterable[TaxedMoney], currency: str) -> TaxedMoney:
    """Side by side; a side that one of them lacks is unknown. Mixed treatments are UNKNOWN, exempt ones apart."""
    rows = tuple(amounts)
    treatments = {row.treatment for row in rows} - {TaxTreatment.EXEMPT} or {TaxTreatment.EXEMPT}
    treatment = treatments.pop() if len(treatments) == 1 else TaxTreatment.UNKNOWN

    def side(name: str) -> Money | None:
        known: list[Money | None] = [getattr(row, name) for row in rows]
        amount = ZERO
        for each in known:
            if each is None:
                return None
            amount += each.amount
        return Money(amount, currency)

    return TaxedMoney(side("net"), side("gross"), side("tax"), treatment)
