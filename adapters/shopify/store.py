"""StorePort: all places of the shop, inactive ones too. The vendor knows neither opening hours nor a time zone; hours
may stand in a metafield, as people wrote them."""

from __future__ import annotations

from adapters.shopify.client import Client, Document
from adapters.shopify.config import ShopifyConfig
from adapters.shopify.shapes import Node
from gateway.kit.graphql import RelayNodes
from gateway.kit.places import geo_point
from gateway.kit.readings import Reading
from gateway.model.context import CallContext, ContextView
from gateway.model.stores import Address, StoreRecord
from gateway.ports.manifest import AdapterEnvironment

PAGE = 200
POINTS = 4

LOCATIONS = Document(
    "admin",
    "Locations",
    "query Locations($first:Int! $after:String $namespace:String! $key:String!)"
    "{locations(first:$first after:$after includeInactive:true){pageInfo{hasNextPage endCursor}"
    " nodes{id name isActive fulfillsOnlineOrders shipsInventory localPickupSettingsV2{instructions}"
    " address{address1 address2 city province countryCode zip phone latitude longitude}"
    " metafield(namespace:$namespace key:$key){value}}}}",
)


class _Address(Node, frozen=True, kw_only=True):
    address1: str | None = None
    address2: str | None = None
    city: str | None = None
    province: str | None = None
    country_code: str | None = None
    zip: str | None = None
    phone: str | None = None
    latitude: float | None = None
    longitude: float | None = None


class _Pickup(Node, frozen=True, kw_only=True):
    instructions: str


class _Metafield(Node, frozen=True, kw_only=True):
    value: str


class _Location(Node, frozen=True, kw_only=True):
    id: str
    name: str
    is_active: bool
    fulfills_online_orders: bool
    ships_inventory: bool
    address: _Address
    local_pickup_settings_v2: _Pickup | None = None
    metafield: _Metafield | None = None


class _Answer(Node, frozen=True, kw_only=True):
    locations: RelayNodes[_Location]


class Stores:
    def __init__(self, env: AdapterEnvironment[ShopifyConfig], client: Client) -> None:
        self._env = env
        self._client = client

    async def list_stores(self, query: None, context: ContextView, call: CallContext) -> tuple[StoreRecord, ...]:
        namespace, _, key = self._env.config.hours_metafield.partition(".")
        where = {"namespace": namespace, "key": key}
        found = await self._client.every(
            LOCATIONS, where, _Answer, lambda answer: answer.locations, call, points=POINTS, first=PAGE
        )
        reading = Reading.now(self._env)
        return tuple(_record(location, reading) for location in found)


def _record(location: _Location, reading: Reading) -> StoreRecord:
    address = location.address
    services = {
        "pickup": location.local_pickup_settings_v2 is not None,
        "online_orders": location.fulfills_online_orders,
        "ship": location.ships_inventory,
    }
    return StoreRecord(
        ref=reading.ref(location.id),
        name=location.name,
        freshness=reading.freshness,
        address=Address(
            lines=tuple(line for line in (address.address1, address.address2) if line),
            city=address.city or None,
            region=address.province or None,
            postal_code=address.zip or None,
            country=address.country_code or None,
        ),
        point=geo_point(address.latitude, address.longitude),
        phone=address.phone or None,
        services=tuple(name for name, offered in services.items() if offered),
        active=location.is_active,
        pickup=location.local_pickup_settings_v2 is not None,
        unparsed_hours=location.metafield.value if location.metafield else None,
    )
