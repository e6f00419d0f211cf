"""Times as standards write them: instants and dates of RFC 3339, and the delay or date of `Retry-After` (RFC 9110)."""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime, time, timedelta, timezone

_INSTANT = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?"
    r"(?:[Zz]|([+-])([0-9]{2}):([0-9]{2}))"
)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9]))?")
_MOST_CHARACTERS = 64


def instant_of(written: str) -> datetime:
    """An RFC 3339 `date-time` as an aware instant in UTC: no week dates, no basic forms, an offset always, `t` and `z`
    in either case. Digits beyond microseconds are dropped; a leap second is the first instant after it. Raises
    ValueError."""
    found = _INSTANT.fullmatch(written) if len(written) <= _MOST_CHARACTERS else None
    if found is None:
        raise ValueError("not RFC 3339")
    year, month, day, hour, minute, second = (int(found[place]) for place in range(1, 7))
    offset = timedelta(hours=int(found[9] or 0), minutes=int(found[10] or 0))
    if int(found[9] or 0) > 23 or int(found[10] or 0) > 59:
        raise ValueError("no such offset")
    zone = timezone(-offset if found[8] == "-" else offset)
    micros = int((found[7] or "")[:6].ljust(6, "0"))
    leap = second == 60
    local = datetime(year, month, day, hour, minute, 59 if leap else second, micros, zone)
    try:
        instant = local.astimezone(UTC)
        if not leap:
            return instant
        after = instant.replace(microsecond=0) + timedelta(seconds=1)
    except OverflowError as error:
        raise ValueError("beyond the years that are counted") from error
    if after.time() != time() or after.day != 1:
        raise ValueError("leap seconds end a month in UTC")
    return after


def date_of(written: str) -> date:
    """`YYYY-MM-DD` and no other ISO 8601 form. Raises ValueError."""
    if not _DATE.fullmatch(written):
        raise ValueError("not YYYY-MM-DD")
    return date.fromisoformat(written)


def clock_of(written: str) -> time:
    """`HH:MM` or `HH:MM:SS`. Raises ValueError."""
    found = _CLOCK.fullmatch(written)
    if found is None:
        raise ValueError("not HH:MM")
    return time(int(found[1]), int(found[2]), int(found[3] or 0))


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_TIME = r"(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2})"
_HTTP_DATES = (
    re.compile(rf"[a-z]{{3}}, (?P<day>[0-9]{{2}}) (?P<month>[a-z]{{3}}) (?P<year>[0-9]{{4}}) {_TIME} gmt"),
    re.compile(rf"[a-z]{{6,9}}, (?P<day>[0-9]{{2}})-(?P<month>[a-z]{{3}})-(?P<year>[0-9]{{2}}) {_TIME} gmt"),
    re.compile(rf"[a-z]{{3}} (?P<month>[a-z]{{3}}) (?P<day>[ 0-9][0-9]) {_TIME} (?P<year>[0-9]{{4}})"),
)
"""IMF-fixdate, and the two obsolete forms that recipients must read: RFC 850 and asctime."""
_DELAY = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,15})?")
LONGEST_RETRY_AFTER = 86_400.0
"""Seconds: no longer pause is taken from a header, whatever it says."""


def http_date(written: str, now: datetime) -> datetime | None:
    """RFC 9110, section 5.6.7, in UTC; None for anything else. A year of two digits more than fifty years ahead of
    `now` is of the last century."""
    for form in _HTTP_DATES:
        found = form.fullmatch(written.strip().lower())
        if found is None or found["month"] not in _MONTHS:
            continue
        year = int(found["year"])
        if year < 100:
            year += now.year - now.year % 100
            year -= 100 if year > now.year + 50 else 0
        clock = int(found["hour"]), int(found["minute"]), min(59, int(found["second"]))
        try:
            return datetime(year, _MONTHS.index(found["month"]) + 1, int(found["day"]), *clock, tzinfo=UTC)
        except ValueError:
            return None
    return None


def retry_after(written: str | None, now: datetime) -> float | None:
    """Seconds from `now` that a `Retry-After` asks for: a number, also with a fraction as some vendors write it, or an
    HTTP date. None where it says neither; never negative, at most a day."""
    text = (written or "").strip()
    if _DELAY.fullmatch(text):
        seconds = float(text)
    else:
        until = http_date(text, now) if len(text) <= _MOST_CHARACTERS else None
        seconds = math.nan if until is None else (until - now).total_seconds()
    return None if math.isnan(seconds) else min(max(0.0, seconds), LONGEST_RETRY_AFTER)
