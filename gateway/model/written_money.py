"""Money as people write it: Babel's `format_currency`, with what it finds out anew each time found out once for each
locale and currency. A page writes hundreds of prices, and anybody may ask for them in any locale there is."""

from __future__ import annotations

import asyncio
import gc
import re
from collections.abc import Awaitable, Callable, Mapping
from decimal import Context, Decimal
from functools import lru_cache
from sys import intern
from threading import Lock
from typing import cast

from babel import localedata
from babel.core import Locale
from babel.numbers import (
    NumberPattern,
    format_currency,
    get_currency_precision,
    get_decimal_symbol,
    get_group_symbol,
)
from msgspec import Struct

from gateway.model.languages import find_locale

MOST_WAYS = 4_096
"""Ways to write that are kept, half a kilobyte each: all of CLDR's locales in three or four currencies, so that nobody
can have them read again and again."""
LONGEST_TAG = 64

_EXACT = Context(prec=100)
_QUOTED = re.compile(r"'([^']*)'")
_data: dict[str, object] = localedata._cache  # pyright: ignore[reportPrivateUsage, reportAttributeAccessIssue] # nothing else empties it
Writer = Callable[[Decimal, bool], str]


class Manner(Struct, frozen=True, gc=False):
    """What of a locale says how money is written there: some kilobytes of the megabyte that CLDR says of it. `symbols`
    are those of currencies that have one."""

    name: str
    pattern: NumberPattern
    decimal: str
    group: str
    symbols: Mapping[str, str]


_manners: dict[str, Manner] = {}
"""By CLDR's own name of the locale, of which there are eleven hundred."""
_asked: set[str] = set()
"""Locales that somebody asked for and nobody has read yet."""
_reading = Lock()


def written_money(amount: Decimal, currency: str, tag: str, *, every_digit: bool = False) -> str | None:
    """The amount in a locale (BCP 47), rounded half to even to the digits CLDR shows of the currency, or with every
    digit it has; None where the locale is unknown."""
    if len(tag) > LONGEST_TAG:
        return None
    name = _name_of(tag)
    return None if name is None else _writer(name, currency)(amount, every_digit)


@lru_cache(MOST_WAYS)
def _writer(name: str, currency: str) -> Writer:
    return writer_of(_manners.get(name) or _read(name), currency)


def reading() -> Awaitable[None] | None:
    """To be awaited before what `is_locale` was asked about is written with: reading a locale takes ten milliseconds,
    and one document may name dozens. Nothing where all are known, which is nearly always."""
    return _read_asked() if _asked else None


async def _read_asked() -> None:
    while _asked:
        await asyncio.to_thread(_read, _asked.pop())


def _read(name: str) -> Manner:
    """What CLDR says of a locale is read and goes again; what somebody else had read stays. Babel itself would keep all
    eleven hundred, two hundred megabytes."""
    with _reading:
        found = _manners.get(name)
        if found is not None:
            return found
        known = {*_data}
        collecting = gc.isenabled()
        gc.disable()  # tens of thousands of dictionaries, all of which are gone in a moment
        try:
            found = _manners[name] = manner_of(Locale.parse(name))
        finally:
            for read in {*_data} - known - {"root"}:  # which all others build on
                _data.pop(read, None)
            if collecting:
                gc.enable()
        return found


@lru_cache(MOST_WAYS)
def _name_of(tag: str) -> str | None:
    """CLDR's own name of the locale: tags that differ in what means nothing here are one."""
    locale = find_locale(tag)
    return None if locale is None else str(locale)


def is_locale(tag: str) -> bool:
    """Whether CLDR knows how money is written there. What it knows is then to be read: see `reading`."""
    name = _name_of(tag) if len(tag) <= LONGEST_TAG else None
    if name is not None and name not in _manners:
        _asked.add(name)
    return name is not None


def manner_of(locale: Locale, numbering: str = "latn") -> Manner:
    listed = cast("Mapping[str, str]", locale.currency_symbols)
    symbols = {code: intern(symbol) for code, symbol in listed.items() if symbol != code}
    return Manner(
        str(locale),
        locale.currency_formats["standard"],
        intern(get_decimal_symbol(locale, numbering_system=numbering)),
        intern(get_group_symbol(locale, numbering_system=numbering)),
        symbols,
    )


def writer_of(manner: Manner, currency: str, numbering: str = "latn") -> Writer:
    """What writes amounts of one currency in one locale, rounded or with every digit."""
    pattern, decimal, group = manner.pattern, manner.decimal, manner.group
    affixes = [*pattern.prefix, *pattern.suffix]
    if pattern.exp_prec or "@" in pattern.pattern or "'" in decimal + group or any("¤¤¤" in one for one in affixes):
        return lambda amount, every_digit: format_currency(
            amount,
            currency,
            locale=manner.name,
            currency_digits=not every_digit,
            decimal_quantization=not every_digit,
            numbering_system=numbering,
        )
    symbol = manner.symbols.get(currency, currency)

    def shown(affix: str) -> str:
        return _QUOTED.sub(lambda found: found[1] or "'", affix.replace("¤¤", currency.upper()).replace("¤", symbol))

    before, negative_before, after, negative_after = map(shown, affixes)
    digits = get_currency_precision(currency)
    quantum = Decimal(1).scaleb(-digits)
    least, first, others = pattern.int_prec[0], *pattern.grouping

    def write(amount: Decimal, every_digit: bool) -> str:
        if every_digit:
            size = abs(amount).normalize()
            shown = max(pattern.frac_prec[1], -int(size.as_tuple().exponent))
            whole, _, part = f"{size.quantize(Decimal(1).scaleb(-shown), context=_EXACT):f}".partition(".")
            part = part.rstrip("0").ljust(pattern.frac_prec[0], "0")
        else:
            whole, _, part = f"{abs(amount).quantize(quantum, context=_EXACT):f}".partition(".")
        whole = whole.rjust(least, "0")
        if len(whole) > first:
            groups = [whole[-first:]]
            left = whole[:-first]
            while len(left) > others:
                groups.append(left[-others:])
                left = left[:-others]
            groups.append(left)
            whole = group.join(reversed(groups))
        if part:
            whole = f"{whole}{decimal}{part}"
        if amount.is_signed():
            return f"{negative_before}{whole}{negative_after}"
        return f"{before}{whole}{after}"

    return write
