"""The vendor's search syntax, as far as it is asked here: `field:value`, quotes, `OR`, implied AND, `-`, parentheses.
Text is matched as the vendor's index does: by tokens, whatever their case, so near matches come back too."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

Predicate = Callable[[Any], bool]
Fields = Mapping[str, Callable[[Any, str], bool]]
Texts = Mapping[str, Callable[[Any], str | None]]
NO_TEXTS: Texts = {}

_TOKEN = re.compile(r'\s*(\(|\)|-?[a-z_]+:"(?:[^"\\]|\\.)*"|-?[a-z_]+:[^\s()]+|"(?:[^"\\]|\\.)*"|[^\s()]+)')


@lru_cache(maxsize=200_000)
def words(text: str | None) -> tuple[str, ...]:
    return tuple(re.findall(r"[^\W_]+", (text or "").lower()))


def parse(query: str | None, fields: Fields, texts: Texts = NO_TEXTS) -> Predicate:
    """A predicate over records. `fields` match exactly as they say, `texts` are searched by tokens. Unknown fields
    match nothing, as the vendor ignores what it does not know by a warning and an empty list."""
    if not query or not query.strip():
        return lambda record: True
    tokens = _TOKEN.findall(query)
    predicate, rest = _either(tokens, fields, texts)
    return predicate if not rest else lambda record: False


def _either(tokens: list[str], fields: Fields, texts: Texts) -> tuple[Predicate, list[str]]:
    parts: list[Predicate] = []
    phrases: dict[str, list[str]] = {}
    while True:
        name, value, negated = _split(tokens[0]) if tokens else ("", "", False)
        if name in texts and not negated and (len(tokens) == 1 or tokens[1] in ("OR", ")")):
            phrases.setdefault(name, []).append(value)
            tokens = tokens[1:]
        else:
            part, tokens = _all(tokens, fields, texts)
            parts.append(part)
        if not tokens or tokens[0] != "OR":
            break
        tokens = tokens[1:]
    parts.extend(_any_phrase(texts[name], values) for name, values in phrases.items())
    return (lambda record: any(each(record) for each in parts)), tokens


def _all(tokens: list[str], fields: Fields, texts: Texts) -> tuple[Predicate, list[str]]:
    parts: list[Predicate] = []
    while tokens and tokens[0] not in ("OR", ")"):
        if tokens[0] == "AND":
            tokens = tokens[1:]
            continue
        if tokens[0] == "(":
            part, tokens = _either(tokens[1:], fields, texts)
            tokens = tokens[1:]
        else:
            part, tokens = _term(tokens[0], fields, texts), tokens[1:]
        parts.append(part)
    return (lambda record: all(each(record) for each in parts)), tokens


def _split(token: str) -> tuple[str, str, bool]:
    """Field, value and whether it is negated."""
    name, colon, value = token.lstrip("-").partition(":")
    if not colon:
        name, value = "default", token
    if value.startswith('"'):
        value = re.sub(r"\\(.)", r"\1", value[1:-1])
    return name, value, token.startswith("-")


def _term(token: str, fields: Fields, texts: Texts) -> Predicate:
    name, value, negated = _split(token)
    if name in texts:
        found = _any_phrase(texts[name], [value])
        return (lambda record: not found(record)) if negated else found
    match = fields.get(name)
    if match is None:
        return lambda record: False
    return (lambda record: not match(record, value)) if negated else (lambda record: match(record, value))


def _any_phrase(text_of: Callable[[Any], str | None], phrases: list[str]) -> Predicate:
    """Whether one of the phrases' tokens stand in the text, one after the other."""
    wanted: dict[str, list[tuple[str, ...]]] = {}
    for phrase in phrases:
        tokens = words(phrase)
        if tokens:
            wanted.setdefault(tokens[0], []).append(tokens)

    def matches(record: Any) -> bool:
        have = words(text_of(record))
        return any(
            have[place : place + len(phrase)] == phrase
            for place, token in enumerate(have)
            for phrase in wanted.get(token, ())
        )

    return matches
