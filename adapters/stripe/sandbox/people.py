"""A Stripe account's customers and the payment methods that were presented: whose each is, and whether it may be used
again. Source: docs.stripe.com/api/payment_methods, docs.stripe.com/payments/payment-methods#customers."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from msgspec import Struct

from adapters.stripe.sandbox.cards import CARDS, TestCard
from adapters.stripe.sandbox.forms import invalid

Json = dict[str, Any]


class Customer(Struct):
    id: str
    email: str | None
    metadata: dict[str, str]
    created: float


class Method(Struct):
    """`customer`: whom it is attached to. `spent`: it was used without one, or detached, and is never used again."""

    id: str
    card: TestCard
    created: float
    customer: str | None = None
    spent: bool = False


class People:
    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self.customers: dict[str, Customer] = {}
        self.methods: dict[str, Method] = {}
        self.detached: list[str] = []
        """Every detaching that had an effect, in order."""

    def make(self, email: str | None, metadata: dict[str, str]) -> Customer:
        """Another one, whoever bears the e-mail already: Stripe tells none of them apart."""
        if email is not None and ("@" not in email or len(email) > 512):
            raise invalid(f"Invalid email address: {email}", "email", "email_invalid")
        made = Customer(f"cus_{secrets.token_hex(7)}", email, metadata, self._now())
        self.customers[made.id] = made
        return made

    def known(self, customer: str) -> Customer:
        """Raises Problem."""
        if customer not in self.customers:
            raise invalid(f"No such customer: '{customer}'", "customer", "resource_missing")
        return self.customers[customer]

    def store(self, customer: str, method: str, card: TestCard) -> None:
        self.customers.setdefault(customer, Customer(customer, None, {}, self._now()))
        self.methods[method] = Method(method, card, self._now(), customer)

    def attached(self, customer: str) -> list[Method]:
        """The newest first."""
        return [each for each in reversed(self.methods.values()) if each.customer == customer]

    def method(self, method: str) -> Method:
        """Raises Problem."""
        found = self.methods.get(method)
        if found is None:
            raise invalid(f"No such PaymentMethod: '{method}'", "payment_method", "resource_missing", 404)
        return found

    def card(self, token: str, customer: str | None) -> TestCard:
        """What an intent of this customer's may be confirmed with. Raises Problem."""
        known = CARDS.get(token.replace("ctoken_", "pm_card_"))
        if known is not None:
            return known
        found = self.methods.get(token)
        if found is None:
            raise invalid(f"No such PaymentMethod: '{token}'", "payment_method", "resource_missing")
        if found.customer is not None and customer is None:
            message = f"The PaymentMethod {token} belongs to a Customer. Please include the Customer in the "
            raise invalid(f"{message}`customer` parameter on the PaymentIntent.", "payment_method")
        if found.customer not in (None, customer):
            message = f"The customer does not have a payment method with the ID {token}. "
            raise invalid(f"{message}The payment method must be attached to the customer.", "payment_method")
        if found.spent:
            message = "This PaymentMethod was previously used without being attached to a Customer or was detached "
            raise invalid(f"{message}from a Customer, and may not be used again.", "payment_method")
        return found.card

    def presented(self, token: str, card: TestCard) -> str:
        """The id of what was paid with: a test card's name is a new payment method each time."""
        if token in self.methods:
            return token
        made = Method(f"pm_1{secrets.token_hex(11)}", card, self._now())
        self.methods[made.id] = made
        return made.id

    def used(self, method: str | None, customer: str | None) -> None:
        """It was authorised: attached to who wants it kept, else spent with that."""
        found = self.methods.get(method or "")
        if found is None or found.customer is not None:
            return
        found.customer, found.spent = customer, customer is None

    def detach(self, method: str) -> Method:
        """For good. Raises Problem."""
        found = self.method(method)
        if found.customer is None:
            message = "The payment method you provided is not attached to a customer so detachment is impossible."
            raise invalid(message, "payment_method")
        self.detached.append(method)
        found.customer, found.spent = None, True
        return found

    def shown(self, made: Customer) -> Json:
        return {
            "id": made.id,
            "object": "customer",
            "created": int(made.created),
            "email": made.email,
            "livemode": False,
            "metadata": made.metadata,
        }

    def shown_method(self, method: Method) -> Json:
        card = {"brand": method.card.brand, "last4": method.card.last4, "exp_month": 4, "exp_year": 2031}
        return {
            "id": method.id,
            "object": "payment_method",
            "type": "card",
            "created": int(method.created),
            "customer": method.customer,
            "livemode": False,
            "billing_details": {"address": None, "email": None, "name": None, "phone": None},
            "card": {**card, "checks": None, "country": "GB", "funding": "credit", "generated_from": None}
            | {"networks": None, "three_d_secure_usage": None, "wallet": None},
            "metadata": {},
        }
