"""Opening hours as the configuration writes them, read strictly: whatever could be read in two ways is refused with its
place and value. Once read they are the records that `opening_hours` computes with."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

from gateway.errors import ConfigurationError
from gateway.model.stores import OpeningPeriod, SpecialHours

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = 24 * 60
_WEEK = 7 * _DAY
_ONE_DAY = timedelta(days=1)
_LONGEST_NIGHT = 8 * 60
"""A period may pass midnight until 08:00. One that ends later is a day written backwards, far more often than meant."""
_PERIOD = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9]) *- *(24:00|([01][0-9]|2[0-3]):([0-5][0-9]))")
_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")

Periods = tuple[tuple[time, time], ...]
"""Opening and closing; a closing at or before the opening is on the next day, so that 00:00 to 00:00 is a whole day."""


def weekly_hours(written: Mapping[str, str], *, place: str) -> tuple[OpeningPeriod, ...]:
    """`{"mon-sat": "10:00-20:00", "sun": "closed"}` as periods, in order. Raises ConfigurationError naming the place
    for anything else, for a day that stands there twice, and for periods that overlap."""
    periods: list[OpeningPeriod] = []
    said: dict[int, str] = {}
    for days, hours in written.items():
        weekdays = days_of(days, place=place)
        read = periods_of(hours, place=f"{place}.{days}")
        for weekday in weekdays:
            if weekday in said:
                raise ConfigurationError(
                    f"`{days}` and `{said[weekday]}` both say when it opens on {DAYS[weekday]}", place=place
                )
            said[weekday] = days
            periods += (OpeningPeriod(weekday, opens, closes) for opens, closes in read)
    periods.sort(key=lambda period: (period.weekday, period.opens))
    _refuse_overlaps(periods, place)
    return tuple(periods)


def special_hours(written: Mapping[str, str], *, place: str) -> tuple[SpecialHours, ...]:
    """`{"2026-12-25": "closed"}` by ISO date, in date order. Raises ConfigurationError naming the place."""
    special = [
        SpecialHours(iso_date(day, place=place), periods_of(hours, place=f"{place}.{day}"))
        for day, hours in written.items()
    ]
    special.sort(key=lambda entry: entry.date)
    for _, said in meeting_nights((), special):
        raise ConfigurationError(said, place=place)
    return tuple(special)


def store_hours(
    weekly: Mapping[str, str], special: Mapping[str, str], *, place: str
) -> tuple[tuple[OpeningPeriod, ...], tuple[SpecialHours, ...]]:
    """Both, as they are kept together: a night of either that reaches into the next day's hours of the other is refused
    too. `place` is the store's."""
    week = weekly_hours(weekly, place=f"{place}.hours")
    days = special_hours(special, place=f"{place}.special_hours")
    for day, said in meeting_nights(week, days):
        raise ConfigurationError(said, place=f"{place}.special_hours.{day}")
    return week, days


def meeting_nights(week: Sequence[OpeningPeriod], special: Sequence[SpecialHours]) -> Iterator[tuple[date, str]]:
    """Each special date whose night, or whose morning, is told twice: a night belongs to the day it begins on and goes
    on into the next, whatever that one's hours are, so that its end and an opening before it cannot both be meant."""
    by_date = {entry.date: entry.periods for entry in special}

    def periods(day: date) -> Periods:
        usual = tuple((period.opens, period.closes) for period in week if period.weekday == day.weekday())
        return by_date.get(day, usual)

    told: set[date] = set()
    for entry in special:
        for evening in (entry.date - _ONE_DAY, entry.date):
            night = max((closes for opens, closes in periods(evening) if time() < closes <= opens), default=time())
            morning = min((opens for opens, _ in periods(evening + _ONE_DAY)), default=None)
            if morning is not None and morning < night and evening not in told:
                told.add(evening)
                until, opens, day = f"{night:%H:%M}", f"{morning:%H:%M}", evening + _ONE_DAY
                yield (
                    entry.date,
                    f"the night of `{evening}` (until {until}) reaches into `{day}`, which opens at {opens}",
                )


