"""When a store is open: opening hours in its own time zone as spans of real time. Whether it is open, when it opens
next and when it closes are all read from the same spans, so that they always agree.

A wall-clock time means the first instant at which the store's clock shows it or a later one: of an hour that comes
twice the first, of an hour that is left out the moment the clocks go forward. A night belongs to the date on which it
begins, and special hours replace the weekly ones of their date, not the night before. Periods that touch are one.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from msgspec import Struct

from gateway.model.stores import OpeningPeriod, SpecialHours
from gateway.model.written_hours import special_hours, weekly_hours

__all__ = [
    "Hours",
    "Special",
    "SteadyOpening",
    "closing",
    "next_opening",
    "open_at",
    "periods_on",
    "special_hours",
    "steady_opening",
    "weekly_hours",
]

Hours = tuple[OpeningPeriod, ...]
Special = tuple[SpecialHours, ...]
Span = tuple[datetime, datetime]
"""From an opening (included) to a closing (not included), aware UTC."""

HORIZON = timedelta(days=366)
"""Nobody looks further ahead: a store that does not open within a year never opens, as far as anybody is told."""
_FIRST, _LAST = datetime(1, 1, 8, tzinfo=UTC), datetime(9997, 12, 24, tzinfo=UTC)
_SECOND, _DAY = timedelta(seconds=1), timedelta(days=1)
_DATES_KEPT = 64


def open_at(instant: datetime, timezone: str, hours: Hours, special: Special) -> bool | None:
    """Whether a store is open at an aware instant; None where no hours are known."""
    if not _answerable(instant, hours, special):
        return None
    return _calendar(timezone, hours, special).is_open(instant)


def next_opening(instant: datetime, timezone: str, hours: Hours, special: Special) -> datetime | None:
    """The first aware instant at or after `instant` at which the store is open, within a year; `instant` itself where
    no hours are known; None if there is none."""
    if not _answerable(instant, hours, special):
        return instant
    calendar = _calendar(timezone, hours, special)
    if calendar.is_open(instant):
        return instant
    opens = calendar.opens_after(instant)
    return None if opens is None else opens.astimezone(instant.tzinfo)


def closing(instant: datetime, timezone: str, hours: Hours, special: Special) -> datetime | None:
    """The first aware instant after `instant` at which the store is no longer open; None where it is not open, where no
    hours are known, and where it never closes."""
    if not _answerable(instant, hours, special):
        return None
    calendar = _calendar(timezone, hours, special)
    closes = calendar.closes_after(instant) if calendar.is_open(instant) else None
    return None if closes is None else closes.astimezone(instant.tzinfo)


def periods_on(day: date, hours: Hours, special: Special) -> tuple[tuple[time, time], ...]:
    """The periods that open on a local date."""
    for entry in special:
        if entry.date == day:
            return entry.periods
    return tuple((period.opens, period.closes) for period in hours if period.weekday == day.weekday())


def _answerable(instant: datetime, hours: Hours, special: Special) -> bool:
    """Whether hours are known, and the instant is not so near an end of time that there are no days around it."""
    return bool(hours or special) and _FIRST <= instant <= _LAST


class _Calendar:
    """One store's hours, with the spans of the dates that were lately asked."""

    __slots__ = ("_kept", "_last_special", "_round_the_clock", "_special", "_week", "_zone")

    def __init__(self, timezone: str, hours: Hours, special: Special) -> None:
        self._zone = ZoneInfo(timezone)
        self._week = tuple(
            sorted((period.opens, period.closes) for period in hours if period.weekday == weekday)
            for weekday in range(7)
        )
        self._special = {entry.date: sorted(entry.periods) for entry in reversed(special)}
        self._last_special = max(self._special, default=date.min)
        self._round_the_clock = _without_pause(hours)
        self._kept: dict[date, tuple[Span, ...]] = {}

    def is_open(self, instant: datetime) -> bool:
        today = instant.astimezone(self._zone).date()
        # Where clocks go back over midnight, the hour that comes twice may already be tomorrow's.
        return any(
            opens <= instant < closes for day in (today, today - _DAY, today + _DAY) for opens, closes in self._on(day)
        )

    def opens_after(self, instant: datetime) -> datetime | None:
        until = instant + HORIZON
        yesterday = instant.astimezone(self._zone).date() - _DAY
        return next((opens for opens, _ in self._spans(instant, yesterday) if instant < opens <= until), None)

    def closes_after(self, instant: datetime) -> datetime | None:
        """Of a store that is open: the end of all the spans that follow each other without a pause. None where they
        never end: they then fill more than a week after the last special date."""
        end, day = instant, instant.astimezone(self._zone).date() - _DAY
        if self._round_the_clock:  # only a special date can close it: do not walk there day by day
            day = max(day, min((each for each in self._special if each > day), default=date.max - _DAY) - _DAY)
            if day > self._last_date(instant):
                return None
            end = max(end, _first_instant(day, time(), self._zone))
        for opens, closes in self._spans(instant, day):
            if opens > end:
                return end
            end = max(end, closes)
        return None if end.astimezone(self._zone).date() > self._last_date(instant) else end

    def _spans(self, instant: datetime, day: date) -> Iterator[Span]:
        """In order, from this date's on."""
        last = self._last_date(instant)
        while day <= last:
            yield from self._on(day)
            day += _DAY

    def _last_date(self, instant: datetime) -> date:
        """A week and a day beyond the last special date, for what comes later is what came before; at most a year."""
        today = instant.astimezone(self._zone).date()
        return min(max(today, self._last_special) + 8 * _DAY, today + HORIZON)

    def _on(self, day: date) -> tuple[Span, ...]:
        kept = self._kept.get(day)
        if kept is None:
            if len(self._kept) >= _DATES_KEPT:
                self._kept.clear()
            kept = self._kept[day] = tuple(self._computed(day))
        return kept

    def _computed(self, day: date) -> Iterator[Span]:
        periods = self._special.get(day)
        for opens, closes in self._week[day.weekday()] if periods is None else periods:
            begins = _first_instant(day, opens, self._zone)
            ends = _first_instant(day if closes > opens else day + _DAY, closes, self._zone)
            if begins < ends:
                yield begins, ends


