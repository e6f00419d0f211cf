"""The vendor's search syntax, as far as it is asked here: `field:value`, quotes, `OR`, implied AND, `-`, parentheses.
Text is matched as the vendor's index does: by tokens, whatever their case, so near matches come back too."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

Predicate = Callable[[Any], bool]
Fields = Mapping[str, Callable[[Any, str], bool]]

_TOKEN = re.compile(r'\s*(\(|\)|-?[a-z_]+:"(?:[^"\\]|\\.)*"|-?[a-z_]+:[^\s()]+|"(?:[^"\\]|\\.)*"|[^\s()]+)')


@lru_cache(maxsize=200_000)
def words(text: str | None) -> tuple[str, ...]:
    return tuple(re.findall(r"[^\W_]+", (text or "").lower()))


def phrase_in(text: str | None, phrase: str) -> bool:
    """Whether the phrase's tokens stand in the text, one after the other."""
    have, want = words(text), words(phrase)
    return (
        bool(want)
        and want[0] in have
        and any(have[i : i + len(want)] == want for i in range(len(have) - len(want) + 1))
    )


def parse(query: str | None, fields: Fields) -> Predicate:
    """A predicate over records. Unknown fields match nothing, as the vendor ignores what it does not know by a
    warning and an empty list."""
    if not query or not query.strip():
        return lambda record: True
    tokens = _TOKEN.findall(query)
    predicate, rest = _either(tokens, fields)
    return predicate if not rest else lambda record: False


def _either(tokens: list[str], fields: Fields) -> tuple[Predicate, list[str]]:
    parts: list[Predicate] = []
    part, tokens = _all(tokens, fields)
    parts.append(part)
    while tokens and tokens[0] == "OR":
        part, tokens = _all(tokens[1:], fields)
        parts.append(part)
    return (lambda record: any(each(record) for each in parts)), tokens


def _all(tokens: list[str], fields: Fields) -> tuple[Predicate, list[str]]:
    parts: list[Predicate] = []
    while tokens and tokens[0] not in ("OR", ")"):
        if tokens[0] == "AND":
            tokens = tokens[1:]
            continue
        if tokens[0] == "(":
            part, tokens = _either(tokens[1:], fields)
            tokens = tokens[1:]
        else:
            part, tokens = _term(tokens[0], fields), tokens[1:]
        parts.append(part)
    return (lambda record: all(each(record) for each in parts)), tokens


def _term(token: str, fields: Fields) -> Predicate:
    negated = token.startswith("-")
    name, colon, value = token.lstrip("-").partition(":")
    if not colon:
        name, value = "default", token
    if value.startswith('"'):
        value = re.sub(r"\\(.)", r"\1", value[1:-1])
    match = fields.get(name)
    if match is None:
        return lambda record: False
    return (lambda record: not match(record, value)) if negated else (lambda record: match(record, value))
