"""Adapters over a real Vendure through the gateway's own transport, and the configurations they are tried with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from adapters.vendure.adapter import VendureAdapter
from adapters.vendure.config import VendureConfig
from adapters.vendure.manifest import MANIFEST
from gateway.calls.attempt.transport import build_transport
from gateway.model.context import CallContext, CommerceContext, ContextView
from gateway.model.identity import KeyRule
from gateway.ports.manifest import AdapterEnvironment, Secret
from gateway.settings import PolicyNumbers
from gateway.testing.conformance import ControlledTransport
from tests.servers.vendure_server import VendureServer


class NoIdentifiers:
    """Vendure answers business keys itself: nothing to keep."""

    async def get_many(self, space: str, keys: Sequence[str]) -> Mapping[str, str]:
        raise AssertionError("the adapter keeps no identifiers")

    async def set_many(self, space: str, entries: Mapping[str, str], ttl: float) -> None:
        raise AssertionError("the adapter keeps no identifiers")

    async def drop(self, space: str, keys: Sequence[str] | None = None) -> None:
        raise AssertionError("the adapter keeps no identifiers")


class Connected:
    """An adapter and the hand on its transport."""

    def __init__(self, url: str, config: VendureConfig, key_rule: KeyRule, seen: Callable[[], int] | None) -> None:
        self._transport = build_transport(
            "shop", url, MANIFEST, PolicyNumbers(timeout=30.0), allow_private_network=True
        )
        self.control = ControlledTransport(self._transport, seen)
        environment = AdapterEnvironment(
            name="shop",
            alias="web",
            url=url,
            config=config,
            transport=self.control,
            identifiers=NoIdentifiers(),
            key_rule=key_rule,
            clock=lambda: datetime.now(UTC),
        )
        adapter = MANIFEST.create(environment).probe
        assert isinstance(adapter, VendureAdapter)
        self.adapter = adapter

    async def close(self) -> None:
        await self.adapter.close()
        await self._transport.close()


Connect = Callable[..., Connected]


def by_key(server: VendureServer, channel: str = "default", **more: object) -> VendureConfig:
    """Configuration with the read-only API key of one channel."""
    settings: dict[str, object] = {
        "channel_token": server.seed.channels[channel],
        "barcode_field": "gtin",
        "customer_id_fields": ("externalId",),
        "order_origin_field": "originReference",
        "phone_country": "GB",
        "api_key": Secret((server.seed.api_keys[channel],)),
        **more,
    }
    return VendureConfig(**settings)  # type: ignore[arg-type]


def by_login(server: VendureServer, **more: object) -> VendureConfig:
    """Configuration with the read-only administrator, for all channels."""
    reader = server.seed.reader
    settings: dict[str, object] = {
        "channel_token": server.seed.channels["default"],
        "channels": {"europe": server.seed.channels["eu"], "japan": server.seed.channels["jp"]},
        "username": reader.username,
        "password": Secret((reader.password,)),
        **more,
    }
    return VendureConfig(**settings)  # type: ignore[arg-type]


def seen(operation: str, **parts: str) -> ContextView:
    """A context narrowed to what the manifest declares for the operation."""
    context = {"country": "GB", "currency": "USD", "language": "en", **parts}
    return CommerceContext(**context).only(MANIFEST.operations[operation].vary_on)


def a_call() -> CallContext:
    return CallContext.within(60)
