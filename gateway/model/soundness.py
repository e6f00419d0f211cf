"""What a record must be before anybody believes it: amounts that are decimal numbers of a currency, times that know
their zone. Adapters are written by many, and `Decimal(19.99)` looks like money in all of them.

Looked at once per answer of an adapter, in `calls/routes`: a key whose record is unsound is answered with
InvalidAnswer. The conformance suites look at the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, cast, get_args, get_origin, get_type_hints

from msgspec import Struct

from gateway.model.currencies import fraction_digits, is_currency
from gateway.model.freshness import Freshness
from gateway.model.money import Money, TaxedMoney
from gateway.model.pricing import Price
from gateway.model.stock import StockLevels

HIGHEST_POWER = 15
"""Amounts and quantities are below ten to the power of this, in any currency and unit."""
SIGNIFICANT = 15
"""The digits a float holds for certain. An amount with more of them that go beyond its currency is the tail of a binary
fraction (19.9899999999999984) or a division that nobody rounded; unit prices with fewer are an ERP's own."""

HIGHEST = Decimal(10) ** HIGHEST_POWER
LOWEST = -HIGHEST
CENT = Decimal("0.01")


def fault_of(record: Any) -> str | None:
    """What is wrong with an answer, as the place and the reason (never the value); None where it is sound."""
    judge = _JUDGES.get(type(record))  # pyright: ignore[reportUnknownArgumentType]
    if judge is not None:
        return judge(record)
    if isinstance(record, tuple | list):
        return _first((f"[{place}]", part) for place, part in enumerate(cast("Sequence[Any]", record)))
    if isinstance(record, dict):
        return _first((f"[{key}]", part) for key, part in cast("dict[Any, Any]", record).items())
    if isinstance(record, Struct):
        return _first((f".{name}", getattr(record, name)) for name in looked_at(type(record)))
    return None


def _first(parts: Iterable[tuple[str, Any]]) -> str | None:
    for place, part in parts:
        if part is not None and (fault := fault_of(part)) is not None:
            return _at(place, fault)
    return None


def _at(place: str, fault: str) -> str:
    return f"{place}{'' if fault.startswith(('.', '[')) else ': '}{fault}"


def _of_number(number: Decimal) -> str | None:
    if not number.is_finite():
        return "not a finite number"
    return None if not number or abs(number.adjusted()) < HIGHEST_POWER else "a number beyond all bounds"


def _of_amount(money: Money) -> str | None:
    amount = money.amount
    if amount.same_quantum(CENT) and LOWEST < amount < HIGHEST:
        return None  # most are
    fault = _of_number(amount)
    if fault is not None:
        return fault
    _, digits, exponent = amount.normalize().as_tuple()
    least = fraction_digits(money.currency) if is_currency(money.currency) else 0
    return "more digits than a price has" if -int(exponent) > least and len(digits) > SIGNIFICANT else None


def _of_levels(levels: StockLevels) -> str | None:
    if levels.until is not None and (fault := _of_time(levels.until)) is not None:
        return f".until: {fault}"
    for place, level in levels.levels.items():
        for number in (level.available, level.on_hand, level.incoming):
            if number is not None and (fault := _of_number(number)) is not None:
                return f"[{place}]: {fault}"
    for part in levels.parts:
        if (fault := _of_number(part.quantity) or _of_levels(StockLevels(part.levels))) is not None:
            return f".parts: {fault}"
        if part.quantity <= 0:
            return ".parts: a part of which there is none"
    return None


def _of_time(time: datetime) -> str | None:
    return None if time.tzinfo is not None else "a time without its zone"


def _of_taxed(money: TaxedMoney) -> str | None:
    net, gross, tax = money.net, money.gross, money.tax
    one = net or gross
    if one is None:
        return "no amount at all"
    currency = one.currency
    if net is not None and (fault := _of_amount(net)) is not None:
        return f".net: {fault}"
    if gross is not None and (fault := _of_side(gross, currency)) is not None:
        return f".gross: {fault}"
    if tax is not None and (fault := _of_side(tax, currency)) is not None:
        return f".tax: {fault}"
    return None


def _of_side(side: Money, currency: str) -> str | None:
    return _of_amount(side) if side.currency == currency else "not in the currency of the others"


def _of_price(price: Price) -> str | None:
    """Whatever is on sale is sold in a currency in use, and all of it in the same."""
    if (fault := _of_taxed(price.current)) is not None:
        return _at(".current", fault)
    currency = price.current.currency
    if not is_currency(currency):
        return ".current: not in a currency in use by ISO 4217"
    for name in _BESIDE:
        part = getattr(price, name)
        if part is not None and (fault := fault_of(part)) is not None:
            return _at(f".{name}", fault)
    taxed = [one for one in (price.list, price.line) if one is not None]
    if price.unit_price is not None:
        taxed.append(price.unit_price.price)
    taxed += [step.price for step in price.breaks]
    return None if all(one.currency == currency for one in taxed) else "amounts in different currencies"


_BESIDE = ("list", "line", "unit_price", "quantity", "breaks", "valid_from", "valid_until", "changes_at")

_JUDGES: Mapping[type, Callable[[Any], str | None]] = {
    Decimal: _of_number,
    datetime: _of_time,
    Money: _of_amount,
    TaxedMoney: _of_taxed,
    Price: _of_price,
    StockLevels: _of_levels,
}


@lru_cache(maxsize=256)
def looked_at(kind: type[Struct]) -> tuple[str, ...]:
    """The fields of a record in which there may be an amount, a number or a time. When its backend said so is the
    gateway's own clock, and not looked at."""
    return tuple(name for name, hint in get_type_hints(kind).items() if _may_hold(hint, ()))


def _may_hold(hint: Any, above: tuple[Any, ...]) -> bool:
    if get_origin(hint) is not None or isinstance(hint, type(int | str)):
        return any(_may_hold(part, above) for part in get_args(hint))
    if not isinstance(hint, type) or hint in above or hint is Freshness:
        return False
    if issubclass(hint, Decimal | datetime):
        return True
    if issubclass(hint, Struct):
        return any(_may_hold(part, (*above, hint)) for part in get_type_hints(hint).values())
    return False
