"""Ways to pay, as a frontend sees them."""

from __future__ import annotations

import strawberry

from gateway.context import OperationContext
from gateway.execution import computed, records
from gateway.graph.directives import ListSize
from gateway.graph.enums import described
from gateway.model import payments as model
from gateway.model.gift_cards import OfferedGiftCard
from gateway.model.payments import DeclineReason
from gateway.services.paying import Paying
from schema.values import GapView, MoneyView

described(
    DeclineReason,
    description="Why a payment was declined, in classes with a remedy each.",
    values={
        DeclineReason.INSUFFICIENT_FUNDS: "Not enough money there; pay otherwise.",
        DeclineReason.EXPIRED: "The card's time is over; pay otherwise.",
        DeclineReason.AUTHENTICATION_FAILED: "The shopper did not prove who they are; try again.",
        DeclineReason.WRONG_DETAILS: "A number, date or code is wrong; correct it.",
        DeclineReason.LIMIT_EXCEEDED: "More than may be paid with it, at once or in a while; pay otherwise.",
        DeclineReason.NOT_ALLOWED: "This method cannot be used for this purchase; pay otherwise.",
        DeclineReason.TRY_AGAIN: "The processor could not say now; try again.",
        DeclineReason.OTHER: "Everything else, untold on purpose; pay otherwise.",
    },
)


class ActionField:
    """One field of a form that a shopper's browser posts."""

    __slots__ = ("name", "value")

    def __init__(self, name: str, value: str) -> None:
        self.name = name
        self.value = value


@strawberry.type(name="PaymentMethod", description="A way to pay.")
class PaymentMethodView:
    is_type_of = records(model.OfferedMethod)

    @computed(
        strawberry.ID,
        description="Opaque; name it to `paymentSessionCreate` and `checkoutSubmit`. Of a stored one good for "
        "its customer alone, also to `paymentMethodDelete`.",
    )
    @staticmethod
    def id(record: model.OfferedMethod, ctx: OperationContext) -> str:
        return ctx.services.of(Paying).method_id(record, ctx.scope)

    @computed(str, description="Such as `card`, `ideal` or `invoice`, in its processor's words.")
    @staticmethod
    def kind(record: model.OfferedMethod) -> str:
        return record.method.kind

    @computed(str, description="Fit to show, such as `Visa **** 4242`.")
    @staticmethod
    def label(record: model.OfferedMethod) -> str:
        return record.method.label

    @computed(bool, description="Whether it is one the customer has stored at the processor.")
    @staticmethod
    def stored(record: model.OfferedMethod) -> bool:
        return record.method.stored

    @computed(
        "str | None", description="The brand of a stored card in its processor's words, such as `visa`; else null."
    )
    @staticmethod
    def brand(record: model.OfferedMethod) -> str | None:
        return record.method.brand

    @computed("str | None", description="The last four digits of a stored card; null where there are none.")
    @staticmethod
    def last_four(record: model.OfferedMethod) -> str | None:
        return record.method.last_four

    @computed("str | None", description="The month a stored card ends in, such as 2031-04; null where there is none.")
    @staticmethod
    def expires(record: model.OfferedMethod) -> str | None:
        return record.method.expires

    @computed(bool, description="Whether nothing is held now: it is paid later, by `terms`.")
    @staticmethod
    def later(record: model.OfferedMethod) -> bool:
        return record.method.later

    @computed("str | None", description="By which terms it is paid later, such as `net 14`; null where there are none.")
    @staticmethod
    def terms(record: model.OfferedMethod) -> str | None:
        return record.method.terms

    @computed(str, description="The public alias of the processor; staff see its configured name.")
    @staticmethod
    def source(record: model.OfferedMethod, ctx: OperationContext) -> str:
        return ctx.source(record.backend)


@strawberry.type(name="GiftCardKind", description="A kind of gift card that can be put into a cart.")
class GiftCardKindView:
    is_type_of = records(OfferedGiftCard)

    @computed(strawberry.ID, description="Opaque; name it to `cartGiftCardAdd`.")
    @staticmethod
    def id(record: OfferedGiftCard, ctx: OperationContext) -> str:
        return ctx.services.of(Paying).gift_card_id(record)

    @computed(str, description="Fit to show.")
    @staticmethod
    def label(record: OfferedGiftCard) -> str:
        return record.kind.label

    @computed(str, description="The public alias of its processor; staff see its configured name.")
    @staticmethod
    def source(record: OfferedGiftCard, ctx: OperationContext) -> str:
        return ctx.source(record.backend)


@strawberry.type(name="CartPaymentOptions", description="How a cart can be paid, over all processors of its market.")
class CartPaymentOptionsView:
    is_type_of = records(model.OfferedMethods)

    methods: list[PaymentMethodView] = strawberry.field(
        directives=[ListSize(assumed_size=6)],
        description="For what the cart's gift cards do not cover; the customer's stored ones first. Empty while nobody "
        "can say the total, or where nothing is left to pay.",
    )
    gaps: list[GapView] = strawberry.field(
        directives=[ListSize(assumed_size=1)], description="Processors that did not answer."
    )
    gift_cards: list[GiftCardKindView] = strawberry.field(
        directives=[ListSize(assumed_size=2)],
        description="Kinds of gift cards that pay here, before any method. Empty where no processor takes them.",
    )


@strawberry.type(name="PaymentActionField", description="One field of a form that is posted.")
class PaymentActionFieldView:
    is_type_of = records(ActionField)

    name: str = strawberry.field(description="Its name.")
    value: str = strawberry.field(description="Its value.")


@strawberry.type(name="PaymentAction", description="What the shopper must do before the payment is good.")
class PaymentActionView:
    is_type_of = records(model.NextAction)

    kind: str = strawberry.field(
        description="`redirect`: send the shopper to `url`. `sdk`: the processor's library takes `token`. `present`: "
        "show `token`, as text or as a code to scan. `another_tender`: less was approved than is to be paid; let the "
        "shopper choose another way to pay `amount`, and give it to `checkoutContinue`."
    )
    url: str | None = strawberry.field(description="Where to; null where nobody is sent anywhere.")
    token: str | None = strawberry.field(description="Null where there is none.")
    method: str = strawberry.field(description="`GET`, or `POST` with `fields`.")
    amount: MoneyView | None = strawberry.field(
        description="What is still to be paid (`another_tender`), while what was approved is held; null otherwise."
    )

    @computed(
        list[PaymentActionFieldView],
        directives=[ListSize(assumed_size=2)],
        description="What is posted to `url`; empty otherwise.",
    )
    @staticmethod
    def fields(record: model.NextAction) -> list[ActionField]:
        return [ActionField(name, value) for name, value in record.fields.items()]
