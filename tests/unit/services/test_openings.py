"""A kept next opening is the plain computation's, whenever it is asked: at the boundaries, over clock changes, in any
order."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model.opening_hours import next_opening, steady_opening
from gateway.model.stores import OpeningPeriod, SpecialHours
from gateway.ownership import StorePlan
from gateway.services.openings import Openings
from gateway.settings import StoreSection

LONDON = "Europe/London"
ZONES = st.sampled_from(
    [LONDON, "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Kathmandu", "Pacific/Apia", "UTC"]
)
CLOCKS = st.sampled_from([time(), time(1), time(1, 30), time(2), time(2, 30), time(9), time(18), time(23, 59)])
PERIODS = st.builds(OpeningPeriod, st.integers(0, 6), CLOCKS, CLOCKS)
# Around the clock changes of London, New York, Lord Howe and Casablanca, and an ordinary week.
DAYS = st.sampled_from([date(2026, 2, 15), date(2026, 3, 8), date(2026, 3, 29), date(2026, 4, 5), date(2026, 6, 10),
                        date(2026, 10, 4), date(2026, 10, 25), date(2026, 11, 1)])  # fmt: skip
MOMENT = timedelta(microseconds=1)


@st.composite
def plans(draw: st.DrawFn) -> StorePlan:
    special = draw(st.lists(st.tuples(DAYS, st.lists(st.tuples(CLOCKS, CLOCKS), max_size=2)), max_size=2))
    return StorePlan(
        "soho",
        StoreSection(name="Soho", locations=(), country="GB", timezone=draw(ZONES)),
        (),
        tuple(draw(st.lists(PERIODS, max_size=6))),
        tuple(SpecialHours(day, tuple(periods)) for day, periods in special),
    )


def plainly(plan: StorePlan, instant: datetime) -> datetime | None:
    return next_opening(instant, plan.section.timezone, plan.hours, plan.special_hours)


@given(plans(), DAYS, st.lists(st.timedeltas(timedelta(days=-2), timedelta(days=2)), min_size=1, max_size=12))
def test_whatever_is_asked_before_the_answer_is_the_plain_one(
    plan: StorePlan, day: date, asked: list[timedelta]
) -> None:
    openings = Openings()
    noon = datetime.combine(day, time(12), UTC)
    for instant in [noon + away for away in asked]:
        assert openings.next(plan, instant) == plainly(plan, instant)


@given(plans(), DAYS, st.timedeltas(timedelta(days=-2), timedelta(days=2)), st.floats(0, 1))
def test_an_answer_is_kept_exactly_as_long_as_it_holds(
    plan: StorePlan, day: date, away: timedelta, part: float
) -> None:
    instant = datetime.combine(day, time(12), UTC) + away
    openings = Openings()
    openings.next(plan, instant)
    kept = steady_opening(instant, plan.section.timezone, plan.hours, plan.special_hours)
    assert kept.since == instant <= kept.until <= instant + timedelta(days=1)
    for later in (instant + (kept.until - instant) * part, kept.until - MOMENT, kept.until, kept.until + MOMENT):
        if later >= instant:
            assert openings.next(plan, later) == plainly(plan, later)


@given(plans(), DAYS)
def test_walking_through_days_in_small_steps_meets_every_change(plan: StorePlan, day: date) -> None:
    openings = Openings()
    midnight = datetime.combine(day, time(), UTC) - timedelta(hours=12)
    for step in range(96):
        instant = midnight + timedelta(minutes=30) * step
        assert openings.next(plan, instant) == plainly(plan, instant)


HOURS = (OpeningPeriod(0, time(9), time(18)),)


@pytest.mark.parametrize(
    ("asked", "until", "opens"),
    [
        ("2026-06-08T07:30Z", "2026-06-08T08:00Z", "2026-06-08T08:00Z"),
        ("2026-06-08T12:00Z", "2026-06-08T17:00Z", "2026-06-08T12:00Z"),
        ("2026-06-08T20:00Z", "2026-06-08T23:00Z", "2026-06-15T08:00Z"),
    ],
)
def test_it_holds_until_the_door_opens_until_it_closes_and_until_midnight(asked: str, until: str, opens: str) -> None:
    instant = datetime.fromisoformat(asked)
    kept = steady_opening(instant, LONDON, HOURS, ())
    assert (kept.until, kept.next(instant)) == (datetime.fromisoformat(until), datetime.fromisoformat(opens))


def test_a_closing_time_that_comes_twice_closes_once() -> None:
    late = (OpeningPeriod(6, time(0, 30), time(1, 30)),)
    first = datetime(2026, 10, 25, 0, 15, tzinfo=UTC)  # 01:15 in summer time, open; an hour later 01:15 again
    assert steady_opening(first, LONDON, late, ()).until == first + timedelta(minutes=15)
    between = first + timedelta(minutes=30)  # 01:45: closed, and nobody opens for the second 01:00
    kept = steady_opening(between, LONDON, late, ())
    assert kept.next(between) == datetime(2026, 11, 1, 0, 30, tzinfo=UTC)
    assert kept.until == datetime(2026, 10, 26, tzinfo=UTC)
