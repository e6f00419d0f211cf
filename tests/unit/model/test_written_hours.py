"""Hours as people write them: read in one way only, or refused with their place and what was written."""

from __future__ import annotations

import re
from datetime import date, time

import pytest

from gateway.errors import ConfigurationError
from gateway.model.stores import OpeningPeriod, SpecialHours
from gateway.model.written_hours import clock_of, days_of, known_zone, special_hours, weekly_hours

PLACE = "stores.soho.hours"


def refused(written: dict[str, str]) -> str:
    with pytest.raises(ConfigurationError) as caught:
        weekly_hours(written, place=PLACE)
    assert caught.value.message.startswith(PLACE)
    return caught.value.message


@pytest.mark.parametrize(
    "hours",
    [
        "09.30-17.30", "09:30Z-17:30Z", "09:30+01:00-17:30", "9:30-17:30", "0930-1730", "09:30:00-17:30:00", "09:30",
        "09:30-", "-17:30", "09:30-17:30-19:00", "09:30–17:30", "24:00-02:00", "24:00-24:00", "09:30-24:30",
        "09:60-10:00", "25:00-26:00", "10-18h", "", ",", "09:30-17:30,", "closed,09:30-17:30", "٠٩:٣٠-١٧:٣٠",
        "T09:30-T17:30", "nine to five",
    ],
)  # fmt: skip
def test_what_is_no_period_is_refused(hours: str) -> None:
    message = refused({"mon": hours})
    assert message.startswith(f"{PLACE}.mon: ")
    assert f"`{hours.split(',')[-1].strip()}`" in message or f"`{hours.split(',')[0].strip()}`" in message


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        ("10:00-10:00", "is empty; round the clock is 00:00-24:00"),
        ("00:00-00:00", "is empty"),
        ("18:00-09:00", "ends before it begins"),
        ("17:30-09:30", "ends before it begins"),
        ("10:00-14:00,13:00-18:00", "`mon 10:00-14:00` and `mon 13:00-18:00` overlap"),
        ("10:00-14:00,10:00-14:00", "overlap"),
        ("20:00-02:00,23:00-24:00", "overlap"),
    ],
)
def test_what_could_be_meant_in_two_ways_is_refused(hours: str, said: str) -> None:
    assert said in refused({"mon": hours})


def test_a_night_does_not_reach_into_the_next_opening_not_even_over_the_end_of_the_week() -> None:
    assert "`sun 20:00-02:00` and `mon 01:00-05:00` overlap" in refused({"sun": "20:00-02:00", "mon": "01:00-05:00"})
    assert "overlap" in refused({"fri": "20:00-02:00", "sat": "00:00-04:00"})
    assert len(weekly_hours({"fri": "20:00-02:00", "sat": "02:00-04:00"}, place=PLACE)) == 2


def test_a_day_says_once_when_it_opens() -> None:
    assert "`sun` and `mon-sun` both say when it opens on sun" in refused({"mon-sun": "10:00-18:00", "sun": "closed"})


@pytest.mark.parametrize("days", ["monday", "mon-", "-fri", "", "mon-fri-sat", "mon,tue", "8", "mo"])
def test_what_is_no_day_is_refused(days: str) -> None:
    assert f"`{days}` is no day" in refused({days: "10:00-18:00"})


def test_nights_midnight_and_round_the_clock_are_read() -> None:
    assert weekly_hours({"Fri": " 10:00-14:00, 20:00-08:00 "}, place=PLACE) == (
        OpeningPeriod(4, time(10), time(14)),
        OpeningPeriod(4, time(20), time(8)),
    )
    assert weekly_hours({"mon": "00:00-24:00", "tue": "closed"}, place=PLACE) == (OpeningPeriod(0, time(), time()),)
    assert days_of("sat-mon", place=PLACE) == (5, 6, 0)


@pytest.mark.parametrize(
    "day", ["christmas", "20261225", "2026-W52-5", "2026-02-30", "2026-12-25T00:00", " 2026-12-25"]
)
def test_a_special_date_is_written_in_one_way(day: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(f"`{day}` is no ISO date")):
        special_hours({day: "closed"}, place="stores.soho.special_hours")
    assert special_hours({"2026-12-25": "closed"}, place=PLACE) == (SpecialHours(date(2026, 12, 25)),)


def test_special_periods_are_as_strict() -> None:
    with pytest.raises(ConfigurationError, match=r"special\.2026-12-24: `10\.00-12\.00`"):
        special_hours({"2026-12-24": "10.00-12.00"}, place="special")


@pytest.mark.parametrize("zone", ["Europe/Londn", "GMT+1", "", "Europe", "/etc/localtime", "../UTC", "europe\0london"])
def test_a_zone_that_nobody_keeps_is_refused(zone: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(f"`{zone}` is no time zone")):
        known_zone(zone, place="stores.soho.timezone")


def test_a_time_of_day_is_hours_and_minutes() -> None:
    assert clock_of("14:00", place="x") == time(14)
    for written in ("24:00", "14", "2 pm", "14:00Z"):
        with pytest.raises(ConfigurationError, match="no time of day"):
            clock_of(written, place="x")


def test_a_special_night_that_reaches_into_the_next_special_day_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"the night of `2026-12-25` .* reaches into `2026-12-26`"):
        special_hours({"2026-12-26": "05:00-08:00", "2026-12-25": "22:00-07:00"}, place="x")
    assert special_hours({"2026-12-25": "22:00-05:00", "2026-12-26": "05:00-08:00"}, place="x")
    assert special_hours({"2026-12-25": "22:00-07:00", "2026-12-26": "closed"}, place="x")
