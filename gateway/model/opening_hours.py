"""Opening hours as the configuration writes them, and whether a store is open at an instant."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from gateway.errors import ConfigurationError
from gateway.model.stores import OpeningPeriod, SpecialHours

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def weekly_hours(written: Mapping[str, str], *, place: str) -> tuple[OpeningPeriod, ...]:
    """`{"mon-sat": "10:00-20:00", "sun": "closed"}` as periods. Raises ConfigurationError naming the place."""
    periods: list[OpeningPeriod] = []
    for days, hours in written.items():
        for weekday in _days(days, place):
            periods += (OpeningPeriod(weekday, opens, closes) for opens, closes in _periods(hours, f"{place}.{days}"))
    return tuple(sorted(periods, key=lambda period: (period.weekday, period.opens)))


def special_hours(written: Mapping[str, str], *, place: str) -> tuple[SpecialHours, ...]:
    """`{"2026-12-25": "closed"}` by ISO date, in date order."""
    special: list[SpecialHours] = []
    for day, hours in written.items():
        try:
            special.append(SpecialHours(date.fromisoformat(day), _periods(hours, f"{place}.{day}")))
        except ValueError as error:
            raise ConfigurationError(f"`{day}` is no ISO date", place=place) from error
    return tuple(sorted(special, key=lambda entry: entry.date))


def _days(written: str, place: str) -> range | tuple[int, ...]:
    first, _, last = written.strip().lower().partition("-")
    if first not in DAYS or (last and last not in DAYS):
        raise ConfigurationError(f"`{written}` is no day or range of days (mon, tue-fri)", place=place)
    start = DAYS.index(first)
    length = (DAYS.index(last or first) - start) % 7 + 1
    return tuple((start + offset) % 7 for offset in range(length))


def _periods(written: str, place: str) -> tuple[tuple[time, time], ...]:
    if written.strip().lower() == "closed":
        return ()
    periods: list[tuple[time, time]] = []
    for period in written.split(","):
        opens, _, closes = period.strip().partition("-")
        try:
            periods.append((_clock(opens), _clock(closes)))
        except ValueError as error:
            raise ConfigurationError(f"`{period.strip()}` is not HH:MM-HH:MM", place=place) from error
    return tuple(periods)


def _clock(written: str) -> time:
    return time.fromisoformat("00:00" if written.strip() == "24:00" else written.strip())


def open_at(
    instant: datetime, timezone: str, hours: tuple[OpeningPeriod, ...], special: tuple[SpecialHours, ...]
) -> bool | None:
    """Whether a store is open at an aware instant; None where no hours are known. Special hours replace the weekly
    ones of their date, also for the part of yesterday's night that reaches past midnight."""
    if not hours and not special:
        return None
    local = instant.astimezone(ZoneInfo(timezone))
    clock = local.time().replace(tzinfo=None)
    for opens, closes in periods_on(local.date(), hours, special):
        if opens <= clock and (clock < closes or closes <= opens):
            return True
    yesterday = local.date() - timedelta(days=1)
    return any(closes <= opens and clock < closes for opens, closes in periods_on(yesterday, hours, special))


def periods_on(
    day: date, hours: tuple[OpeningPeriod, ...], special: tuple[SpecialHours, ...]
) -> tuple[tuple[time, time], ...]:
    """The periods that open on a local date."""
    for entry in special:
        if entry.date == day:
            return entry.periods
    return tuple((period.opens, period.closes) for period in hours if period.weekday == day.weekday())


def next_opening(
    instant: datetime, timezone: str, hours: tuple[OpeningPeriod, ...], special: tuple[SpecialHours, ...]
) -> datetime | None:
    """The first aware instant at or after `instant` at which the store is open, within 14 days; None if none is."""
    if open_at(instant, timezone, hours, special) in (True, None):
        return instant
    zone = ZoneInfo(timezone)
    local = instant.astimezone(zone)
    for offset in range(15):
        day = local.date() + timedelta(days=offset)
        for opens, _ in sorted(periods_on(day, hours, special)):
            candidate = datetime.combine(day, opens, zone)
            if candidate >= local:
                return candidate.astimezone(instant.tzinfo)
    return None


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


def steady_opening(
    instant: datetime, timezone: str, hours: tuple[OpeningPeriod, ...], special: tuple[SpecialHours, ...]
) -> SteadyOpening:
    """The next opening, and until when the answer stays: the next time a period of today opens or closes or one of
    yesterday's night ends, at most the local midnight. Before a clock change it stays for no time at all, since the
    wall clock then leaps."""
    opening = next_opening(instant, timezone, hours, special)
    zone = ZoneInfo(timezone)
    local = instant.astimezone(zone)
    wall, today = local.replace(tzinfo=None), local.date()
    until = datetime.combine(today + timedelta(days=1), time())
    for day in (today, today - timedelta(days=1)):
        for period in periods_on(day, hours, special):
            for clock in period:
                if wall < (change := datetime.combine(today, clock)) < until:
                    until = change
    end = instant + (until - wall)
    if end.astimezone(zone).utcoffset() != local.utcoffset():
        end = instant
    return SteadyOpening(instant, end, opening is instant, opening)
