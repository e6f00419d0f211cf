"""Money from a record is looked at before anybody believes it."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from gateway.model.catalog import Measurement, Product
from gateway.model.customers import LoyaltyAccount
from gateway.model.freshness import Freshness
from gateway.model.identity import NativeRef
from gateway.model.money import Money, TaxedMoney, TaxTreatment
from gateway.model.orders import Order, OrderKind, OrderLine, OrderStatus
from gateway.model.pricing import Price, QuantityBreak, UnitPrice
from gateway.model.soundness import fault_of
from gateway.model.stock import StockLevel, StockLevels, Tracking
from gateway.model.text import Text

SEEN = Freshness("shop", datetime(2026, 11, 29, tzinfo=UTC))
REF = NativeRef("shop", "1")


def taxed(amount: Decimal, currency: str = "GBP") -> TaxedMoney:
    return TaxedMoney(gross=Money(amount, currency), treatment=TaxTreatment.INCLUDED)


SOUND = taxed(Decimal("9.50"))
PRICE = Price(SOUND, SEEN)
TAILS = [Decimal.from_float(8.09), Decimal.from_float(19.99) * 3, Decimal("197.07999999999998"), Decimal(10) / 3,
         Decimal("0.07999999999998408"), Decimal("8.089999999999999")]  # fmt: skip
NO_NUMBERS = [Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity"), Decimal("-Infinity"), Decimal("1E+500"),
              Decimal("1E-500"), Decimal("1000000000000000")]  # fmt: skip
GOOD = ["0", "-0.00", "9.50", "13.327333", "13.3273333333333", "999999999999999.99", "0.000001", "149.49", "-5.25",
        "1.2345E+3", "8.0900000000000000000000"]  # fmt: skip


def sides(amount: Decimal) -> list[Any]:
    """Every place of every record where the amount may stand."""
    bad, good = Money(amount, "GBP"), Money(Decimal(1), "GBP")
    line = OrderLine("1", "Mug", Decimal(1), "MUG", SOUND, SOUND)
    order = Order(
        REF, "1", OrderKind.WEB, SEEN.as_of, OrderStatus.OPEN, "open", SOUND, SEEN, lines=(line,)
    )  # fmt: skip
    return [
        replace(PRICE, current=TaxedMoney(bad, good)),
        replace(PRICE, current=TaxedMoney(good, bad)),
        replace(PRICE, current=TaxedMoney(good, good, bad)),
        replace(PRICE, list=taxed(amount)),
        replace(PRICE, line=taxed(amount)),
        replace(PRICE, unit_price=UnitPrice(taxed(amount), Decimal(100), "g")),
        replace(PRICE, breaks=(QuantityBreak(Decimal(2), SOUND), QuantityBreak(Decimal(3), taxed(amount)))),
        replace(order, total=taxed(amount)),
        replace(order, refunded=bad),
        replace(order, lines=(line, replace(line, total=taxed(amount)))),
        replace(order, lines=(replace(line, unit=taxed(amount)),)),
        (PRICE, replace(PRICE, current=taxed(amount))),
        {"a": PRICE, "b": replace(PRICE, current=taxed(amount))},
    ]


@pytest.mark.parametrize("amount", [*TAILS, *NO_NUMBERS], ids=str)
def test_what_is_no_decimal_amount_is_found_wherever_it_stands(amount: Decimal) -> None:
    for record in sides(amount):
        fault = fault_of(record)
        assert fault is not None
        assert str(amount) not in fault


@pytest.mark.parametrize("amount", GOOD)
def test_an_amount_with_its_sources_digits_is_sound(amount: str) -> None:
    for record in sides(Decimal(amount)):
        assert fault_of(record) is None


@given(st.integers(1, 10**9), st.integers(1, 3))
def test_a_float_is_taken_by_its_text_and_by_nothing_else(minor: int, digits: int) -> None:
    number = minor / 10**digits
    assert fault_of(Money(Decimal(str(number)), "KWD")) is None
    exact = Decimal(number)
    assert (fault_of(Money(exact, "KWD")) is None) == (len(exact.as_tuple().digits) <= 15)


@given(st.decimals(-(10**12), 10**12, allow_nan=False, places=6))
def test_six_places_are_always_sound_within_reason(amount: Decimal) -> None:
    short = amount.quantize(Decimal("0.01")) if len(amount.normalize().as_tuple().digits) > 15 else amount
    assert fault_of(Money(short, "GBP")) is None


@pytest.mark.parametrize("number", [Decimal("NaN"), Decimal("Infinity"), Decimal("1E+400")])
def test_quantities_points_and_contents_are_numbers(number: Decimal) -> None:
    level = StockLevel("L1", Tracking.TRACKED, SEEN, available=number)
    variantless = Product(REF, Text("Mug", "en"), SEEN)
    assert fault_of(StockLevels({"L1": level})) == f"[L1]: {fault_of(number)}"
    assert fault_of(StockLevels({"L1": replace(level, available=None, on_hand=number)})) is not None
    assert fault_of(LoyaltyAccount(REF, REF, number, SEEN)) is not None
    assert fault_of(Measurement(number, "g", Decimal(1), "g")) is not None
    assert fault_of(replace(PRICE, quantity=number)) is not None
    assert fault_of(variantless) is None


def test_times_know_their_zone() -> None:
    naive = datetime(2026, 11, 29)  # noqa: DTZ001  that is the point
    assert fault_of(replace(PRICE, valid_until=naive)) == ".valid_until: a time without its zone"
    assert fault_of(Product(REF, Text("Mug", "en"), SEEN, updated_at=naive)) is not None
    assert fault_of(StockLevels({}, until=naive)) == ".until: a time without its zone"
    step = QuantityBreak(Decimal(2), SOUND, valid_until=naive)
    assert fault_of(replace(PRICE, breaks=(step,))) == ".breaks[0].valid_until: a time without its zone"


@pytest.mark.parametrize("currency", ["HRK", "ZZZ", "gbp", "", "XAU"])
def test_a_price_is_in_a_currency_in_use_and_an_old_order_need_not_be(currency: str) -> None:
    assert fault_of(replace(PRICE, current=taxed(Decimal(1), currency))) is not None
    assert fault_of(taxed(Decimal("1.25"), currency)) is None


@pytest.mark.parametrize(
    "record",
    [
        replace(PRICE, list=taxed(Decimal(10), "EUR")),
        replace(PRICE, line=taxed(Decimal(10), "EUR")),
        replace(PRICE, breaks=(QuantityBreak(Decimal(2), taxed(Decimal(1), "EUR")),)),
        replace(PRICE, unit_price=UnitPrice(taxed(Decimal(1), "EUR"), Decimal(1), "kg")),
        replace(PRICE, current=TaxedMoney(Money(Decimal(1), "GBP"), Money(Decimal(1), "EUR"))),
        replace(PRICE, current=TaxedMoney(tax=Money(Decimal(1), "GBP"))),
        replace(PRICE, current=TaxedMoney()),
    ],
)
def test_one_price_is_in_one_currency_and_says_an_amount(record: Price) -> None:
    assert fault_of(record) is not None
