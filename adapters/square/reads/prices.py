"""PricePort: what a till charges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from adapters.square.config import SquareConfig
from adapters.square.mapping.money import treatment
from adapters.square.mapping.prices import price
from adapters.square.reads.variations import Known, Variations
from adapters.square.wire.catalog import TaxData
from gateway.errors import AdapterError
from gateway.kit.keyed import answered
from gateway.kit.readings import Reading
from gateway.kit.tables import Table
from gateway.model.context import CallContext, ContextView
from gateway.model.pricing import Price, PriceKey
from gateway.ports.manifest import AdapterEnvironment

OPERATION = "price.get_prices"


class Prices:
    def __init__(
        self,
        env: AdapterEnvironment,
        config: SquareConfig,
        variations: Variations,
        taxes: Table[Mapping[str, TaxData]],
    ) -> None:
        self._env = env
        self._config = config
        self._variations = variations
        self._taxes = taxes

    async def get_prices(
        self, keys: Sequence[PriceKey], context: ContextView, call: CallContext
    ) -> Mapping[PriceKey, Price | AdapterError]:
        """One request per 1,000 SKUs, identifiers and taxes cached. Square has no sales units: a key with a unit is
        not sold here."""
        keys = [key for key in keys if key.unit is None]
        known = await self._variations.read(list(dict.fromkeys(key.variant for key in keys)), OPERATION, call)
        priced = any(not isinstance(entry, AdapterError) for entry in known.values())
        taxes: Mapping[str, TaxData] = await self._taxes.get(call) if priced else {}
        location = self._config.store_locations.get(context.store or "")
        currency = context.currency
        freshness = Reading.now(self._env).freshness

        def charged(key: PriceKey, found: Known) -> Price | AdapterError | None:
            how = treatment(found.item, taxes)
            return price(found.variation, location, currency, key.quantity, how, freshness)

        return answered(keys, lambda key: known.get(key.variant), charged)
