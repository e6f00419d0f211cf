"""Paying with the reference adapter: a processor that knows no idempotency keys, so that whoever asks twice is seen in
its effect log to have paid twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.errors import AdapterError, RequestRefused
from gateway.model.context import CallContext, ContextView
from gateway.model.gift_cards import CheckGiftCard, GiftCardKind, GiftCardStanding
from gateway.model.identity import NativeRef
from gateway.model.money import Money
from gateway.model.payments import (
    Authorise,
    Capture,
    DeleteMethod,
    EnsurePayer,
    MethodDeleted,
    NextAction,
    OpenSession,
    Payer,
    Payment,
    PaymentEffect,
    PaymentOptions,
    PaymentOptionsQuery,
    PaymentSession,
    PaymentState,
    Refund,
    Void,
)
from gateway.ports.payment import (
    AUTHORISE,
    CAPTURE,
    DELETE_METHOD,
    ENSURE_PAYER,
    GET_PAYMENTS,
    LIST_METHODS,
    REFUND,
    VOID,
)
from gateway.testing.reference.controls import Controls
from gateway.testing.reference.payment_book import Entry, Held, Kind, PaymentBook


class PaymentDesk(Controls):
    """PaymentPort, PaymentReadPort, PaymentSessionPort, GiftCardPort, PayerPort and StoredMethodsPort. `book` holds the
    payments, the knobs and the effect log."""

    def __init__(self, *what: Any, **named: Any) -> None:
        super().__init__(*what, **named)
        self.book = PaymentBook()

    async def list_methods(self, query: PaymentOptionsQuery, context: ContextView, call: CallContext) -> PaymentOptions:
        await self._request(LIST_METHODS.name, (query,))
        own = self.book.stored.get(query.customer.id, ()) if query.customer else ()
        return PaymentOptions((*own, *self.book.methods), self._freshness())

    async def get_payments(
        self, keys: Sequence[NativeRef], context: ContextView, call: CallContext
    ) -> Mapping[NativeRef, Payment | AdapterError]:
        await self._request(GET_PAYMENTS.name, keys)
        return {key: self._payment_shown(self.book.payments[key.id]) for key in keys if key.id in self.book.payments}

    async def open_session(self, command: OpenSession, context: ContextView, call: CallContext) -> PaymentSession:
        await self._request("payment.open_session", (command,))
        known = self.book.sessions.setdefault(command.reference, f"session_{len(self.book.sessions)}")
        self.book.opened[known] = command
        return PaymentSession(NativeRef(self.name, known), f"{known}_secret", "pk_reference")

    @property
    def gift_cards(self) -> Sequence[GiftCardKind]:
        return self.book.kinds

    async def check_gift_card(
        self, command: CheckGiftCard, context: ContextView, call: CallContext
    ) -> GiftCardStanding | None:
        """Counted without what was asked: that is a secret."""
        await self._request("payment.check_gift_card", (command.card.brand,))
        card = self.book.card(command.card)
        return None if card is None else GiftCardStanding(card.balance, self._freshness(), card.most)

    async def authorise(self, command: Authorise, context: ContextView, call: CallContext) -> Payment:
        await self._written(AUTHORISE.name, command, call)
        if command.amount.amount <= 0:
            raise RequestRefused(detail="nothing to pay", source=self.name, domain="payment")
        if command.payment is not None:
            held = self.book.payments.get(command.payment.id)
            if held is None:
                raise RequestRefused(detail="no such payment", source=self.name, domain="payment")
            if "approved" in command.details and held.state is PaymentState.REQUIRES_ACTION:
                self.book.answer(held.id, approved=command.details["approved"] == "yes")
        else:
            held = self.book.begin(command)
        payment = self._payment_shown(held)
        await self.book.after()
        return payment

    async def find_payment(self, reference: str, context: ContextView, call: CallContext) -> Payment | None:
        entry = await self._payment_found("payment.find_payment", "authorise", reference)
        return None if entry is None else self._payment_shown(self.book.payments[entry.payment])

    async def capture(self, command: Capture, context: ContextView, call: CallContext) -> PaymentEffect:
        await self._written(CAPTURE.name, command, call)
        entry = self.book.capture(command.reference, command.payment.id, command.amount, final=command.final)
        return await self._payment_answered(entry)

    async def find_capture(self, reference: str, context: ContextView, call: CallContext) -> PaymentEffect | None:
        return self._payment_effect_of(await self._payment_found("payment.find_capture", "capture", reference))

    async def void(self, command: Void, context: ContextView, call: CallContext) -> PaymentEffect:
        await self._written(VOID.name, command, call)
        return await self._payment_answered(self.book.void(command.reference, command.payment.id, command.amount))

    async def find_void(self, reference: str, context: ContextView, call: CallContext) -> PaymentEffect | None:
        return self._payment_effect_of(await self._payment_found("payment.find_void", "void", reference))

    async def refund(self, command: Refund, context: ContextView, call: CallContext) -> PaymentEffect:
        await self._written(REFUND.name, command, call)
        return await self._payment_answered(self.book.refund(command.reference, command.payment.id, command.amount))

    async def find_refund(self, reference: str, context: ContextView, call: CallContext) -> PaymentEffect | None:
        return self._payment_effect_of(await self._payment_found("payment.find_refund", "refund", reference))

    async def ensure_payer(self, command: EnsurePayer, context: ContextView, call: CallContext) -> Payer:
        await self._written(ENSURE_PAYER.name, command, call)
        made = self.book.payer(command)
        await self.book.after()
        return Payer(NativeRef(self.name, made))

    async def find_payer(self, reference: str, context: ContextView, call: CallContext) -> Payer | None:
        await self._request("payment.find_payer", (reference,))
        known = self.book.noted("ensure_payer", reference)
        return None if known is None else Payer(NativeRef(self.name, known.customer))

    async def delete_method(self, command: DeleteMethod, context: ContextView, call: CallContext) -> MethodDeleted:
        await self._written(DELETE_METHOD.name, command, call)
        self.book.forget(command)
        await self.book.after()
        return MethodDeleted(command.customer)

    async def find_deletion(self, reference: str, context: ContextView, call: CallContext) -> MethodDeleted | None:
        await self._request("payment.find_deletion", (reference,))
        known = self.book.noted("delete_method", reference)
        return None if known is None else MethodDeleted(NativeRef(self.name, known.customer))

    async def _payment_answered(self, entry: Entry) -> PaymentEffect:
        await self.book.after()
        return self._payment_told(entry)

    async def _payment_found(self, operation: str, kind: Kind, reference: str) -> Entry | None:
        await self._request(operation, (reference,))
        return self.book.found(kind, reference)

    def _payment_effect_of(self, entry: Entry | None) -> PaymentEffect | None:
        return None if entry is None else self._payment_told(entry)

    def _payment_told(self, entry: Entry) -> PaymentEffect:
        return PaymentEffect(
            NativeRef(self.name, entry.id),
            NativeRef(self.name, entry.payment),
            entry.amount,
            settled=entry.settled,
            failed=entry.failed,
        )

    def _payment_shown(self, held: Held) -> Payment:
        currency = held.asked.currency
        action = None
        if held.state is PaymentState.REQUIRES_ACTION:
            action = NextAction("redirect", url=f"https://processor.example/challenge/{held.id}")
        return Payment(
            NativeRef(self.name, held.id),
            held.state,
            authorised=Money(held.authorised, currency),
            captured=Money(held.captured, currency),
            refunded=Money(held.refunded, currency),
            reason=held.reason,
            raw=None if held.reason is None else held.reason.value.lower(),
            action=action,
            expires=held.expires,
            together=held.together,
        )
