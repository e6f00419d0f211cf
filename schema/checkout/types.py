"""A checkout as a frontend sees it: one state at a time, with what is needed to go on from it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import strawberry

from gateway.context import OperationContext
from gateway.errors import GatewayError
from gateway.execution import batched, computed, records
from gateway.graph.directives import ListSize
from gateway.graph.enums import described
from gateway.model import checkouts as model
from gateway.model.cart_answers import CartPart
from gateway.model.carts import Cart
from gateway.model.checkouts import CheckoutRemedy, FailureReason
from gateway.model.orders import Order
from gateway.model.payments import DeclineReason, PaymentState
from gateway.model.tenders import TenderKind, TenderProcessor
from gateway.services.carts import Carts
from schema.cart.types import CartView
from schema.contributed import member
from schema.orders.types import OrderView
from schema.payment.types import PaymentActionView
from schema.values import MoneyView

described(
    FailureReason,
    name="CheckoutFailureReason",
    description="Why nothing was bought. Money that was held is given free, or will be.",
    values={
        FailureReason.PRICE_CHANGED: "It costs more than the quote that was shown, or its owner's total is another.",
        FailureReason.QUOTE_INCOMPLETE: "The owner of a part of the total did not answer in time.",
        FailureReason.OUT_OF_STOCK: "Others were faster; `mayReturn` says whether it may come back.",
        FailureReason.NOT_TOGETHER: (
            "All of it is there, but in several places, and whoever takes the order fulfils one order from one place."
        ),
        FailureReason.PAYMENT_DECLINED: "The processor said no; `declineReason` is its class.",
        FailureReason.PAYMENT_EXPIRED: "The shopper did not do in time what the payment asked of them.",
        FailureReason.CANCELLED: "The shopper went back.",
        FailureReason.ORDER_REFUSED: "The system that takes the order said no.",
        FailureReason.OWNER_UNAVAILABLE: "A system that is needed did not answer in time.",
        FailureReason.OUTCOME_UNKNOWN: (
            "A system did not tell what became of what it was asked; it is looked up until it is known, and taken back."
        ),
        FailureReason.INTERNAL: "The gateway's own fault; a person hears of it.",
    },
)
described(
    CheckoutRemedy,
    description="What a shopper can do about it.",
    values={
        CheckoutRemedy.ACCEPT_PRICE: "Show the new total, and submit its quote.",
        CheckoutRemedy.CHANGE_CART: "Take out what is named, or less of it.",
        CheckoutRemedy.ORDER_APART: "The line that is named, or some pieces of it, in another order.",
        CheckoutRemedy.PAY_OTHERWISE: "Choose another way to pay.",
        CheckoutRemedy.CORRECT_PAYMENT: "Enter the payment's details again.",
        CheckoutRemedy.CHANGE_GIFT_CARD: (
            "Take the gift card out, or put it in anew: what it is worth is asked again then."
        ),
        CheckoutRemedy.TRY_AGAIN: "Submit it again.",
        CheckoutRemedy.TRY_LATER: "Submit it again in a while.",
    },
)


@strawberry.interface(
    name="CheckoutState",
    description="How a checkout stands. Which state it is says `__typename`.",
)
class CheckoutStateView:
    @computed(str, description="PROCESSING, ACTION, COMPLETED or FAILED.")
    @staticmethod
    def code(record: model.CheckoutTold) -> str:
        return record.code


@member
@strawberry.type(name="CheckoutProcessing", description="It goes on by itself. An unknown outcome is this, too.")
class CheckoutProcessingView(CheckoutStateView):
    is_type_of = records(model.ProcessingTold)

    poll_after: int = strawberry.field(description="Seconds after which to look again.")


@member
@strawberry.type(
    name="CheckoutActionRequired",
    description="The shopper must do something, then `checkoutContinue` goes on. In time: after `expiresAt` the "
    "payment is looked up once more, and what is not paid then is not bought.",
)
class CheckoutActionRequiredView(CheckoutStateView):
    is_type_of = records(model.ActionTold)

    action: PaymentActionView | None = strawberry.field(
        name="nextAction", description="What to do; null where its processor has told it once and tells it no more."
    )
    expires: datetime | None = strawberry.field(name="expiresAt", description="UTC, by the database's clock.")


@member
@strawberry.type(
    name="CheckoutCompleted", description="The order's owner has confirmed it, and the payment is known to be good."
)
class CheckoutCompletedView(CheckoutStateView):
    is_type_of = records(model.CompletedTold)

    number: str | None = strawberry.field(
        name="orderNumber", description="What people call the order by; null where its owner gives none."
    )

    @batched(
        OrderView | None,
        cost=5,
        description="The order at its owner, for whoever may open the checkout; null while it cannot be read there.",
    )
    @staticmethod
    async def order(
        parents: Sequence[model.CompletedTold], ctx: OperationContext
    ) -> Sequence[Order | GatewayError | None]:
        return await ctx.services.orders.bought([parent.order for parent in parents], ctx.scope)


described(
    TenderProcessor,
    description="Who has the money and gives it back.",
    values={
        TenderProcessor.GATEWAY: "The processor that the gateway asked.",
        TenderProcessor.OWNER: "The order's owner, by its own processor.",
    },
)
described(
    PaymentState,
    description="How money stands at its processor.",
    values={
        PaymentState.REQUIRES_ACTION: "The shopper must do something: 3-D Secure, a redirect.",
        PaymentState.PENDING: "The processor does not know yet, and will tell.",
        PaymentState.DUE: "Nothing is held, it is paid later.",
        PaymentState.AUTHORISED: "Held.",
        PaymentState.CAPTURED: "Taken.",
        PaymentState.VOIDED: "Given free, or onto the gift card again.",
        PaymentState.FAILED: "Declined.",
    },
)


@strawberry.type(name="CheckoutTender", description="One of what a checkout is paid with.")
class CheckoutTenderView:
    is_type_of = records(model.Tender)

    position: int = strawberry.field(description="In which order they are asked for; from 0.")
    kind: TenderKind = strawberry.field(description="What it is.")
    processor: TenderProcessor = strawberry.field(description="Who gives it back.")
    amount: MoneyView = strawberry.field(
        description="What it pays: fixed before any of them was asked. Where another is asked for the rest: what was "
        "approved, and nothing of one that was declined."
    )
    label: str | None = strawberry.field(
        description="A gift card's, such as `Mug Card **** 7401`; null where nothing is shown of it."
    )
    state: PaymentState | None = strawberry.field(description="How it stands; null while it was not asked for.")
    authorised: MoneyView | None = strawberry.field(description="What is held, or was; null while nobody knows.")
    captured: MoneyView | None = strawberry.field(description="What was taken; null while nobody knows.")

    @computed(str, description="The public alias of its processor; staff see its configured name.")
    @staticmethod
    def source(record: model.Tender, ctx: OperationContext) -> str:
        return ctx.source(record.backend)


@member
@strawberry.type(name="CheckoutFailed", description="Nothing was bought; the cart can be changed again.")
class CheckoutFailedView(CheckoutStateView):
    is_type_of = records(model.FailedTold)

    reason: FailureReason = strawberry.field(description="Why.")
    remedy: CheckoutRemedy = strawberry.field(description="What a shopper can do.")
    total: MoneyView | None = strawberry.field(
        name="newTotal", description="What it costs now, where that is why; null otherwise."
    )
    line: strawberry.ID | None = strawberry.field(
        name="lineId",
        description="The line of which there is not enough, or that must be ordered apart; null where neither is why.",
    )
    may_return: bool | None = strawberry.field(
        description="Whether others hold what is short and have not paid for it yet; null where stock is not why."
    )
    retry_after: int | None = strawberry.field(
        description="Seconds after which to submit again, from when it failed; null where waiting does not help."
    )
    decline: DeclineReason | None = strawberry.field(
        name="declineReason", description="Why the payment was declined; null where that is not why."
    )
    tender: CheckoutTenderView | None = strawberry.field(
        description="What was declined, of several or the only one; null where that is not why."
    )
    missing: CartPart | None = strawberry.field(
        description="The part of the total whose owner did not answer; null where that is not why."
    )


@strawberry.type(
    name="Checkout",
    description="A cart being bought, once. Opened by whoever may open its cart: the customer's token, or a secret of "
    "the cart in the header `Commerce-Cart-Secret`.",
)
class CheckoutView:
    is_type_of = records(model.Checkout)

    id: strawberry.ID = strawberry.field(description="Our reference of the order, too.")
    created: datetime = strawberry.field(name="createdAt", description="When it was submitted (UTC).")
    total: MoneyView | None = strawberry.field(
        description="What is paid, or would have been. Never more than the quote it was submitted with."
    )

    tenders: list[CheckoutTenderView] = strawberry.field(
        directives=[ListSize(assumed_size=2)],
        description="What it is paid with, gift cards first, once the amounts are fixed; last, what pays the rest of a "
        "partial approval. Only gift cards: no other payment is needed. Empty until then, and where there is "
        "nothing to pay.",
    )

    @computed(CheckoutStateView, description="How it stands.")
    @staticmethod
    def state(record: model.Checkout) -> model.CheckoutTold:
        return record.told

    @batched(CartView | None, cost=5, description="The cart: frozen while it is under way, then ordered or open again.")
    @staticmethod
    async def cart(parents: Sequence[model.Checkout], ctx: OperationContext) -> Sequence[Cart | None]:
        return [await ctx.services.of(Carts).get(parent.cart, ctx.scope) for parent in parents]


class JournalFact:
    """One fact of an entry."""

    __slots__ = ("name", "value")

    def __init__(self, name: str, value: str) -> None:
        self.name = name
        self.value = value


@strawberry.type(name="CheckoutJournalFact", description="One fact of a step: an id, a state, an amount.")
class JournalFactView:
    is_type_of = records(JournalFact)

    name: str = strawberry.field(description="What it is.")
    value: str = strawberry.field(description="Its value, as text. Never a person's data.")


@strawberry.type(name="CheckoutJournalEntry", description="What one step of a checkout came to.")
class JournalEntryView:
    is_type_of = records(model.JournalEntry)

    step: str = strawberry.field(description="Which step, such as `reserve` or `authorise`.")
    outcome: str = strawberry.field(description="What it came to.")
    backend: str | None = strawberry.field(description="At which backend, by its configured name; null: in our own.")
    at: datetime = strawberry.field(description="When it was noted (UTC).")

    @computed(list[JournalFactView], directives=[ListSize(assumed_size=3)], description="What is known of it.")
    @staticmethod
    def facts(record: model.JournalEntry) -> list[JournalFact]:
        return [JournalFact(name, value) for name, value in record.facts.items()]
