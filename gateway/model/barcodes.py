"""What a scanner reads: a GTIN's digits, a GS1 element string, or a GS1 Digital Link.

Sources: GS1 General Specifications 24, sections 3 (application identifiers), 5.10 (FNC1, symbology identifiers) and
7.8; GS1 Digital Link Standard: URI Syntax 1.5. Compressed links are not read: they say nothing without their tables.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import parse_qsl, unquote, urlsplit

from msgspec import Struct

from gateway.model.identity import gtin14

LONGEST = 2_048
"""Characters that are read of one."""
GTIN = "01"
_MOST_ATTRIBUTES = 64
_FNC1 = "\x1d"
"""Between elements of no fixed length, as scanners send it."""
_FIXED: Mapping[str, int] = {
    **{f"{number:02}": 18 for number in (0,)},
    **{f"{number:02}": 14 for number in (1, 2, 3)},
    "04": 16,
    **{f"{number:02}": 6 for number in (11, 12, 13, 14, 15, 16, 17, 18, 19)},
    "20": 2,
    **{str(number): 6 for number in (31, 32, 33, 34, 35, 36)},
    "41": 13,
}
"""Digits after an application identifier of fixed length, by its first two (section 7.8.5, figure 7.8.5-2). Those of 31
to 36 are four digits long, that of 41 three."""
_IDENTIFIER = re.compile(r"3[1-69]\d\d|43\d\d|70[0-4]\d|72[34]\d|8\d{3}|2[345]\d|4[0-2]\d|71\d|\d\d", re.ASCII)
"""Of four, three or two digits (section 3.2)."""
_SYMBOLOGY = re.compile(r"\](?:C1|e0|d2|Q3|J1)")
_BRACKETED = re.compile(r"\((\d{2,4})\)([^()]*)", re.ASCII)
_DIGITAL_KEY = re.compile(r"/(?:01|gtin)/(\d{8}|\d{12,14})(?:/|$)", re.ASCII)


class Scanned(Struct, frozen=True):
    """`gtin` has 14 digits, with a right check digit. `more` is what else the code says of this piece, by application
    identifier (`10` its lot, `21` its serial number, `17` until when, `3103` its net weight in grams)."""

    gtin: str
    more: Mapping[str, str]


def scanned(text: str) -> Scanned | None:
    """None for what names no trade item."""
    text = text.strip(" \t\r\n")
    if not text or len(text) > LONGEST:
        return None
    if (plain := gtin14(text)) is not None:
        return Scanned(plain, {})
    if "://" in text:
        return _linked(text)
    body = _SYMBOLOGY.sub("", text, count=1)
    elements = dict(_bracketed(body) if body.startswith("(") else _concatenated(body))
    return _item(elements)


def _item(elements: Mapping[str, str]) -> Scanned | None:
    gtin = gtin14(elements.get(GTIN, ""))
    return None if gtin is None else Scanned(gtin, {name: told for name, told in elements.items() if name != GTIN})


def _linked(text: str) -> Scanned | None:
    """The key stands in the path, with its qualifiers behind it and attributes in the query (sections 4.4 to 4.8)."""
    try:
        link = urlsplit(text)
        attributes = parse_qsl(link.query, max_num_fields=_MOST_ATTRIBUTES)
    except ValueError:  # no address, or one with more in its query than any has
        return None
    found = _DIGITAL_KEY.search(link.path)
    if link.scheme.lower() not in ("http", "https") or not link.hostname or found is None:
        return None
    behind = [unquote(part) for part in link.path[found.end() :].split("/") if part]
    elements = {GTIN: found.group(1).zfill(14)}
    elements |= dict(zip(behind[::2], behind[1::2], strict=False))
    elements |= {name: told for name, told in attributes if name.isascii() and name.isdigit()}
    return _item(elements)


def _bracketed(text: str) -> Iterator[tuple[str, str]]:
    """As people read it beneath a code: `(01)09506000134352(10)ABC`. Nothing where it is not that from end to end."""
    parts = _BRACKETED.findall(text)
    if "".join(f"({name}){told}" for name, told in parts) == text:
        yield from parts


def _concatenated(text: str) -> Iterator[tuple[str, str]]:
    """As a scanner sends it: elements one after another, those of no fixed length ended by FNC1. Read up to the first
    that makes no sense."""
    rest = text.lstrip(_FNC1)
    while rest:
        found = _IDENTIFIER.match(rest)
        if found is None:
            return
        name = found.group()
        length = _FIXED.get(name[:2])
        if length is None:
            told, _, rest = rest[len(name) :].partition(_FNC1)
        else:
            told, rest = rest[len(name) : len(name) + length], rest[len(name) + length :].lstrip(_FNC1)
            if len(told) < length or not (told.isascii() and told.isdigit()):
                return
        yield name, told
