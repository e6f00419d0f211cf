"""A Stripe account's payments: intents with their states, charges, refunds, and the log of what money did."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from msgspec import Struct, field

from adapters.stripe.sandbox.cards import TestCard
from adapters.stripe.sandbox.forms import Problem, invalid
from adapters.stripe.sandbox.people import Customer, People

Json = dict[str, Any]
HOLD_SECONDS = 7 * 86_400
SEARCH_LAG = 30.0


class Effect(Struct, frozen=True):
    """One movement of money, as it was asked for. `kind`: authorise, capture, void, refund. `amount` in minor units."""

    kind: str
    reference: str
    intent: str
    amount: int
    currency: str
    at: float


class Intent(Struct):
    id: str
    amount: int
    currency: str
    created: float
    status: str = "requires_payment_method"
    capture_method: str = "automatic"
    multicapture: bool = False
    metadata: dict[str, str] = field(default_factory=dict[str, str])
    methods: list[str] = field(default_factory=lambda: ["card"])
    customer: str | None = None
    description: str | None = None
    return_url: str | None = None
    payment_method: str | None = None
    setup_future_usage: str | None = None
    card: TestCard | None = None
    capturable: int = 0
    received: int = 0
    refunded: int = 0
    charge: str | None = None
    error: Json | None = None
    cancellation_reason: str | None = None
    indexed_at: float = 0.0

    @property
    def secret(self) -> str:
        return f"{self.id}_secret_{self.id[-8:]}"


class Refund(Struct):
    id: str
    intent: str
    amount: int
    currency: str
    created: float
    status: str
    metadata: dict[str, str]
    reason: str | None = None


class Ledger:
    """`tell(type, object)` is called for what webhooks would say. `now` in seconds since 1970. Knobs: `refunds_pend`:
    refunds are pending until `settle_refund`; `search_lag` in seconds."""

    def __init__(self, now: Callable[[], float], tell: Callable[[str, Json], None]) -> None:
        self.now = now
        self.tell = tell
        self.intents: dict[str, Intent] = {}
        self.refunds: dict[str, Refund] = {}
        self.people = People(now)
        self.effects: list[Effect] = []
        self.refunds_pend = False
        self.search_lag: float | None = SEARCH_LAG

    def intent(self, intent_id: str) -> Intent:
        found = self.intents.get(intent_id)
        if found is None:
            raise invalid(f"No such payment_intent: '{intent_id}'", "intent", "resource_missing", 404)
        return found

    def searched(self, key: str, value: str) -> list[Intent]:
        """What the index shows by now."""
        if self.search_lag is None:
            return []
        old = self.now() - self.search_lag
        return [each for each in self.intents.values() if each.metadata.get(key) == value and each.indexed_at <= old]

    def customers_searched(self, key: str, value: str) -> list[Customer]:
        """The same of customers."""
        if self.search_lag is None:
            return []
        old = self.now() - self.search_lag
        known = self.people.customers.values()
        return [each for each in known if each.metadata.get(key) == value and each.created <= old]

    def records_of(self, purchase: str) -> list[Json]:
        """The payments of a purchase, as a person reads them."""
        return [
            {
                "object": "payment_intent",
                "id": each.id,
                "status": each.status,
                "amount": each.amount,
                "amount_received": each.received,
                "currency": each.currency,
                "payment_method": each.payment_method,
            }
            for each in self.intents.values()
            if each.metadata.get("purchase") == purchase
        ]

    def confirm(self, intent: Intent, method: str | None) -> None:
        """With a payment method. Raises Problem (402) where it is declined."""
        if intent.status not in ("requires_payment_method", "requires_confirmation", "requires_action"):
            raise self._unexpected(intent, "confirmed")
        token = method or intent.payment_method
        if token is None:
            raise invalid("You cannot confirm this PaymentIntent because it's missing a payment method.")
        card = self.people.card(token, intent.customer)
        if intent.currency == "gbp" and intent.amount < 30:
            raise invalid("Amount must be at least £0.30 gbp", "amount", "amount_too_small")
        intent.payment_method, intent.card = self.people.presented(token, card), card
        intent.error = None
        self._log("authorise", intent, intent.amount, intent.metadata.get("reference", ""))
        if card.challenge:
            intent.status = "requires_action"
            self.tell("payment_intent.requires_action", self.shown(intent))
        elif card.code:
            raise self._declined(intent, card)
        else:
            self._hold(intent)

    def answer(self, intent_id: str, *, approved: bool) -> None:
        """The shopper's answer to 3-D Secure."""
        intent = self.intents[intent_id]
        if intent.status != "requires_action":
            raise ValueError(f"{intent_id} is {intent.status}")
        if approved:
            self._hold(intent)
        else:
            self._fail(intent, "payment_intent_authentication_failure", "")

    def capture(self, intent: Intent, amount: int | None, *, final: bool | None) -> None:
        if intent.status != "requires_capture":
            raise self._unexpected(intent, "captured")
        if final is not None and not intent.multicapture:
            raise invalid("This PaymentIntent does not support multicapture.", "final_capture")
        taken = intent.capturable if amount is None else amount
        if not 0 < taken <= intent.capturable:
            raise invalid("The amount to capture is not within what can be captured.", "amount_to_capture")
        intent.received += taken
        last = final is not False
        intent.capturable = 0 if last else intent.capturable - taken
        if last or intent.capturable == 0:
            intent.status = "succeeded"
        self._log("capture", intent, taken, intent.metadata.get("capture", ""))
        name = "payment_intent.succeeded" if intent.status == "succeeded" else "charge.captured"
        self.tell(name, self.shown(intent))

    def cancel(self, intent: Intent, reason: str | None, reference: str) -> None:
        open_states = ("requires_payment_method", "requires_confirmation", "requires_action", "requires_capture")
        if intent.status not in open_states:
            raise self._unexpected(intent, "canceled")
        intent.status, intent.capturable, intent.cancellation_reason = "canceled", 0, reason
        self._log("void", intent, intent.amount, reference)
        self.tell("payment_intent.canceled", self.shown(intent))

    def expire(self, intent_id: str) -> None:
        """The hold ends by itself, after a week."""
        intent = self.intents[intent_id]
        intent.status, intent.capturable, intent.cancellation_reason = "canceled", 0, "automatic"
        self.tell("payment_intent.canceled", self.shown(intent))

    def refund(self, intent: Intent, amount: int | None, metadata: dict[str, str], reason: str | None) -> Refund:
        if intent.charge is None or intent.received == 0:
            raise invalid(f"This PaymentIntent ({intent.id}) does not have a successful charge to refund.")
        left = intent.received - intent.refunded
        asked = left if amount is None else amount
        if left == 0:
            raise invalid(f"Charge {intent.charge} has already been refunded.", code="charge_already_refunded")
        if not 0 < asked <= left:
            raise invalid(f"Refund amount ({asked}) is greater than unrefunded amount on charge ({left})", "amount")
        status = "pending" if self.refunds_pend else "succeeded"
        made = Refund(
            f"re_{secrets.token_hex(12)}", intent.id, asked, intent.currency, self.now(), status, metadata, reason
        )
        self.refunds[made.id] = made
        intent.refunded += asked
        self._log("refund", intent, asked, metadata.get("reference", ""))
        self.tell("refund.created", self.shown_refund(made))
        return made

    def settle_refund(self, refund_id: str, *, failed: bool = False) -> None:
        made = self.refunds[refund_id]
        made.status = "failed" if failed else "succeeded"
        if failed:
            self.intents[made.intent].refunded -= made.amount
        self.tell("refund.failed" if failed else "refund.updated", self.shown_refund(made))

    def dispute(self, intent_id: str) -> None:
        intent = self.intents[intent_id]
        self.tell(
            "charge.dispute.created",
            {
                "id": f"du_{secrets.token_hex(12)}",
                "object": "dispute",
                "amount": intent.received,
                "currency": intent.currency,
                "charge": intent.charge,
                "payment_intent": intent.id,
                "reason": "fraudulent",
                "status": "needs_response",
            },
        )

    def shown(self, intent: Intent, *, expanded: bool = False) -> Json:
        action = None
        if intent.status == "requires_action":
            url = f"https://hooks.stripe.com/3d_secure_2/hosted/{intent.id}"
            redirect = {"url": url, "return_url": intent.return_url}
            action = {"type": "redirect_to_url", "redirect_to_url": redirect} if intent.return_url else None
            action = action or {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect"}}
        return {
            "id": intent.id,
            "object": "payment_intent",
            "amount": intent.amount,
            "amount_capturable": intent.capturable,
            "amount_received": intent.received,
            "canceled_at": int(self.now()) if intent.status == "canceled" else None,
            "cancellation_reason": intent.cancellation_reason,
            "capture_method": intent.capture_method,
            "client_secret": intent.secret,
            "confirmation_method": "automatic",
            "created": int(intent.created),
            "currency": intent.currency,
            "customer": intent.customer,
            "description": intent.description,
            "last_payment_error": intent.error,
            "latest_charge": self._charge(intent) if expanded else intent.charge,
            "livemode": False,
            "metadata": intent.metadata,
            "next_action": action,
            "payment_method": intent.payment_method if intent.error is None else None,
            "payment_method_types": intent.methods,
            "setup_future_usage": intent.setup_future_usage,
            "status": intent.status,
        }

    def shown_refund(self, made: Refund) -> Json:
        return {
            "id": made.id,
            "object": "refund",
            "amount": made.amount,
            "charge": self.intents[made.intent].charge,
            "created": int(made.created),
            "currency": made.currency,
            "metadata": made.metadata,
            "payment_intent": made.intent,
            "reason": made.reason,
            "status": made.status,
            **({"failure_reason": "expired_or_canceled_card"} if made.status == "failed" else {}),
        }

    def _hold(self, intent: Intent) -> None:
        self.people.used(intent.payment_method, intent.customer if intent.setup_future_usage else None)
        intent.charge = intent.charge or f"ch_{secrets.token_hex(12)}"
        if intent.capture_method == "manual":
            intent.status, intent.capturable = "requires_capture", intent.amount
            self.tell("payment_intent.amount_capturable_updated", self.shown(intent))
        else:
            intent.status, intent.received = "succeeded", intent.amount
            self.tell("payment_intent.succeeded", self.shown(intent))

    def _fail(self, intent: Intent, code: str, decline: str) -> Json:
        intent.status = "requires_payment_method"
        intent.error = {"type": "card_error", "code": code, "message": "Your card was declined."}
        if decline:
            intent.error["decline_code"] = decline
        self.tell("payment_intent.payment_failed", self.shown(intent))
        return intent.error

    def _declined(self, intent: Intent, card: TestCard) -> Problem:
        error = self._fail(intent, card.code, card.decline)
        more = {name: value for name, value in error.items() if name not in ("type", "message")}
        problem = Problem(402, "card_error", error["message"], payment_intent=self.shown(intent), **more)
        problem.executed = True
        return problem

    def _unexpected(self, intent: Intent, what: str) -> Problem:
        message = f"This PaymentIntent could not be {what} because it has a status of {intent.status}."
        problem = invalid(message, code="payment_intent_unexpected_state")
        problem.body["payment_intent"] = self.shown(intent)
        problem.executed = True
        return problem

    def _charge(self, intent: Intent) -> Json | None:
        if intent.charge is None:
            return None
        card = {"brand": "visa", "last4": "4242", "capture_before": int(intent.created) + HOLD_SECONDS}
        return {
            "id": intent.charge,
            "object": "charge",
            "amount": intent.amount,
            "amount_captured": intent.received,
            "amount_refunded": intent.refunded,
            "currency": intent.currency,
            "payment_intent": intent.id,
            "payment_method_details": {"type": "card", "card": card},
        }

    def _log(self, kind: str, intent: Intent, amount: int, reference: str) -> None:
        self.effects.append(Effect(kind, reference, intent.id, amount, intent.currency, self.now()))
