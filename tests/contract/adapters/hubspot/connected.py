"""Adapters over the HubSpot sandbox through the gateway's own transport."""

from __future__ import annotations

from collections.abc import Callable

from gateway.model.context import CallContext, CommerceContext, ContextView
from gateway.model.customers import CustomerKey, CustomerKeyKind
from gateway.testing import Connected

Connect = Callable[..., "Crm"]


class Crm:
    """An adapter and the hand on its transport."""

    def __init__(self, connected: Connected) -> None:
        self.adapter = connected.adapter
        self.control = connected.control

    async def find(self, *keys: CustomerKey) -> dict[CustomerKey, object]:
        return dict(await self.adapter.find_customers(keys, NOTHING, a_call()))


NOTHING: ContextView = CommerceContext("GB", "GBP", "en").only(frozenset())


def a_call() -> CallContext:
    return CallContext.within(60)


def email(value: str) -> CustomerKey:
    return CustomerKey(CustomerKeyKind.EMAIL, value)


def phone(value: str) -> CustomerKey:
    return CustomerKey(CustomerKeyKind.PHONE, value)


def native(value: str) -> CustomerKey:
    return CustomerKey(CustomerKeyKind.NATIVE, value)
