"""OrderCurrenciesPort: a location of Square's has one currency, and an order has one location.

Source: developer.squareup.com/reference/square/objects/Location, `currency` (read-only)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from adapters.square.client import SquareClient
from adapters.square.config import SquareConfig
from adapters.square.store import read_locations
from gateway.errors import AdapterError
from gateway.model.context import CallContext, ContextView
from gateway.ports.manifest import AdapterEnvironment
from gateway.ports.order import ANYWHERE


class Currencies:
    def __init__(self, env: AdapterEnvironment[SquareConfig], client: SquareClient) -> None:
        self._elsewhere = env.config.order_location
        self._client = client

    async def get_currencies(
        self, keys: Sequence[str], context: ContextView, call: CallContext
    ) -> Mapping[str, tuple[str, ...] | AdapterError]:
        """One request. An order that names no place is `order_location`'s."""
        known = {each.id: each.currency for each in await read_locations(self._client, call)}
        places = {key: self._elsewhere if key == ANYWHERE else key for key in keys}
        return {key: (currency,) for key, place in places.items() if (currency := known.get(place))}