@lru_cache(maxsize=4096)
def _calendar(timezone: str, hours: Hours, special: Special) -> _Calendar:
    return _Calendar(timezone, hours, special)


def _without_pause(hours: Hours) -> bool:
    """Whether the usual week is one opening without end."""
    week = 7 * 24 * 60
    spans: list[tuple[int, int]] = []
    for period in hours:
        opens, closes = (clock.hour * 60 + clock.minute for clock in (period.opens, period.closes))
        begins = period.weekday * 24 * 60 + opens
        ends = begins - opens + closes + (0 if closes > opens else 24 * 60)
        spans += ((begins, ends), (begins - week, ends - week))
    reached = 0
    for begins, ends in sorted(spans):
        if begins > reached:
            break
        reached = max(reached, ends)
    return reached >= week


def _first_instant(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """The first instant at which the zone's clocks show this time of this day, or a later one."""
    wall = datetime.combine(day, clock, zone)
    instant = wall.astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == wall.replace(tzinfo=None):
        return instant
    # The clocks leave it out: they go forward somewhere between it by the new offset and it by the old one.
    before, after = wall.replace(fold=1).astimezone(UTC), instant
    while after - before > _SECOND:
        middle = before + (after - before) // 2
        if middle.astimezone(zone).replace(tzinfo=None) < wall.replace(tzinfo=None):
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)


class SteadyOpening(Struct, frozen=True, gc=False):
    """What `next_opening` answers from `since` on and before `until`: the asked instant itself while the store
    `is_open`, else `at`."""

    since: datetime
    until: datetime
    is_open: bool
    at: datetime | None

    def holds(self, instant: datetime) -> bool:
        return self.since <= instant < self.until

    def next(self, instant: datetime) -> datetime | None:
        return instant if self.is_open else self.at


def steady_opening(instant: datetime, timezone: str, hours: Hours, special: Special) -> SteadyOpening:
    """The next opening, and until when the answer stays: until the store closes or opens, or the local midnight."""
    opening = next_opening(instant, timezone, hours, special)
    is_open = opening is instant
    change = closing(instant, timezone, hours, special) if is_open else opening
    zone = ZoneInfo(timezone)
    midnight = _first_instant(instant.astimezone(zone).date() + _DAY, time(), zone)
    return SteadyOpening(instant, midnight if change is None else min(change, midnight), is_open, opening)
