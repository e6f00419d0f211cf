"""One Vendure shop behind the ports."""

from __future__ import annotations

from adapters.vendure import documents
from adapters.vendure.accounts import AccountReader
from adapters.vendure.errors import SilentDefaultChannel
from adapters.vendure.offers import OfferReader
from adapters.vendure.search import SearchReader
from adapters.vendure.wire.channel import CollectionIds, ProbeData
from gateway.errors import CredentialsRefused, Mistake
from gateway.model.context import CallContext
from gateway.ports.backend import Probe


class VendureAdapter(SearchReader, OfferReader, AccountReader):
    async def probe(self, call: CallContext) -> Probe:
        """Reads one of everything the adapter serves, then what each configured channel is. Vendure does not tell its
        version."""
        config = self.config
        document = documents.probe(config.barcode_field, config.customer_id_fields, config.order_origin_field)
        data = await self.ask(document, ProbeData, call, operation="probe")
        notes = [f"{data.products.total_items} products, {data.stock_locations.total_items} stock locations"]
        problems: list[Mistake] = []
        for name, token in {"": config.channel_token, **config.channels}.items():
            try:
                facts = await self.facts.get(token, call)
            except (SilentDefaultChannel, CredentialsRefused) as error:
                if not name:
                    raise
                problems.append(Mistake(message=f"no such channel there: {error.detail}", place=f"channels.{name}"))
                continue
            tax = "including" if facts.prices_include_tax else "excluding"
            serves = f" (for `{name}`)" if name else ""
            notes.append(f"channel `{facts.code}`{serves}: prices in {', '.join(sorted(facts.currencies))} {tax} tax")
        if not self.config.channel_token:
            notes.append("no `channel_token` is configured: Vendure's default channel answers")
        problems += await self._unknown_sets(call)
        return Probe(version="not told (3.7 expected)", notes=tuple(notes), problems=tuple(problems))

    async def _unknown_sets(self, call: CallContext) -> list[Mistake]:
        """Collections that the configuration names and the shop does not have."""
        wanted = self.config.merchandised
        if not wanted:
            return []
        options = {"take": len(wanted), "filter": {"id": {"in": list(wanted)}}}
        found = await self.ask(
            documents.COLLECTION_IDS, CollectionIds, call, operation="probe", variables={"options": options}
        )
        known = {item.id for item in found.collections.items}
        return [
            Mistake(message=f"the shop has no collection `{each}`", place=f"merchandised[{index}]", value=each)
            for index, each in enumerate(wanted)
            if each not in known
        ]

    async def close(self) -> None:
        """Ends what is being loaded. Sessions end by themselves; the transport is not ours."""
        await self.facts.close()
