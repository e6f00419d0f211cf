"""What several answers are made of. Amounts are integers whose scale the server states (`moneyStrategyPrecision`, the
same for every currency, so JPY has two digits too)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, TypeVar

from msgspec import Struct

R = TypeVar("R")


class Camel(Struct, frozen=True, rename="camel"):
    """Names on the wire are written `likeThis`."""


class Items(Camel, Generic[R], frozen=True):
    items: tuple[R, ...]


class Count(Camel, frozen=True):
    total_items: int


class Page(Count, Generic[R], frozen=True):
    """Of a list that is read page by page."""

    items: tuple[R, ...]


class WireId(Camel, frozen=True):
    id: str


class WireName(Camel, frozen=True):
    name: str


class WireNamed(Camel, frozen=True):
    id: str
    name: str


def custom_fields(names: Sequence[str]) -> str:
    """What selects them; nothing where there are none."""
    return f"customFields {{ {' '.join(names)} }}" if any(names) else ""
