"""What taxes make of one order line: net and gross, as `account.tax` of Odoo 17 to 19 computes them, in exact decimals.

Percentages, fixed amounts, divisions and groups of them, in prices or on top, also where one is the base of the next.
Source: account.tax (`_get_tax_details`, `_adapt_price_unit_to_another_taxes`) of Odoo 18; lines of a real server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext

from msgspec import Struct

from adapters.odoo.price.rows import PlainTaxRow, TaxRow
from adapters.odoo.values import number

EXACT = Context(prec=60, rounding=ROUND_HALF_UP)
HUNDRED = Decimal(100)
ZERO = Decimal(0)
KNOWN = frozenset({"percent", "division", "fixed", "group"})


class Rounding(Struct, frozen=True):
    """`step`: the smallest amount of the currency (`res.currency.rounding`). `globally`: the company rounds taxes once
    a document, so that a line is computed from unrounded amounts and rounded at its end."""

    step: Decimal
    globally: bool = False

    def of(self, amount: Decimal) -> Decimal:
        """Half away from zero."""
        with localcontext(EXACT):
            return (amount / self.step).quantize(Decimal(1), rounding=ROUND_HALF_UP) * self.step


class LineTotals(Struct, frozen=True):
    """`price_subtotal` and `price_total` of a line."""

    net: Decimal
    gross: Decimal


@dataclass(slots=True)
class _Reckoned:
    """A tax on its way through the computation. `batch`: the taxes that share one base with it."""

    tax: PlainTaxRow
    batch: frozenset[int]
    together: Decimal
    """The sum of the batch's percentages."""
    amount: Decimal | None = None
    more_for_tax: Decimal = field(default=ZERO)
    more_for_base: Decimal = field(default=ZERO)


def line_totals(
    unit: Decimal, quantity: Decimal, taxes: Sequence[TaxRow], rounding: Rounding, version: int
) -> LineTotals | None:
    """None where a tax is computed in a way that only Odoo knows (a formula of its own)."""
    if not computable(taxes):
        return None
    with localcontext(EXACT):
        base = unit * quantity
        if not rounding.globally:
            base = rounding.of(base)
        only = taxes[0] if len(taxes) == 1 else None
        if version < 18 and only is not None and only.amount_type == "percent" and only.price_include:
            # 17 rounds the net amount out of the gross one, later versions the tax; they differ at exact halves.
            return LineTotals(rounding.of(base * HUNDRED / (HUNDRED + number(only.amount))), rounding.of(base))
        reckoned = _computed(base, quantity, taxes, rounding if not rounding.globally else None, freed=False)
        net = _base_of_first(base, reckoned, freed=False)
        gross = net + sum((_charged(one) for one in reckoned), ZERO)
        return LineTotals(rounding.of(net), rounding.of(gross))


def computable(taxes: Sequence[TaxRow]) -> bool:
    return all(
        tax.amount_type in KNOWN and all(child.amount_type in KNOWN for child in tax.children_tax_ids) for tax in taxes
    )


def adapted(unit: Decimal, taxes: Sequence[TaxRow], others: Sequence[TaxRow]) -> Decimal | None:
    """A price that contains `taxes`, freed of them and with those of `others` in it that prices contain. None where a
    formula of Odoo's own is among them."""
    if not (computable(taxes) and computable(others)):
        return None
    with localcontext(EXACT):
        net = _base_of_first(unit, _computed(unit, Decimal(1), taxes, None, freed=False), freed=False)
        put_on = _computed(net, Decimal(1), others, None, freed=True)
        return net + sum((one.amount or ZERO for one in put_on if one.tax.price_include), ZERO)


def flattened(taxes: Sequence[TaxRow]) -> tuple[PlainTaxRow, ...]:
    """In the order of computation, groups replaced by what is in them, each tax once."""
    found: dict[int, PlainTaxRow] = {}
    for tax in sorted(taxes, key=_place):
        for one in sorted(tax.children_tax_ids, key=_place) if tax.amount_type == "group" else (tax,):
            found.setdefault(one.id, one)
    return tuple(found.values())


def _place(tax: PlainTaxRow) -> tuple[int, int]:
    return tax.sequence, tax.id


