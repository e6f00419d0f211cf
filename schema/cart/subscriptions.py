"""Root fields that follow carts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Annotated

import strawberry

from gateway.context import OperationContext
from gateway.execution import records, streamed
from gateway.model.carts import CartNews
from gateway.model.streams import StreamEnd
from gateway.services.carts import FollowedCarts
from schema.cart.types import CartView
from schema.contributed import subscription_fields


@strawberry.type(name="CartNews", description="A cart that is followed, as it is now.")
class CartNewsView:
    is_type_of = records(CartNews)

    cart: CartView | None = strawberry.field(description="Null where it is not yours, or not any more.")
    ended: StreamEnd | None = strawberry.field(description="Null unless this is the last that is told.")


@subscription_fields
class CartSubscriptions:
    @streamed(
        CartNewsView,
        description="A cart as it is, then within a second of each change, whoever made it. What opens it (its secret, "
        "the customer's token) is looked at again every five seconds; a last event says when it opens it no longer.",
    )
    @staticmethod
    async def cart_changed(
        ctx: OperationContext,
        id: Annotated[strawberry.ID, strawberry.argument(description="The cart's id.")],  # noqa: A002
    ) -> AsyncIterator[CartNews]:
        async with aclosing(ctx.services.of(FollowedCarts).follow(str(id), ctx.renew)) as every:
            async for news in every:
                yield news
