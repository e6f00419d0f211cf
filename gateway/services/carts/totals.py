"""A cart's money: what owners said, added up to the minor unit. No rate is known here and no amount is guessed: a side
(net, gross, tax) that some row lacks is missing in the sum too. In every row that has all three, net and tax are the
gross.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from msgspec import Struct

from gateway.errors import InvalidAnswer
from gateway.model.currencies import fraction_digits
from gateway.model.money import Money, TaxedMoney, TaxTreatment
from gateway.model.pricing import Price
from gateway.model.spreading import spread

ZERO = Decimal(0)


class RowAmounts(Struct, frozen=True):
    """Both sides of one amount, quantised; None: its source does not say."""

    net: Decimal | None
    gross: Decimal | None
    treatment: TaxTreatment

    @property
    def certain(self) -> bool:
        """Whether it is known what a shopper pays: the gross, or that there is no tax."""
        return self.gross is not None and self.treatment is not TaxTreatment.UNKNOWN

    def less(self, net: Decimal | None, gross: Decimal | None) -> RowAmounts:
        """With these taken off, where both sides are known of both."""
        return RowAmounts(
            None if self.net is None or net is None else self.net - net,
            None if self.gross is None or gross is None else self.gross - gross,
            self.treatment,
        )

    def money(self, currency: str) -> TaxedMoney:
        net = None if self.net is None else Money(self.net, currency)
        gross = None if self.gross is None else Money(self.gross, currency)
        tax = None if self.net is None or self.gross is None else Money(self.gross - self.net, currency)
        return TaxedMoney(net, gross, tax, self.treatment)


def quantum(currency: str) -> Decimal:
    return Decimal(1).scaleb(-fraction_digits(currency))


def amounts(money: TaxedMoney, factor: Decimal = Decimal(1)) -> RowAmounts:
    """An amount so many times, each side rounded once; a side that follows from the two others is filled in. Raises
    InvalidAnswer for what is no currency in use."""
    net, gross, tax = (
        None if side is None else side.times(factor).quantized().amount for side in (money.net, money.gross, money.tax)
    )
    if money.treatment is TaxTreatment.EXEMPT:
        known = gross if gross is not None else net
        return RowAmounts(known, known, money.treatment)
    if tax is not None and net is None and gross is not None:
        net = gross - tax
    elif tax is not None and gross is None and net is not None:
        gross = net + tax
    treatment = money.treatment
    if treatment is TaxTreatment.UNKNOWN and net is not None and gross is not None:
        treatment = TaxTreatment.INCLUDED  # whoever states both sides leaves nothing unknown
    return RowAmounts(net, gross, treatment)


def line_amounts(price: Price, quantity: Decimal, currency: str) -> RowAmounts:
    """What a line costs: as its source charges for the whole, else the unit price so many times. Raises InvalidAnswer
    for a price in another currency than the cart's."""
    if price.current.currency != currency:
        raise InvalidAnswer(detail="a price in another currency than was asked for")
    if price.line is not None and price.quantity == quantity:
        return amounts(price.line)
    return amounts(price.current, quantity)


def added(rows: Sequence[RowAmounts]) -> RowAmounts:
    """The sum; a side is known where it is of every row."""
    net, gross = [row.net for row in rows], [row.gross for row in rows]
    treatments = {row.treatment for row in rows} or {TaxTreatment.INCLUDED}
    if TaxTreatment.UNKNOWN in treatments:
        treatment = TaxTreatment.UNKNOWN
    else:
        treatment = TaxTreatment.EXCLUDED if TaxTreatment.EXCLUDED in treatments else TaxTreatment.INCLUDED
        if treatments == {TaxTreatment.EXEMPT}:
            treatment = TaxTreatment.EXEMPT
    return RowAmounts(_sum(net), _sum(gross), treatment)


def shares(discount: RowAmounts, rows: Sequence[RowAmounts], currency: str) -> list[RowAmounts]:
    """A discount on several rows: to the minor unit, by largest remainder, never more than a row has. Where it is said
    on one side only, the row's own sides say what it is on the other: it is taxed as they are. Both sides None where it
    is stated on a side that a row does not know."""
    unit = quantum(currency)
    gross = _spread(discount.gross, [row.gross for row in rows], unit)
    net = _spread(discount.net, [row.net for row in rows], unit)
    found: list[RowAmounts] = []
    for place, row in enumerate(rows):
        one_net = None if net is None else net[place]
        one_gross = None if gross is None else gross[place]
        if one_gross is None and one_net is not None:
            one_gross = _other(one_net, row.net, row.gross, unit)
        elif one_net is None and one_gross is not None:
            one_net = _other(one_gross, row.gross, row.net, unit)
        found.append(RowAmounts(one_net, one_gross, row.treatment))
    return found


def _spread(amount: Decimal | None, weights: Sequence[Decimal | None], unit: Decimal) -> list[Decimal] | None:
    known = [weight for weight in weights if weight is not None]
    if amount is None or len(known) != len(weights) or not known:
        return None
    known = [max(weight, ZERO) for weight in known]
    rounded = amount.quantize(unit)
    return spread(max(min(rounded, sum(known, ZERO)), ZERO), known, unit)


def _other(share: Decimal, side: Decimal | None, other: Decimal | None, unit: Decimal) -> Decimal | None:
    """The same share of the other side."""
    if side is None or other is None:
        return None
    if not side:
        return ZERO
    return min((other * share / side).quantize(unit), other) if share != side else other


def _sum(sides: Sequence[Decimal | None]) -> Decimal | None:
    known = [side for side in sides if side is not None]
    return sum(known, ZERO) if len(known) == len(sides) else None
