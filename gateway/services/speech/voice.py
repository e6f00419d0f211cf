"""One language to speak in: its sentences (Fluent), and its money, dates, times and distances (CLDR), so that no
sentence mixes two. Whatever a backend wrote is made fit to be said before it goes in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr
from zoneinfo import ZoneInfo

from babel.core import Locale
from babel.dates import format_date, format_time
from babel.numbers import format_currency
from babel.units import format_unit
from fluent.runtime import FluentBundle, FluentResource

from gateway.model.languages import canonical_tag, locale_of, script_of
from gateway.model.money import Money
from gateway.model.text import SpeakableText

SpokenFacts = Mapping[str, str | int]
LONGEST_FACT = 300
"""Characters of a backend's text that are said: nobody listens to more, and one endless title spoils no answer."""
_FOLDER = Path(__file__).parent
_BLANKS = re.compile(r"[\t\n\v\f\r\x1c-\x1f\x85\u2028\u2029 ]+")
_UNSPEAKABLE = re.compile(
    # Controls; directions that are opened and not closed; halves of characters; what is no character. XML 1.0 has no
    # way to write most of them.
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufff9-\uffff]"
    "|[" + "".join(f"{chr(plane * 0x10000 + 0xFFFE)}{chr(plane * 0x10000 + 0xFFFF)}" for plane in range(1, 17)) + "]"
)


class Sentence(NamedTuple):
    """A message of the Fluent files and what it is about."""

    name: str
    facts: SpokenFacts


class Voice:
    """`language` is the tag that is spoken."""

    def __init__(self, language: str, locale: Locale, bundle: FluentBundle) -> None:
        self.language = language
        self._locale = locale
        self._bundle = bundle

    def money(self, money: Money) -> str:
        """With the currency's name, as it is said: "12.50 British pounds"."""
        return format_currency(money.displayed(), money.currency, locale=self._locale, format_type="name")

    def date(self, instant: datetime, timezone: str) -> str:
        return format_date(instant.astimezone(ZoneInfo(timezone)).date(), "long", locale=self._locale)

    def time(self, instant: datetime, timezone: str) -> str:
        return format_time(instant, "short", tzinfo=ZoneInfo(timezone), locale=self._locale)

    def distance(self, kilometres: float) -> str:
        """Below one kilometre in steps of 50 metres, below ten with one digit after the point."""
        metres = round(kilometres * 20) * 50
        if metres < 1_000:
            return format_unit(max(50, metres), "length-meter", length="long", locale=self._locale)
        rounded = round(kilometres, 1) if kilometres < 10 else round(kilometres)
        return format_unit(rounded, "length-kilometer", length="long", locale=self._locale)

    def say(self, sentences: list[Sentence]) -> SpeakableText:
        plain = [self._sentence(sentence) for sentence in sentences]
        marked = "".join(f"<s>{escape(sentence)}</s>" for sentence in plain)
        namespace = 'version="1.1" xmlns="http://www.w3.org/2001/10/synthesis"'
        document = f"<speak {namespace} xml:lang={quoteattr(self.language)}><p>{marked}</p></speak>"
        return SpeakableText(" ".join(plain), document, self.language)

    def _sentence(self, sentence: Sentence) -> str:
        pattern = self._bundle.get_message(sentence.name).value
        assert pattern is not None  # noqa: S101  every message of our files has a value; a test reads them all
        facts = {name: speakable(fact) if isinstance(fact, str) else fact for name, fact in sentence.facts.items()}
        text, errors = self._bundle.format_pattern(pattern, facts)
        if errors:
            raise errors[0]
        return text if isinstance(text, str) else str(text)


def speakable(written: str) -> str:
    """A text without what cannot be said or stand in XML, on one line, and cut at a word where it is endless."""
    text = _BLANKS.sub(" ", _UNSPEAKABLE.sub("", written[: 8 * LONGEST_FACT])).strip(" ")
    if len(text) <= LONGEST_FACT:
        return text
    cut = text[: LONGEST_FACT - 1]
    word = cut.rpartition(" ")[0]
    return f"{word if len(word) > LONGEST_FACT // 2 else cut}…"


@cache
def voice_of(tag: str) -> Voice | None:
    """None where there are no sentences in the language."""
    language = canonical_tag(tag)
    locale = locale_of(tag)
    if language is None or locale is None:
        return None
    primary = language.partition("-")[0]
    file = _FOLDER / f"{primary}.ftl"
    if not file.is_file() or script_of(language) != script_of(primary):
        return None  # sentences in another script are another language to whoever reads or says them
    bundle = FluentBundle([language], use_isolating=False)
    bundle.add_resource(FluentResource(file.read_text("utf-8")))
    return Voice(language, locale, bundle)
