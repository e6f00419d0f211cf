"""Whether the shop has what is configured."""

from __future__ import annotations

from adapters.vendure.client import GUARD
from adapters.vendure.config import VendureConfig
from adapters.vendure.errors import SilentDefaultChannel
from adapters.vendure.rows import Camel, Count, Items, WireId, custom_fields
from adapters.vendure.shop import Shop
from gateway.errors import CredentialsRefused, Mistake
from gateway.model.context import CallContext
from gateway.ports.backend import Probe

COLLECTION_IDS = f"""query CollectionIds($options: CollectionListOptions!) {{
  {GUARD}
  collections(options: $options) {{ items {{ id }} }}
}}"""


def one_of_everything(config: VendureConfig) -> str:
    """With the configured custom fields: a missing permission or field shows here."""
    barcode = custom_fields([config.barcode_field])
    ids, origin = custom_fields(config.customer_id_fields), custom_fields([config.order_origin_field])
    return f"""query Probe {{
  {GUARD}
  products(options: {{ take: 1 }}) {{ totalItems items {{ variants {{ id {barcode} }} }} }}
  customers(options: {{ take: 1 }}) {{ totalItems items {{ id {ids} }} }}
  orders(options: {{ take: 1 }}) {{ totalItems items {{ id {origin} }} }}
  stockLocations(options: {{ take: 1 }}) {{ totalItems }}
}}"""


class ProbeData(Camel, frozen=True):
    products: Count
    customers: Count
    orders: Count
    stock_locations: Count


class CollectionIds(Camel, frozen=True):
    collections: Items[WireId]


class ShopProbe:
    def __init__(self, shop: Shop) -> None:
        self._shop = shop

    async def probe(self, call: CallContext) -> Probe:
        """Reads one of everything the adapter serves, then what each configured channel is. Vendure does not tell its
        version."""
        config = self._shop.config
        data = await self._shop.client.ask(one_of_everything(config), ProbeData, call)
        notes = [f"{data.products.total_items} products, {data.stock_locations.total_items} stock locations"]
        problems: list[Mistake] = []
        for name, token in {"": config.channel_token, **config.channels}.items():
            try:
                facts = await self._shop.facts.get(token, call)
            except (SilentDefaultChannel, CredentialsRefused) as error:
                if not name:
                    raise
                problems.append(Mistake(message=f"no such channel there: {error.detail}", place=f"channels.{name}"))
                continue
            tax = "including" if facts.prices_include_tax else "excluding"
            serves = f" (for `{name}`)" if name else ""
            notes.append(f"channel `{facts.code}`{serves}: prices in {', '.join(sorted(facts.currencies))} {tax} tax")
        if not config.channel_token:
            notes.append("no `channel_token` is configured: Vendure's default channel answers")
        problems += await self._unknown_sets(call)
        return Probe(version="not told (3.7 expected)", notes=tuple(notes), problems=tuple(problems))

    async def _unknown_sets(self, call: CallContext) -> list[Mistake]:
        """Collections that the configuration names and the shop does not have."""
        wanted = self._shop.config.merchandised
        if not wanted:
            return []
        options = {"take": len(wanted), "filter": {"id": {"in": list(wanted)}}}
        found = await self._shop.client.ask(COLLECTION_IDS, CollectionIds, call, {"options": options})
        known = {item.id for item in found.collections.items}
        return [
            Mistake(message=f"the shop has no collection `{each}`", place=f"merchandised[{index}]", value=each)
            for index, each in enumerate(wanted)
            if each not in known
        ]
