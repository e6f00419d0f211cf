"""What the shop's backends answer: everything follows from a seed, never from order or time, so that two executions of
one operation can be compared. `mischief` 0 is a good day; 1 adds nulls, failed keys and slow answers; 2 adds values of
wrong types, broken promises of non-null and whole calls that fail."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from execution_records import Category, Image, Money, Page, Payload, Price, Product, Size, Variant, Video

from gateway.errors import AmbiguousKey, Unavailable
from gateway.model.principal import ClientProfile, Principal, Touchpoint

NOBODY = "nobody"
"""The key of an empty page. Pages of products and of variants are different fields, which the log cannot tell apart."""


class World:
    def __init__(self, seed: int, mischief: int, planted: Mapping[str, Any] | None = None) -> None:
        """`planted` values stand in every attribute of that name, or are every answer of that field."""
        self.planted = planted or {}
        self.seed = seed
        self.mischief = mischief
        self.asked: list[tuple[str, str, str]] = []
        self.calls: list[str] = []
        self._products: dict[str, Product] = {}

    def chance(self, out_of: int, *what: object) -> bool:
        """True once in `out_of`, always the same for the same question."""
        return zlib.crc32(repr((self.seed, *what)).encode()) % out_of == 0

    def choose(self, options: Sequence[Any], *what: object) -> Any:
        return options[zlib.crc32(repr((self.seed, "choose", *what)).encode()) % len(options)]

    # --- records --------------------------------------------------------------------------------------------------

    def odd(self, value: Any, *what: object) -> Any:
        """`value`, or on a bad day something else."""
        if what and str(what[-1]) in self.planted:
            return self.planted[str(what[-1])]
        if self.mischief >= 2 and self.chance(60, "odd", *what):
            wrong = [None, 7, "seven", 2**40, float("nan"), True, ValueError("a stored error"), [1], object, Decimal(3)]
            return self.choose(wrong, "wrong", *what)
        return value

    def maybe(self, value: Any, *what: object) -> Any:
        return None if self.mischief and self.chance(4, "null", *what) else self.odd(value, *what)

    def product(self, name: str) -> Product:
        if name not in self._products:
            grid = tuple(self.maybe((i, self.odd(i, name, "g", i)), name, "grid", i) for i in range(2))
            variants = tuple(self.variant(f"{name}.{i}") for i in range(self.choose((0, 1, 3), name)))
            self._products[name] = Product(
                id=name,
                title=self.odd(f"Product {name}", name, "title"),
                subtitle=self.maybe(f"about {name}", name, "subtitle"),
                count=self.odd(len(name), name, "count"),
                active=self.odd(len(name) % 2 == 0, name, "active"),
                tags=self.odd(tuple(self.maybe(f"t{i}", name, i) for i in range(3)), name, "tags"),
                grid=self.odd(grid, name, "grid"),
                variants=self.odd(variants, name, "variants"),
                cover=self.maybe(self.media(name), name, "cover"),
                secret=self.maybe("s3", name, "secret"),
                email=self.maybe("a@b.example", name, "email"),
            )
        return self._products[name]

    def media(self, name: str) -> Image | Video:
        if self.chance(2, name, "video"):
            return Video(f"v/{name}", self.maybe(1.5, name, "seconds"))
        return Image(f"i/{name}", self.maybe(640, name, "width"))

    def variant(self, sku: str) -> Variant:
        return Variant(
            sku=sku,
            title=self.odd(f"Variant {sku}", sku, "title"),
            size=self.odd(self.choose(list(Size), sku), sku, "size"),
            weight=self.maybe(0.25, sku, "weight"),
            media=tuple(self.odd(self.media(f"{sku}/{i}"), sku, "media", i) for i in range(2)),
            meta=self.maybe({"a": [1, {"b": None}]}, sku, "meta"),
        )

    def price(self, sku: str, quantity: int) -> Price:
        amount = Decimal(len(sku)) + Decimal("0.50") * quantity
        return Price(
            current=self.odd(Money(amount, "EUR"), sku, "current"),
            list=self.maybe(Money(amount + 1, "EUR"), sku, "list"),
            quantity=quantity,
            valid_until=self.maybe(datetime(2030, 1, 1, tzinfo=UTC) + timedelta(days=quantity), sku, "until"),
        )

    # --- calls ----------------------------------------------------------------------------------------------------

    async def answer(self, field: str, keys: Sequence[str], arguments: object, answers: Sequence[Any]) -> list[Any]:
        """One call: slow, failing as a whole, or with failed and missing keys, as the seed says."""
        self.calls.append(field)
        self.asked += [(field, key, repr(arguments)) for key in keys if key is not NOBODY]
        if self.mischief:
            for _ in range(self.choose((0, 0, 1, 2, 7), "slow", field, arguments)):
                await asyncio.sleep(0)
        if self.mischief >= 2 and self.chance(12, "call", field, arguments):
            raise self.choose((Unavailable(source="erp", domain="price"), KeyError("a bug")), field)
        return [self._one(field, key, arguments, value) for key, value in zip(keys, answers, strict=True)]

    def _one(self, field: str, key: str, arguments: object, value: Any) -> Any:
        if field in self.planted:
            return self.planted[field]
        if self.mischief and self.chance(6, "failed", field, key, arguments):
            return self.choose((AmbiguousKey(f"two of {key}"), Unavailable(source="erp"), ValueError("oops")), key)
        if self.mischief and self.chance(8, "absent", field, key, arguments):
            return None
        return self.odd(value, "answer", field, key, arguments)

    def page(self, names: Sequence[str]) -> Page:
        return Page(tuple(self.product(name) for name in names), self.odd(False, "has_next", len(names)))

    def hit(self, index: int) -> Product | Category:
        return (
            self.product(f"h{index}") if index % 2 else Category(f"c{index}", f"Category {index}", self.maybe(1, index))
        )

    def payload(self, name: str) -> Payload:
        return Payload(self.maybe(self.product(name), "payload", name), ("careful",))


class Context:
    """An operation's context, as the executor needs it."""

    def __init__(self, world: World, roles: Sequence[str] = (), personal_data: bool = True) -> None:
        self.world = world
        self.principal = Principal(roles=frozenset(roles))
        self.profile = ClientProfile(touchpoint=Touchpoint.WEB, personal_data=personal_data)
        self.language = "en"
        self.explain = False
        self.deadline: float | None = None
        self.memo: Any = None
