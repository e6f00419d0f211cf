"""StorePort, and which places an account has."""

from __future__ import annotations

from adapters.square.client import SquareClient
from adapters.square.mapping.places import store
from adapters.square.wire.places import Location, LocationsAnswer
from gateway.kit.readings import Reading
from gateway.model.context import CallContext, ContextView
from gateway.model.stores import StoreRecord
from gateway.ports.manifest import AdapterEnvironment

OPERATION = "store.list_stores"


async def load_locations(client: SquareClient, operation: str, call: CallContext) -> tuple[Location, ...]:
    """All of them, inactive ones too, in one request."""
    return (await client.get("/v2/locations", LocationsAnswer, operation, call)).locations or ()


class Stores:
    def __init__(self, env: AdapterEnvironment, client: SquareClient) -> None:
        self._env = env
        self._client = client

    async def list_stores(self, query: None, context: ContextView, call: CallContext) -> tuple[StoreRecord, ...]:
        locations = await load_locations(self._client, OPERATION, call)
        freshness = Reading.now(self._env).freshness
        return tuple(store(each, freshness) for each in locations)
