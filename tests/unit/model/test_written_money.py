"""Money is written as Babel writes it, for less, and no stranger's choice of locales stays in memory."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest
from babel import localedata
from babel.core import Locale
from babel.numbers import format_currency
from hypothesis import given
from hypothesis import strategies as st

from gateway.model.written_money import is_locale, manner_of, reading, writer_of, written_money

CURRENCIES = ("GBP", "EUR", "USD", "JPY", "KWD", "RSD", "INR", "CHF", "XXX", "ZZZ")
AMOUNTS = tuple(map(Decimal, ("0", "-0", "0.005", "-0.004", "1", "12.5", "999.995", "-1234.5", "12345678.9", "1E+9")))


def test_any_locale_is_written_as_babel_writes_it() -> None:
    for identifier in sorted(localedata.locale_identifiers())[::9]:
        locale = Locale.parse(identifier)
        for currency in CURRENCIES[:4]:
            write = writer_of(manner_of(locale), currency)
            for amount in AMOUNTS[3:8]:
                assert write(amount, False) == format_currency(amount, currency, locale=locale)
        localedata._cache.clear()  # pyright: ignore[reportPrivateUsage, reportAttributeAccessIssue]


@given(
    st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**18), max_value=10**18, places=4),
    st.sampled_from(CURRENCIES),
    st.sampled_from(("en-GB", "ja-JP", "de-CH", "he", "ar-EG", "hi", "pt-BR", "fr-FR", "fa", "pl", "es-MX")),
)
def test_every_amount_is_written_as_babel_writes_it(amount: Decimal, currency: str, tag: str) -> None:
    locale = Locale.parse(tag, sep="-")
    assert written_money(amount, currency, tag) == format_currency(amount, currency, locale=locale)
    exactly = format_currency(amount, currency, locale=locale, currency_digits=False, decimal_quantization=False)
    assert written_money(amount, currency, tag, every_digit=True) == exactly


@pytest.mark.parametrize("tag", ["xx", "xx-YY", "", "-", "en-GB-" + "a" * 100_000, "../en", "en\x00", "é", "\ud800"])
def test_an_unknown_locale_writes_nothing(tag: str) -> None:
    assert written_money(Decimal(1), "GBP", tag) is None


def test_an_amount_of_any_length_is_written() -> None:
    assert written_money(Decimal("1E+30"), "JPY", "en") == "¥" + "1" + ",000" * 10


def test_locales_that_strangers_choose_do_not_stay_in_memory() -> None:
    known: dict[str, object] = localedata._cache  # pyright: ignore[reportPrivateUsage, reportAttributeAccessIssue]
    known.clear()
    Locale.parse("ja").currency_symbols["GBP"]  # what somebody had read
    for identifier in sorted(localedata.locale_identifiers())[::9]:
        written_money(Decimal(1), "GBP", identifier.replace("_", "-"))
        assert known.keys() == {"root", "ja"}


def test_tags_that_differ_in_what_means_nothing_are_written_by_one_writer() -> None:
    from gateway.model import written_money as ways

    before = ways._writer.cache_info().misses  # pyright: ignore[reportPrivateUsage] # what a stranger could make grow
    for number in range(50):
        assert ways.written_money(Decimal("14.50"), "GBP", f"km-x-{number}") == ways.written_money(
            Decimal("14.50"), "GBP", "km"
        )
    assert ways._writer.cache_info().misses <= before + 1  # pyright: ignore[reportPrivateUsage]


async def test_locales_that_a_document_names_are_read_beside_the_loop() -> None:
    """Thirty that nobody asked for before: nothing waits for them but who asks."""
    from gateway.model import written_money as ways

    unread = [name for name in sorted(localedata.locale_identifiers())[5::11] if name not in ways._manners][:30]  # pyright: ignore[reportPrivateUsage]
    tags = [name.replace("_", "-") for name in unread]
    assert all(map(is_locale, tags))
    waiting = reading()
    assert waiting is not None
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    beside = asyncio.create_task(others())
    await waiting
    beside.cancel()
    assert turns >= len(unread)
    assert reading() is None
    before = ways._data.copy()  # pyright: ignore[reportPrivateUsage]
    for tag in tags:
        assert written_money(Decimal("14.50"), "GBP", tag)
    assert ways._data.keys() == before.keys(), "nothing was read once more"  # pyright: ignore[reportPrivateUsage]


def test_a_locale_that_was_never_announced_is_written_too() -> None:
    from gateway.model import written_money as ways

    ways._manners.pop("sw_KE", None)  # pyright: ignore[reportPrivateUsage]
    ways._writer.cache_clear()  # pyright: ignore[reportPrivateUsage]
    assert written_money(Decimal("14.50"), "GBP", "sw-KE") == format_currency(Decimal("14.50"), "GBP", locale="sw_KE")
