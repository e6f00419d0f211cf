"""An answer looked at as a whole is sound exactly when each of its records is."""

from __future__ import annotations

import types
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct

from gateway.errors import Unavailable
from gateway.model.catalog import Product, ProductPage
from gateway.model.customers import LoyaltyAccount
from gateway.model.freshness import Freshness
from gateway.model.money import Money, TaxedMoney, TaxTreatment
from gateway.model.orders import Order
from gateway.model.pricing import Price
from gateway.model.sound_answers import are_sound
from gateway.model.soundness import fault_of
from gateway.model.stock import StockLevels

RECORDS = (Price, StockLevels, Product, ProductPage, Order, LoyaltyAccount, TaxedMoney, Money)
GOOD = st.sampled_from([Decimal(n) for n in ("0", "0E-20", "1", "9.50", "-3.25", "13.327333", "999999999999999.99")])
BAD = st.sampled_from([Decimal(n) for n in ("NaN", "sNaN", "Infinity", "1E+15", "1E-15", "8.0899999999999999")])
AWARE, NAIVE = st.just(datetime(2026, 7, 1, tzinfo=UTC)), st.just(datetime(2026, 7, 1))  # noqa: DTZ001  that is the point
SEEN = Freshness("erp", datetime(2026, 7, 1, tzinfo=UTC))


@cache
def made(hint: Any, *, bad: bool) -> st.SearchStrategy[Any]:
    """Whatever the hint of a record's field allows; with `bad`, what nobody should believe among it."""
    origin, parts = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return st.one_of([made(part, bad=bad) for part in reversed(parts)])
    if origin is tuple:
        return st.lists(made(parts[0], bad=bad), max_size=2).map(tuple)
    if origin in (dict, Mapping):
        return st.dictionaries(made(parts[0], bad=bad), made(parts[1], bad=bad), max_size=2)
    if hint is Decimal:
        return GOOD | BAD if bad else GOOD
    if hint is datetime:
        return AWARE | NAIVE if bad else AWARE
    if hint is str:
        return st.sampled_from(["GBP", "EUR"])
    if isinstance(hint, type) and issubclass(hint, Enum):
        return st.sampled_from(hint)
    if hint is Freshness:
        return st.just(SEEN)
    if isinstance(hint, type) and issubclass(hint, Struct):
        fields = get_type_hints(hint)
        return st.builds(hint, **{name: made(fields[name], bad=bad) for name in hint.__struct_fields__})
    return st.from_type(hint)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]


@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("bad", [False, True], ids=["plausible", "with doubtful values"])
@settings(max_examples=40)
@given(data=st.data())
def test_a_whole_answer_is_sound_exactly_when_each_record_is(kind: type, bad: bool, data: st.DataObject) -> None:
    records = data.draw(st.lists(made(kind, bad=bad), max_size=4))
    assert are_sound(records) is all(fault_of(record) is None for record in records)


def priced(amount: str, currency: str = "GBP") -> Price:
    money = TaxedMoney(gross=Money(Decimal(amount), currency), treatment=TaxTreatment.INCLUDED)
    return Price(money, SEEN)


@pytest.mark.parametrize("odd", [priced("NaN"), priced("8.089999999999999999"), priced("1", "ZZZ")])
def test_one_odd_price_among_many_is_seen(odd: Price) -> None:
    many = [priced("9.50")] * 50
    assert are_sound(many)
    assert not are_sound([*many, odd])


def test_prices_of_several_currencies_and_digits_are_sound_together() -> None:
    assert are_sound([priced("9.50"), priced("1200", "JPY"), priced("13.327333", "EUR")])


def test_an_error_among_the_answers_is_nobodys_fault() -> None:
    assert are_sound([priced("9.50"), Unavailable("down"), None])


def test_a_field_of_another_type_than_declared_is_left_to_whoever_walks() -> None:
    wrong = Price(priced("1").current, priced("1").freshness, quantity=1)  # pyright: ignore[reportArgumentType]
    assert are_sound([wrong]) is (fault_of(wrong) is None)
