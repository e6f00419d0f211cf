"""One configured backend, ready to be called: its adapter, what the adapter declares, and the pipeline's numbers."""

from __future__ import annotations

from msgspec import Struct

from gateway.ports.domains import Adapter
from gateway.ports.manifest import Manifest
from gateway.settings import PolicyNumbers


class BoundBackend(Struct, frozen=True):
    """`name` is the configured one, `alias` what clients see. Built by the registry."""

    name: str
    alias: str
    adapter: Adapter
    manifest: Manifest
    policy: PolicyNumbers
