"""Adapters over a real Vendure through the gateway's own transport, and the configurations they are tried with."""

from __future__ import annotations

from collections.abc import Callable

from adapters.vendure.config import VendureConfig
from adapters.vendure.manifest import MANIFEST
from gateway import testing
from gateway.model.context import CallContext, CommerceContext, ContextView
from gateway.ports.manifest import Secret
from tests.servers.vendure_server import VendureServer


class Connected:
    """An adapter and the hand on its transport."""

    def __init__(self, made: testing.Connected) -> None:
        self.adapter = made.adapter
        self.control = made.control


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
