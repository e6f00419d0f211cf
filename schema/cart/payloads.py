"""What the mutations of carts answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import strawberry

from gateway.context import OperationContext
from gateway.execution import batched, computed, records
from gateway.graph.directives import ListSize
from gateway.model.cart_answers import CartProblem
from gateway.model.cart_faults import AnyCartFault
from gateway.services.carts import CartMade, CartOutcome, HandOffOffered, Shown
from schema.cart.answers import CartProblemView
from schema.cart.lines import CartChangeView
from schema.cart.types import CartView
from schema.user_errors import UserErrorView


@strawberry.type(name="CartPayload", description="What became of a cart.")
class CartPayloadView:
    is_type_of = records(CartOutcome)

    cart: CartView | None = strawberry.field(
        description="As it is now, also where nothing was changed; null where you cannot open it."
    )
    changes: list[CartChangeView] = strawberry.field(
        directives=[ListSize(assumed_size=5)], description="Every change that a merge or a move made; else empty."
    )

    @computed(
        list[UserErrorView],
        directives=[ListSize(assumed_size=1)],
        description="Why nothing was changed; empty where it was.",
    )
    @staticmethod
    def user_errors(record: CartOutcome) -> list[AnyCartFault]:
        return list(record.faults)

    @batched(
        list[CartProblemView],
        cost=5,
        directives=[ListSize(assumed_size=2)],
        description="Lines of this input whose price is not the `expectedPrice`, with the price. Prices are asked for "
        "only where one was expected.",
    )
    @staticmethod
    async def warnings(parents: Sequence[CartOutcome], ctx: OperationContext) -> Sequence[Sequence[CartProblem]]:
        shown = ctx.services.of(Shown)
        return [
            await shown.prices_changed(outcome.cart, outcome.seen, ctx.scope) if outcome.cart is not None else []
            for outcome in parents
        ]


@strawberry.type(name="CartSecretPayload", description="A cart, and what opens it from now on.")
class CartSecretPayloadView(CartPayloadView):
    is_type_of = records(CartMade)

    secret: str | None = strawberry.field(
        description="Send it as the header `Commerce-Cart-Secret` (WebSocket: in `connection_init`), never in an "
        "address, and keep it: it is told this once. Null for a customer's own cart."
    )


@strawberry.type(name="CartHandOffPayload", description="A code by which another device takes a cart over.")
class CartHandOffPayloadView(CartPayloadView):
    is_type_of = records(HandOffOffered)

    code: str | None = strawberry.field(description="Digits to be typed or scanned; null where none could be given.")
    expires: datetime | None = strawberry.field(
        name="expiresAt", description="UTC, three minutes on; null without one."
    )
