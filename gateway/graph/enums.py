"""Enums of the model as GraphQL enums, each value with what it means: an editor shows it where the value is chosen."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import TypeVar

import strawberry
from strawberry.types.enum import has_enum_definition

E = TypeVar("E", bound=Enum)


def described(kind: type[E], *, description: str, values: Mapping[E, str], name: str | None = None) -> type[E]:
    """Registered as `name` (None: its own), before any type mentions it. Raises TypeError for a value that is not
    described: whoever adds one to the model says what it means."""
    enum = strawberry.enum(kind, name=name or kind.__name__, description=description)
    if left := [member.name for member in kind if not values.get(member)]:
        raise TypeError(f"{kind.__name__} has values without a description: {', '.join(left)}")
    if has_enum_definition(enum):
        for value in enum.__strawberry_definition__.values:
            value.description = values[kind[value.name]]
    return enum
