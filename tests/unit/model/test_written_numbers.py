"""Numbers from outside: ASCII and plain, whatever else Python would read as one."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.hubspot.customer import birth_date
from adapters.odoo.protocols import _major  # pyright: ignore[reportPrivateUsage]
from adapters.shopify.search import _span  # pyright: ignore[reportPrivateUsage]
from gateway.constraints import REDIS_URL
from gateway.constraints.constraint import Facts
from gateway.entry.refusal import Refusal
from gateway.entry.requests import _number  # pyright: ignore[reportPrivateUsage]
from gateway.errors import UnsupportedFilter
from gateway.model.written_numbers import decimal_of, whole_of
from schema.scalars import _decimal_in  # pyright: ignore[reportPrivateUsage]

ODD = [
    "１２",
    "²",
    "٣",
    "1_000",
    " 12",
    "12 ",
    "12\n",
    "+5",
    "1e3",
    "0x1F",
    "NaN",
    "Infinity",
    "-",
    "",
    ".5",
    "5.",
    "--5",
    "1,5",
]
"""What Python's `int`, `float` or `Decimal`, or `isdigit`, take for a number, or nearly."""


@pytest.mark.parametrize("written", ODD)
def test_what_no_program_writes_is_no_number(written: str) -> None:
    for read in (decimal_of, whole_of):
        with pytest.raises(ValueError, match=r"no (whole|decimal) number"):
            read(written)


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20, places=6))
def test_what_a_program_writes_is_read_exactly(number: Decimal) -> None:
    assert decimal_of(f"{number:f}") == number
    assert whole_of(f"{int(number)}") == int(number)


@given(st.text(max_size=20))
def test_of_any_text_a_number_comes_or_a_value_error(written: str) -> None:
    try:
        number = decimal_of(written)
    except ValueError:
        return
    assert written.isascii()
    assert number.is_finite()


@pytest.mark.parametrize("written", [one for one in ODD if one])
def test_every_door_refuses_it_as_its_own(written: str) -> None:
    with pytest.raises(UnsupportedFilter):
        _span(f"{written}:20")
    with pytest.raises(Refusal):
        _number({"x": written}, "x", -1e9, 1e9, 1.0)
    with pytest.raises(Exception, match="not a decimal number"):
        _decimal_in(written)
    assert birth_date(written) is None
    assert REDIS_URL.fault(f"redis://host/{written}", Facts({}, {}, None)) is not None  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="no whole number"):
        _major(written)


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("1990-07-01", "1990-07-01"),
        ("646790400000", "1990-07-01"),
        ("-86400000000", "1967-04-07"),
        ("²²²²²²²²²²", None),
        ("٦٤٦٧٩٠٤٠٠٠٠٠", None),
        ("646_790_400_000", None),
        ("1990-W26-7", None),
        ("19900701", None),
        ("--646790400000", None),
        ("9" * 30, None),
    ],
)
def test_a_birthday_in_free_text_is_a_date_or_nothing(written: str, day: str | None) -> None:
    found = birth_date(written)
    assert (found.isoformat() if found else None) == day
