"""Whether a store is open: in its own time zone, past midnight, on special dates and over clock changes."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from gateway.errors import ConfigurationError
from gateway.model.opening_hours import next_opening, open_at, periods_on, special_hours, weekly_hours

HOURS = weekly_hours(
    {"mon-thu": "10:00-18:00", "fri": "10:00-14:00,20:00-02:00", "sun-sun": "12:00-24:00"}, place="hours"
)
SPECIAL = special_hours({"2026-12-25": "closed", "2026-12-24": "10:00-12:00"}, place="special")
LONDON, JERUSALEM = "Europe/London", "Asia/Jerusalem"


def at(zone: str, year: int, month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=ZoneInfo(zone)).astimezone(UTC)


@pytest.mark.parametrize(
    ("instant", "expected"),
    [
        (at(LONDON, 2026, 11, 2, 10), True),
        (at(LONDON, 2026, 11, 2, 9, 59), False),
        (at(LONDON, 2026, 11, 2, 18), False),
        (at(LONDON, 2026, 11, 6, 15), False),
        (at(LONDON, 2026, 11, 6, 23), True),
        (at(LONDON, 2026, 11, 7, 1, 59), True),
        (at(LONDON, 2026, 11, 7, 2), False),
        (at(LONDON, 2026, 11, 8, 23, 59), True),
        (at(LONDON, 2026, 12, 25, 11), False),
        (at(LONDON, 2026, 12, 24, 11), True),
        (at(LONDON, 2026, 12, 24, 13), False),
    ],
)
def test_open_or_closed_at_an_instant(instant: datetime, expected: bool) -> None:
    assert open_at(instant, LONDON, HOURS, SPECIAL) is expected


def test_the_store_s_own_clock_counts() -> None:
    instant = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
    assert open_at(instant, LONDON, HOURS, ()) is False
    assert open_at(instant, JERUSALEM, HOURS, ()) is True


def test_summer_time_moves_the_opening_in_utc() -> None:
    monday = weekly_hours({"mon": "10:00-18:00"}, place="hours")
    winter = next_opening(datetime(2026, 3, 23, 0, 0, tzinfo=UTC), LONDON, monday, ())
    summer = next_opening(datetime(2026, 3, 30, 0, 0, tzinfo=UTC), LONDON, monday, ())
    assert winter == datetime(2026, 3, 23, 10, 0, tzinfo=UTC)
    assert summer == datetime(2026, 3, 30, 9, 0, tzinfo=UTC)


def test_unknown_hours_are_unknown_and_not_closed() -> None:
    assert open_at(datetime(2026, 11, 2, tzinfo=UTC), LONDON, (), ()) is None


def test_the_next_opening_skips_special_closings() -> None:
    only_friday = weekly_hours({"fri": "10:00-14:00"}, place="hours")
    found = next_opening(at(LONDON, 2026, 12, 24, 13), LONDON, only_friday, SPECIAL)
    assert found == at(LONDON, 2027, 1, 1, 10)
    assert next_opening(at(LONDON, 2026, 11, 2, 11), LONDON, HOURS, ()) == at(LONDON, 2026, 11, 2, 11)


def test_a_store_that_never_opens_has_no_next_opening() -> None:
    closed = special_hours({"2026-12-25": "closed"}, place="special")
    assert next_opening(at(LONDON, 2026, 12, 1, 9), LONDON, (), closed) is None


def test_special_hours_replace_the_weekly_ones_of_their_date() -> None:
    assert periods_on(date(2026, 12, 24), HOURS, SPECIAL) == ((time(10), time(12)),)
    assert periods_on(date(2026, 12, 25), HOURS, SPECIAL) == ()


@pytest.mark.parametrize(
    ("written", "complaint"),
    [({"monday": "10:00-18:00"}, "monday"), ({"mon": "10-18h"}, "10-18h"), ({"mon-": "10:00-x"}, "10:00-x")],
)
def test_hours_that_cannot_be_read_name_their_place(written: dict[str, str], complaint: str) -> None:
    with pytest.raises(ConfigurationError, match=complaint):
        weekly_hours(written, place="stores.soho.hours")


def test_a_special_date_that_is_none_names_its_place() -> None:
    with pytest.raises(ConfigurationError, match="christmas"):
        special_hours({"christmas": "closed"}, place="stores.soho.special_hours")
