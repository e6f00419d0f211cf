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
    InvalidAnswer for what is no currency in use, for less than nothing, and for a tax below nothing."""
    net, gross, tax = (
        None if side is None else side.times(factor).quantized().amount for side in (money.net, money.gross, money.tax)
    )
    if money.treatment is TaxTreatment.EXEMPT:
        known = gross if gross is not None else net
        if known is not None and known < 0:
            raise InvalidAnswer(detail="an amount below nothing")
        return RowAmounts(known, known, money.treatment)
    if tax is not None and net is None and gross is not None:
        net = gross - tax
    elif tax is not None and gross is None and net is not None:
        gross = net + tax
    if (net is not None and net < 0) or (gross is not None and gross < (net or 0)):
        raise InvalidAnswer(detail="an amount or a tax below nothing")
    treatment = money.treatment
    if treatment is TaxTreatment.UNKNOWN and net is not None and gross is not None:
        treatment = TaxTreatment.INCLUDED  # whoever states both sides leaves nothing unknown
    return RowAmounts(net, gross, treatment)


def line_amounts(price: Price, quantity: Decimal, currency: str) -> RowAmounts:
    """What a line costs: as its source charges for the whole, else the unit price so many times. Raises InvalidAnswer
    for a price in another currency than the cart's, and below nothing."""
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
    on one side only, the row's own sides say what it is on the other: it is taxed as they are. So they do where its two
    sides would leave a row with a tax below nothing. Both sides None where it is stated on a side that a row does not
    know."""
    found = _spread_out(discount, rows, currency)
    if all(_leaves_tax(row, part) for row, part in zip(rows, found, strict=True)):
        return found
    excluded = discount.treatment is TaxTreatment.EXCLUDED
    stated = RowAmounts(discount.net if excluded else None, None if excluded else discount.gross, discount.treatment)
    return _spread_out(stated, rows, currency)


def _leaves_tax(row: RowAmounts, part: RowAmounts) -> bool:
    left = row.less(part.net, part.gross)
    return left.net is None or left.gross is None or left.net <= left.gross


def _spread_out(discount: RowAmounts, rows: Sequence[RowAmounts], currency: str) -> list[RowAmounts]:
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


def same_price(ours: RowAmounts, told: RowAmounts, unit: Decimal) -> bool:
    """Whether the owner of the tax speaks of the price that its owner said: the side that is stated is the same, but
    for a minor unit of rounding. Where nobody knows which side that is, either will do."""
    sides = ((ours.net, told.net), (ours.gross, told.gross))
    if ours.treatment is TaxTreatment.UNKNOWN:
        known = ours.gross if ours.gross is not None else ours.net
        return known is not None and any(side is not None and abs(side - known) <= unit for _, side in sides)
    said, heard = sides[0] if ours.treatment is TaxTreatment.EXCLUDED else sides[1]
    if said is None:
        said, heard = sides[1] if ours.treatment is TaxTreatment.EXCLUDED else sides[0]
    return said is not None and heard is not None and abs(heard - said) <= unit


def _sum(sides: Sequence[Decimal | None]) -> Decimal | None:
    known = [side for side in sides if side is not None]
    return sum(known, ZERO) if len(known) == len(sides) else None
