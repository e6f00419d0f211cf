"""Instants are written in UTC, as RFC 3339 has it, whatever zone and class they come in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from graphql import GraphQLError
from hypothesis import given
from hypothesis import strategies as st

from schema.scalars import SCALARS

written = SCALARS[datetime].serialize
ZONES = st.one_of(
    st.just(UTC),
    st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes))),
    st.sampled_from(["Europe/London", "America/St_Johns", "Asia/Kathmandu"]).map(ZoneInfo),
)
INSTANTS = st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1), timezones=ZONES)  # noqa: DTZ001  bounds are naive


class Stamped(datetime):
    """As libraries of dates have them."""


@given(INSTANTS)
def test_an_instant_is_written_as_isoformat_writes_it_in_utc(instant: datetime) -> None:
    assert written is not None
    assert written(instant) == instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


@pytest.mark.parametrize(
    ("instant", "text"),
    [
        (datetime(2026, 7, 1, 12, tzinfo=UTC), "2026-07-01T12:00:00Z"),
        (datetime(2026, 7, 1, 14, 0, 0, 500_000, timezone(timedelta(hours=2))), "2026-07-01T12:00:00.500000Z"),
        (datetime(99, 7, 1, 12, tzinfo=UTC), "0099-07-01T12:00:00Z"),
        (Stamped(2026, 7, 1, 12, tzinfo=UTC), "2026-07-01T12:00:00Z"),
    ],
)
def test_an_instant_has_one_spelling(instant: datetime, text: str) -> None:
    assert written is not None
    assert written(instant) == text


@pytest.mark.parametrize("odd", [datetime(2026, 7, 1), "2026-07-01T12:00:00Z", 0])  # noqa: DTZ001  that is the point
def test_what_is_no_aware_instant_is_refused(odd: object) -> None:
    assert written is not None
    with pytest.raises(GraphQLError, match="aware"):
        written(odd)
