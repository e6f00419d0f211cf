"""How much a request's variables may bring: checked before anything reads them. What coerces them, looks through them
for card numbers or makes a key of them takes time by their number, length or depth, whether or not they are used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from gateway.errors import LimitExceeded

DEPTH = 16
VALUES = 2_000
"""Entries of lists and objects, all variables together."""
CHARACTERS = 65_536
"""Of all texts and names together."""


def check_variables(variables: Mapping[str, Any]) -> None:
    """Raises LimitExceeded, naming the limit. Stops as soon as one is reached."""
    values = characters = 0
    level: list[Any] = [variables]
    for _ in range(DEPTH + 1):
        below: list[Any] = []
        for one in level:
            if isinstance(one, str):
                characters += len(one)
                continue
            inner = cast("list[Any]", one)
            if isinstance(one, dict):
                entries = cast("dict[str, Any]", one)
                characters += sum(map(len, entries))
                inner = [*entries.values()]
            values += len(inner)
            if values > VALUES:
                raise LimitExceeded(f"The variables hold more than {VALUES} values.")
            below += [entry for entry in inner if isinstance(entry, str | list | dict)]
        if characters > CHARACTERS:
            raise LimitExceeded(f"The texts in the variables have more than {CHARACTERS} characters.")
        if not below:
            return
        level = below
    raise LimitExceeded(f"The variables are nested more than {DEPTH} levels deep.")
