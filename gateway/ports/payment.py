"""Payments: how one can pay, and money held, taken and given back at its processor.

A decline is an answer (`Payment.state`), never an error. Webhooks tell facts of the kinds in `FACTS`, with the native
id of the payment as their subject.

What became of a write is told by its `find`, or by the same key asked again where the vendor has no look-up
(`FindKind.REPLAY`: an adapter then leaves the `find_...` out). How a payment stands is read by its native id
(`get_payments`), where the vendor has such a read; elsewhere webhooks are all that tells.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

from msgspec.structs import replace

from gateway.errors import AdapterError
from gateway.model.context import CallContext, ContextView
from gateway.model.gift_cards import CheckGiftCard, GiftCardKind, GiftCardStanding
from gateway.model.identity import NativeRef
from gateway.model.payments import (
    Authorise,
    Capture,
    DeleteMethod,
    EnsurePayer,
    MethodDeleted,
    OpenSession,
    Payer,
    Payment,
    PaymentEffect,
    PaymentOptions,
    PaymentOptionsQuery,
    PaymentSession,
    Refund,
    Void,
)
from gateway.ports.domain import DataDomain, KeyedOperation, PagedOperation, WriteOperation

FACTS = (
    "payment.authorised",
    "payment.failed",
    "payment.captured",
    "payment.capture_failed",
    "payment.voided",
    "payment.void_failed",
    "payment.refunded",
    "payment.refund_failed",
    "payment.expired",
    "payment.disputed",
)
"""Kinds of `WebhookFact`. Its facts: `reference` (ours, of the command it is about, where the vendor repeats it),
`amount` (in the currency's own units, as a decimal text: vendors' minor units differ), `currency`; for a failed one
`reason` (a `DeclineReason`)."""


@runtime_checkable
class PaymentPort(Protocol):
    async def list_methods(
        self, query: PaymentOptionsQuery, context: ContextView, call: CallContext
    ) -> PaymentOptions: ...

    async def authorise(self, command: Authorise, context: ContextView, call: CallContext) -> Payment: ...

    async def find_payment(self, reference: str, context: ContextView, call: CallContext) -> Payment | None:
        """The payment of an `Authorise` under its reference, as it is now."""
        ...

    async def capture(self, command: Capture, context: ContextView, call: CallContext) -> PaymentEffect: ...

    async def find_capture(self, reference: str, context: ContextView, call: CallContext) -> PaymentEffect | None: ...

    async def void(self, command: Void, context: ContextView, call: CallContext) -> PaymentEffect: ...

    async def find_void(self, reference: str, context: ContextView, call: CallContext) -> PaymentEffect | None: ...

    async def refund(self, command: Refund, context: ContextView, call: CallContext) -> PaymentEffect: ...

    async def find_refund(self, reference: str, context: ContextView, call: CallContext) -> PaymentEffect | None: ...


@runtime_checkable
class PaymentReadPort(Protocol):
    async def get_payments(
        self, keys: Sequence[NativeRef], context: ContextView, call: CallContext
    ) -> Mapping[NativeRef, Payment | AdapterError]:
        """Payments as they are now at the processor, with what was done to them elsewhere (its back office)."""
        ...


@runtime_checkable
class PaymentSessionPort(Protocol):
    async def open_session(self, command: OpenSession, context: ContextView, call: CallContext) -> PaymentSession:
        """Asked directly, never journalled: its answer is a secret. The same reference gives the same session."""
        ...


@runtime_checkable
class GiftCardPort(Protocol):
    """Of a processor that takes gift cards (`Authorise.gift_card`); one without it takes none, and none is offered."""

    @property
    def gift_cards(self) -> Sequence[GiftCardKind]:
        """The kinds that are taken here, as configured: no request. Empty: none."""
        ...

    async def check_gift_card(
        self, command: CheckGiftCard, context: ContextView, call: CallContext
    ) -> GiftCardStanding | None:
        """Asked directly, never cached or journalled: the question is a secret. None: there is no such card, or its PIN
        is another; the two are never told apart."""
        ...


@runtime_checkable
class StoredMethodsPort(Protocol):
    """Of a processor that keeps methods for its customers (`Authorise.store`); one without it keeps none, and is told
    of nobody. Who has no `PayerPort` beside it calls customers as we do."""

    async def delete_method(self, command: DeleteMethod, context: ContextView, call: CallContext) -> MethodDeleted:
        """One that is not there is deleted: whoever repeats it looks first, and asks for nothing twice."""
        ...

    async def find_deletion(self, reference: str, context: ContextView, call: CallContext) -> MethodDeleted | None: ...


@runtime_checkable
class PayerPort(Protocol):
    """Of a processor that calls its customers by ids of its own."""

    async def ensure_payer(self, command: EnsurePayer, context: ContextView, call: CallContext) -> Payer:
        """The record that bears our name of them, else a new one; never one for its e-mail's sake."""
        ...

    async def find_payer(self, reference: str, context: ContextView, call: CallContext) -> Payer | None: ...


CHECK_GIFT_CARD = "payment.check_gift_card"
"""The errand that a manifest declares with the port."""

PAYMENT = DataDomain("payment", people=True)

LIST_METHODS = PagedOperation[PaymentOptionsQuery, PaymentOptions](
    PAYMENT, PaymentPort, PaymentPort.list_methods, PaymentOptions, personal=True, essential=True
)
GET_PAYMENTS = KeyedOperation[NativeRef, Payment](
    PAYMENT,
    PaymentReadPort,
    PaymentReadPort.get_payments,
    Payment,
    names=lambda ref: (ref.id,),
    understands=lambda ref, backend, owner: ref.backend == backend,
    personal=True,
)
AUTHORISE = WriteOperation[Authorise, Payment](
    PAYMENT,
    PaymentPort,
    PaymentPort.authorise,
    PaymentPort.find_payment,
    Payment,
    changes=lambda payment: (f"payment:{payment.ref.id}",),
    kept=lambda payment: replace(payment, action=None),
    compared=lambda command: replace(command, gift_card=None),
)
CAPTURE = WriteOperation[Capture, PaymentEffect](
    PAYMENT,
    PaymentPort,
    PaymentPort.capture,
    PaymentPort.find_capture,
    PaymentEffect,
    changes=lambda effect: (f"payment:{effect.payment.id}",),
)
VOID = WriteOperation[Void, PaymentEffect](
    PAYMENT,
    PaymentPort,
    PaymentPort.void,
    PaymentPort.find_void,
    PaymentEffect,
    changes=lambda effect: (f"payment:{effect.payment.id}",),
)
REFUND = WriteOperation[Refund, PaymentEffect](
    PAYMENT,
    PaymentPort,
    PaymentPort.refund,
    PaymentPort.find_refund,
    PaymentEffect,
    changes=lambda effect: (f"payment:{effect.payment.id}",),
)
ENSURE_PAYER = WriteOperation[EnsurePayer, Payer](
    PAYMENT,
    PayerPort,
    PayerPort.ensure_payer,
    PayerPort.find_payer,
    Payer,
    changes=lambda payer: (f"customer:{payer.ref.id}",),
)
DELETE_METHOD = WriteOperation[DeleteMethod, MethodDeleted](
    PAYMENT,
    StoredMethodsPort,
    StoredMethodsPort.delete_method,
    StoredMethodsPort.find_deletion,
    MethodDeleted,
    changes=lambda deleted: (f"customer:{deleted.customer.id}",),
)
