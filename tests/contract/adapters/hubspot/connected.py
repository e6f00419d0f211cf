"""Adapters over the HubSpot sandbox through the gateway's own transport."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from adapters.hubspot.adapter import HubSpotAdapter
from adapters.hubspot.config import HubSpotConfig
from adapters.hubspot.manifest import MANIFEST
from gateway.calls.attempt.transport import build_transport
from gateway.model.context import CallContext, CommerceContext, ContextView
from gateway.model.customers import CustomerKey, CustomerKeyKind
from gateway.model.identity import KeyRule
from gateway.ports.manifest import AdapterEnvironment, Secret
from gateway.settings import PolicyNumbers
from gateway.testing.conformance import ControlledTransport


class NoIdentifiers:
    """HubSpot answers business keys itself, and people's are never kept."""

    async def get_many(self, space: str, keys: Sequence[str]) -> Mapping[str, str]:
        raise AssertionError("the adapter keeps no identifiers")

    async def set_many(self, space: str, entries: Mapping[str, str], ttl: float) -> None:
        raise AssertionError("the adapter keeps no identifiers")

    async def drop(self, space: str, keys: Sequence[str] | None = None) -> None:
        raise AssertionError("the adapter keeps no identifiers")


class Connected:
    """An adapter and the hand on its transport."""

    def __init__(self, url: str, config: HubSpotConfig, seen: Callable[[], int] | None) -> None:
        self._transport = build_transport("crm", url, MANIFEST, PolicyNumbers(timeout=30.0), allow_private_network=True)
        self.control = ControlledTransport(self._transport, seen)
        environment = AdapterEnvironment(
            name="crm",
            alias="crm",
            url=url,
            config=config,
            transport=self.control,
            identifiers=NoIdentifiers(),
            key_rule=KeyRule(),
            clock=lambda: datetime.now(UTC),
        )
        adapter = MANIFEST.create(environment).probe
        assert isinstance(adapter, HubSpotAdapter)
        self.adapter = adapter

    async def close(self) -> None:
        await self.adapter.close()
        await self._transport.close()

    async def find(self, *keys: CustomerKey) -> dict[CustomerKey, object]:
        return dict(await self.adapter.find_customers(keys, NOTHING, a_call()))


Connect = Callable[..., Connected]

NOTHING: ContextView = CommerceContext("GB", "GBP", "en").only(frozenset())


def a_call() -> CallContext:
    return CallContext.within(60)


def configured(settings: Mapping[str, str], **more: object) -> HubSpotConfig:
    """The sandbox's own settings as the gateway decodes them."""
    values: dict[str, object] = {**settings, "access_token": Secret((settings["access_token"],)), **more}
    return HubSpotConfig(**values)  # type: ignore[arg-type]


def email(value: str) -> CustomerKey:
    return CustomerKey(CustomerKeyKind.EMAIL, value)


def phone(value: str) -> CustomerKey:
    return CustomerKey(CustomerKeyKind.PHONE, value)


def native(value: str) -> CustomerKey:
    return CustomerKey(CustomerKeyKind.NATIVE, value)
