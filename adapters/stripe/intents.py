"""A payment intent as Stripe writes it, and the payment it is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec
from msgspec import Struct

from adapters.stripe.amounts import money
from adapters.stripe.declines import reason_of
from gateway.kit.moments import from_epoch
from gateway.model.identity import NativeRef
from gateway.model.payments import NextAction, Payment, PaymentState

REFERENCE, PURCHASE, CAPTURE = "reference", "purchase", "capture"
"""Keys of our metadata: of the authorisation, of the checkout it is for, of the capture."""
STATES: Mapping[str, PaymentState] = {
    "requires_payment_method": PaymentState.REQUIRES_ACTION,
    "requires_confirmation": PaymentState.REQUIRES_ACTION,
    "requires_action": PaymentState.REQUIRES_ACTION,
    "processing": PaymentState.PENDING,
    "requires_capture": PaymentState.AUTHORISED,
    "succeeded": PaymentState.CAPTURED,
    "canceled": PaymentState.VOIDED,
}
UNCONFIRMED = ("requires_payment_method", "requires_confirmation")
"""The amount can be changed, and a payment method given."""


class WireRedirect(Struct, frozen=True):
    url: str | None = None


class WireNextAction(Struct, frozen=True):
    type: str
    redirect_to_url: WireRedirect | None = None


class WireLastError(Struct, frozen=True):
    code: str | None = None
    decline_code: str | None = None


class WireCardDetails(Struct, frozen=True):
    capture_before: int | None = None


class WireChargeDetails(Struct, frozen=True):
    card: WireCardDetails | None = None


class WireCharge(Struct, frozen=True):
    amount_refunded: int = 0
    payment_method_details: WireChargeDetails | None = None


class WireIntent(Struct, frozen=True):
    """`latest_charge` is an id where it was not expanded."""

    id: str
    status: str
    amount: int
    currency: str
    created: int = 0
    amount_capturable: int = 0
    amount_received: int = 0
    client_secret: str | None = None
    next_action: WireNextAction | None = None
    last_payment_error: WireLastError | None = None
    latest_charge: WireCharge | str | None = None
    cancellation_reason: str | None = None
    customer: str | None = None
    metadata: Mapping[str, str] = {}

    @property
    def charge(self) -> WireCharge | None:
        return None if isinstance(self.latest_charge, str) else self.latest_charge


def payment(wire: WireIntent, backend: str) -> Payment:
    """Raises InvalidAnswer for a currency that is none."""
    state = STATES.get(wire.status, PaymentState.PENDING)
    error = wire.last_payment_error
    failed = wire.status == "requires_payment_method" and error is not None
    held = {
        "requires_capture": wire.amount_capturable + wire.amount_received,
        "succeeded": wire.amount,
    }.get(wire.status)
    charge = wire.charge
    return Payment(
        NativeRef(backend, wire.id),
        PaymentState.FAILED if failed else state,
        authorised=None if held is None else money(held, wire.currency),
        captured=money(wire.amount_received, wire.currency),
        refunded=None if charge is None else money(charge.amount_refunded, wire.currency),
        reason=reason_of(error.code, error.decline_code) if failed and error else None,
        raw=(error.decline_code or error.code) if failed and error else None,
        action=None if failed else _action(wire),
        expires=_expiry(wire, charge),
    )


def _action(wire: WireIntent) -> NextAction | None:
    """A redirect is followed by anybody; everything else is Stripe's own library's, which takes the client secret."""
    if STATES.get(wire.status) is not PaymentState.REQUIRES_ACTION:
        return None
    redirect = wire.next_action.redirect_to_url if wire.next_action else None
    if redirect is not None and redirect.url:
        return NextAction("redirect", url=redirect.url)
    return NextAction("sdk", token=wire.client_secret)


def _expiry(wire: WireIntent, charge: WireCharge | None) -> datetime | None:
    details = charge.payment_method_details if charge else None
    if wire.status != "requires_capture" or details is None or details.card is None:
        return None
    before = details.card.capture_before
    return None if before is None else from_epoch(before)


class WireRefund(Struct, frozen=True):
    """`status` is null only in accounts of old; then it is done."""

    id: str
    amount: int
    currency: str
    status: str | None = None
    payment_intent: str | None = None
    failure_reason: str | None = None
    metadata: Mapping[str, str] | None = None


class WirePage(Struct, frozen=True):
    data: tuple[msgspec.Raw, ...]
    has_more: bool = False
