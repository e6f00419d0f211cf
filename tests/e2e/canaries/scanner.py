"""What is planted, and how it is found again: in texts, in bytes, and in whatever hangs together in memory.

Every personal canary carries the number of the person it belongs to, so that it can be told whose it is.
"""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Hashable, Iterable, Iterator, Mapping, Set
from enum import Enum
from typing import Any, cast
from urllib.parse import quote

from msgspec import Struct

CARDS = ("4111111111111111", "5555555555554444", "378282246310005", "6011111111111117", "3530111333300000")
"""Card numbers that payment providers publish for tests."""
_PHONES = {"44": "7700888", "81": "9088812", "972": "508881", "965": "50888"}
"""The first digits of planted phone numbers by country code; the rest is the person's number."""


def email(number: int) -> str:
    return f"zqmail.{number}@example.com"


def given(number: int) -> str:
    return f"Zqgiven{number}"


def family(number: int) -> str:
    return f"Zqfamily{number}"


def phone(number: int, country_code: str) -> str:
    return f"+{country_code}{_PHONES[country_code]}{number:03}"


def card(number: int) -> str:
    return CARDS[number % len(CARDS)]


class Found(Struct, frozen=True, order=True):
    """`kind` is `secret`, `card`, `email`, `phone` or `name`; `person` whose it is, where it is anybody's."""

    kind: str
    text: str
    person: int | None = None


_SPACE = r"[ \-\u00a0\u202f]?"
_SPACED = {code: _SPACE.join(first) for code, first in _PHONES.items()}
_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("email", re.compile(r"zqmail\.(\d+)", re.IGNORECASE)),
    ("name", re.compile(r"zq(?:given|family)(\d+)", re.IGNORECASE)),
    *(
        ("phone", re.compile(rf"(?<!\d)(?:\+?{code}|0){_SPACE}{first}{_SPACE}(\d{_SPACE}\d{_SPACE}\d)(?!\d)"))
        for code, first in _SPACED.items()
    ),
)
_CARDS = re.compile("|".join(rf"(?<!\d){_SPACE.join(number)}(?!\d)" for number in CARDS))


class Scanner:
    """Knows the patterns of all planted data, and the secrets it is given."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._known: dict[bytes, set[Found]] = {}
        self._secrets = {form: secret for secret in secrets for form in _forms(secret)}

    def text(self, text: str) -> set[Found]:
        found = {
            Found(kind, match.group(), int(re.sub(r"\D", "", match.group(1))))
            for kind, pattern in _PATTERNS
            for match in pattern.finditer(text)
        }
        found |= {Found("card", match.group()) for match in _CARDS.finditer(text)}
        found |= {Found("secret", secret) for form, secret in self._secrets.items() if form in text}
        return found

    def data(self, data: bytes) -> set[Found]:
        """Whatever of it is text, in either width."""
        if data not in self._known:
            forms = (data.decode("latin-1"), data.decode("utf-16-le", "ignore"), data.decode("utf-8", "ignore"))
            self._known[data] = {found for form in forms for found in self.text(form)}
        return self._known[data]

    def thing(self, value: object) -> set[Found]:
        """Everything that can be reached from a value."""
        return self.text("\n".join(strings(value)))


def decoded(data: bytes) -> Iterator[bytes]:
    """What lies in these bytes in another writing: base64 of either alphabet, gzip and zlib inside it or by themselves,
    JSON with every letter escaped."""
    yield data
    if b"\\u00" in data:
        yield re.sub(rb"\\u00([0-9a-fA-F]{2})", lambda found: bytes.fromhex(found.group(1).decode()), data)
    for start in (found.start() for found in re.finditer(rb"\x1f\x8b\x08|x[\x01\x5e\x9c\xda]", data)):
        yield from _inflated(data[start:])
    for run in re.findall(rb"[A-Za-z0-9+/_-]{16,}={0,2}", data):
        for shift in range(4):  # wherever it began
            text = run[shift:].rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
            inside = base64.b64decode(text[: len(text) // 4 * 4])
            yield inside
            yield from _inflated(inside)


def _inflated(data: bytes) -> Iterator[bytes]:
    try:
        yield zlib.decompressobj(wbits=47).decompress(data, 1 << 20)
    except zlib.error:
        return


def _forms(secret: str) -> set[str]:
    """As it is, and as it may be written elsewhere: in a URL, in a basic credential, quoted."""
    encoded = base64.b64encode(secret.encode()).decode().rstrip("=")
    return {secret, quote(secret, safe=""), repr(secret)[1:-1], encoded[: len(encoded) // 4 * 4]}


def strings(value: object, seen: set[int] | None = None) -> Iterator[str]:
    """Every text below a value, through records, collections, exceptions with their causes, and plain objects."""
    seen = set() if seen is None else seen
    if value is None or isinstance(value, bool | Enum | type) or callable(value):
        return
    if isinstance(value, str):
        yield value
        return
    if isinstance(value, bytes | bytearray):
        yield value.decode("latin-1")
        return
    if id(value) in seen:
        return
    seen.add(id(value))
    if isinstance(value, Mapping):
        for key, item in cast("Mapping[Hashable, object]", value).items():
            yield from strings(key, seen)
            yield from strings(item, seen)
    elif isinstance(value, list | tuple | Set):
        for item in cast("Iterable[object]", value):
            yield from strings(item, seen)
    elif (inside := list(_inside(value))) or isinstance(value, BaseException):
        for item in inside:
            yield from strings(item, seen)
    else:
        yield str(value)


def _inside(value: object) -> Iterator[Any]:
    if isinstance(value, BaseException):
        yield from (value.args, value.__cause__, value.__context__)
    for kind in type(value).__mro__:
        slots: Any = kind.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            yield getattr(value, name, None)
    for name in getattr(value, "__struct_fields__", ()):
        yield getattr(value, name)
    yield from getattr(value, "__dict__", {}).values()
