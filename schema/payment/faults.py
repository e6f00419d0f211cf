"""The members of `UserError` that stored ways to pay bring."""

from __future__ import annotations

import strawberry

from gateway.execution import records
from gateway.model import cart_faults as model
from schema.contributed import member
from schema.user_errors import UserErrorView

strawberry.enum(
    model.StoringRefusal,
    name="StoringRefusal",
    description="GUEST: nobody is signed in whose it would be. EMAIL_UNVERIFIED: who is has no e-mail that their "
    "issuer verified, and this processor needs one. CLIENT: this client stores none, being shared or acting for "
    "others. PROCESSOR: it keeps none.",
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
