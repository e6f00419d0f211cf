"""How one can pay: the configured types, and the methods a customer has stored at Stripe."""

from __future__ import annotations

import re

from msgspec import Struct

from adapters.stripe.client import StripeClient
from adapters.stripe.config import StripeConfig
from adapters.stripe.errors import NotFound
from adapters.stripe.intents import WirePage
from gateway.kit.decoding import decoded
from gateway.kit.readings import Reading
from gateway.model.context import CallContext
from gateway.model.payments import PaymentMethod, PaymentOptions, PaymentOptionsQuery
from gateway.ports.manifest import AdapterEnvironment

STORED = 100
"""Methods of one customer that are shown, the newest."""
CUSTOMER = re.compile(r"cus_\w{1,250}")


class WireCard(Struct, frozen=True):
    brand: str
    last4: str
    exp_month: int
    exp_year: int


class WireMethod(Struct, frozen=True):
    id: str
    type: str
    card: WireCard | None = None


class Options:
    def __init__(self, env: AdapterEnvironment[StripeConfig], client: StripeClient) -> None:
        self._env = env
        self._client = client

    async def stored(self, customer: str, call: CallContext) -> list[PaymentMethod]:
        """Of the types that are offered. None where Stripe does not know the customer."""
        if not CUSTOMER.fullmatch(customer):
            return []
        try:
            path, query = f"/v1/customers/{customer}/payment_methods", {"limit": str(STORED)}
            page = await self._client.get(path, WirePage, call, query)
        except NotFound:
            return []
        found = (decoded(each, WireMethod, source=self._env.name) for each in page.data)
        return [_shown(each) for each in found if each.type in self._env.config.methods]

    async def of(self, query: PaymentOptionsQuery, call: CallContext) -> PaymentOptions:
        kept = [] if query.customer is None else await self.stored(query.customer.id, call)
        offered = [PaymentMethod(name, name, _label(name)) for name in self._env.config.methods]
        return PaymentOptions((*kept, *offered), Reading.now(self._env).freshness)


def _shown(wire: WireMethod) -> PaymentMethod:
    if wire.card is None:
        return PaymentMethod(wire.id, wire.type, _label(wire.type), stored=True)
    card = wire.card
    label, ends = f"{_label(card.brand)} **** {card.last4}", f"{card.exp_year:04}-{card.exp_month:02}"
    return PaymentMethod(wire.id, wire.type, label, stored=True, brand=card.brand, last_four=card.last4, expires=ends)


def _label(name: str) -> str:
    return name.replace("_", " ").capitalize()
