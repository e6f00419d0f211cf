"""OrderCurrenciesPort: an order is in the currency of its price list, or of the company where there is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from adapters.odoo.price.prices import Prices
from gateway.errors import AdapterError
from gateway.model.context import CallContext, ContextView


class Currencies:
    def __init__(self, prices: Prices) -> None:
        self._prices = prices

    async def get_currencies(
        self, keys: Sequence[str], context: ContextView, call: CallContext
    ) -> Mapping[str, tuple[str, ...] | AdapterError]:
        """None but the tables of prices are read. Nothing is said where the market's list is not there: whoever asks
        for its prices hears that."""
        tables = await self._prices.tables.get(call, kept_is_enough=True)
        wanted = self._prices.list_for(context)
        known = tables.lists.get(wanted) if wanted is not None else None
        if wanted is not None and known is None:
            return {}
        return dict.fromkeys(keys, (tables.company_currency if known is None else known.currency,))
