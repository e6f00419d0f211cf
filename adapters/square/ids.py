"""Square's ids: opaque words of letters, digits, `-` and `_`, at most 192 of them (the longest that the description
allows). Anything else is no id, and a request that holds one is refused as a whole."""

from __future__ import annotations

import re
from collections.abc import Iterable

_ID = re.compile(r"[A-Za-z0-9_-]{1,192}")


def is_id(text: str) -> bool:
    return _ID.fullmatch(text) is not None


def ids_among(texts: Iterable[str]) -> list[str]:
    return [text for text in texts if is_id(text)]
