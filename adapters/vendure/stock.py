"""`StockPort`: what lies at stock locations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from adapters.vendure.facts import ChannelFacts
from adapters.vendure.rows import Camel
from adapters.vendure.shop import Shop
from adapters.vendure.variants import Variants, VariantsData, WireSku, on_sale, variants_query
from gateway.errors import AdapterError
from gateway.kit.keyed import answered
from gateway.kit.readings import Reading
from gateway.model.context import CallContext, ContextView
from gateway.model.stock import StockKey, StockLevel, StockLevels, Tracking

STOCK = variants_query(
    "trackInventory useGlobalOutOfStockThreshold outOfStockThreshold"
    " stockLevels { stockLocationId stockOnHand stockAllocated }"
)


class WireStockLevel(Camel, frozen=True):
    stock_location_id: str
    stock_on_hand: int
    stock_allocated: int


class WireStock(WireSku, frozen=True):
    track_inventory: str
    use_global_out_of_stock_threshold: bool
    out_of_stock_threshold: int
    stock_levels: tuple[WireStockLevel, ...]


StockData = VariantsData[WireStock]


class Stock:
    def __init__(self, shop: Shop, variants: Variants) -> None:
        self._shop = shop
        self._variants = variants

    async def get_stock(
        self, keys: Sequence[StockKey], context: ContextView, call: CallContext
    ) -> Mapping[StockKey, StockLevels | AdapterError]:
        """One request. Goods count whether or not their variant is for sale."""
        wanted = self._variants.named(key.variant for key in keys)
        if wanted is None:
            return {}
        facts = await self._shop.facts.get(self._shop.config.channel_token, call)
        bearers = self._variants.by_key(await self._variants.read(STOCK, StockData, wanted, call))
        reading = self._shop.reading()
        return answered(
            keys,
            lambda key: bearers.one(key.variant, prefer=on_sale),
            lambda key, found: stock_levels(found, key.locations, facts, reading),
        )


def stock_levels(wire: WireStock, locations: Sequence[str], facts: ChannelFacts, reading: Reading) -> StockLevels:
    """What can be sold at a location is what Vendure itself would allocate there: on hand, less allocated, less the
    out-of-stock threshold (negative where back orders are allowed)."""
    tracked = wire.track_inventory == "TRUE" or (wire.track_inventory == "INHERIT" and facts.track_inventory)
    threshold = facts.out_of_stock_threshold if wire.use_global_out_of_stock_threshold else wire.out_of_stock_threshold
    levels: dict[str, StockLevel] = {}
    for level in wire.stock_levels:
        if level.stock_location_id not in locations:
            continue
        levels[level.stock_location_id] = StockLevel(
            location=level.stock_location_id,
            tracking=Tracking.TRACKED if tracked else Tracking.UNTRACKED,
            freshness=reading.freshness,
            available=Decimal(level.stock_on_hand - level.stock_allocated - threshold) if tracked else None,
            on_hand=Decimal(level.stock_on_hand) if tracked else None,
        )
    return StockLevels(levels)
