"""Results kept by a text that strangers choose: few, and of short texts only."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import TypeVar

R = TypeVar("R")
T = TypeVar("T", str, "str | None")

LONGEST = 512
"""Characters. A longer text is worked out each time: the most that is kept is then known."""


def remembered(most: int) -> Callable[[Callable[[T], R]], Callable[[T], R]]:
    """Keeps the last `most` results of a function of one text."""

    def decorate(function: Callable[[T], R]) -> Callable[[T], R]:
        kept = lru_cache(most)(function)

        @wraps(function)
        def asked(text: T) -> R:
            return function(text) if text is not None and len(text) > LONGEST else kept(text)

        return asked

    return decorate
