"""What holds of every answer whatever it is about: times, amounts, sources; and equality but for when it was said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, cast

import msgspec

from gateway.model.currencies import display_digits, fraction_digits, is_currency
from gateway.model.freshness import Freshness
from gateway.model.money import Money, TaxedMoney
from gateway.model.soundness import fault_of


def assert_well_formed(answer: object, source: str) -> None:
    """Everywhere inside an answer: instants are aware UTC, amounts are decimal numbers without the tail of a float, net
    and tax make gross, facts name their source."""
    assert (fault := fault_of(answer)) is None, f"the gateway would refuse this answer: {fault}"
    for part in parts(answer):
        if isinstance(part, datetime):
            assert part.utcoffset() == timedelta(0), f"not aware UTC: {part!r}"
        elif isinstance(part, Decimal):
            assert part.is_finite(), f"not a number: {part!r}"
        elif isinstance(part, TaxedMoney):
            assert_adds_up(part)
        elif isinstance(part, Freshness):
            assert part.source == source, f"a fact from {part.source!r} instead of {source!r}"


def assert_adds_up(money: TaxedMoney) -> None:
    """One side may keep digits that the others, as they are charged, have not."""
    if money.net is not None and money.gross is not None and money.tax is not None:
        smallest = Decimal(1).scaleb(-digits_of(money.currency))
        missing = money.net.amount + money.tax.amount - money.gross.amount
        assert abs(missing) < smallest, f"net {money.net} and tax {money.tax} are not gross {money.gross}"


def assert_charged(money: TaxedMoney, what: str) -> None:
    """An amount that somebody pays has the digits of its currency and no more."""
    for side in (money.net, money.gross, money.tax):
        if side is not None:
            assert decimals(side) <= digits_of(side.currency), f"{what}: {side.amount} {side.currency}"


def assert_unit(money: TaxedMoney | None, digits: int, what: str) -> None:
    """A price for one piece may have more digits than its currency, and not any number of them."""
    for side in () if money is None else (money.net, money.gross, money.tax):
        if side is not None:
            most = max(digits, digits_of(side.currency))
            assert decimals(side) <= most, f"{what} has more than {most} decimals: {side.amount}"


def decimals(money: Money) -> int:
    return max(0, -int(money.amount.normalize().as_tuple().exponent))


def digits_of(currency: str) -> int:
    """Of a currency that was withdrawn since, CLDR's, which keeps them."""
    return fraction_digits(currency) if is_currency(currency) else display_digits(currency)


def timeless(value: object) -> object:
    """A value to compare by: the same facts said at another time are equal."""
    if isinstance(value, Freshness):
        return value.source
    if isinstance(value, msgspec.Struct):
        fields = tuple((name, timeless(getattr(value, name))) for name in value.__struct_fields__)
        return (type(value).__name__, fields)
    if isinstance(value, Mapping):
        known = cast("Mapping[object, object]", value)
        return {key: timeless(each) for key, each in known.items()}
    if isinstance(value, list | tuple):
        return tuple(timeless(each) for each in cast("Sequence[object]", value))
    if isinstance(value, BaseException):
        return (type(value).__name__, str(value))
    return value


def parts(value: object) -> Iterator[Any]:
    yield value
    if isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from parts(getattr(value, name))
    elif isinstance(value, Mapping):
        for inner in cast("Mapping[object, object]", value).values():
            yield from parts(inner)
    elif isinstance(value, list | tuple):
        for inner in cast("Sequence[object]", value):
            yield from parts(inner)
