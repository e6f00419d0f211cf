"""The members of `UserError` that stored ways to pay bring."""

from __future__ import annotations

import strawberry

from gateway.execution import records
from gateway.graph.enums import described
from gateway.model import cart_faults as model
from schema.contributed import member
from schema.user_errors import UserErrorView

described(
    model.StoringRefusal,
    description="Why a way to pay is not kept for the next purchase.",
    values={
        model.StoringRefusal.GUEST: "Nobody is signed in whose it would be.",
        model.StoringRefusal.EMAIL_UNVERIFIED: (
            "The processor makes a record of each person, and who is signed in has no e-mail their issuer verified."
        ),
        model.StoringRefusal.CLIENT: (
            "This client keeps none and shows none: a shared device, or somebody who acts for the shopper."
        ),
        model.StoringRefusal.PROCESSOR: "It keeps none.",
    },
)


@member
@strawberry.type(
    name="PaymentMethodNotStored",
    description="It was to be stored, and cannot be. Nothing was begun: without `storeMethod` it can.",
)
class PaymentMethodNotStoredView(UserErrorView):
    is_type_of = records(model.PaymentMethodNotStored)

    reason: model.StoringRefusal = strawberry.field(description="Why.")


@member
@strawberry.type(
    name="PaymentMethodNotFound", description="No such stored way to pay, or not yours: they read the same."
)
class PaymentMethodNotFoundView(UserErrorView):
    is_type_of = records(model.PaymentMethodNotFound)
