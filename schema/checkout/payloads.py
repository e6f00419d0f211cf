"""What the mutations of checkouts answer."""

from __future__ import annotations

from datetime import datetime

import strawberry
from msgspec import Struct

from gateway.execution import computed, records
from gateway.graph.directives import ListSize
from gateway.model.cart_faults import AnyCartFault
from gateway.model.checkouts import Checkout
from gateway.model.money import Money
from gateway.services.purchasing import CheckoutOutcome, OpenedSession, SessionOutcome
from schema.checkout.types import CheckoutView
from schema.user_errors import UserErrorView
from schema.values import MoneyView


class LowerTotal(Struct, frozen=True):
    """What a shopper pays is less than what they were shown."""

    quoted: Money
    total: Money


@strawberry.type(name="CheckoutWarning", description="What is paid is less than what was shown.")
class CheckoutWarningView:
    is_type_of = records(LowerTotal)

    quoted: MoneyView = strawberry.field(description="What was shown.")
    total: MoneyView = strawberry.field(description="What is paid.")


@strawberry.type(name="CheckoutPayload", description="What became of a checkout.")
class CheckoutPayloadView:
    is_type_of = records(CheckoutOutcome)

    checkout: CheckoutView | None = strawberry.field(
        description="As it stands when it is answered; null where none was begun, or none of yours."
    )

    @computed(
        list[UserErrorView],
        directives=[ListSize(assumed_size=1)],
        description="Why none was begun. What becomes of one that was begun is its `state`.",
    )
    @staticmethod
    def user_errors(record: CheckoutOutcome) -> list[AnyCartFault]:
        return list(record.faults)

    @computed(
        list[CheckoutWarningView], directives=[ListSize(assumed_size=1)], description="What should be said of it."
    )
    @staticmethod
    def warnings(record: CheckoutOutcome) -> list[LowerTotal]:
        checkout: Checkout | None = record.checkout
        if checkout is None or checkout.total is None or record.quoted is None:
            return []
        lower = checkout.total.amount < record.quoted.amount
        return [LowerTotal(record.quoted, checkout.total)] if lower else []


@strawberry.type(name="PaymentSession", description="What a frontend speaks to a processor with. Told once.")
class PaymentSessionView:
    is_type_of = records(OpenedSession)

    id: strawberry.ID = strawberry.field(description="Opaque; name it to `checkoutSubmit` of the same cart.")

    @computed(str, description="The processor's own id of it, for its library.")
    @staticmethod
    def reference(record: OpenedSession) -> str:
        return record.session.ref.id

    @computed(str, description="The secret of this one payment, for the processor's library: keep and log it nowhere.")
    @staticmethod
    def client_token(record: OpenedSession) -> str:
        return record.session.client_token

    @computed("str | None", description="What names the merchant to the processor; public. Null where there is none.")
    @staticmethod
    def publishable_key(record: OpenedSession) -> str | None:
        return record.session.publishable_key

    @computed("datetime | None", description="Until when (UTC); null where it has no end.")
    @staticmethod
    def expires_at(record: OpenedSession) -> datetime | None:
        return record.session.expires


@strawberry.type(name="PaymentSessionPayload", description="A session with a processor, or why there is none.")
class PaymentSessionPayloadView:
    is_type_of = records(SessionOutcome)

    opened: PaymentSessionView | None = strawberry.field(name="session", description="Null where none was opened.")

    @computed(list[UserErrorView], directives=[ListSize(assumed_size=1)], description="Why none was opened.")
    @staticmethod
    def user_errors(record: SessionOutcome) -> list[AnyCartFault]:
        return list(record.faults)
