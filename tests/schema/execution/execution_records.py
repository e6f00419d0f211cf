"""The records of the shop that execution is tested on. Annotations are what they should hold; a mischievous world holds
other things too, as backends do."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from msgspec import Struct


class Size(Enum):
    SMALL = "s"
    LARGE = "l"


class Money(Struct, frozen=True):
    amount: Decimal
    currency: str


class Price(Struct, frozen=True):
    current: Money
    list: Money | None
    quantity: int
    valid_until: datetime | None


class Image(Struct, frozen=True):
    url: str
    width: int | None


class Video(Struct, frozen=True):
    url: str
    seconds: float | None


class Variant(Struct, frozen=True):
    sku: str
    title: str
    size: Size
    weight: float | None
    media: tuple[Image | Video, ...]
    meta: dict[str, Any] | None


class Product(Struct, frozen=True):
    id: str
    title: str
    subtitle: str | None
    count: int
    active: bool
    tags: tuple[str | None, ...]
    grid: tuple[tuple[int, ...] | None, ...]
    variants: tuple[Variant, ...]
    cover: Image | Video | None
    secret: str | None
    email: str | None


class Category(Struct, frozen=True):
    id: str
    name: str
    depth: int | None


class Page(Struct, frozen=True):
    nodes: tuple[Any, ...]
    has_next: bool


class Payload(Struct, frozen=True):
    product: Product | None
    errors: tuple[str, ...]
