"""The adapter: every port it serves, each method handed to the module that reads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from adapters.square.client import SquareClient
from adapters.square.config import SquareConfig
from adapters.square.identifiers import Identifiers
from adapters.square.probe import compared
from adapters.square.reads.catalog import Catalog
from adapters.square.reads.customers import Customers
from adapters.square.reads.identity import Identity
from adapters.square.reads.loyalty import Loyalty
from adapters.square.reads.orders import Orders
from adapters.square.reads.prices import Prices
from adapters.square.reads.stock import Stock
from adapters.square.reads.stores import Stores, load_locations
from adapters.square.reads.variations import Variations
from adapters.square.webhooks import Webhooks
from adapters.square.wire.catalog import CatalogAnswer, TaxData
from gateway.errors import AdapterError, ConfigurationError
from gateway.kit.tables import Table
from gateway.model.catalog import Category, Collection, Product, ProductKey, ProductPage, ProductQuery
from gateway.model.context import CallContext, ContextView
from gateway.model.customers import (
    CustomerKey,
    CustomerRecord,
    LoyaltyAccount,
    LoyaltyEntryPage,
    LoyaltyEntryQuery,
    LoyaltyProgram,
)
from gateway.model.identity import NativeRef
from gateway.model.orders import Order, OrdersPage, OrdersQuery
from gateway.model.pricing import Price, PriceKey
from gateway.model.stock import StockKey, StockLevels
from gateway.model.stores import StoreRecord
from gateway.ports.backend import Probe
from gateway.ports.identity import IdentityAudit
from gateway.ports.manifest import AdapterEnvironment
from gateway.ports.webhooks import WebhookDelivery, WebhookEvent


class SquareAdapter:
    def __init__(self, env: AdapterEnvironment) -> None:
        config = env.config
        if not isinstance(config, SquareConfig):
            raise ConfigurationError("not a Square configuration", place=f"backends.{env.name}")
        self.name = env.name
        self._env = env
        self._config = config
        self._client = SquareClient(env.transport, config)
        self._identifiers = Identifiers(env, self._client, config)
        variations = Variations(env.name, self._client, self._identifiers)
        self._taxes = Table(self._load_taxes, config.table_seconds, env.clock)
        self._identity = Identity(env, self._client, self._identifiers)
        self._prices = Prices(env, config, variations, self._taxes)
        self._stock = Stock(env, self._client, self._identifiers, variations)
        self._stores = Stores(env, self._client)
        self._catalog = Catalog(env, config, self._client, self._identifiers)
        self._customers = Customers(env, config, self._client)
        self._loyalty = Loyalty(env, config, self._client, self._identifiers, self._customers)
        self._places = Table(self._load_places, config.table_seconds, env.clock)
        self._orders = Orders(env, config, self._client, self._identifiers, self._places.get)
        self._webhooks = Webhooks(config, self._identifiers.seen)

    async def probe(self, call: CallContext) -> Probe:
        """Reads the places, and compares them with what is configured."""
        locations = await load_locations(self._client, "probe", call)
        version = f"Square-Version {self._config.square_version}"
        return Probe(version, *compared(locations, self._config, self._env.locations))

    async def close(self) -> None:
        """Ends what is being loaded; the transport is the gateway's."""
        for table in (self._taxes, self._places, self._catalog.options, self._catalog.parents, self._loyalty.program):
            await table.close()

    def receive(self, delivery: WebhookDelivery) -> tuple[WebhookEvent, ...]:
        """Also forgets what this adapter itself keeps of what changed."""
        events = self._webhooks.receive(delivery)
        for event in events:
            if event.topic.startswith("catalog."):
                self._identifiers.catalog_changed()
                self._taxes.forget()
                self._catalog.options.forget()
                self._catalog.parents.forget()
            elif event.topic.startswith("loyalty.program."):
                self._loyalty.program.forget()
            elif event.topic.startswith("location."):
                self._places.forget()
        return events

    async def get_products(
        self, keys: Sequence[ProductKey], context: ContextView, call: CallContext
    ) -> Mapping[ProductKey, Product | AdapterError]:
        return await self._catalog.get_products(keys, context, call)

    async def list_products(self, query: ProductQuery, context: ContextView, call: CallContext) -> ProductPage:
        return await self._catalog.list_products(query, context, call)

    async def list_categories(self, query: None, context: ContextView, call: CallContext) -> tuple[Category, ...]:
        return await self._catalog.list_categories(query, context, call)

    async def list_collections(self, query: None, context: ContextView, call: CallContext) -> tuple[Collection, ...]:
        return await self._catalog.list_collections(query, context, call)

    async def get_prices(
        self, keys: Sequence[PriceKey], context: ContextView, call: CallContext
    ) -> Mapping[PriceKey, Price | AdapterError]:
        return await self._prices.get_prices(keys, context, call)

    async def price_context(
        self, keys: Sequence[NativeRef], context: ContextView, call: CallContext
    ) -> Mapping[NativeRef, str | AdapterError]:
        """Square has no price lists: nobody has a price context of their own."""
        return {}

    async def get_stock(
        self, keys: Sequence[StockKey], context: ContextView, call: CallContext
    ) -> Mapping[StockKey, StockLevels | AdapterError]:
        return await self._stock.get_stock(keys, context, call)

    async def list_stores(self, query: None, context: ContextView, call: CallContext) -> tuple[StoreRecord, ...]:
        return await self._stores.list_stores(query, context, call)

    async def find_customers(
        self, keys: Sequence[CustomerKey], context: ContextView, call: CallContext
    ) -> Mapping[CustomerKey, tuple[CustomerRecord, ...] | AdapterError]:
        return await self._customers.find_customers(keys, context, call)

    async def find_accounts(
        self, keys: Sequence[CustomerKey], context: ContextView, call: CallContext
    ) -> Mapping[CustomerKey, tuple[LoyaltyAccount, ...] | AdapterError]:
        return await self._loyalty.find_accounts(keys, context, call)

    async def list_entries(self, query: LoyaltyEntryQuery, context: ContextView, call: CallContext) -> LoyaltyEntryPage:
        return await self._loyalty.list_entries(query, context, call)

    async def list_programs(self, query: None, context: ContextView, call: CallContext) -> tuple[LoyaltyProgram, ...]:
        return await self._loyalty.list_programs(query, context, call)

    async def list_orders(self, query: OrdersQuery, context: ContextView, call: CallContext) -> OrdersPage:
        return await self._orders.list_orders(query, context, call)

    async def get_orders(
        self, keys: Sequence[NativeRef], context: ContextView, call: CallContext
    ) -> Mapping[NativeRef, Order | AdapterError]:
        return await self._orders.get_orders(keys, context, call)

    async def resolve(
        self, keys: Sequence[str], context: ContextView, call: CallContext
    ) -> Mapping[str, NativeRef | AdapterError]:
        return await self._identity.resolve(keys, context, call)

    async def audit(self, call: CallContext) -> IdentityAudit:
        return await self._identity.audit(call)

    async def _load_places(self, call: CallContext) -> Sequence[str]:
        return [each.id for each in await load_locations(self._client, "store.list_stores", call)]

    async def _load_taxes(self, call: CallContext) -> Mapping[str, TaxData]:
        taxes: dict[str, TaxData] = {}
        body = {"object_types": ["TAX"], "limit": 1000}
        async for page in self._client.pages("/v2/catalog/search", body, CatalogAnswer, "price.get_prices", call):
            taxes.update({each.id: each.tax_data for each in page.objects or () if each.tax_data})
        return taxes


def create(env: AdapterEnvironment) -> SquareAdapter:
    return SquareAdapter(env)
