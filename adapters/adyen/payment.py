"""PaymentPort, PaymentSessionPort and GiftCardPort: Adyen Checkout.

Every write is told apart by its `idempotency-key`, which is derived from our reference; there is no look-up of a
payment (`FindKind.REPLAY`). What is made of one (a capture, a void, a refund) is only *received*: whether it was done
comes by webhook."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from urllib.parse import quote

from msgspec.structs import replace

from adapters.adyen import gift_cards
from adapters.adyen.amounts import wire
from adapters.adyen.client import AdyenClient
from adapters.adyen.config import AdyenConfig
from adapters.adyen.errors import NotFound
from adapters.adyen.gift_cards import WireCancelled
from adapters.adyen.methods import CARD, CARD_ON_FILE, KEPT, WireMethods, paid_with, shown
from adapters.adyen.payers import is_shopper, named
from adapters.adyen.results import (
    BY_REFERENCE,
    Together,
    WireModification,
    WireResult,
    WireSession,
    WireSessionResult,
    of_session,
    payment,
)
from gateway.errors import RequestRefused
from gateway.kit.moments import from_rfc3339
from gateway.kit.readings import Reading
from gateway.model.context import CallContext, ContextView
from gateway.model.gift_cards import CheckGiftCard, GiftCard, GiftCardKind, GiftCardStanding
from gateway.model.identity import NativeRef
from gateway.model.payments import (
    Authorise,
    Capture,
    OpenSession,
    Payment,
    PaymentEffect,
    PaymentOptions,
    PaymentOptionsQuery,
    PaymentSession,
    PaymentState,
    Refund,
    Void,
)
from gateway.ports.manifest import AdapterEnvironment

_PSP_REFERENCE = re.compile(r"[A-Z0-9]{8,32}")
MANUAL = {"manualCapture": "true"}
"""Whatever the account's capture delay is."""
DETAILS = frozenset(
    {
        "MD",
        "PaReq",
        "PaRes",
        "payload",
        "redirectResult",
        "resultCode",
        "returnUrlQueryString",
        "threeDSResult",
        "threeds2.challengeResult",
        "threeds2.fingerprint",
    }
)
"""What may come back from an action, as `details` of the request; `paymentData` stands beside it."""


