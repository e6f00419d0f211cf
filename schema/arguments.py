"""Arguments that many fields share, and how a field asks once per parent where a port is paged."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable
from typing import Annotated, TypeVar

import strawberry

from gateway.errors import GatewayError

T = TypeVar("T")

FirstArgument = Annotated[
    int | None,
    strawberry.argument(
        description="How many: 1 to 100, or what the client profile allows. Default: 24; of orders and entries 10."
    ),
]
AfterArgument = Annotated[str | None, strawberry.argument(description="A cursor of the same list; default: its start.")]


async def per_parent(calls: Iterable[Awaitable[T]]) -> list[T | GatewayError]:
    """All at once; a parent whose call failed gets the error as its value, so that its siblings stand."""
    answers = await asyncio.gather(*calls, return_exceptions=True)
    values: list[T | GatewayError] = []
    for answer in answers:
        if isinstance(answer, BaseException) and not isinstance(answer, GatewayError):
            raise answer
        values.append(answer)
    return values
