"""What several answers are made of."""

from __future__ import annotations

from msgspec import Struct


class Camel(Struct, frozen=True, rename="camel"):
    """Names on the wire are written `likeThis`."""


class WireId(Camel, frozen=True):
    id: str


class WireName(Camel, frozen=True):
    name: str


class WireNamed(Camel, frozen=True):
    id: str
    name: str
