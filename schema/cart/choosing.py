"""The root field that keeps a fulfilment plan."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import strawberry

from gateway.context import OperationContext
from gateway.execution import batched
from gateway.services.carts import CartOutcome, Carts
from gateway.services.fulfilment.plans import FulfilmentPlanning
from schema.cart.mutations import OfCart, changed
from schema.cart.payloads import CartPayloadView
from schema.contributed import mutation_fields


@strawberry.input(name="CartFulfilmentChooseInput", description="How the whole cart is had.")
class CartFulfilmentChooseInput(OfCart):
    plan_id: strawberry.ID = strawberry.field(description="The id of one of the cart's `fulfilmentPlans`.")


@mutation_fields
class FulfilmentMutations:
    @batched(
        CartPayloadView | None,
        cost=20,
        description="A plan kept on the lines: a delivery group for each of its parts, with its place and "
        "its option; lines are split where the plan splits them. `CartChanged` where the lines are not what they were.",
    )
    @staticmethod
    async def cart_fulfilment_choose(
        parents: Sequence[None],
        ctx: OperationContext,
        input: Annotated[CartFulfilmentChooseInput, strawberry.argument(description="Which plan.")],  # noqa: A002
    ) -> Sequence[CartOutcome]:
        planning = ctx.services.of(FulfilmentPlanning)

        async def change(carts: Carts, cart: str) -> CartOutcome:
            plan = str(input.plan_id)
            return await planning.choose(cart, plan, ctx.scope, input.keyed("cartFulfilmentChoose", plan))

        return await changed(input, ctx, change)
