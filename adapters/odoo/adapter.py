"""One Odoo as a backend: the parts, put together. Called by `gateway.calls` through the ports."""

from __future__ import annotations

from adapters.odoo.prices import OdooPrices
from adapters.odoo.stock import OdooStock
from gateway.model.context import CallContext
from gateway.ports.domains import Probe


class OdooAdapter(OdooPrices, OdooStock):
    async def probe(self, call: CallContext) -> Probe:
        version = await self.client.version(call)
        return Probe(version=f"{version}.0")
