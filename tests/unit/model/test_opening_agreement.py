"""Whether a store is open, when it opens next, when it closes, and what is said of it: one truth at every minute of a
year, in zones whose clocks change at odd times."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from babel.dates import format_date, format_time

from gateway.model.opening_hours import (
    Hours,
    Special,
    closing,
    next_opening,
    open_at,
    periods_on,
    special_hours,
    weekly_hours,
)
from gateway.model.stores import OpeningPeriod, Store
from gateway.model.text import Text
from gateway.services.languages import Languages
from gateway.services.speech import Speech
from gateway.settings import LanguagesSection

ZONES = (
    "Europe/London",
    "America/New_York",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Asia/Kathmandu",
    "America/Havana",
    "Asia/Beirut",
    "Pacific/Chatham",
)
MINUTE, YEAR = timedelta(minutes=1), 365 * 24 * 60
START = datetime(2026, 1, 1, tzinfo=UTC)

STORES: dict[str, tuple[Hours, Special]] = {
    "days and a night": (
        weekly_hours(
            {"mon-thu": "10:00-18:00", "fri": "10:00-14:00,20:00-02:00", "sat": "20:00-24:00", "sun": "00:00-04:00"},
            place="hours",
        ),
        special_hours({"2026-12-25": "closed", "2026-12-24": "10:00-12:00", "2026-12-31": "22:00-03:00"}, place="s"),
    ),
    "round the clock, but for one day": (
        weekly_hours({"mon-sun": "00:00-24:00"}, place="hours"),
        special_hours({"2026-07-01": "closed"}, place="special"),
    ),
    "round the clock": (weekly_hours({"mon-sun": "00:00-24:00"}, place="hours"), ()),
    "early mornings": (weekly_hours({"mon-sun": "00:30-05:00"}, place="hours"), ()),
}
SPEECH = Speech(Languages(LanguagesSection()))


def by_the_clock(local: datetime, hours: Hours, special: Special) -> bool:
    """Open by what the wall clock shows: the plainest way to say it."""
    clock = local.time()
    today = periods_on(local.date(), hours, special)
    yesterday = periods_on(local.date() - timedelta(days=1), hours, special)
    return any(opens <= clock and (clock < closes or closes <= opens) for opens, closes in today) or any(
        closes <= opens and clock < closes for opens, closes in yesterday
    )


def agrees(instant: datetime, timezone: str, hours: Hours, special: Special) -> None:
    zone = ZoneInfo(timezone)
    doors = timezone, hours, special
    is_open, opens, closes = open_at(instant, *doors), next_opening(instant, *doors), closing(instant, *doors)
    local = instant.astimezone(zone)
    if not local.fold:  # an hour that comes twice is not opened or closed twice
        assert is_open is by_the_clock(local, hours, special)
    assert (opens == instant) is is_open
    change = closes if is_open else opens
    said = SPEECH.store(Store("x", Text("X", "en"), "GB", timezone, hours=hours, special_hours=special), instant, "en")
    if change is None:
        assert closes is None
        assert said.text.endswith("It is open round the clock.")
        return
    assert change > instant
    assert open_at(change, *doors) is not is_open
    assert open_at(change - timedelta(microseconds=1), *doors) is is_open
    clock = format_time(change, "short", tzinfo=zone, locale="en")
    day = format_date(change.astimezone(zone).date(), "long", locale="en")
    if is_open and change.astimezone(zone).date() == local.date():
        assert said.text.endswith(f"It is open today until {clock}.")
    elif is_open:
        assert said.text.endswith(f"It is open until {clock} on {day}.")
    else:
        assert said.text.endswith(f"It opens at {clock} on {day}.")


def around_changes(timezone: str) -> Iterable[datetime]:
    """Every fifth minute from two hours before to two hours after each change of the zone's clocks."""
    zone = ZoneInfo(timezone)
    for hour in range(365 * 24):
        begins, ends = START + timedelta(hours=hour), START + timedelta(hours=hour + 1)
        if begins.astimezone(zone).utcoffset() != ends.astimezone(zone).utcoffset():
            yield from (begins + timedelta(minutes=away) for away in range(-120, 180, 5))


@pytest.mark.parametrize("timezone", ZONES)
@pytest.mark.parametrize("store", STORES)
def test_they_agree_at_minutes_of_a_year_and_around_every_change_of_the_clocks(timezone: str, store: str) -> None:
    drawn = random.Random(f"{timezone} {store}")
    instants = [START + MINUTE * drawn.randrange(YEAR) for _ in range(60)]
    for instant in (*instants, *around_changes(timezone)):
        agrees(instant, timezone, *STORES[store])


@pytest.mark.parametrize("step", [pytest.param(13, marks=pytest.mark.full), pytest.param(1, marks=pytest.mark.soak)])
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("timezone", ZONES)
def test_they_agree_at_every_minute_of_a_year(timezone: str, step: int) -> None:
    for minute in range(0, YEAR, step):
        agrees(START + MINUTE * minute, timezone, *STORES["days and a night"])


def test_a_date_that_a_zone_left_out_is_skipped() -> None:
    """Samoa had no 30 December 2011."""
    daily = tuple(OpeningPeriod(day, time(9), time(17)) for day in range(7))
    thursday_evening = datetime(2011, 12, 29, 18, tzinfo=ZoneInfo("Pacific/Apia"))
    found = next_opening(thursday_evening, "Pacific/Apia", daily, ())
    assert found is not None
    assert found.astimezone(ZoneInfo("Pacific/Apia")).date() == date(2011, 12, 31)
