"""Floats, rounded the way Odoo's `float_round` does: half away from zero, after a nudge of one unit in the last place
so that 2.675 (stored a hair below) still rounds up."""

from __future__ import annotations

import math


def round_to(value: float, step: float) -> float:
    """To a multiple of `step`. Steps of 0.01 and the like are divided by as whole numbers."""
    if not step or not value:
        return value
    inverse = 1.0 / step
    whole = round(inverse)
    scaled = value * whole if step < 1.0 and abs(inverse - whole) < 1e-9 else value / step
    nudged = scaled + math.copysign(2.0 ** (math.log2(abs(scaled)) - 50), scaled)
    rounded = math.floor(abs(nudged) + 0.5)
    signed = math.copysign(rounded, scaled)
    return signed / whole if step < 1.0 and abs(inverse - whole) < 1e-9 else signed * step


def round_digits(value: float, digits: int) -> float:
    return round_to(value, 10.0**-digits)
