"""Until when an answer holds, as far as its own records say: a price until its sale ends or the next one begins, a
programme until its last day. Whoever keeps an answer, for however short a time, keeps it no longer than that."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime
from math import inf
from typing import Any, TypeVar, cast

K = TypeVar("K")

ENDLESS = inf
"""The horizon of what says nothing of its end."""


def horizon_of(answer: Any) -> float:
    """The earliest end that a record, an error or a list of them states (`horizon`), in seconds since 1970. On the wall
    clock, because a sale ends at a time of day, however long this machine slept; ENDLESS where none is stated."""
    if isinstance(answer, tuple):
        return min(map(horizon_of, cast("tuple[Any, ...]", answer)), default=ENDLESS)
    end: datetime | None = getattr(answer, "horizon", None)
    return ENDLESS if end is None else end.timestamp()


def over_among(answers: Mapping[K, Any]) -> dict[K, float]:
    """The horizons of those that may no longer be given, by their keys. Most answers state no end."""
    bounded = [
        key
        for key, answer in answers.items()
        if getattr(answer, "horizon", None) is not None or isinstance(answer, tuple)
    ]
    return {key: horizon for key in bounded if is_over(horizon := horizon_of(answers[key]))}


def is_over(horizon: float) -> bool:
    """Whether an answer with this horizon may no longer be given."""
    return horizon != ENDLESS and time.time() >= horizon