def days_of(written: str, *, place: str) -> tuple[int, ...]:
    """A day or a range of days, which may run over Sunday (`sat-thu`), as weekdays from 0 for Monday."""
    first, dash, last = written.strip().lower().partition("-")
    if first not in DAYS or (dash and last not in DAYS):
        raise ConfigurationError(f"`{written}` is no day or range of days (mon, tue-fri)", place=place)
    start = DAYS.index(first)
    length = (DAYS.index(last or first) - start) % 7 + 1
    return tuple((start + offset) % 7 for offset in range(length))


def iso_date(written: str, *, place: str) -> date:
    """`YYYY-MM-DD` and no other ISO 8601 form."""
    if _ISO_DATE.fullmatch(written):
        try:
            return date.fromisoformat(written)
        except ValueError:
            pass
    raise ConfigurationError(f"`{written}` is no ISO date (YYYY-MM-DD)", place=place)


def clock_of(written: str, *, place: str) -> time:
    """`HH:MM`, 00:00 to 23:59."""
    found = _CLOCK.fullmatch(written.strip())
    if found is None:
        raise ConfigurationError(f"`{written}` is no time of day (HH:MM)", place=place)
    return time(int(found[1]), int(found[2]))


def periods_of(written: str, *, place: str) -> Periods:
    """`closed`, or one or more `HH:MM-HH:MM` with commas, in order. 24:00 is an end only. A period that ends before it
    begins passes midnight, until 08:00 at most."""
    if written.strip().lower() == "closed":
        return ()
    periods = sorted(_period(part.strip(), place) for part in written.split(","))
    _refuse_overlaps([OpeningPeriod(0, opens, closes) for opens, closes in periods], place)
    return tuple(periods)


def _period(written: str, place: str) -> tuple[time, time]:
    found = _PERIOD.fullmatch(written)
    if found is None:
        raise ConfigurationError(f"`{written}` is not HH:MM-HH:MM (00:00 to 23:59, 24:00 as an end)", place=place)
    opens = time(int(found[1]), int(found[2]))
    if found[3] == "24:00":
        return opens, time()
    closes = time(int(found[4]), int(found[5]))
    if closes == opens:
        raise ConfigurationError(f"`{written}` is empty; round the clock is 00:00-24:00", place=place)
    if closes < opens and closes.hour * 60 + closes.minute > _LONGEST_NIGHT:
        raise ConfigurationError(
            f"`{written}` ends before it begins; a night may last until 08:00, what is open after that is written as a "
            f"period of the next day",
            place=place,
        )
    return opens, closes


def _refuse_overlaps(periods: Iterable[OpeningPeriod], place: str) -> None:
    """Periods of one week, Sunday's night beside Monday's morning. Two that only touch do not overlap."""
    spans = sorted(_span(period) for period in periods)
    for (_, ends, one), (begins, _, other) in zip(spans, [*spans[1:], *_shifted(spans[:1])], strict=False):
        if begins < ends:
            raise ConfigurationError(f"{_named(one)} and {_named(other)} overlap", place=place)


def _span(period: OpeningPeriod) -> tuple[int, int, OpeningPeriod]:
    opens = period.weekday * _DAY + period.opens.hour * 60 + period.opens.minute
    closes = period.weekday * _DAY + period.closes.hour * 60 + period.closes.minute
    return opens, closes if closes > opens else closes + _DAY, period


def _shifted(spans: list[tuple[int, int, OpeningPeriod]]) -> list[tuple[int, int, OpeningPeriod]]:
    return [(begins + _WEEK, ends + _WEEK, period) for begins, ends, period in spans]


def _named(period: OpeningPeriod) -> str:
    closes = "24:00" if period.closes == time() else f"{period.closes:%H:%M}"
    return f"`{DAYS[period.weekday]} {period.opens:%H:%M}-{closes}`"


def known_zone(written: str, *, place: str) -> ZoneInfo:
    """A zone of the IANA database. Raises ConfigurationError naming the place."""
    try:
        return ZoneInfo(written)
    except (KeyError, OSError, ValueError) as error:  # not there, a folder of the database, no name at all
        hint = "IANA name, such as Europe/London"
        raise ConfigurationError(f"`{written}` is no time zone ({hint})", place=place) from error
