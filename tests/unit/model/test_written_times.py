"""Instants as RFC 3339 has them and nothing else, and `Retry-After` in every form a vendor may write."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model.written_times import clock_of, date_of, instant_of, retry_after

NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "instant"),
    [
        ("2026-11-21T12:00:00Z", datetime(2026, 11, 21, 12, tzinfo=UTC)),
        ("2026-11-21t12:00:00z", datetime(2026, 11, 21, 12, tzinfo=UTC)),
        ("2026-11-21T12:00:00.5+01:30", datetime(2026, 11, 21, 10, 30, 0, 500_000, tzinfo=UTC)),
        ("2026-11-21T12:00:00.123456789-00:00", datetime(2026, 11, 21, 12, 0, 0, 123_456, tzinfo=UTC)),
        ("2026-11-21T12:00:00+23:59", datetime(2026, 11, 20, 12, 1, tzinfo=UTC)),
        ("2016-12-31T23:59:60Z", datetime(2017, 1, 1, tzinfo=UTC)),
        ("2016-12-31T15:59:60.75-08:00", datetime(2017, 1, 1, tzinfo=UTC)),
        ("2024-02-29T00:00:00Z", datetime(2024, 2, 29, tzinfo=UTC)),
    ],
)
def test_an_instant_is_read(written: str, instant: datetime) -> None:
    assert instant_of(written) == instant
    assert instant_of(written).tzinfo is UTC


@pytest.mark.parametrize(
    "written",
    [
        "2026-W47-6T12:00:00Z", "20261121T120000Z", "2026-11-21T12:00Z", "2026-11-21T12Z", "2026-11-21 12:00:00Z",
        "2026-11-21T12:00:00", "2026-11-21", "2026-11-21T12:00:00+0130", "2026-11-21T12:00:00+01",
        "2026-11-21T12:00:00+24:00", "2026-11-21T12:00:00+01:60", "2026-11-21T12:00:00,5Z", "2026-11-21T12:00:00.Z",
        "2026-11-21T24:00:00Z", "2026-11-21T12:60:00Z", "2026-11-21T12:00:61Z", "2026-11-21T12:00:60Z",
        "2026-11-30T12:59:60Z", "2023-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "9999-12-31T23:59:60Z", "2026-325T12:00:00Z",
        "２０２６-11-21T12:00:00Z", "2026-11-21T12:00:00Z\n", " 2026-11-21T12:00:00Z", "+2026-11-21T12:00:00Z", "",
        "2026-11-21T12:00:00." + "1" * 100_000 + "Z", "2026-11-21T12:00:00UTC", "1795608000",
    ],
)  # fmt: skip
def test_what_is_another_standard_or_no_time_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        instant_of(written)


@given(st.datetimes(timezones=st.none()).filter(lambda local: 1 < local.year < 9999), st.integers(-1439, 1439))
def test_what_is_written_is_read_as_it_was(local: datetime, minutes: int) -> None:
    aware = local.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    sign, away = "-" if minutes < 0 else "+", abs(minutes)
    written = f"{local:%Y}".zfill(4) + f"{local:-%m-%dT%H:%M:%S.%f}{sign}{away // 60:02}:{away % 60:02}"
    assert instant_of(written) == aware


def test_dates_and_clocks_have_one_form() -> None:
    assert date_of("2026-11-21") == date(2026, 11, 21)
    assert (clock_of("09:30"), clock_of("09:30:15")) == (time(9, 30), time(9, 30, 15))
    for written in ("20261121", "2026-W47-6", "2026-02-30", "2026-11-21T00:00", "26-11-21"):
        with pytest.raises(ValueError, match=r"."):
            date_of(written)
    for written in ("9:30", "0930", "24:00", "09.30", "09:30Z", "09:30+01:00", "T09:30"):
        with pytest.raises(ValueError, match=r"."):
            clock_of(written)


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("120", 120.0), ("2.0", 2.0), ("0", 0.0), (" 3 ", 3.0), ("0.25", 0.25),
        ("Wed, 01 Jul 2026 12:00:30 GMT", 30.0), ("Wednesday, 01-Jul-26 12:01:00 GMT", 60.0),
        ("Wed Jul  1 12:02:00 2026", 120.0), ("Wed, 01 Jul 2026 11:00:00 GMT", 0.0), ("999999999", 86_400.0),
        ("Sunday, 06-Nov-94 08:49:37 GMT", 0.0),
        (None, None), ("", None), ("-5", None), ("soon", None), ("1e3", None), ("nan", None),
        ("inf", None), ("²", None),
        ("١٢", None), ("1,5", None), ("Wed, 41 Jul 2026 12:00:30 GMT", None), ("2026-07-01T12:00:30Z", None),
        ("Wed, 01 Jul 2026 12:00:30 PST", None),
    ],
)  # fmt: skip
def test_a_pause_is_read_as_a_number_or_a_date(written: str | None, seconds: float | None) -> None:
    assert retry_after(written, NOW) == seconds
