"""Which HTTP client makes a backend's attempts: the configuration names it."""

from __future__ import annotations

import ssl

from gateway.calls.wire.aiohttp_client import AiohttpWire
from gateway.calls.wire.exchange import Wire
from gateway.calls.wire.lean_client import LeanWire
from gateway.settings import HttpClient

_WIRES: dict[HttpClient, type[AiohttpWire] | type[LeanWire]] = {"aiohttp": AiohttpWire, "lean": LeanWire}


def wire_of(
    client: HttpClient,
    url: str,
    *,
    connections: int,
    allow_private_network: bool,
    ssl_context: ssl.SSLContext | None = None,
) -> Wire:
    return _WIRES[client](
        url, connections=connections, allow_private_network=allow_private_network, ssl_context=ssl_context
    )
