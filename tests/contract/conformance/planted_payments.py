"""Faults of payment adapters, planted in the reference adapter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from gateway.errors import AdapterError, RequestRefused
from gateway.model.context import CallContext, ContextView
from gateway.model.gift_cards import CheckGiftCard, GiftCardStanding
from gateway.model.identity import NativeRef
from gateway.model.payments import (
    Authorise,
    Capture,
    Payment,
    PaymentEffect,
    PaymentMethod,
    PaymentOptions,
    PaymentOptionsQuery,
    Void,
)
from gateway.testing.conformance.example import example_seed
from gateway.testing.reference import ReferenceAdapter

SHOPPER = "70"


def processor(kind: type[ReferenceAdapter] = ReferenceAdapter) -> ReferenceAdapter:
    adapter = kind("broken", example_seed())
    adapter.book.stored[SHOPPER] = (PaymentMethod("stored_1", "card", "Visa **** 4242", stored=True),)
    return adapter


class StoredForAnybody(ReferenceAdapter):
    async def list_methods(self, query: PaymentOptionsQuery, context: ContextView, call: CallContext) -> PaymentOptions:
        return await super().list_methods(replace(query, customer=NativeRef(self.name, SHOPPER)), context, call)


class MethodsTwice(ReferenceAdapter):
    async def list_methods(self, query: PaymentOptionsQuery, context: ContextView, call: CallContext) -> PaymentOptions:
        options = await super().list_methods(query, context, call)
        return replace(options, methods=options.methods * 2)


class UnknownPaymentRaises(ReferenceAdapter):
    async def get_payments(
        self, keys: Sequence[NativeRef], context: ContextView, call: CallContext
    ) -> Mapping[NativeRef, Payment | AdapterError]:
        found = await super().get_payments(keys, context, call)
        if len(found) < len(keys):
            raise RequestRefused
        return found


class AsksTwice(ReferenceAdapter):
    async def list_methods(self, query: PaymentOptionsQuery, context: ContextView, call: CallContext) -> PaymentOptions:
        await super().list_methods(query, context, call)
        return await super().list_methods(query, context, call)


class PaysTwice(ReferenceAdapter):
    """A key that is not the same the second time."""

    async def authorise(self, command: Authorise, context: ContextView, call: CallContext) -> Payment:
        await super().authorise(command, context, call)
        return await super().authorise(command, context, call)


class CapturesAgainWhenTheAnswerIsLost(ReferenceAdapter):
    async def capture(self, command: Capture, context: ContextView, call: CallContext) -> PaymentEffect:
        try:
            return await super().capture(command, context, call)
        except AdapterError:
            return await super().capture(command, context, call)


class KeepsTheValue(ReferenceAdapter):
    async def void(self, command: Void, context: ContextView, call: CallContext) -> PaymentEffect:
        kept = dict(self.book.cards)
        self.book.cards.clear()
        try:
            return await super().void(command, context, call)
        finally:
            self.book.cards.update(kept)


class TellsAWrongPin(ReferenceAdapter):
    async def check_gift_card(
        self, command: CheckGiftCard, context: ContextView, call: CallContext
    ) -> GiftCardStanding | None:
        known = self.book.cards.get(command.card.number)
        if known is not None and known.pin != command.card.pin:
            raise RequestRefused(detail="another PIN")
        return await super().check_gift_card(command, context, call)


class LendsValue(ReferenceAdapter):
    async def authorise(self, command: Authorise, context: ContextView, call: CallContext) -> Payment:
        card = self.book.cards.get(command.gift_card.number) if command.gift_card else None
        if card is not None and card.balance.amount < command.amount.amount:
            card.balance = command.amount
        return await super().authorise(command, context, call)
