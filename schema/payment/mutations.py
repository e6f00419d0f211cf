"""Root fields about what a customer has stored at processors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import strawberry

from gateway.context import OperationContext
from gateway.execution import batched, computed, records
from gateway.graph.directives import ListSize
from gateway.model.cart_faults import AnyCartFault
from gateway.services.stored_methods import DeletionOutcome, StoredMethods
from schema.contributed import mutation_fields
from schema.user_errors import UserErrorView


@strawberry.input(name="PaymentMethodDeleteInput", description="A stored way to pay that is to be forgotten.")
class PaymentMethodDeleteInput:
    id: strawberry.ID = strawberry.field(description="Of one that is `stored`, from the cart's `paymentOptions`.")
    idempotency_key: str = strawberry.field(
        description="Makes it happen once: the same key for the same method answers the same, for another one "
        "`IdempotencyConflict`. 1 to 200 characters."
    )


@strawberry.type(name="PaymentMethodDeletePayload", description="What became of it.")
class PaymentMethodDeletePayloadView:
    is_type_of = records(DeletionOutcome)

    @computed("strawberry.ID | None", description="The processor keeps it no longer; null where none was deleted.")
    @staticmethod
    def deleted_id(record: DeletionOutcome) -> str | None:
        return record.deleted

    @computed(list[UserErrorView], directives=[ListSize(assumed_size=1)], description="Why none was deleted.")
    @staticmethod
    def user_errors(record: DeletionOutcome) -> list[AnyCartFault]:
        return list(record.faults)


@mutation_fields
class PaymentMutations:
    @batched(
        PaymentMethodDeletePayloadView | None,
        cost=50,
        description="Have a processor forget a way to pay that the signed-in customer stored there. Somebody else's "
        "reads like none. What was paid or is being paid with it stays so.",
    )
    @staticmethod
    async def payment_method_delete(
        parents: Sequence[None],
        ctx: OperationContext,
        input: Annotated[PaymentMethodDeleteInput, strawberry.argument(description="Which.")],  # noqa: A002
    ) -> Sequence[DeletionOutcome]:
        return [await ctx.services.of(StoredMethods).delete(str(input.id), input.idempotency_key, ctx.scope)]
