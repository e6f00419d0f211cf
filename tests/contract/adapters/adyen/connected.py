"""The adapter over its sandbox's real socket, through the gateway's own transport, and what tests ask of it."""

from __future__ import annotations

import json
import secrets
from decimal import Decimal
from typing import Any

from adapters.adyen.manifest import MANIFEST
from adapters.adyen.sandbox import AdyenSandbox
from gateway.model.context import CallContext, CommerceContext, ContextView
from gateway.model.gift_cards import CheckGiftCard, GiftCard
from gateway.model.money import Money
from gateway.model.payments import Authorise, Capture, Payment, Refund, Void
from gateway.settings import PolicyNumbers
from gateway.testing import running
from gateway.testing.plugin import Attach

BACKEND = "psp"
BRANDS = {"givex": "Mug Card"}
NUMBER, PIN = "6036280000000001", "737"
HERE: ContextView = CommerceContext("NL", "EUR", "nl").only(frozenset())
PATIENT = PolicyNumbers(timeout=10.0, retries=0, breaker_minimum=10_000)


def card(holder: str = "A Shopper", number: str = "test_4111111111111111") -> str:
    """What Adyen's component gives a frontend, in its test environment."""
    encrypted = {"encryptedExpiryMonth": "test_03", "encryptedExpiryYear": "test_2030"}
    given = {"type": "scheme", "encryptedCardNumber": number, "encryptedSecurityCode": "test_737", **encrypted}
    return json.dumps({**given, "holderName": holder})


class Connected:
    def __init__(self, sandbox: AdyenSandbox, url: str, attach: Attach, **config: Any) -> None:
        self.sandbox = sandbox
        made = attach(MANIFEST, running(sandbox, url), name=BACKEND, policies=PATIENT, config=config)
        self.made = made
        self.adapter = made.adapter

    async def pay(self, amount: str = "25.00", token: str | None = None, **more: Any) -> Payment:
        return await self.adapter.authorise(authorise(amount, token=token or card(), **more), HERE, call())


def reference() -> str:
    return "".join(secrets.choice("ABCDEFGHJKMNPQRSTVWXYZ0123456789") for _ in range(26))


def eur(amount: str) -> Money:
    return Money(Decimal(amount), "EUR")


def call() -> CallContext:
    return CallContext.within(20.0)


def authorise(amount: str = "25.00", currency: str = "EUR", **more: Any) -> Authorise:
    ours = more.pop("reference", None) or reference()
    return Authorise(ours, "CHECKOUT7", Money(Decimal(amount), currency), **more)


def capture(payment: Payment, amount: str = "25.00", **more: Any) -> Capture:
    return Capture(more.pop("reference", None) or reference(), payment.ref, eur(amount), **more)


def void(payment: Payment, amount: str = "25.00") -> Void:
    return Void(reference(), payment.ref, eur(amount))


def refund(payment: Payment, amount: str = "25.00") -> Refund:
    return Refund(reference(), payment.ref, eur(amount))


def gift_card(number: str = NUMBER, pin: str = PIN) -> GiftCard:
    return GiftCard(brand="givex", number=number, pin=pin)


def asked_about(number: str = NUMBER, pin: str = PIN) -> CheckGiftCard:
    return CheckGiftCard(gift_card(number, pin), "EUR")


def together(purchase: str, amount: str, *, whole: str = "25.00", **more: Any) -> Authorise:
    """One of several payments of a purchase."""
    return Authorise(reference(), purchase, eur(amount), whole=eur(whole), **more)
