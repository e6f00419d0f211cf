"""The toy domain's one schema file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import strawberry

from gateway.context import OperationContext
from gateway.errors import AdapterError
from gateway.execution import batched, records
from schema.contributed import query_fields
from tests.e2e.toy.ports import Toy
from tests.e2e.toy.service import Toys


@strawberry.type(name="Toy", description="A toy.")
class ToyView:
    is_type_of = records(Toy)

    name: str = strawberry.field(description="Its name.")
    squeaks: int = strawberry.field(description="How often it squeaks.")


@query_fields
class ToyQueries:
    @batched(ToyView | None, description="A toy by its name.")
    @staticmethod
    async def toy(
        parents: Sequence[None],
        ctx: OperationContext,
        name: Annotated[str, strawberry.argument(description="Its name.")],
    ) -> Sequence[Toy | AdapterError | None]:
        return await ctx.services.of(Toys).named([name], ctx.scope)
