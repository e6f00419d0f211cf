"""Numbers with an end on both sides: whatever lies beyond is a slip of the keyboard, not a wish."""

from __future__ import annotations

from decimal import Decimal

from gateway.constraints.constraint import Constraint, Facts, Fault


def between(least: float, most: float, unit: str = "", *, above: bool = False) -> Constraint:
    """From `least` to `most`, both included; `above` leaves `least` itself out."""
    words = f" {unit}" if unit else ""
    start = f"above {least:,}" if above else f"{least:,}"
    message = f"is not {start} to {most:,}{words}" if not above else f"is not {start} and at most {most:,}{words}"

    def check(value: float, facts: Facts) -> Fault | None:
        if (least < value if above else least <= value) and value <= most:  # nan is neither
            return None
        return Fault(message)

    return Constraint(f"number {start} to {most:,}{words}", check)


def exact(least: str, most: str, unit: str = "") -> Constraint:
    """The same of decimal numbers, which stay exact: money, weights, rates."""
    low, high = Decimal(least), Decimal(most)
    message = f"is not {low:,} to {high:,}{f' {unit}' if unit else ''}"

    def check(value: Decimal, facts: Facts) -> Fault | None:
        return None if value.is_finite() and low <= value <= high else Fault(message)

    return Constraint(f"decimal number {low:,} to {high:,}", check)


AMOUNT = exact("0", "1000000", "(an amount of money)")
KILOGRAMS = exact("0", "100000", "kg")
RATE = exact("0", "1", "(a part of one)")
PART = between(0.0, 1.0, "(a part of one)")
LATITUDE = between(-90.0, 90.0, "degrees north of the equator (WGS 84)")
LONGITUDE = between(-180.0, 180.0, "degrees east of Greenwich (WGS 84)")
PORT = between(0, 65_535, "(0: any free port)")
IDENTIFIER = between(1, 2**31 - 1)
SECONDS = between(0.0, 86_400.0, "seconds", above=True)
PATIENCE = between(0.01, 300.0, "seconds")
KEPT_SECONDS = between(0.0, 31 * 86_400.0, "seconds")
