"""Whether a store is open: in its own time zone, past midnight, on special dates and over clock changes."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from gateway.model.opening_hours import closing, next_opening, open_at, periods_on, special_hours, weekly_hours

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


def test_a_store_that_is_always_open_never_closes_and_one_closed_for_weeks_opens_again() -> None:
    always = weekly_hours({"mon-sun": "00:00-24:00"}, place="hours")
    assert closing(at(LONDON, 2026, 10, 25, 1), LONDON, always, ()) is None
    shut = special_hours({"2026-12-25": "closed"}, place="special")
    assert closing(at(LONDON, 2026, 12, 1, 9), LONDON, always, shut) == at(LONDON, 2026, 12, 25, 0)
    daily = weekly_hours({"mon-sun": "10:00-18:00"}, place="hours")
    weeks = special_hours({f"2026-08-{day:02}": "closed" for day in range(1, 32)}, place="special")
    assert next_opening(at(LONDON, 2026, 8, 1, 9), LONDON, daily, weeks) == at(LONDON, 2026, 9, 1, 10)


def test_two_periods_a_night_and_midnight_each_close_when_they_do() -> None:
    assert closing(at(LONDON, 2026, 11, 6, 11), LONDON, HOURS, SPECIAL) == at(LONDON, 2026, 11, 6, 14)
    assert closing(at(LONDON, 2026, 11, 6, 20), LONDON, HOURS, SPECIAL) == at(LONDON, 2026, 11, 7, 2)
    assert closing(at(LONDON, 2026, 11, 7, 1), LONDON, HOURS, SPECIAL) == at(LONDON, 2026, 11, 7, 2)
    assert closing(at(LONDON, 2026, 11, 8, 23), LONDON, HOURS, SPECIAL) == at(LONDON, 2026, 11, 9, 0)
    assert closing(at(LONDON, 2026, 11, 6, 15), LONDON, HOURS, SPECIAL) is None
    touching = weekly_hours({"mon": "10:00-14:00,14:00-18:00"}, place="hours")
    assert closing(at(LONDON, 2026, 11, 2, 11), LONDON, touching, ()) == at(LONDON, 2026, 11, 2, 18)


def test_a_door_that_opens_in_the_hour_left_out_opens_when_the_clocks_go_forward() -> None:
    early = weekly_hours({"sun": "01:30-03:00"}, place="hours")
    forward = datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    assert next_opening(forward - timedelta(hours=3), LONDON, early, ()) == forward
    assert closing(forward, LONDON, early, ()) == at(LONDON, 2026, 3, 29, 3)


def test_the_ends_of_time_are_no_failure() -> None:
    for instant in (datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, tzinfo=UTC)):
        assert open_at(instant, LONDON, HOURS, SPECIAL) is None
        assert next_opening(instant, LONDON, HOURS, SPECIAL) == instant
        assert closing(instant, LONDON, HOURS, SPECIAL) is None
