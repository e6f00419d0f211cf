"""Words of others before they are written down: a vendor's complaint may hold an email, a phone, a card, a credential.

A person's name looks like any other word, so it cannot be found here: an adapter leaves it out (`AdapterError.detail`).
What stands in quotation marks is kept only where it looks like the name of a field or a type, because that is where
vendors quote what they were sent.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from urllib.parse import quote

LONGEST = 300
"""Characters that are kept."""
_LOOKED_AT = 2_000
_SHORTEST_SECRET = 4

_MARKS = "\"'`«»“”‘’„"
_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"//[^/\s@]+@"), "//[credential]@"),
    (re.compile(r"\b(bearer|basic|negotiate|digest)\s+[^\s,;]+", re.IGNORECASE), r"\1 [credential]"),
    (
        re.compile(
            r"\b([\w-]*(?:passw(?:or)?d|passwd|secret|token|api[_-]?key|apikey|authorization|signature|cookie|session"
            r"(?:[_-]?id)?))([\"']?\s*[:=]\s*)[^\s,;&]+",
            re.IGNORECASE,
        ),
        r"\1\2[credential]",
    ),
    (re.compile(r"[^\s<>()\[\],;:\"'`=]+(?:@|%40)[^\s<>()\[\],;:\"'`]+", re.IGNORECASE), "[email]"),
    (re.compile(r"(?<![\w.])(?=[\w+/~.-]*\d)(?=[\w+/~.-]*[A-Za-z])[\w+/~-][\w+/~.-]{22,}={0,2}"), "[credential]"),
)
_QUOTED = re.compile(rf"(?<![\w{_MARKS}])([{_MARKS}])([^{_MARKS}]{{1,300}})([{_MARKS}])(?!\w)")
_NAME_OF_A_FIELD = re.compile(r"[$a-z_][\w.$\[\]:|!-]{0,80}|[A-Z]\w*(?:[A-Z_.]\w*)+[!\]]?|\[\w+!?\]!?")
_NUMBER = re.compile(r"\+?\(?\d(?:[ \-./()\u00a0\u202f]{0,2}\d){6,}")
_CARD = re.compile(
    r"(?<!\d)(?:\d{4}(?:[\W_]{1,3}\d{4}){2,3}(?:[\W_]{1,3}\d{1,3})?|3\d{3}[\W_]{1,3}\d{6}[\W_]{1,3}\d{4,5}"
    r"|(?:\d[\W_]{1,3}){12,18}\d)(?!\d)"
)
"""Grouped as on a card, or digit by digit, whatever stands between."""
_HARMLESS_NUMBER = re.compile(r"(?:0|[1-9]\d{0,2})(?:\.(?:0|[1-9]\d{0,2})){3}|(?:19|20)\d\d-[01]\d-[0-3]\d")
"""An address of the network, a day."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")

_secrets: dict[str, None] = {}


def know_secrets(values: Iterable[str]) -> None:
    """From now on none of these is written down, as it is or as it may be written elsewhere."""
    for value in values:
        if len(value) >= _SHORTEST_SECRET:
            _secrets.update(dict.fromkeys(_forms(value)))


def redacted(text: str) -> str:
    """One line without credentials, emails, phones, cards and quoted values."""
    text = _CONTROL.sub(" ", text[:_LOOKED_AT])
    for secret in sorted(_secrets, key=len, reverse=True):
        if secret in text:
            text = text.replace(secret, "[secret]")
    for pattern, instead in _RULES:
        text = pattern.sub(instead, text)
    text = _QUOTED.sub(_quoted, text)
    text = _NUMBER.sub(_number, _CARD.sub("[number]", text)).strip()
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."


def _forms(secret: str) -> Iterable[str]:
    encoded = base64.b64encode(secret.encode()).decode().rstrip("=")
    whole = encoded[: len(encoded) // 4 * 4]
    return [
        form for form in (secret, quote(secret, safe=""), repr(secret)[1:-1], whole) if len(form) >= _SHORTEST_SECRET
    ]


def _quoted(match: re.Match[str]) -> str:
    before, words, after = match.groups()
    return match.group() if _NAME_OF_A_FIELD.fullmatch(words) else f"{before}...{after}"


def _number(match: re.Match[str]) -> str:
    return match.group() if _HARMLESS_NUMBER.fullmatch(match.group()) else "[number]"