def _computed(
    base: Decimal, quantity: Decimal, taxes: Sequence[TaxRow], rounding: Rounding | None, *, freed: bool
) -> list[_Reckoned]:
    """Fixed amounts first, then what prices contain from the last to the first, then the others from the first to the
    last. `freed`: `base` contains no tax, whatever the taxes say of themselves."""
    line = flattened(taxes)
    batches = _batches(line, freed=freed)
    reckoned = [
        _Reckoned(tax, frozenset(other.id for other in batches[tax.id]), sum((o.amount for o in batches[tax.id]), ZERO))
        for tax in line
    ]

    def settle(one: _Reckoned, amount: Decimal) -> None:
        one.amount = rounding.of(amount) if rounding is not None else amount
        _propagate(one, reckoned, freed=freed)

    for one in reversed(reckoned):
        if one.tax.amount_type == "fixed":
            settle(one, quantity * number(one.tax.amount))
    for one in reversed(reckoned):
        if one.amount is None and one.tax.price_include and not freed:
            settle(one, _contained(base + one.more_for_tax, one))
    for one in reckoned:
        if one.amount is None:
            settle(one, _on_top(base + one.more_for_tax, one))
    return reckoned


def _batches(line: Sequence[PlainTaxRow], *, freed: bool) -> dict[int, tuple[PlainTaxRow, ...]]:
    """Neighbours of one kind that share their base."""
    found: dict[int, tuple[PlainTaxRow, ...]] = {}
    batch: tuple[PlainTaxRow, ...] = ()
    next_is_affected = False
    for tax in reversed(line):
        if batch:
            head = batch[0]
            same = (
                tax.amount_type == head.amount_type
                and (freed or tax.price_include == head.price_include)
                and tax.include_base_amount == head.include_base_amount
                and not (tax.include_base_amount and next_is_affected)
            )
            if not same:
                found |= dict.fromkeys((one.id for one in batch), batch)
                batch = ()
        next_is_affected = tax.is_base_affected
        batch = (*batch, tax)
    found |= dict.fromkeys((one.id for one in batch), batch)
    return found


def _propagate(one: _Reckoned, line: Sequence[_Reckoned], *, freed: bool) -> None:
    """What a settled tax changes in the bases of the others."""
    places = [place for place, other in enumerate(line) if other.tax.id in one.batch]
    before, after = line[: places[0]], line[places[-1] + 1 :]
    tax = one.tax
    if tax.price_include and not freed:
        for other in after:
            if not (tax.include_base_amount and other.tax.is_base_affected):
                _add(other, one, -1)
        for other in before:
            _add(other, one, -1)
    elif tax.include_base_amount:
        for other in after:
            if other.tax.is_base_affected:
                _add(other, one, 1)


def _add(other: _Reckoned, one: _Reckoned, sign: int) -> None:
    amount = sign * (one.amount or ZERO)
    if other.amount is None:
        other.more_for_tax += amount
    other.more_for_base += amount


def _contained(base: Decimal, one: _Reckoned) -> Decimal:
    if one.tax.amount_type == "percent":
        whole = HUNDRED + one.together
        return base * number(one.tax.amount) / whole if whole else ZERO
    return base * number(one.tax.amount) / HUNDRED


def _on_top(base: Decimal, one: _Reckoned) -> Decimal:
    if one.tax.amount_type == "division":
        rest = HUNDRED - one.together
        return base * number(one.tax.amount) / (rest or HUNDRED)
    return base * number(one.tax.amount) / HUNDRED


def _charged(one: _Reckoned) -> Decimal:
    """A reverse charge is put on and taken off again."""
    return ZERO if one.tax.has_negative_factor else one.amount or ZERO


def _base_of_first(base: Decimal, reckoned: Sequence[_Reckoned], *, freed: bool) -> Decimal:
    """The line without tax is what its first tax is on."""
    if not reckoned:
        return base
    first = reckoned[0]
    net = base + first.more_for_base
    if first.tax.price_include and not freed:
        net -= sum((_charged(other) for other in reckoned if other.tax.id in first.batch), ZERO)
    return net
