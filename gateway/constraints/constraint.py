"""What a configured value must be, beyond its type: declared beside the key, as `Annotated[str, TIME_ZONE]`."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct


class Fault(Struct, frozen=True):
    """Why a value cannot be meant. `message` says what it is not; `allowed` is given where the list is short."""

    message: str
    allowed: tuple[str, ...] = ()
    nearest: str | None = None


class Facts(Struct, frozen=True):
    """What a value is compared with: the names of every section (`stores` to `covent_garden`, ...), the environment,
    and the folder that relative paths begin at."""

    names: Mapping[str, tuple[str, ...]]
    environment: Mapping[str, str]
    base: Path


Check = Callable[[Any, Facts], Fault | None]


class Constraint:
    """One rule about one value. `of_keys` is the rule for the keys of a mapping that bears it; `empty` says that an
    empty value is meant and means nothing is configured. `secret`: what stands there may be a pasted credential, and is
    never printed."""

    __slots__ = ("check", "empty", "name", "of_keys", "secret")

    def __init__(
        self, name: str, check: Check, *, empty: bool = False, of_keys: bool = False, secret: bool = False
    ) -> None:
        self.name = name
        self.check = check
        self.empty = empty
        self.of_keys = of_keys
        self.secret = secret

    def fault(self, value: Any, facts: Facts) -> Fault | None:
        if self.empty and not value and value is not False and value != 0:
            return None
        return self.check(value, facts)

    def or_empty(self) -> Constraint:
        """The same, where an empty value says that there is none."""
        return Constraint(self.name, self.check, empty=True, secret=self.secret)

    def for_keys(self) -> Constraint:
        """The same, of a mapping's keys."""
        return Constraint(self.name, self.check, of_keys=True, secret=self.secret)

    def __repr__(self) -> str:
        return f"Constraint({self.name})"


def nearest(value: str, known: Iterable[str], *, cutoff: float = 0.6) -> str | None:
    """The known word most like a wrong one, however it is written. None where two are equally like it: either would be
    a guess."""
    by_folded: dict[str, str] = {}
    for word in known:
        by_folded.setdefault(word.casefold(), word)
    folded = value.strip().casefold()
    if folded in by_folded:
        return by_folded[folded]
    turned = [word for word in by_folded if len(word) == len(folded) and sorted(word) == sorted(folded)]
    if turned:
        return by_folded[max(turned, key=lambda word: sum(map(str.__eq__, word, folded)))]
    close = difflib.get_close_matches(folded, list(by_folded), n=2, cutoff=cutoff)
    if len(close) == 2 and _likeness(close[0], folded) == _likeness(close[1], folded):
        return None
    return by_folded[close[0]] if close else None


def _likeness(word: str, asked: str) -> float:
    """As `get_close_matches` ranks them, whose measure is not symmetrical."""
    return difflib.SequenceMatcher(a=word, b=asked).ratio()


def unlisted(message: str, value: str, known: Iterable[str], *, cutoff: float = 0.6) -> Fault:
    """A value that is none of a list; the list itself is told where a person can read it."""
    listed = tuple(known)
    return Fault(message, listed if len(listed) <= 20 else (), nearest(value, listed, cutoff=cutoff))


ANYTHING = Constraint("anything", lambda value, facts: None)
"""Of a value whose type says it all, or that is looked at together with others."""
