"""PaymentPort without a processor. An answer is made of the command and the owner's terms alone, so the same command
has the same answer: nothing is kept here, and what is kept of a payment is what the gateway keeps of its writes.

An authorisation is DUE: nothing is held. A capture says that the money came, a refund that it was given back; both are
done by people, and told here."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from adapters.manual.config import REFERENCE, ManualConfig, ManualMethod
from gateway.errors import RequestRefused
from gateway.kit.readings import Reading
from gateway.model.context import CallContext, ContextView
from gateway.model.identity import NativeRef
from gateway.model.money import Money
from gateway.model.payments import (
    Authorise,
    Capture,
    NextAction,
    Payment,
    PaymentEffect,
    PaymentMethod,
    PaymentOptions,
    PaymentOptionsQuery,
    PaymentState,
    Refund,
    Void,
)
from gateway.ports.backend import Probe
from gateway.ports.manifest import AdapterEnvironment


class Payments:
    def __init__(self, env: AdapterEnvironment[ManualConfig]) -> None:
        self._env = env
        self._methods = env.config.methods

    async def list_methods(self, query: PaymentOptionsQuery, context: ContextView, call: CallContext) -> PaymentOptions:
        offered = tuple(
            PaymentMethod(
                name,
                method.kind,
                method.labels.get(context.language, method.label),
                later=True,
                terms=method.terms or None,
            )
            for name, method in self._methods.items()
            if _grants(method, query.amount, query.country, known=query.customer is not None)
        )
        return PaymentOptions(offered, Reading.now(self._env).freshness)

    async def authorise(self, command: Authorise, context: ContextView, call: CallContext) -> Payment:
        """`token` is the method's name. Raises RequestRefused for one that is not granted for this amount, buyer or
        country; asked again for a checkout of before, there is no country."""
        if command.payment is not None or command.session is not None:
            raise self._refused("there is nothing to go on with")
        method = self._methods.get(command.token or "")
        known = command.customer is not None
        if method is None or not _grants(method, command.amount, context.country, known=known):
            raise self._refused("no method that is granted")
        instructions = method.instructions.replace(REFERENCE, command.purchase)
        return Payment(
            NativeRef(self._env.name, f"{command.token}.{command.reference}"),
            PaymentState.DUE,
            action=NextAction("present", token=instructions) if instructions else None,
            due=self._due(method),
        )

    async def capture(self, command: Capture, context: ContextView, call: CallContext) -> PaymentEffect:
        return self._noted(command)

    async def void(self, command: Void, context: ContextView, call: CallContext) -> PaymentEffect:
        return self._noted(command)

    async def refund(self, command: Refund, context: ContextView, call: CallContext) -> PaymentEffect:
        return self._noted(command)

    async def probe(self, call: CallContext) -> Probe:
        return Probe(version="1")

    def _noted(self, command: Capture | Void | Refund) -> PaymentEffect:
        """Raises RequestRefused for a payment that was not begun here, and for no amount."""
        method, _, reference = command.payment.id.rpartition(".")
        if method not in self._methods or not reference:
            raise self._refused("no payment of ours")
        if command.amount != command.amount.quantized() or command.amount.amount <= 0:
            raise self._refused("no amount")
        return PaymentEffect(NativeRef(self._env.name, command.reference), command.payment, command.amount)

    def _due(self, method: ManualMethod) -> datetime | None:
        """The end of the day, so that asked again it is the same."""
        if method.due_days is None:
            return None
        today = self._env.clock().replace(hour=0, minute=0, second=0, microsecond=0)
        return today + timedelta(days=method.due_days + 1)

    def _refused(self, why: str) -> RequestRefused:
        return RequestRefused(source=self._env.name, domain="payment", detail=why)


def _grants(method: ManualMethod, amount: Money, country: str, *, known: bool) -> bool:
    if amount.amount <= 0 or (method.known_customers_only and not known):
        return False
    if method.countries and country and country not in method.countries:
        return False
    if not method.at_most:
        return True
    limit = method.at_most.get(amount.currency)
    return limit is not None and amount.amount <= Decimal(limit)
