"""A small schema with every kind of field the doors care about: fetched, failing, personal, for staff, streamed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from functools import lru_cache
from typing import Any

import strawberry
from msgspec import Struct

from gateway.errors import BadInput, GatewayError, Unavailable
from gateway.execution import attribute, batched, records, streamed
from gateway.graph.directives import CacheControl
from gateway.model.context import CommerceContext
from gateway.model.principal import ClientProfile, Principal
from gateway.model.touched import not_shareable, touched
from gateway.security.profiles import Profiles, RequestFacts, deadline_seconds


class Context:
    """What the application's operation context is to this schema."""

    def __init__(
        self, principal: Principal, profile: ClientProfile, commerce: CommerceContext, facts: RequestFacts
    ) -> None:
        self.principal = principal
        self.profile = profile
        self.commerce = commerce
        self.facts = facts
        self.seconds = deadline_seconds(profile, facts)
        self.deadline = time.monotonic() + self.seconds
        self.memo: Any = None


class Opener:
    """Opens contexts, and counts what the schema did."""

    def __init__(self) -> None:
        self.profiles: Profiles | None = None
        self.calls: dict[str, int] = {}
        self.cancelled = asyncio.Event()
        self.started = asyncio.Event()
        self.price = 1999
        self.pause = 0.0
        self.revoked: set[str] = set()

    async def is_revoked(self, issuer: str, subject: str, token_id: str | None) -> bool:
        return subject in self.revoked

    def __call__(self, principal: Principal, profile: ClientProfile, facts: RequestFacts) -> Context:
        assert self.profiles is not None
        context = Context(principal, profile, self.profiles.select(profile, facts), facts)
        context.opener = self  # type: ignore[attr-defined]
        return context


class Product(Struct, frozen=True):
    sku: str
    title: str
    cents: int


class Me(Struct, frozen=True):
    subject: str
    email: str | None


def count(ctx: Any, name: str) -> None:
    ctx.opener.calls[name] = ctx.opener.calls.get(name, 0) + 1


@strawberry.type(name="Product", description="A product.")
class ProductView:
    is_type_of = records(Product)
    sku: str = strawberry.field(description="The key.")
    title: str = strawberry.field(description="The title.")
    cents: int = strawberry.field(description="Price in minor units.")
    cost: int | None = attribute(requires=("staff",), description="For staff.")  # type: ignore[assignment]

    @batched("ProductView | None", key="sku", description="A related product.")
    @staticmethod
    async def related(parents: Sequence[Product], ctx: Any) -> Sequence[Product]:
        count(ctx, "related")
        return [Product(f"{parent.sku}-r", f"Related to {parent.title}", 5) for parent in parents]

    @batched("int | None", key="sku", description="Always from a backend that is down.")
    @staticmethod
    async def stock(parents: Sequence[Product], ctx: Any) -> Sequence[GatewayError]:
        return [Unavailable(source="secret_erp_name", domain="stock") for _ in parents]


@strawberry.type(name="Me", description="The person asking.")
class MeView:
    is_type_of = records(Me)
    subject: str = attribute(pii=True, description="Who.")
    email: str | None = attribute(pii=True, description="Verified email.")


@strawberry.type(name="Where", description="The commerce context served.")
class WhereView:
    is_type_of = records(CommerceContext)
    country: str = strawberry.field(description="ISO 3166-1.")
    currency: str = strawberry.field(description="ISO 4217.")
    language: str = strawberry.field(description="BCP 47.")
    channel: str | None = strawberry.field(description="The channel.")
    store: str | None = strawberry.field(description="The store.")


