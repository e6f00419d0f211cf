"""What configured days of the week, dates and times of day must be: what `written_hours` reads, and no blank more."""

from __future__ import annotations

from collections.abc import Callable

from gateway.constraints import Constraint, Fault
from gateway.errors import ConfigurationError
from gateway.model.written_hours import clock_of, days_of, iso_date


def _held_to(value: str, read: Callable[[str], object], message: str) -> Fault | None:
    """`read` raises ConfigurationError; what it forgives (blanks, case) is a slip all the same."""
    exact = value.strip().lower()
    try:
        read(exact)
    except ConfigurationError:
        return Fault(message)
    return None if value == exact else Fault(message, nearest=exact)


def _weekdays(value: str) -> object:
    return [days_of(days, place="") for days in value.split(",")]


WEEKDAYS = Constraint(
    "weekdays",
    lambda value, facts: _held_to(value, _weekdays, "is no day, range or list of days (`mon-fri,sun`)"),
)
CLOCK = Constraint(
    "time of day",
    lambda value, facts: _held_to(value, lambda text: clock_of(text, place=""), "is no time of day (HH:MM)"),
)
ISO_DATE = Constraint(
    "date",
    lambda value, facts: _held_to(value, lambda text: iso_date(text, place=""), "is no ISO date (YYYY-MM-DD)"),
)
