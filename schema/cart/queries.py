"""Root fields that read carts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import strawberry

from gateway.context import OperationContext
from gateway.execution import batched
from gateway.model.carts import Cart
from gateway.model.paging import CartList
from gateway.services.carts import Carts
from schema.arguments import AfterArgument, FirstArgument
from schema.cart.types import CartConnectionView, CartView
from schema.contributed import query_fields
from schema.values import page_size


@query_fields
class CartQueries:
    @batched(
        CartView | None,
        cost=5,
        description="A cart by its id, for its customer and for whoever bears a secret of it (`Commerce-Cart-Secret`). "
        "Null when there is none; what is not yours reads exactly like what is not there.",
    )
    @staticmethod
    async def cart(
        parents: Sequence[None],
        ctx: OperationContext,
        id: Annotated[strawberry.ID, strawberry.argument(description="The cart's id.")],  # noqa: A002
    ) -> Sequence[Cart | None]:
        return [await ctx.services.of(Carts).get(str(id), ctx.scope)]

    @batched(
        CartConnectionView,
        cost=10,
        description="The signed-in customer's carts that can still be bought, in every market, those changed last "
        "first; empty for anybody else.",
    )
    @staticmethod
    async def carts(
        parents: Sequence[None], ctx: OperationContext, first: FirstArgument = None, after: AfterArgument = None
    ) -> Sequence[CartList]:
        return [await ctx.services.of(Carts).mine(page_size(first, ctx, 10), after, ctx.scope)]
