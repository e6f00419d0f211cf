"""StorePort: all places of the shop, inactive ones too. The vendor knows neither opening hours nor a time zone; hours
may stand in a metafield, as people wrote them."""

from __future__ import annotations

from adapters.shopify.client import Client, Document
from adapters.shopify.config import ShopifyConfig
from adapters.shopify.product.rows import Node, Page
from gateway.errors import ConfigurationError
from gateway.model.context import CallContext, ContextView
from gateway.model.freshness import Freshness
from gateway.model.identity import NativeRef
from gateway.model.stores import Address, GeoPoint, StoreRecord
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
    locations: Page[_Location]


class Stores:
    def __init__(self, env: AdapterEnvironment, client: Client, config: ShopifyConfig) -> None:
        self._env = env
        self._client = client
        self._namespace, dot, self._key = config.hours_metafield.partition(".")
        if not dot:
            raise ConfigurationError("must be `namespace.key`", place=f"backends.{env.name}.hours_metafield")

    async def list_stores(self, query: None, context: ContextView, call: CallContext) -> tuple[StoreRecord, ...]:
        found: list[_Location] = []
        after: str | None = None
        while True:
            first = self._client.costs.pieces(LOCATIONS.name, POINTS, PAGE)
            answer = await self._client.ask(
                LOCATIONS,
                {"first": first, "after": after, "namespace": self._namespace, "key": self._key},
                _Answer,
                operation="store.list_stores",
                call=call,
                points=float(POINTS * first),
            )
            found.extend(answer.locations.nodes)
            after = answer.locations.page_info.end_cursor
            if not answer.locations.page_info.has_next_page or after is None:
                break
        freshness = Freshness(self._env.name, self._env.clock())
        return tuple(self._record(location, freshness) for location in found)

    def _record(self, location: _Location, freshness: Freshness) -> StoreRecord:
        address = location.address
        located = address.latitude is not None and address.longitude is not None
        services = {
            "pickup": location.local_pickup_settings_v2 is not None,
            "online_orders": location.fulfills_online_orders,
            "ship": location.ships_inventory,
        }
        return StoreRecord(
            ref=NativeRef(self._env.name, location.id),
            name=location.name,
            freshness=freshness,
            address=Address(
                lines=tuple(line for line in (address.address1, address.address2) if line),
                city=address.city or None,
                region=address.province or None,
                postal_code=address.zip or None,
                country=address.country_code or None,
            ),
            point=GeoPoint(address.latitude or 0.0, address.longitude or 0.0) if located else None,
            phone=address.phone or None,
            services=tuple(name for name, offered in services.items() if offered),
            active=location.is_active,
            pickup=location.local_pickup_settings_v2 is not None,
            unparsed_hours=location.metafield.value if location.metafield else None,
        )
