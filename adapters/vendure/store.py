"""`StorePort`: stock locations."""

from __future__ import annotations

from adapters.vendure.client import GUARD
from adapters.vendure.rows import Camel, Page, WireNamed
from adapters.vendure.shop import Shop
from gateway.model.context import CallContext, ContextView
from gateway.model.stores import StoreRecord

LOCATIONS = f"""query Locations($options: StockLocationListOptions!) {{
  {GUARD}
  stockLocations(options: $options) {{ totalItems items {{ id name }} }}
}}"""


class LocationsData(Camel, frozen=True):
    stock_locations: Page[WireNamed]


class Stores:
    def __init__(self, shop: Shop) -> None:
        self._shop = shop

    async def list_stores(self, query: None, context: ContextView, call: CallContext) -> tuple[StoreRecord, ...]:
        """A stock location has a name and nothing else a customer could use."""
        found = await self._shop.every(
            LOCATIONS, LocationsData, lambda data: data.stock_locations, lambda row: row.id, "id", call
        )
        reading = self._shop.reading()
        return tuple(StoreRecord(reading.ref(each.id), each.name, reading.freshness) for each in found)
