"""One Odoo as a backend: the parts, put together. Called by `gateway.calls` through the ports."""

from __future__ import annotations

from adapters.odoo.customer import OdooCustomers
from adapters.odoo.loyalty.port import OdooLoyalty
from adapters.odoo.order.port import OdooOrders
from adapters.odoo.price.drift import OdooDrift
from adapters.odoo.probe import PROBE, OdooExamination
from adapters.odoo.product.port import OdooProducts
from adapters.odoo.protocols import Ask
from adapters.odoo.stock.port import OdooStock
from adapters.odoo.store import OdooStores
from adapters.odoo.webhooks import OdooWebhooks
from gateway.model.context import CallContext
from gateway.ports.backend import Probe


class OdooAdapter(
    OdooProducts,
    OdooWebhooks,
    OdooDrift,
    OdooStock,
    OdooStores,
    OdooCustomers,
    OdooLoyalty,
    OdooOrders,
    OdooExamination,
):
    async def probe(self, call: CallContext) -> Probe:
        """One authenticated request for the version, one that counts what is sold, and those of the examination."""
        examined = await self.examine(call)
        version = await self.client.version(call)
        notes: list[str] = []
        if "*" not in examined.hinders:
            domain = [["sale_ok", "=", True]]
            ask = Ask(model="product.product", method="search_count", arguments={"domain": domain}, operation=PROBE)
            notes.append(f"{await self.client.call(int, ask, call)} variants are sold")
        if version == 17:
            notes.append("no Odoo 17 was tried: check prices against its own quotations")
        if self.config.origin_field and not self.config.webhook_token:
            notes.append("no `webhook_token`: changes are seen when cached answers run out")
        return Probe(
            version=f"{version}.0",
            notes=tuple(notes),
            problems=examined.problems,
            lacking=examined.lacking,
            hinders=examined.hinders,
        )
