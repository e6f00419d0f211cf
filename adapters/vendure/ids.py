"""Vendure's ids, by its strategies: numbers of 4 bytes (the default), UUIDs, or a custom strategy's words that begin
with a letter. Anything else is never sent: the default strategy reads an id as JavaScript reads a number
(`1e400`, ` 1`, `0x1`), and a database refuses the whole query for one that is too large.

Source: docs.vendure.io/reference/typescript-api/configuration/entity-id-strategy."""

from __future__ import annotations

import re
from collections.abc import Iterable

from gateway.model.identity import INT32, record_number

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NUMBERS = frozenset({"Infinity"})
"""Words that are numbers in JavaScript."""


def is_id(text: str) -> bool:
    return record_number(text, INT32) is not None or (_WORD.fullmatch(text) is not None and text not in _NUMBERS)


def ids_among(texts: Iterable[str]) -> list[str]:
    return [text for text in texts if is_id(text)]
