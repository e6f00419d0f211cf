"""Root fields that buy a cart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import strawberry

from gateway.context import OperationContext
from gateway.execution import batched
from gateway.services.purchasing import (
    CheckoutOutcome,
    PaymentWish,
    PurchaseWish,
    Purchasing,
    SessionOutcome,
    SessionWish,
)
from schema.checkout.payloads import CheckoutPayloadView, PaymentSessionPayloadView
from schema.contributed import mutation_fields

WAIT = (
    "Seconds to wait for a state that is no longer PROCESSING; at most what the client profile gives an operation, and "
    "less while many wait. Default: 8."
)
STORE = (
    "The shopper agreed that the processor keeps what they pay with for their next purchase. Only of who is signed in; "
    "a session and the checkout that it pays say the same. Default: they did not."
)


@strawberry.input(name="CheckoutPaymentInput", description="How it is paid.")
class CheckoutPaymentInput:
    method_id: strawberry.ID = strawberry.field(description="One of the cart's `paymentOptions`.")
    session_id: strawberry.ID | None = strawberry.field(
        default=None, description="What `paymentSessionCreate` opened. Default: none was."
    )
    token: str | None = strawberry.field(
        default=None,
        description="What the processor's library gave the frontend; never a card number. Default: none, where a "
        "session is enough, or the method is stored or paid later.",
    )
    return_url: str | None = strawberry.field(
        default=None,
        description="Where the processor sends the shopper back to, at an origin that the client profile lists.",
    )
    store_method: bool = strawberry.field(default=False, description=STORE)


@strawberry.input(name="CheckoutSubmitInput", description="A cart to be bought for what was shown.")
class CheckoutSubmitInput:
    cart_id: strawberry.ID = strawberry.field(description="The cart.")
    quote_id: strawberry.ID = strawberry.field(description="The `quote` that the shopper was shown.")
    expected_version: int = strawberry.field(description="The cart's version then.")
    idempotency_key: str = strawberry.field(
        description="Makes it happen once: the same key answers the same checkout, with other content "
        "`IdempotencyConflict`. 1 to 200 characters; a new one for a new try."
    )
    payment: CheckoutPaymentInput | None = strawberry.field(
        default=None, description="Needed unless the total is zero, or gift cards of the cart cover it."
    )
    wait: float | None = strawberry.field(default=None, description=WAIT)


@strawberry.input(name="PaymentDetailInput", description="One thing that came back of what the payment asked for.")
class PaymentDetailInput:
    name: str = strawberry.field(description="As the processor calls it.")
    value: str = strawberry.field(description="As it came.")


@strawberry.input(name="CheckoutContinueInput", description="A shopper who is back.")
class CheckoutContinueInput:
    checkout_id: strawberry.ID = strawberry.field(description="The checkout.")
    details: list[PaymentDetailInput] = strawberry.field(
        default_factory=list, description="What came back, at most 20. Default: nothing; it is looked up."
    )
    payment: CheckoutPaymentInput | None = strawberry.field(
        default=None,
        description="What the rest is paid with, where the `nextAction` is `another_tender`; without `details`. The "
        "same again is not asked again. Default: none.",
    )
    wait: float | None = strawberry.field(default=None, description=WAIT)


@strawberry.input(name="CheckoutCancelInput", description="A checkout to be gone back on.")
class CheckoutCancelInput:
    checkout_id: strawberry.ID = strawberry.field(description="The checkout.")
    wait: float | None = strawberry.field(default=None, description=WAIT)


@strawberry.input(name="PaymentSessionCreateInput", description="A payment to be prepared in the frontend.")
class PaymentSessionCreateInput:
    cart_id: strawberry.ID = strawberry.field(description="The cart.")
    method_id: strawberry.ID = strawberry.field(description="One of the cart's `paymentOptions`.")
    quote_id: strawberry.ID | None = strawberry.field(
        default=None,
        description="Its `quote`: the session is for that total, less what gift cards cover. Default: for a checkout.",
    )
    checkout_id: strawberry.ID | None = strawberry.field(
        default=None,
        description="In place of a quote: the cart's checkout that asks for another tender, for the rest of which the "
        "session is. Default: none.",
    )
    return_url: str | None = strawberry.field(
        default=None,
        description="Where the processor sends the shopper back to, at an origin that the client profile lists.",
    )
    store_method: bool = strawberry.field(default=False, description=STORE)


def _wish(payment: CheckoutPaymentInput | None) -> PaymentWish | None:
    if payment is None:
        return None
    return PaymentWish(
        method=str(payment.method_id),
        session=None if payment.session_id is None else str(payment.session_id),
        token=payment.token,
        return_url=payment.return_url,
        store=payment.store_method,
    )


@mutation_fields
class CheckoutMutations:
    @batched(
        CheckoutPayloadView | None,
        cost=200,
        description="Buy the cart, once, for no more than was shown. From then on everything is the checkout's "
        "`state`; the cart is frozen until it ends. Whoever asks again with the same key is answered the same. Whoever "
        "has too many under way, or too many payments that came to nothing, is told to wait (`TooManyAttempts`).",
    )
    @staticmethod
    async def checkout_submit(
        parents: Sequence[None],
        ctx: OperationContext,
        input: Annotated[CheckoutSubmitInput, strawberry.argument(description="What, and how.")],  # noqa: A002
    ) -> Sequence[CheckoutOutcome]:
        asked = PurchaseWish(
            cart=str(input.cart_id),
            quote=str(input.quote_id),
            version=input.expected_version,
            key=input.idempotency_key,
            payment=_wish(input.payment),
            wait=input.wait,
        )
        return [await ctx.services.of(Purchasing).submit(asked, ctx.scope)]

    @batched(
        CheckoutPayloadView | None,
        cost=50,
        description="The shopper did what the payment asked for: it goes on with what came back. Nothing of that is "
        "believed; the processor is asked. In any order with its webhook, and again: the same. Or they chose what pays "
        "the rest (`another_tender`), which is held as the tender after the others.",
    )
    @staticmethod
    async def checkout_continue(
        parents: Sequence[None],
        ctx: OperationContext,
        input: Annotated[CheckoutContinueInput, strawberry.argument(description="Which, and what.")],  # noqa: A002
    ) -> Sequence[CheckoutOutcome]:
        details, payment = {detail.name: detail.value for detail in input.details}, _wish(input.payment)
        purchasing = ctx.services.of(Purchasing)
        return [await purchasing.go_on(str(input.checkout_id), details, input.wait, ctx.scope, payment)]

    @batched(
        CheckoutPayloadView | None,
        cost=50,
        description="Go back on it: until the money was asked for, and while the shopper is asked for something. Its "
        "`state` says whether it still could be: one that goes on is bought.",
    )
    @staticmethod
    async def checkout_cancel(
        parents: Sequence[None],
        ctx: OperationContext,
        input: Annotated[CheckoutCancelInput, strawberry.argument(description="Which.")],  # noqa: A002
    ) -> Sequence[CheckoutOutcome]:
        return [await ctx.services.of(Purchasing).cancel(str(input.checkout_id), input.wait, ctx.scope)]

    @batched(
        PaymentSessionPayloadView | None,
        cost=50,
        description="What a frontend needs to take a payment's details with the processor's own library. The same "
        "cart, total and method have the same session.",
    )
    @staticmethod
    async def payment_session_create(
        parents: Sequence[None],
        ctx: OperationContext,
        input: Annotated[PaymentSessionCreateInput, strawberry.argument(description="For what.")],  # noqa: A002
    ) -> Sequence[SessionOutcome]:
        asked = SessionWish(
            cart=str(input.cart_id),
            quote=None if input.quote_id is None else str(input.quote_id),
            checkout=None if input.checkout_id is None else str(input.checkout_id),
            method=str(input.method_id),
            return_url=input.return_url,
            store=input.store_method,
        )
        return [await ctx.services.of(Purchasing).session(asked, ctx.scope)]
