"""An amount spread over several, to the last minor unit: nothing is lost and nothing is added."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from math import lcm


def spread(amount: Decimal, weights: Sequence[Decimal], quantum: Decimal) -> list[Decimal]:
    """Shares of `amount` (a multiple of `quantum`, not negative) in proportion to `weights` (not negative), each a
    multiple of `quantum`: they sum to it exactly. By largest remainder, the first of equal ones first; where nothing
    weighs anything, evenly. No share is further than one quantum from its exact part. Raises ValueError for an amount
    to be spread over nothing."""
    if amount < 0 or quantum <= 0 or any(weight < 0 for weight in weights):
        raise ValueError("neither an amount nor a weight is negative")
    units = amount / quantum
    if units != units.to_integral_value():
        raise ValueError("the amount is no multiple of the quantum")
    if not weights:
        if amount:
            raise ValueError("nothing to spread over")
        return []
    whole = _whole_numbers(weights)
    if not any(whole):
        whole = [1] * len(whole)
    total = sum(whole)
    parts = [divmod(int(units) * weight, total) for weight in whole]
    shares = [share for share, _ in parts]
    left = int(units) - sum(shares)
    for place in sorted(range(len(parts)), key=lambda place: (-parts[place][1], place))[:left]:
        shares[place] += 1
    return [share * quantum for share in shares]


def _whole_numbers(weights: Sequence[Decimal]) -> list[int]:
    """In the same proportion, and exact: a division of decimals would round."""
    ratios = [weight.as_integer_ratio() for weight in weights]
    common = lcm(*(below for _, below in ratios))
    return [above * (common // below) for above, below in ratios]
