"""Root fields that follow checkouts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Annotated

import strawberry

from gateway.context import OperationContext
from gateway.execution import records, streamed
from gateway.model.checkouts import CheckoutNews
from gateway.model.streams import StreamEnd
from gateway.services.followed_checkouts import FollowedCheckouts
from schema.checkout.types import CheckoutView
from schema.contributed import subscription_fields


@strawberry.type(name="CheckoutNews", description="A checkout that is followed, as it is now.")
class CheckoutNewsView:
    is_type_of = records(CheckoutNews)

    checkout: CheckoutView | None = strawberry.field(description="Null where it is not yours, or not any more.")
    ended: StreamEnd | None = strawberry.field(description="Null unless this is the last that is told.")


@subscription_fields
class CheckoutSubscriptions:
    @streamed(
        CheckoutNewsView,
        description="A checkout as it is, then within a second of each change of its state, whoever brought it about: "
        "the shopper, the processor's webhook, time. The last event is its end, or that it is not yours.",
    )
    @staticmethod
    async def checkout_changed(
        ctx: OperationContext,
        id: Annotated[strawberry.ID, strawberry.argument(description="The checkout's id.")],  # noqa: A002
    ) -> AsyncIterator[CheckoutNews]:
        async with aclosing(ctx.services.of(FollowedCheckouts).follow(str(id), ctx.renew)) as every:
            async for news in every:
                yield news