class Payments:
    def __init__(self, env: AdapterEnvironment[AdyenConfig], client: AdyenClient) -> None:
        self._env = env
        self._config = env.config
        self._client = client

    async def list_methods(self, query: PaymentOptionsQuery, context: ContextView, call: CallContext) -> PaymentOptions:
        body: dict[str, object] = {
            "amount": wire(query.amount),
            "countryCode": query.country,
            "channel": "Web",
            **(named(query.customer, self._env.name) if is_shopper(query.customer) else {}),
        }
        found = await self._client.post("/paymentMethods", body, WireMethods, call)
        return PaymentOptions(tuple(shown(found)), Reading.now(self._env).freshness)

    async def authorise(self, command: Authorise, context: ContextView, call: CallContext) -> Payment:
        """One request, and one more for the first of several. What was refused is an answer."""
        if command.payment is not None:
            return await self._go_on(command, command.payment, call)
        if command.session is not None:
            return await self._paid_session(command, command.session, call)
        card = command.gift_card
        if card is None:
            paying = paid_with(command.token, store=bool(command.store))
        else:
            paying = {"paymentMethod": self._gift_card(card)}
        body: dict[str, object] = {
            "amount": wire(command.amount),
            "reference": command.reference,
            "merchantOrderReference": command.purchase,
            "returnUrl": self._return_url(command.return_url),
            "channel": "Web",
            "additionalData": MANUAL,
            **paying,
            **named(command.customer, self._env.name),
            **await gift_cards.order_of(self._client, command, call),
        }
        answer = await self._client.post("/payments", body, WireResult, call, f"{command.reference}.authorise")
        paid = payment(answer, command.amount, command.reference, self._env.name)
        if card is not None and self._config.gift_cards_captured_at_once and paid.state is PaymentState.AUTHORISED:
            return replace(paid, state=PaymentState.CAPTURED, captured=paid.authorised)
        return paid

    @property
    def gift_cards(self) -> Sequence[GiftCardKind]:
        return [GiftCardKind(brand, label) for brand, label in self._config.gift_cards.items()]

    async def check_gift_card(
        self, command: CheckGiftCard, context: ContextView, call: CallContext
    ) -> GiftCardStanding | None:
        """One request."""
        self._gift_card(command.card)
        return await gift_cards.standing(self._client, command, Reading.now(self._env).freshness, call)

    def _gift_card(self, card: GiftCard) -> Mapping[str, str]:
        """Raises RequestRefused for a brand that is not taken here."""
        if card.brand not in self._config.gift_cards:
            raise RequestRefused(source=self._env.name, detail="no brand of `gift_cards`")
        return gift_cards.method(card)

    async def _go_on(self, command: Authorise, ref: NativeRef, call: CallContext) -> Payment:
        """With what the shopper's action brought back."""
        details = {name: value for name, value in command.details.items() if name in DETAILS}
        if not details:
            raise RequestRefused(source=self._env.name, detail="nothing that an action of Adyen's brings back")
        body: dict[str, object] = {"details": details}
        if "paymentData" in command.details:
            body["paymentData"] = command.details["paymentData"]
        answer = await self._client.submit("/payments/details", body, WireResult, call, f"{command.reference}.details")
        if not _is_of(answer, ref):  # the shopper's own, but of another purchase
            raise RequestRefused(source=self._env.name, detail="what came back is another payment's")
        return payment(answer, command.amount, ref.id.removeprefix(BY_REFERENCE), self._env.name)

    async def _paid_session(self, command: Authorise, session: NativeRef, call: CallContext) -> Payment:
        """`token` is the `sessionResult` that Adyen's library gave the frontend."""
        if not command.token:
            raise RequestRefused(source=self._env.name, detail="a session's result is asked with its `sessionResult`")
        path = f"/sessions/{quote(session.id, safe='')}"
        found = await self._client.get(path, WireSessionResult, call, {"sessionResult": command.token})
        return of_session(found, command.amount, self._env.name)

    async def capture(self, command: Capture, context: ContextView, call: CallContext) -> PaymentEffect:
        if not command.final and not self._config.multicapture:
            raise RequestRefused(source=self._env.name, detail="a payment is captured once: `multicapture` is off")
        body = {"amount": wire(command.amount), "reference": command.reference}
        return await self._modified(command, f"{self._path(command.payment)}/captures", body, "capture", call)

    async def void(self, command: Void, context: ContextView, call: CallContext) -> PaymentEffect:
        """By our reference while Adyen has not told its own. Of a gift card: cancelled or returned, whichever it is by
        then; with its order, where that was not paid in full. An order that cannot be cancelled (its data is older than
        a payment that was decided later) keeps the value from nobody: the payment is reversed by itself."""
        order = gift_cards.read(command.together)
        if command.stored_value and order is not None and order.left:
            try:
                return await self._cancelled(command, order, call)
            except RequestRefused:
                pass
        if command.stored_value:
            path = f"{self._path(command.payment)}/reversals"
            return await self._modified(command, path, {"reference": command.reference}, "void", call)
        if command.payment.id.startswith(BY_REFERENCE):
            by_ours = {
                "paymentReference": command.payment.id.removeprefix(BY_REFERENCE),
                "reference": command.reference,
            }
            return await self._modified(command, "/cancels", by_ours, "void", call)
        path = f"{self._path(command.payment)}/cancels"
        return await self._modified(command, path, {"reference": command.reference}, "void", call)

    async def _cancelled(self, command: Void, order: Together, call: CallContext) -> PaymentEffect:
        """All that the order holds, once: the key is the order's."""
        done = await self._client.post(
            "/orders/cancel", {"order": order.named}, WireCancelled, call, f"{order.psp}.cancel"
        )
        ref = NativeRef(self._env.name, done.psp_reference)
        return PaymentEffect(ref, command.payment, command.amount, settled=False)

    async def refund(self, command: Refund, context: ContextView, call: CallContext) -> PaymentEffect:
        body = {"amount": wire(command.amount), "reference": command.reference}
        return await self._modified(command, f"{self._path(command.payment)}/refunds", body, "refund", call)

    async def open_session(self, command: OpenSession, context: ContextView, call: CallContext) -> PaymentSession:
        """The frontend's library takes the id (`ref`) and the session's data (`client_token`)."""
        if not self._config.client_key:
            raise RequestRefused(source=self._env.name, detail="`client_key` is not configured")
        body: dict[str, object] = {
            "amount": wire(command.amount),
            "reference": command.reference,
            "countryCode": command.country,
            "returnUrl": self._return_url(command.return_url),
            "channel": "Web",
            "additionalData": MANUAL,
            **named(command.customer, self._env.name),
        }
        if command.store:
            body |= {"storePaymentMethodMode": "enabled", **KEPT}
        if command.stored:  # Adyen's library shows the shopper's own, and no other
            body |= {"allowedPaymentMethods": [CARD], "recurringProcessingModel": CARD_ON_FILE}
        elif command.method is not None:
            body["allowedPaymentMethods"] = [command.method]
        made = await self._client.post("/sessions", body, WireSession, call, f"{command.reference}.open")
        return PaymentSession(
            NativeRef(self._env.name, made.id),
            made.session_data,
            self._config.client_key,
            from_rfc3339(made.expires_at, "a session's end"),
        )

    async def _modified(
        self, command: Capture | Void | Refund, path: str, body: Mapping[str, object], step: str, call: CallContext
    ) -> PaymentEffect:
        made = await self._client.post(path, body, WireModification, call, f"{command.reference}.{step}")
        ref = NativeRef(self._env.name, made.psp_reference)
        return PaymentEffect(ref, command.payment, command.amount, settled=False)

    def _path(self, ref: NativeRef) -> str:
        """Raises NotFound for what is no PSP reference."""
        if not _PSP_REFERENCE.fullmatch(ref.id):
            raise NotFound(source=self._env.name, detail="no PSP reference")
        return f"/payments/{ref.id}"

    def _return_url(self, given: str | None) -> str:
        if not (given or self._config.return_url):
            raise RequestRefused(source=self._env.name, detail="Adyen wants a page to return to: `return_url`")
        return given or self._config.return_url


def _is_of(answer: WireResult, payment: NativeRef) -> bool:
    """By Adyen's reference where it has told one, else by ours: an answer that bears neither is nobody's."""
    if payment.id.startswith(BY_REFERENCE):
        return answer.merchant_reference == payment.id.removeprefix(BY_REFERENCE)
    return answer.psp_reference == payment.id
