"""How many HTTP requests an operation may make: arithmetic for `OperationSpec.requests`. A budget is said in keys and
axes, never in how many parents asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod

Budget = Callable[[int, Mapping[str, int]], int]
"""(keys, axes) to requests."""
Count = Callable[[int, Mapping[str, int]], int]
"""(keys, axes) to how many of something are asked for."""


def keys(count: int, axes: Mapping[str, int]) -> int:
    """How many keys."""
    return count


def axis(name: str, default: int = 0) -> Count:
    """How many of an axis, `default` where nothing is said of it."""
    return lambda count, axes: axes.get(name, default)


def constant(requests: int) -> Budget:
    """So many, whatever is asked."""
    return lambda count, axes: requests


NONE = constant(0)


def per(size: int, of: Count = keys, *, least: int = 1) -> Budget:
    """A request for every `size` begun; `least` where there is nothing (0: an empty question asks nobody)."""
    return lambda count, axes: max(least, -(-of(count, axes) // size))


def plus(*parts: Budget) -> Budget:
    """One after the other."""
    return lambda count, axes: sum(part(count, axes) for part in parts)


def times(*parts: Count) -> Count:
    """Each of the first for each of the second, and so on."""
    return lambda count, axes: prod(part(count, axes) for part in parts)


def less(of: Count, *others: Count) -> Count:
    """What is left of the first without the others; never negative."""
    return lambda count, axes: max(0, of(count, axes) - sum(other(count, axes) for other in others))


def at_most(*parts: Count) -> Count:
    """The smallest of them."""
    return lambda count, axes: min(part(count, axes) for part in parts)


def when(name: str, then: Budget, otherwise: Budget = NONE) -> Budget:
    """One or the other, by whether an axis says so."""
    return lambda count, axes: (then if axes.get(name) else otherwise)(count, axes)
