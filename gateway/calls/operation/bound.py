"""A backend as the pipeline knows it: the configured name with its ports, its manifest and its numbers."""

from __future__ import annotations

from msgspec import Struct

from gateway.calls.attempt.transport import AioTransport
from gateway.ports.backend import Backend
from gateway.ports.manifest import Manifest
from gateway.settings import PolicyNumbers


class BoundBackend(Struct, frozen=True, kw_only=True):
    """`alias` is what clients see. `transport` is the one the adapter was given, so that an answer that arrived well
    and makes no sense can be held against the backend (None for adapters that need no network)."""

    name: str
    alias: str
    backend: Backend
    manifest: Manifest
    policy: PolicyNumbers = PolicyNumbers()
    transport: AioTransport | None = None
