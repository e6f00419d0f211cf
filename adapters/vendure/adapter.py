"""One Vendure shop behind the ports."""

from __future__ import annotations

from adapters.vendure.accounts import AccountReader
from adapters.vendure.catalogue import CatalogueReader
from adapters.vendure.documents import PROBE
from adapters.vendure.offers import OfferReader
from adapters.vendure.wire import ProbeData
from gateway.model.context import CallContext
from gateway.ports.domains import Probe


class VendureAdapter(CatalogueReader, OfferReader, AccountReader):
    async def probe(self, call: CallContext) -> Probe:
        """Reads one count of everything the adapter serves, so that a missing permission shows here. Vendure does not
        tell its version."""
        data = await self.ask(PROBE, ProbeData, call, operation="probe")
        facts = await self.facts.of(self.config.channel_token, call)
        tax = "including" if facts.prices_include_tax else "excluding"
        notes = [
            f"channel `{facts.code}`: prices in {', '.join(sorted(facts.currencies))} {tax} tax",
            f"{data.products.total_items} products, {data.stock_locations.total_items} stock locations",
        ]
        if not self.config.channel_token:
            notes.append("no `channel_token` is configured: Vendure's default channel answers")
        return Probe(version="not told (3.7 expected)", notes=tuple(notes))

    async def close(self) -> None:
        """Sessions end by themselves; the transport is not ours."""
