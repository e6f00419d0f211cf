"""Nights that reach into the next day: of the usual week, of special dates, and of one into the other."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import ConfigurationError
from gateway.model.opening_hours import closing, next_opening, open_at, periods_on
from gateway.model.stores import OpeningPeriod, SpecialHours
from gateway.model.written_hours import DAYS, meeting_nights, store_hours, weekly_hours

FIRST = date(2026, 12, 21)
"""A Monday."""
HALF_HOUR = timedelta(minutes=30)
BEFORE_NOON, CHRISTMAS = "reaches into `2026-12-25`, which opens at 03:00", "2026-12-25"


@pytest.mark.parametrize(
    ("weekly", "special", "place"),
    [
        ({"fri": "03:00-10:00"}, {"2026-12-24": "20:00-04:00"}, "2026-12-24"),
        ({"thu": "20:00-04:00"}, {CHRISTMAS: "03:00-10:00"}, CHRISTMAS),
        ({}, {"2026-12-24": "20:00-04:00", CHRISTMAS: "03:00-10:00"}, "2026-12-24"),
    ],
)
def test_a_night_that_reaches_into_the_next_opening_is_refused_whoever_says_it(
    weekly: dict[str, str], special: dict[str, str], place: str
) -> None:
    with pytest.raises(ConfigurationError, match=BEFORE_NOON):
        store_hours(weekly, special, place="stores.x")
    days = [entry for day, hours in special.items() for entry in store_hours({}, {day: hours}, place="x")[1]]
    week = weekly_hours(weekly, place="x")
    assert [str(day) for day, _ in meeting_nights(week, days)] == [place]


@pytest.mark.parametrize(
    ("weekly", "special"),
    [
        ({"fri": "04:00-10:00"}, {"2026-12-24": "20:00-04:00"}),  # they touch
        ({"thu": "20:00-04:00"}, {CHRISTMAS: "closed"}),  # the night before is not Christmas's
        ({"thu": "20:00-04:00", "fri": "08:00-10:00"}, {"2026-12-24": "closed", CHRISTMAS: "01:00-02:00"}),
    ],
)
def test_a_night_that_ends_before_the_next_opening_is_taken(weekly: dict[str, str], special: dict[str, str]) -> None:
    store_hours(weekly, special, place="stores.x")


def clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


@st.composite
def written(draw: st.DrawFn) -> str:
    """One or two periods of a day, the last perhaps a night."""
    marks = sorted(draw(st.lists(st.integers(0, 47), min_size=2, max_size=4, unique=True)))
    marks = marks[: len(marks) // 2 * 2]
    periods = [
        f"{clock(opens * 30)}-{clock(closes * 30)}" for opens, closes in zip(marks[::2], marks[1::2], strict=True)
    ]
    if draw(st.booleans()) and marks[-1] < 46:
        periods.append(f"{clock(1_410)}-{clock(draw(st.integers(1, 16)) * 30)}")
    return ",".join(periods)


WEEK = st.dictionaries(st.sampled_from(DAYS), written(), max_size=7)
SPECIAL = st.dictionaries(
    st.integers(0, 6).map(lambda day: (FIRST + timedelta(days=day)).isoformat()),
    written() | st.just("closed"),
    max_size=4,
)


def spans(week: tuple[OpeningPeriod, ...], special: tuple[SpecialHours, ...]) -> list[tuple[datetime, datetime]]:
    found: list[tuple[datetime, datetime]] = []
    for offset in range(-2, 10):
        day = FIRST + timedelta(days=offset)
        for opens, closes in periods_on(day, week, special):
            begins = datetime.combine(day, opens, UTC)
            ends = datetime.combine(day if closes > opens else day + timedelta(days=1), closes, UTC)
            found.append((begins, ends))
    return sorted(found)


def singly(
    weekly: dict[str, str], special: dict[str, str]
) -> tuple[tuple[OpeningPeriod, ...], tuple[SpecialHours, ...]]:
    """As a system might tell them, which checks nothing."""
    week = tuple(period for day, hours in weekly.items() for period in weekly_hours({day: hours}, place="x"))
    days = tuple(entry for day, hours in special.items() for entry in store_hours({}, {day: hours}, place="x")[1])
    return week, days


@given(WEEK, SPECIAL)
def test_no_minute_of_hours_that_are_taken_is_told_twice(weekly: dict[str, str], special: dict[str, str]) -> None:
    week, days = singly(weekly, special)
    near = [span for span in spans(week, days) if any(abs(span[0].date() - each.date).days < 3 for each in days)]
    meets = any(one[1] > other[0] for one, other in pairwise(near))
    try:
        store_hours(weekly, special, place="stores.x")
    except ConfigurationError:
        usual = [(begins, ends) for begins, ends in spans(week, ())]
        assert meets or any(one[1] > other[0] for one, other in pairwise(usual))
    else:
        assert not meets


@given(WEEK, SPECIAL, st.integers(0, 7 * 48))
def test_hours_that_meet_are_one_opening(weekly: dict[str, str], special: dict[str, str], step: int) -> None:
    """Whoever tells them: a system's own hours are merged where they overlap, and nothing closes in between."""
    week, days = singly(weekly, special)
    instant = datetime.combine(FIRST, time(), UTC) + step * HALF_HOUR
    covered = spans(week, days)

    def is_open(at: datetime) -> bool:
        return any(begins <= at < ends for begins, ends in covered)

    if not (week or days):
        return
    assert open_at(instant, "UTC", week, days) is is_open(instant)
    later = [instant + HALF_HOUR * more for more in range(1, 48)]
    change = next((at for at in later if is_open(at) is not is_open(instant)), None)
    if change is not None:
        found = closing if is_open(instant) else next_opening
        assert found(instant, "UTC", week, days) == change
