"""One Vendure shop behind the ports."""

from __future__ import annotations

from adapters.vendure import documents
from adapters.vendure.accounts import AccountReader
from adapters.vendure.offers import OfferReader
from adapters.vendure.search import SearchReader
from adapters.vendure.wire.channel import ProbeData
from gateway.model.context import CallContext
from gateway.ports.domains import Probe


class VendureAdapter(SearchReader, OfferReader, AccountReader):
    async def probe(self, call: CallContext) -> Probe:
        """Reads one of everything the adapter serves, then what each configured channel is. Vendure does not tell its
        version."""
        config = self.config
        document = documents.probe(config.barcode_field, config.customer_id_fields, config.order_origin_field)
        data = await self.ask(document, ProbeData, call, operation="probe")
        notes = [f"{data.products.total_items} products, {data.stock_locations.total_items} stock locations"]
        for name, token in {"": config.channel_token, **config.channels}.items():
            facts = await self.facts.of(token, call)
            tax = "including" if facts.prices_include_tax else "excluding"
            serves = f" (for `{name}`)" if name else ""
            notes.append(f"channel `{facts.code}`{serves}: prices in {', '.join(sorted(facts.currencies))} {tax} tax")
        if not self.config.channel_token:
            notes.append("no `channel_token` is configured: Vendure's default channel answers")
        return Probe(version="not told (3.7 expected)", notes=tuple(notes))

    async def close(self) -> None:
        """Sessions end by themselves; the transport is not ours."""
