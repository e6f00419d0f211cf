"""How things are known: native references, business keys, and the rule that matches a key in one backend."""

from __future__ import annotations

import unicodedata
from enum import Enum
from typing import Annotated

from msgspec import Struct

from gateway.constraints import TEXT, between


class NativeRef(Struct, frozen=True, gc=False, cache_hash=True, order=True):
    """A record in one backend: the backend's configured name, and the id that backend gave it (as text)."""

    backend: str
    id: str


class CaseRule(Enum):
    """Whether a backend tells `gw-s` from `GW-S`. EXACT unless the retailer configures otherwise."""

    EXACT = "exact"
    UPPER = "upper"
    LOWER = "lower"


_UPPER, _LOWER = CaseRule.UPPER, CaseRule.LOWER


class KeyRule(Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """How a business key (SKU) is written in one backend. `field` is the adapter's name for the place it is kept
    (empty: the adapter's usual one); `case` folds the key before it is sent; `pad` left-pads digits with zeros."""

    field: Annotated[str, TEXT.or_empty()] = ""
    case: CaseRule = CaseRule.EXACT
    pad: Annotated[int, between(0, 64, "digits")] = 0

    def written(self, key: str) -> str:
        """The key as this backend writes it."""
        key = canonical_key(key)
        if self.case is _UPPER:
            key = key.upper()
        elif self.case is _LOWER:
            key = key.lower()
        return key.zfill(self.pad) if self.pad and key.isdigit() else key

    def same(self, asked: str, found: str | None) -> bool:
        """Whether the value a backend returned is the key that was asked. Search indexes return near matches, so every
        answer is compared before it is served."""
        return bool(found) and (asked == found or self.written(asked) == self.written(found))


def canonical_key(key: str) -> str:
    """Trimmed and NFC; case is kept, because real catalogues have codes that differ only by case."""
    return unicodedata.normalize("NFC", key.strip())


def stored_forms(key: str) -> tuple[str, ...]:
    """A key as people may have typed it into a system that compares exactly: with a blank at one end too. What such a
    system answers is compared again, after `canonical_key`."""
    return key, f" {key}", f"{key} "


def slug_key(written: str) -> str:
    """A slug or the key of a category as it is compared, on both sides: trimmed, NFC, without case. Addresses are typed
    and shared, and no shop has two pages that differ by case only."""
    return unicodedata.normalize("NFC", canonical_key(written).casefold())


def same_slug(asked: str, *found: str | None) -> bool:
    key = slug_key(asked)
    return any(one is not None and slug_key(one) == key for one in found)


def place_key(ref: str) -> str:
    """A backend's reference of a place without what people write in two ways: case, blanks around it, forms of one
    character, and a global id around the number (`gid://shop/Location/1` is 1)."""
    folded = unicodedata.normalize("NFKC", ref).strip().casefold()
    return folded.rstrip("/").rpartition("/")[2] if "://" in folded else folded


def gtin14(code: str) -> str | None:
    """A GTIN-8, -12, -13 or -14 as 14 digits, or None if it is none (length or check digit).
    Source: GS1 General Specifications, section 7.9."""
    digits = code.strip()
    if not (digits.isascii() and digits.isdigit() and len(digits) in (8, 12, 13, 14)):
        return None
    padded = digits.zfill(14)
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(padded[:13]))
    return padded if (10 - total % 10) % 10 == int(padded[13]) else None


def gtin_forms(gtin: str) -> tuple[str, ...]:
    """The ways a backend may have stored a 14-digit GTIN: 14, 13, 12 and 8 digits, as far as leading zeros allow."""
    return (gtin, *(gtin[14 - length :] for length in (13, 12, 8) if gtin.startswith("0" * (14 - length))))
