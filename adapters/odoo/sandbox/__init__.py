"""A sandbox Odoo: both protocols over a real socket, with an engine of its own for prices, taxes and kits."""

from __future__ import annotations

from adapters.odoo.sandbox.server import OdooSandbox
from gateway.testing.sandbox import Seed

__all__ = ["OdooSandbox", "create"]


def create(seed: Seed, version: int = 19) -> OdooSandbox:
    """`version`: 19 speaks JSON-2 and JSON-RPC, 18 and 17 JSON-RPC alone."""
    return OdooSandbox(seed, version)