@strawberry.type
class Query:
    @batched("ProductView | None", description="A product by its key.")
    @staticmethod
    async def product(parents: Sequence[None], ctx: Any, sku: str) -> Sequence[Product | None]:
        count(ctx, "product")
        return [None if sku == "missing" else Product(sku, f"Product {sku}", ctx.opener.price)]

    @batched("ProductView | None", description="A product by its key.", directives=[CacheControl(max_age=60)])
    @staticmethod
    async def kept(parents: Sequence[None], ctx: Any, sku: str) -> Sequence[Product | None]:
        count(ctx, "kept")
        touched("product", [sku])
        touched("price", [sku])
        cents = ctx.opener.price
        await asyncio.sleep(ctx.opener.pause)
        return [Product(sku, f"{ctx.commerce.country} {ctx.commerce.language} {ctx.profile.page_limit}", cents)]

    @batched("ProductView | None", description="Degraded.", directives=[CacheControl(max_age=60)])
    @staticmethod
    async def degraded(parents: Sequence[None], ctx: Any) -> Sequence[Product | None]:
        count(ctx, "degraded")
        touched("product", ["x"])
        not_shareable()
        return [Product("x", "stale", 1)]

    @batched("list[ProductView]", description="Products.")
    @staticmethod
    async def products(parents: Sequence[None], ctx: Any, first: int = 10) -> Sequence[list[Product]]:
        count(ctx, "products")
        return [[Product(f"p{number}", f"Product {number}", 100 + number) for number in range(first)]]

    @batched("MeView | None", pii=True, description="The person asking.")
    @staticmethod
    async def me(parents: Sequence[None], ctx: Any) -> Sequence[Me | None]:
        count(ctx, "me")
        who: Principal = ctx.principal
        return [None if who.subject is None else Me(who.subject, who.email)]

    @batched("WhereView", description="The commerce context served.")
    @staticmethod
    async def where(parents: Sequence[None], ctx: Any) -> Sequence[CommerceContext]:
        return [ctx.commerce]

    @batched("float", description="Seconds the operation may take.")
    @staticmethod
    async def deadline(parents: Sequence[None], ctx: Any) -> Sequence[float]:
        return [ctx.seconds]

    @batched("str | None", description="Fails with something nobody expected.")
    @staticmethod
    async def broken(parents: Sequence[None], ctx: Any) -> Sequence[Exception]:
        return [RuntimeError("password=hunter2")]

    @batched("str | None", description="Fails with the client's fault.")
    @staticmethod
    async def refused(parents: Sequence[None], ctx: Any) -> Sequence[Exception]:
        return [BadInput("That makes no sense.")]

    @batched("str", description="Takes its time.")
    @staticmethod
    async def slow(parents: Sequence[None], ctx: Any, seconds: float = 0.05) -> Sequence[str]:
        ctx.opener.started.set()
        try:
            await asyncio.sleep(seconds)
        except asyncio.CancelledError:
            ctx.opener.cancelled.set()
            raise
        return ["done"]


@strawberry.input
class NoteInput:
    sku: strawberry.ID
    text: str
    barcode: str | None = None


@strawberry.type
class Mutation:
    @batched("str", description="Keeps a note.")
    @staticmethod
    async def note(parents: Sequence[None], ctx: Any, input: NoteInput) -> Sequence[str]:  # noqa: A002
        count(ctx, "note")
        return [input.text]

    @batched("str", description="Keeps a note, slowly.")
    @staticmethod
    async def slow_note(parents: Sequence[None], ctx: Any, seconds: float) -> Sequence[str]:
        ctx.opener.started.set()
        try:
            await asyncio.sleep(seconds)
        except asyncio.CancelledError:
            ctx.opener.cancelled.set()
            raise
        count(ctx, "slowNote")
        return ["kept"]

    @batched("int", description="Sets the price of every product.")
    @staticmethod
    async def set_price(parents: Sequence[None], ctx: Any, cents: int) -> Sequence[int]:
        ctx.opener.price = cents
        return [cents]


@strawberry.type
class Subscription:
    @streamed(int, description="Counts up.")
    @staticmethod
    async def counter(ctx: Any, to: int = 3, pause: float = 0.0) -> AsyncIterator[int]:
        try:
            for number in range(1, to + 1):
                await asyncio.sleep(pause)
                yield number
        finally:
            ctx.opener.cancelled.set()

    @streamed(int, description="Fails after one.")
    @staticmethod
    async def failing(ctx: Any) -> AsyncIterator[int]:
        yield 1
        raise RuntimeError("password=hunter2")


@lru_cache
def build() -> strawberry.Schema:
    return strawberry.Schema(query=Query, mutation=Mutation, subscription=Subscription)
