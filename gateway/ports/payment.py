"""Payments: how one can pay, and money held, taken and given back at its processor.

A decline is an answer (`Payment.state`), never an error. Webhooks tell facts of the kinds in `FACTS`, with the native
id of the payment as their subject.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from gateway.model.context import CallContext, ContextView
from gateway.model.payments import (
    Authorise,
    Capture,
    OpenSession,
    Payment,
    PaymentEffect,
    PaymentOptions,
    PaymentOptionsQuery,
    PaymentSession,
    Refund,
    Void,
)
from gateway.ports.domain import DataDomain, PagedOperation, WriteOperation

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
"""Kinds of `WebhookFact`. Its facts: `reference` (ours, of the command), `amount` (minor units), `currency`."""


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
class PaymentSessionPort(Protocol):
    async def open_session(self, command: OpenSession, context: ContextView, call: CallContext) -> PaymentSession:
        """Asked directly, never journalled: its answer is a secret. The same reference gives the same session."""
        ...


PAYMENT = DataDomain("payment", people=True)

LIST_METHODS = PagedOperation[PaymentOptionsQuery, PaymentOptions](
    PAYMENT, PaymentPort, PaymentPort.list_methods, PaymentOptions, personal=True, essential=True
)
AUTHORISE = WriteOperation[Authorise, Payment](
    PAYMENT,
    PaymentPort,
    PaymentPort.authorise,
    PaymentPort.find_payment,
    Payment,
    changes=lambda payment: (f"payment:{payment.ref.id}",),
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
