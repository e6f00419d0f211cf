"""What is promised: a pickup while its store is open, a delivery on days on which something is delivered."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import ConfigurationError
from gateway.markets import Markets
from gateway.model.opening_hours import open_at, special_hours, weekly_hours
from gateway.model.stock import Confidence
from gateway.model.stores import Store
from gateway.model.text import Text
from gateway.services.openings import Openings
from gateway.services.promises import delivery_promises, pickup_promises
from gateway.settings import ChannelSection, decode

LONDON = "Europe/London"
SHOP_HOURS = {"mon-sat": "10:00-20:00", "sun": "11:30-18:00"}


def store(hours: dict[str, str], special: dict[str, str] | None = None, timezone: str = LONDON) -> Store:
    return Store(
        "soho", Text("Soho", "en"), "GB", timezone,
        hours=weekly_hours(hours, place="hours"), special_hours=special_hours(special or {}, place="special"),
    )  # fmt: skip


def at(month: int, day: int, hour: int, minute: int = 0, zone: str = LONDON) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def ready(place: Store, now: datetime, **rules: Any) -> datetime | None:
    limits = ChannelSection(countries=(), currencies={}, **rules)
    promises = pickup_promises(place, limits, now, Openings())
    return None if promises is None else promises.sure.ready_at


def test_a_pickup_that_would_be_ready_after_closing_is_ready_when_the_store_opens_again() -> None:
    soho = store(SHOP_HOURS)
    assert ready(soho, at(11, 29, 17, 33)) == at(11, 30, 10)  # a Sunday
    assert ready(soho, at(11, 29, 16)) == at(11, 30, 10)  # nobody hands out anything at closing time itself
    assert ready(soho, at(11, 29, 15, 59)) == at(11, 29, 17, 59)
    assert ready(soho, at(11, 30, 3)) == at(11, 30, 12)


def test_a_promise_in_whole_minutes_is_not_rounded_up_to_closing_time() -> None:
    soho = store(SHOP_HOURS)
    assert ready(soho, at(11, 29, 15, 58) + timedelta(seconds=30)) == at(11, 29, 17, 59)
    assert ready(soho, at(11, 29, 15, 59) + timedelta(seconds=30)) == at(11, 30, 10)


def test_special_days_and_clock_changes_are_counted() -> None:
    soho = store(SHOP_HOURS, {"2026-12-24": "10:00-16:00", "2026-12-25": "closed", "2026-12-26": "closed"})
    assert ready(soho, at(12, 24, 15)) == at(12, 27, 11, 30)
    night = store({"sat": "20:00-04:00"})
    assert ready(night, at(10, 25, 0, 30)) == at(10, 25, 0, 30) + timedelta(hours=2)  # the hour that comes twice


def test_a_store_that_never_closes_is_ready_at_once_and_one_that_never_opens_never() -> None:
    assert ready(store({"mon-sun": "00:00-24:00"}), at(11, 29, 23)) == at(11, 30, 1)
    assert ready(store({}, {"2026-01-01": "closed"}), at(11, 29, 12)) is None
    night = store({"mon-sun": "20:00-02:00"})
    assert ready(night, at(11, 29, 23)) == at(11, 30, 1)
    assert ready(night, at(11, 30, 0, 30)) == at(11, 30, 20)


def test_only_opening_hours_count_as_preparation_where_it_is_configured_so() -> None:
    soho = store(SHOP_HOURS)
    counted: dict[str, Any] = {"pickup_counts": "opening_hours"}
    assert ready(soho, at(11, 29, 17, 33), **counted) == at(11, 30, 11, 33)
    assert ready(soho, at(11, 29, 12), **counted) == at(11, 29, 14)
    assert ready(soho, at(11, 29, 17, 33), pickup_ready=24 * 3600, **counted) == at(12, 2, 13, 33)
    assert ready(store({"mon-sun": "00:00-24:00"}), at(11, 29, 23), **counted) == at(11, 30, 1)


def test_what_is_ordered_after_the_cutoff_waits_for_the_next_opening() -> None:
    soho = store(SHOP_HOURS)
    rules: dict[str, Any] = {"pickup_ready": 600, "pickup_cutoff": 3600}
    assert ready(soho, at(11, 29, 16, 59), **rules) == at(11, 29, 17, 9)
    assert ready(soho, at(11, 29, 17), **rules) == at(11, 30, 10, 10)
    assert ready(store({"mon": "10:00-10:30", "tue": "10:00-18:00"}), at(11, 29, 12), **rules) == at(12, 1, 10, 10)


def test_where_nobody_knows_the_hours_a_pickup_is_not_sure() -> None:
    limits = ChannelSection(countries=(), currencies={})
    now = at(11, 29, 3)
    found = pickup_promises(store({}), limits, now, Openings())
    assert found is not None
    assert (found.sure.ready_at, found.sure.confidence) == (now + timedelta(hours=2), Confidence.LOW)


PERIODS = st.sampled_from(
    ["closed", "10:00-18:00", "10:00-14:00,16:00-20:00", "20:00-02:00", "09:00-24:00", "06:00-07:00", "23:00-06:00"]
)


@given(
    st.lists(PERIODS, min_size=7, max_size=7).filter(lambda week: set(week) != {"closed"}),
    st.sampled_from([LONDON, "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]),
    st.integers(0, 365 * 24 * 60),
    st.integers(0, 200_000),
    st.integers(0, 20_000),
    st.sampled_from(["elapsed", "opening_hours"]),
)
def test_a_pickup_is_never_ready_while_its_store_is_closed(
    week: list[str], timezone: str, minute: int, preparing: int, cutoff: int, counts: str
) -> None:
    days = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    try:
        place = store(dict(zip(days, week, strict=True)), timezone=timezone)
    except ConfigurationError:
        return  # a night that reaches into the next morning
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    found = ready(place, now, pickup_ready=preparing, pickup_cutoff=cutoff, pickup_counts=counts)
    if found is None:
        assert cutoff > 0  # no opening is longer than it
        return
    assert found >= now + timedelta(seconds=preparing)
    assert open_at(found, timezone, place.hours, place.special_hours)


def delivered(now: datetime, markets: dict[str, Any] | None = None, **rules: Any) -> tuple[date, date] | None:
    channel = {"countries": ["GB"], "currencies": {"GB": ["GBP"]}, **rules}
    known = Markets(decode({"channels": {"web": channel}, "markets": {"GB": markets or {}}}, {}))
    found = delivery_promises(known.delivery("web"), known.of("GB"), now)
    if found is None:
        return None
    zone = ZoneInfo(known.of("GB").timezone)
    return found.sure.ready_at.astimezone(zone).date(), found.sure.ready_by.astimezone(zone).date()


def test_delivery_days_are_days_from_now_unless_only_some_days_count() -> None:
    friday = at(12, 18, 12)
    assert delivered(friday) == (date(2026, 12, 19), date(2026, 12, 21))
    assert delivered(friday, delivery_weekdays="mon-fri") == (date(2026, 12, 21), date(2026, 12, 23))
    christmas: dict[str, Any] = {"holidays": ["2026-12-25", "2026-12-28"]}
    assert delivered(at(12, 24, 9), christmas, delivery_weekdays="mon-fri") == (date(2026, 12, 29), date(2026, 12, 31))
    assert delivered(at(12, 25, 9), christmas, delivery_days=[0, 1]) == (date(2026, 12, 26), date(2026, 12, 27))


def test_what_is_ordered_after_the_cutoff_of_the_market_counts_from_the_next_day() -> None:
    rules: dict[str, Any] = {"delivery_cutoff": "14:00", "delivery_weekdays": "mon-fri"}
    summer = datetime(2026, 7, 3, 13, 30, tzinfo=UTC)  # half past two on a Friday in London
    assert delivered(summer, **rules) == (date(2026, 7, 7), date(2026, 7, 9))
    assert delivered(summer - timedelta(hours=1), **rules) == (date(2026, 7, 6), date(2026, 7, 8))


def test_nothing_is_promised_where_no_day_counts() -> None:
    year = [(date(2026, 1, 1) + timedelta(days=day)).isoformat() for day in range(800)]
    assert delivered(at(6, 1, 9), {"holidays": year}) is None


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ({"delivery_days": [3, 1]}, "channels.web.delivery_days: `\\[3, 1\\]`"),
        ({"delivery_days": [-1, 1]}, "channels.web.delivery_days"),
        ({"delivery_weekdays": "weekdays"}, "channels.web.delivery_weekdays: `weekdays` is no day"),
        ({"delivery_cutoff": "24:00"}, "channels.web.delivery_cutoff: `24:00` is no time of day"),
        ({"pickup_ready": -1}, "channels.web.pickup_ready"),
        ({"pickup_cutoff": 10**12}, "channels.web.pickup_cutoff"),
    ],
)
def test_promises_that_cannot_be_are_refused(rules: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        delivered(at(6, 1, 9), **rules)


def test_a_market_has_the_zone_it_is_given_its_stores_or_its_own() -> None:
    def zone(country: str, **sections: Any) -> str:
        return Markets(decode(sections, {})).of(country).timezone

    place: dict[str, Any] = {"name": "x", "locations": [], "country": "US", "timezone": "America/Chicago"}
    assert zone("JP") == "Asia/Tokyo"
    assert zone("US") == "UTC"
    assert zone("US", stores={"x": place}) == "America/Chicago"
    assert zone("US", stores={"x": place}, markets={"US": {"timezone": "America/New_York"}}) == "America/New_York"
    with pytest.raises(ConfigurationError, match=r"markets\.US.timezone: `America/NewYork` is no time zone"):
        zone("US", markets={"US": {"timezone": "America/NewYork"}})
    with pytest.raises(ConfigurationError, match=r"markets\.US.near_radius_km"):
        zone("US", markets={"US": {"near_radius_km": 0.0}})
    with pytest.raises(ConfigurationError, match=r"markets\.US.holidays: `20261225` is no ISO date"):
        zone("US", markets={"US": {"holidays": ["20261225"]}})
