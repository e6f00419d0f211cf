"""Root fields that read checkouts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import strawberry

from gateway.context import OperationContext
from gateway.execution import batched
from gateway.graph.directives import ListSize
from gateway.model.checkouts import Checkout, JournalEntry
from gateway.services.purchasing import Purchasing
from schema.checkout.types import CheckoutView, JournalEntryView
from schema.contributed import query_fields


@query_fields
class CheckoutQueries:
    @batched(
        CheckoutView | None,
        cost=5,
        description="A checkout by its id, for whoever may open its cart. Null when there is none; what is not yours "
        "reads exactly like what is not there.",
    )
    @staticmethod
    async def checkout(
        parents: Sequence[None],
        ctx: OperationContext,
        id: Annotated[strawberry.ID, strawberry.argument(description="The checkout's id.")],  # noqa: A002
    ) -> Sequence[Checkout | None]:
        return [await ctx.services.of(Purchasing).get(str(id), ctx.scope)]

    @batched(
        list[JournalEntryView] | None,
        requires=("staff",),
        cost=5,
        directives=[ListSize(assumed_size=20)],
        description="What each step of a checkout came to, in the order it was noted. Staff only; null when there is "
        "no such checkout.",
    )
    @staticmethod
    async def checkout_journal(
        parents: Sequence[None],
        ctx: OperationContext,
        id: Annotated[strawberry.ID, strawberry.argument(description="The checkout's id.")],  # noqa: A002
    ) -> Sequence[Sequence[JournalEntry] | None]:
        return [await ctx.services.of(Purchasing).history(str(id))]
