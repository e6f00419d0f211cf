"""What Adyen answers to a payment, and the payment it is."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from msgspec import Struct

from adapters.adyen.amounts import WireAmount
from adapters.adyen.refusals import reason_of
from gateway.kit.decoding import decoded
from gateway.model.identity import NativeRef
from gateway.model.money import Money
from gateway.model.payments import DeclineReason, NextAction, Payment, PaymentState

BY_REFERENCE = "reference."
"""Begins the id of a payment that has no PSP reference yet: a redirect that the shopper has not come back from."""
RESULTS: Mapping[str, PaymentState] = {
    "Authorised": PaymentState.AUTHORISED,
    "PartiallyAuthorised": PaymentState.AUTHORISED,
    "Refused": PaymentState.FAILED,
    "Error": PaymentState.FAILED,
    "Cancelled": PaymentState.FAILED,
    "RedirectShopper": PaymentState.REQUIRES_ACTION,
    "ChallengeShopper": PaymentState.REQUIRES_ACTION,
    "IdentifyShopper": PaymentState.REQUIRES_ACTION,
    "PresentToShopper": PaymentState.PENDING,
    "Pending": PaymentState.PENDING,
    "Received": PaymentState.PENDING,
}
SESSIONS: Mapping[str, PaymentState] = {
    "active": PaymentState.REQUIRES_ACTION,
    "completed": PaymentState.AUTHORISED,
    "paymentPending": PaymentState.PENDING,
    "refused": PaymentState.FAILED,
    "canceled": PaymentState.FAILED,
    "expired": PaymentState.FAILED,
}


class WireAction(Struct, frozen=True):
    type: str
    url: str | None = None
    method: str = "GET"
    data: Mapping[str, str | None] | None = None


class WireOrder(Struct, frozen=True, rename="camel"):
    """Several payments of one purchase. `remaining_amount` of zero does not mean that all of them are final."""

    psp_reference: str = ""
    order_data: str = ""
    remaining_amount: WireAmount | None = None


class Together(Struct, frozen=True):
    """An order as the last answer told it: `left` in minor units."""

    psp: str
    data: str
    left: int

    @property
    def named(self) -> dict[str, str]:
        return {"pspReference": self.psp, "orderData": self.data}


class WireResult(Struct, frozen=True, rename="camel"):
    """Of `/payments` and `/payments/details`. `action` is kept as it came: it is for Adyen's own library."""

    result_code: str = ""
    psp_reference: str | None = None
    merchant_reference: str | None = None
    amount: WireAmount | None = None
    refusal_reason: str | None = None
    refusal_reason_code: str | None = None
    action: msgspec.Raw = msgspec.Raw()
    order: WireOrder | None = None


class WireSessionPayment(Struct, frozen=True, rename="camel"):
    psp_reference: str
    result_code: str = ""
    amount: WireAmount | None = None


class WireSessionResult(Struct, frozen=True):
    id: str
    status: str
    reference: str | None = None
    payments: tuple[WireSessionPayment, ...] = ()


class WireSession(Struct, frozen=True, rename="camel"):
    id: str
    session_data: str
    expires_at: str


class WireModification(Struct, frozen=True, rename="camel"):
    """`status` is `received`: nothing is true yet."""

    psp_reference: str
    status: str = "received"


def payment(wire: WireResult, asked: Money, reference: str, backend: str) -> Payment:
    """`asked` and `reference`: what the first request said, where the answer repeats neither."""
    state = RESULTS.get(wire.result_code, PaymentState.PENDING)
    held = _held(wire.amount, asked) if state is PaymentState.AUTHORISED else None
    failed = state is PaymentState.FAILED
    return Payment(
        NativeRef(backend, wire.psp_reference or f"{BY_REFERENCE}{wire.merchant_reference or reference}"),
        state,
        authorised=held,
        reason=reason_of(wire.refusal_reason_code, wire.refusal_reason) if failed else None,
        raw=(wire.refusal_reason or wire.result_code) if failed else None,
        action=_action(bytes(wire.action), wire.result_code),
        together=_together(wire.order),
    )


def _together(order: WireOrder | None) -> str | None:
    """What the next payment must bring."""
    if order is None or not order.order_data:
        return None
    left = 0 if order.remaining_amount is None else order.remaining_amount.value
    return msgspec.json.encode(Together(order.psp_reference, order.order_data, left)).decode()


def _held(amount: WireAmount | None, asked: Money) -> Money:
    """Of what was asked for. Another currency pays for none of it: a partial approval of nothing, to be given free."""
    if amount is None:
        return asked
    held = amount.money
    return held if held.currency == asked.currency else Money(asked.amount * 0, asked.currency)


def of_session(wire: WireSessionResult, asked: Money, backend: str) -> Payment:
    """The one payment that was authorised; until then by the reference of the session."""
    state = SESSIONS.get(wire.status, PaymentState.PENDING)
    paid = wire.payments[0] if wire.payments and state is PaymentState.AUTHORISED else None
    known = paid.psp_reference if paid else f"{BY_REFERENCE}{wire.reference or wire.id}"
    held = _held(paid.amount, asked) if paid else None
    failed = state is PaymentState.FAILED
    return Payment(
        NativeRef(backend, known),
        PaymentState.PENDING if state is PaymentState.AUTHORISED and paid is None else state,
        authorised=held,
        reason=DeclineReason.OTHER if failed else None,
        raw=wire.status if failed else None,
        action=NextAction("sdk", token=wire.id) if state is PaymentState.REQUIRES_ACTION else None,
    )


def _action(raw: bytes, result: str) -> NextAction | None:
    """A redirect is followed by anybody; everything else is Adyen's own library's, which takes the action whole."""
    if raw in (b"", b"null"):
        return None
    action = decoded(raw, WireAction)
    if action.type == "redirect" and action.url:
        fields = {name: value for name, value in (action.data or {}).items() if value is not None}
        return NextAction("redirect", url=action.url, method=action.method.upper(), fields=fields)
    return NextAction("present" if result == "PresentToShopper" else "sdk", token=raw.decode())
