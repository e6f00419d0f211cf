"""The adapter over its sandbox's real socket, through the gateway's own transport, and what tests ask of it."""

from __future__ import annotations

import secrets
from decimal import Decimal
from typing import Any

from adapters.stripe.manifest import MANIFEST
from adapters.stripe.sandbox import StripeSandbox
from gateway.model.context import CallContext, CommerceContext, ContextView
from gateway.model.identity import NativeRef
from gateway.model.money import Money
from gateway.model.payments import Authorise, Capture, Payment, Refund, Void
from gateway.settings import PolicyNumbers
from gateway.testing import running
from gateway.testing.plugin import Attach

BACKEND = "psp"
HERE: ContextView = CommerceContext("GB", "GBP", "en").only(frozenset())
PATIENT = PolicyNumbers(timeout=10.0, retries=0, breaker_minimum=10_000)


class Connected:
    def __init__(self, sandbox: StripeSandbox, url: str, attach: Attach, **config: Any) -> None:
        self.sandbox = sandbox
        made = attach(MANIFEST, running(sandbox, url), name=BACKEND, policies=PATIENT, config=config)
        self.env = made.environment
        self.adapter = made.adapter

    async def pay(self, amount: str = "25.00", token: str = "pm_card_visa", **more: Any) -> Payment:
        return await self.adapter.authorise(authorise(amount, token=token, **more), HERE, call())

    async def captured(self, amount: str = "25.00") -> Payment:
        paid = await self.pay(amount)
        await self.adapter.capture(Capture(reference(), paid.ref, gbp(amount)), HERE, call())
        return paid

    async def read(self, payment: NativeRef) -> Payment:
        return (await self.adapter.get_payments([payment], HERE, call()))[payment]


def reference() -> str:
    return "".join(secrets.choice("ABCDEFGHJKMNPQRSTVWXYZ0123456789") for _ in range(26))


def gbp(amount: str) -> Money:
    return Money(Decimal(amount), "GBP")


def call() -> CallContext:
    return CallContext.within(20.0)


def authorise(amount: str = "25.00", currency: str = "GBP", **more: Any) -> Authorise:
    ours = more.pop("reference", None) or reference()
    return Authorise(ours, "CHECKOUT7", Money(Decimal(amount), currency), **more)


def capture(payment: Payment, amount: str, **more: Any) -> Capture:
    return Capture(more.pop("reference", None) or reference(), payment.ref, gbp(amount), **more)


def void(payment: Payment, amount: str = "25.00") -> Void:
    return Void(reference(), payment.ref, gbp(amount))


def refund(payment: Payment, amount: str, **more: Any) -> Refund:
    return Refund(more.pop("reference", None) or reference(), payment.ref, gbp(amount))
