"""Moments, amounts, phones and budgets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import InvalidAnswer
from gateway.kit.budgets import NONE, at_most, axis, constant, keys, less, per, plus, times, when
from gateway.kit.moments import as_rfc3339, from_epoch, from_epoch_millis, from_naive_utc, from_rfc3339, utc
from gateway.kit.money import decimal_of, minor_units, money_of
from gateway.kit.people import bears, e164
from gateway.kit.readings import Reading
from gateway.model.customers import CustomerKey, CustomerKeyKind, CustomerRecord
from gateway.model.freshness import Freshness
from gateway.model.identity import NativeRef
from gateway.model.money import Money

MOMENTS = st.datetimes(datetime(1971, 1, 1), datetime(2999, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(MOMENTS, st.integers(-14, 14))
def test_an_instant_is_the_same_whichever_way_it_is_written(moment: datetime, hours: int) -> None:
    abroad = moment.astimezone(timezone(timedelta(hours=hours)))
    assert utc(abroad) == from_rfc3339(abroad.isoformat()) == moment
    assert utc(abroad).utcoffset() == timedelta(0)
    assert from_rfc3339(as_rfc3339(moment)) == moment
    whole = moment.replace(microsecond=0)
    assert from_epoch(int(whole.timestamp())) == from_naive_utc(whole.strftime("%Y-%m-%d %H:%M:%S")) == whole
    millis = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    assert from_epoch_millis(round(millis.timestamp() * 1000)) == millis


@pytest.mark.parametrize(
    "text", ["", "2026-07-01", "2026-07-01T10:00:00", "2026-07-01 10:00:00Z", "2026-W01-1T00:00:00Z", "9" * 200]
)
def test_a_text_that_is_no_instant_is_an_invalid_answer_that_does_not_repeat_it(text: str) -> None:
    with pytest.raises(InvalidAnswer) as raised:
        from_rfc3339(text, "orders[].at")
    assert raised.value.detail == "orders[].at is no instant"


@pytest.mark.parametrize(
    "text", ["", "2026-07-01", "2026-07-01 10:00:00+02:00", "2026-07-01T10:00:00Z", "2026-02-30 10:00:00"]
)
def test_a_naive_time_is_naive(text: str) -> None:
    with pytest.raises(InvalidAnswer):
        from_naive_utc(text)


def test_nobody_guesses_a_zone_and_nothing_stays_nothing() -> None:
    with pytest.raises(InvalidAnswer):
        utc(datetime(2026, 7, 1))  # noqa: DTZ001
    with pytest.raises(InvalidAnswer):
        utc(datetime.max.replace(tzinfo=timezone(timedelta(hours=-1))))
    assert utc(None) is None


@pytest.mark.parametrize("number", [10**14, -(10**14), 2**80])
def test_an_epoch_beyond_the_years_that_are_counted_is_an_invalid_answer(number: int) -> None:
    with pytest.raises(InvalidAnswer):
        from_epoch(number)
    with pytest.raises(InvalidAnswer):
        from_epoch_millis(number * 1000)


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=6))
def test_an_amount_keeps_its_digits(amount: Decimal) -> None:
    assert decimal_of(str(amount)).as_tuple() == amount.as_tuple()
    assert decimal_of(amount) is amount or decimal_of(amount) == amount


@pytest.mark.parametrize("text", ["", " 1", "1 ", "1,5", "NaN", "Infinity", "1_000", "٣", "0x1", "1e9999", "9" * 65])
def test_what_is_no_number_is_an_invalid_answer(text: str) -> None:
    with pytest.raises(InvalidAnswer) as raised:
        decimal_of(text, "price")
    assert raised.value.detail == "price is not a number"


@pytest.mark.parametrize("value", [1.5, True])
def test_money_is_never_a_float(value: Any) -> None:
    with pytest.raises(TypeError):
        decimal_of(value)


def test_decimals_that_are_not_finite_are_invalid_answers() -> None:
    with pytest.raises(InvalidAnswer):
        decimal_of(Decimal("NaN"))


def test_minor_units_have_the_currencys_digits_or_those_the_vendor_says() -> None:
    assert [minor_units(1999, code).amount for code in ("GBP", "JPY", "KWD")] == [
        Decimal("19.99"),
        Decimal(1999),
        Decimal("1.999"),
    ]
    assert minor_units(4_935_000, "JPY", 2) == Money(Decimal("49350.00"), "JPY")
    assert money_of("13.327333", "GBP") == Money(Decimal("13.327333"), "GBP")


@pytest.mark.parametrize(
    ("written", "country", "found"),
    [
        ("020 7946 0958", "GB", "+442079460958"),
        ("+44 20 7946 0958", "", "+442079460958"),
        ("020 7946 0958", "", None),
        ("12", "GB", None),
        ("call me", "GB", None),
        (None, "GB", None),
    ],
)
def test_a_phone_is_e164_or_nothing(written: str | None, country: str, found: str | None) -> None:
    assert e164(written, country) == found


def test_a_record_bears_what_it_has() -> None:
    seen = Freshness("crm", datetime(2026, 7, 1, tzinfo=UTC))
    record = CustomerRecord(ref=NativeRef("crm", "1"), freshness=seen, emails=("a@b.c",), phones=("+1",))
    email, phone, native = CustomerKeyKind.EMAIL, CustomerKeyKind.PHONE, CustomerKeyKind.NATIVE
    borne = [CustomerKey(email, "a@b.c"), CustomerKey(phone, "+1"), CustomerKey(native, "1"), CustomerKey(native, "9")]
    assert [bears(record, key, ("9",)) for key in borne] == [True] * 4
    strange = [CustomerKey(email, "+1"), CustomerKey(phone, "1"), CustomerKey(native, "9")]
    assert [bears(record, key) for key in strange] == [False] * 3


def test_a_readings_freshness_is_made_once() -> None:
    reading = Reading("shop", datetime(2026, 7, 1, tzinfo=UTC))
    assert reading.freshness is reading.freshness
    assert reading.ref("5") == NativeRef("shop", "5")


@given(st.integers(0, 500), st.integers(1, 50), st.integers(0, 30))
def test_a_budget_is_enough_and_no_more(count: int, size: int, places: int) -> None:
    axes = {"places": places}
    requests = per(size, least=0)(count, axes)
    assert requests * size >= count > (requests - 1) * size or requests == count == 0
    assert per(size)(count, axes) == max(1, requests)
    assert per(size, times(keys, axis("places")))(count, axes) == max(1, -(-count * places // size))
    assert plus(per(size, least=0), constant(2))(count, axes) == requests + 2
    assert less(keys, axis("places"))(count, axes) == max(0, count - places)
    assert at_most(keys, axis("places"))(count, axes) == min(count, places)
    assert when("places", constant(1))(count, axes) == (1 if places else 0)
    assert NONE(count, axes) == axis("other")(count, axes) == 0
