"""Whether all records of an answer are sound, looked at field by field instead of record by record: of nine hundred
variants without a measurement, that is one look at one list.

Each look is a sufficient condition for what `soundness` would find. What it cannot tell is walked there, and so is
whatever is not sound, to say where.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from itertools import chain
from operator import attrgetter
from types import NoneType
from typing import Any

from msgspec import Struct

from gateway.model.currencies import is_currency
from gateway.model.money import Money, TaxedMoney
from gateway.model.pricing import Price
from gateway.model.soundness import CENT, HIGHEST, HIGHEST_POWER, LOWEST, fault_of, looked_at
from gateway.model.stock import StockLevels


def are_sound(records: Iterable[Any]) -> bool:
    """Exactly whether `fault_of` finds nothing in any of them."""
    parts = [*records]
    kinds = {*map(type, parts)}
    if len(kinds) > 1:
        return all(_all_of(kind, [part for part in parts if type(part) is kind]) for kind in kinds)
    return not kinds or _all_of(kinds.pop(), parts)


def _all_of(kind: type, parts: list[Any]) -> bool:
    if kind is NoneType:
        return True
    look = _LOOKS.get(kind)
    if look is not None:
        try:
            sound = look(parts)
        except (AttributeError, TypeError):  # something of another type than declared
            sound = False
        return sound or not any(map(fault_of, parts))
    if issubclass(kind, Struct):
        return all(are_sound(map(field, parts)) for field in _fields(kind))
    if issubclass(kind, tuple | list):
        return are_sound(chain.from_iterable(parts))
    if issubclass(kind, dict):
        return are_sound(chain.from_iterable(map(_VALUES, parts)))
    return True


@lru_cache(maxsize=256)
def _fields(kind: type[Struct]) -> tuple[Callable[[Any], Any], ...]:
    return tuple(attrgetter(name) for name in looked_at(kind))


def _numbers(numbers: Iterable[Decimal | None]) -> bool:
    """Zero is sound however it is written."""
    some = [*filter(None, numbers)]
    return _POWERS.issuperset(map(Decimal.adjusted, some)) and all(map(Decimal.is_finite, some))


def _times(times: Iterable[datetime]) -> bool:
    return None not in map(_ZONE, times)


def _moneys(moneys: Iterable[Money]) -> bool:
    """Most have two decimal places."""
    amounts = [*map(_AMOUNT, moneys)]
    return all(map(CENT.same_quantum, amounts)) and min(amounts) > LOWEST and max(amounts) < HIGHEST


def _taxed(taxed: list[TaxedMoney]) -> bool:
    return _currency(taxed) is not None


def _currency(taxed: list[TaxedMoney]) -> str | None:
    """The one currency of all sides of sound amounts; None where there are several, or one cannot tell."""
    if {*map(type, taxed)} != {TaxedMoney}:
        return None
    net, gross = [*map(_NET, taxed)], [*map(_GROSS, taxed)]
    if None in net and None in gross:  # perhaps one without any amount
        return None
    moneys = [*filter(None, chain(net, gross, map(_TAX, taxed)))]
    currencies = {*map(_CURRENCY, moneys)}
    return currencies.pop() if len(currencies) == 1 and _moneys(moneys) else None


def _prices(prices: list[Price]) -> bool:
    """A listing is priced in one currency, and most prices have neither breaks nor a price per unit."""
    if any(map(_BREAKS, prices)) or any(map(_UNIT_PRICE, prices)):
        return False
    currency = _currency([*map(_CURRENT, prices), *filter(None, map(_LIST, prices)), *filter(None, map(_LINE, prices))])
    if currency is None or not is_currency(currency) or not _numbers(map(_QUANTITY, prices)):
        return False
    return all(_times(filter(None, map(end, prices))) for end in _ENDS)


def _levels(answers: list[StockLevels]) -> bool:
    if any(map(_PARTS, answers)):
        return False
    levels: list[Any] = [*chain.from_iterable(map(_VALUES, map(_LEVELS, answers)))]
    return _times(filter(None, map(_UNTIL, answers))) and all(_numbers(map(field, levels)) for field in _PIECES)


_POWERS = frozenset(range(1 - HIGHEST_POWER, HIGHEST_POWER))
_VALUES = dict[Any, Any].values
_ZONE = attrgetter("tzinfo")
_AMOUNT, _CURRENCY = attrgetter("amount"), attrgetter("currency")
_NET, _GROSS, _TAX = attrgetter("net"), attrgetter("gross"), attrgetter("tax")
_CURRENT, _LIST, _LINE = attrgetter("current"), attrgetter("list"), attrgetter("line")
_UNIT_PRICE, _BREAKS, _QUANTITY = attrgetter("unit_price"), attrgetter("breaks"), attrgetter("quantity")
_ENDS = tuple(map(attrgetter, ("valid_from", "valid_until", "changes_at")))
_LEVELS, _UNTIL, _PARTS = attrgetter("levels"), attrgetter("until"), attrgetter("parts")
_PIECES = tuple(map(attrgetter, ("available", "on_hand", "incoming")))

_LOOKS: Mapping[type, Callable[[Any], bool]] = {
    Decimal: _numbers,
    datetime: _times,
    Money: _moneys,
    TaxedMoney: _taxed,
    Price: _prices,
    StockLevels: _levels,
}
