"""What buying at a price would earn, by a programme's rules. What cannot be evaluated makes the answer a lower bound,
never a guess."""

from __future__ import annotations

from collections.abc import Collection
from decimal import ROUND_DOWN, ROUND_FLOOR, Decimal

from msgspec import Struct

from gateway.model.currencies import fraction_digits
from gateway.model.customers import LoyaltyProgram, LoyaltyRule
from gateway.model.money import Money
from gateway.model.pricing import Price

NOTHING = Decimal(0)


class PointsToEarn(Struct, frozen=True):
    """What buying at this price, and nothing else, would earn in one programme. `complete` is False where it is a lower
    bound: something that counts depends on more than the product, its price and its quantity."""

    program: LoyaltyProgram
    points: Decimal
    complete: bool


def in_force(program: LoyaltyProgram, configured: Collection[str], here: Collection[str] | None) -> bool | None:
    """Whether a programme holds where something is bought: `here` are its system's references of the shopper's store,
    None where no store is chosen, and `configured` those of all stores. None: at some places and not at others."""
    if program.places is None or program.places.issuperset(configured):
        return True
    if here is None or program.places.isdisjoint(here):
        return None if here is None and not program.places.isdisjoint(configured) else False
    return True if program.places.issuperset(here) else None


def to_earn(
    program: LoyaltyProgram, price: Price, sku: str | None, *, holds: bool | None = True
) -> PointsToEarn | None:
    """In a programme that runs. `sku` as its system writes it; `holds` as `in_force` says. None where it is not for
    this price list, currency or place."""
    if holds is False:
        return None
    if holds is None:
        return PointsToEarn(program, NOTHING, complete=False)
    if program.price_lists is not None:
        if price.freshness.source != program.ref.backend or price.price_list is None:
            return PointsToEarn(program, NOTHING, complete=False)
        if price.price_list not in program.price_lists:
            return None
    rules = [rule for rule in program.rules if rule.currency in (None, price.current.currency)]
    if not rules:
        return None
    earned = [_earned(rule, price, sku) for rule in rules]
    points = sum((each for each in earned if each is not None), NOTHING)
    return PointsToEarn(program, points.normalize() + 0, program.complete and None not in earned)


def _earned(rule: LoyaltyRule, price: Price, sku: str | None) -> Decimal | None:
    """None: nobody can tell before it is bought, or the price does not say enough."""
    scoped = rule.skus is not None or bool(rule.excluded_skus)
    if sku is None and scoped:
        return None
    if sku in rule.excluded_skus or (rule.skus is not None and sku not in rule.skus):
        return NOTHING
    if not rule.evaluable or rule.category_keys or rule.kind == "VISIT":
        return None
    if price.quantity < rule.minimum_quantity:
        return NOTHING
    if rule.minimum_spend > 0:
        amount = _amount(price, tax_included=rule.minimum_tax_included)
        if amount is None or amount.currency != rule.minimum_currency:
            return None
        if amount.amount < rule.minimum_spend:
            return NOTHING
    return _points(rule, price)


def _points(rule: LoyaltyRule, price: Price) -> Decimal | None:
    match rule.kind:
        case "ORDER":
            return rule.points
        case "ITEM":
            whole = price.quantity.to_integral_value(rounding=ROUND_FLOOR)
            return rule.points * (whole if rule.digits is None else price.quantity)
        case "SPEND":
            amount = _amount(price, tax_included=rule.tax_included)
            return None if amount is None else _spent(rule, amount)
        case _:
            return None


def _amount(price: Price, *, tax_included: bool) -> Money | None:
    """What is paid for the whole quantity; None where the price does not say."""
    total = price.line
    if total is not None:
        return total.gross if tax_included else total.net
    unit = price.current.gross if tax_included else price.current.net
    return None if unit is None else unit.times(price.quantity).quantized()


def _spent(rule: LoyaltyRule, amount: Money) -> Decimal:
    if rule.spend_minor is None:
        steps = amount.amount
    else:
        steps = amount.amount.scaleb(fraction_digits(amount.currency)) / Decimal(rule.spend_minor)
    if rule.digits is None:
        return max(NOTHING, steps.to_integral_value(rounding=ROUND_FLOOR)) * rule.points
    points = steps * rule.points
    return max(NOTHING, points.quantize(Decimal(1).scaleb(-rule.digits), rounding=ROUND_DOWN))
