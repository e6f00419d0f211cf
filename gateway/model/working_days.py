"""Days on which something is delivered: some days of the week, but for holidays."""

from __future__ import annotations

from datetime import date, timedelta

from msgspec import Struct

_LOOKED_AT = 366


class WorkingDays(Struct, frozen=True):
    """`weekdays` from 0 for Monday; `holidays` are local dates."""

    weekdays: frozenset[int]
    holidays: frozenset[date] = frozenset()

    def counts(self, day: date) -> bool:
        return day.weekday() in self.weekdays and day not in self.holidays

    def on_or_after(self, day: date) -> date | None:
        """None where there is none within a year."""
        for offset in range(_LOOKED_AT):
            if self.counts(day + timedelta(days=offset)):
                return day + timedelta(days=offset)
        return None

    def after(self, day: date, count: int) -> date | None:
        """The working day `count` working days later than `day`; itself for 0."""
        found: date | None = day
        for _ in range(count):
            found = None if found is None else self.on_or_after(found + timedelta(days=1))
        return found
