"""One shop as the gateway's ports. Each data domain lives in a module of its own; this is their common face."""

from __future__ import annotations

from adapters.shopify import webhooks
from adapters.shopify.client import Client
from adapters.shopify.config import ShopifyConfig
from adapters.shopify.customer import Customers
from adapters.shopify.identifiers import Identifiers
from adapters.shopify.identity import Identity
from adapters.shopify.order.orders import Orders
from adapters.shopify.price import Pricing
from adapters.shopify.probe import probe
from adapters.shopify.product.admin import AdminCatalog
from adapters.shopify.product.storefront import Catalog
from adapters.shopify.search import Search
from adapters.shopify.shopfront import Shopfront
from adapters.shopify.stock import Stock
from adapters.shopify.store import Stores
from adapters.shopify.variants import Variants
from gateway.errors import ConfigurationError
from gateway.model.context import CallContext, ContextView
from gateway.model.search import SearchCapabilities, SearchPage, SearchQuery
from gateway.ports.backend import Probe
from gateway.ports.manifest import AdapterEnvironment
from gateway.ports.webhooks import WebhookDelivery, WebhookEvent


class Shopify:
    """Everything but search, which needs a Storefront token."""

    def __init__(self, env: AdapterEnvironment) -> None:
        config = env.config
        if not isinstance(config, ShopifyConfig):
            raise ConfigurationError("is not this adapter's configuration", place=f"backends.{env.name}")
        if env.key_rule.field not in ("", "sku"):
            raise ConfigurationError("the key is the variant's `sku`", place=f"identity.{env.name}.field")
        self.name = env.name
        self._config = config
        self._client = client = Client(env, config)
        self._identifiers = identifiers = Identifiers(env, client)
        self._shopfront = shopfront = Shopfront(env, client, config)
        variants = Variants(env.name, client, identifiers, env.key_rule)
        shoppers = Catalog(env, shopfront, identifiers)
        catalog = shoppers if client.has_storefront else AdminCatalog(env, client, config, identifiers)
        self.get_products = catalog.get_products
        self.list_products = catalog.list_products
        self.list_categories = catalog.list_categories
        self.list_collections = catalog.list_collections
        self._search = Search(shopfront, shoppers, config.option_facets)
        pricing = Pricing(env, client, config, shopfront, variants)
        self.get_prices = pricing.get_prices
        self.price_context = pricing.price_context
        self.get_stock = Stock(env, variants).get_stock
        self.list_stores = Stores(env, client, config).list_stores
        customers = Customers(env, client, config)
        self.find_customers = customers.find_customers
        self.get_consents = customers.get_consents
        orders = Orders(env, client, config)
        self.list_orders = orders.list_orders
        self.get_orders = orders.get_orders
        self.get_by_origin = orders.get_by_origin
        identity = Identity(env, client, identifiers)
        self.resolve = identity.resolve
        self.audit = identity.audit

    async def probe(self, call: CallContext) -> Probe:
        return await probe(self._client, self._config, self._shopfront, call)

    async def close(self) -> None:
        """Nothing of its own is open: the transport is the gateway's."""

    def receive(self, delivery: WebhookDelivery) -> tuple[WebhookEvent, ...]:
        return webhooks.receive(delivery, self._config.webhook_secret, self._identifiers.named_by_item)


class ShopifyWithStorefront(Shopify):
    @property
    def search_capabilities(self) -> SearchCapabilities:
        return self._search.capabilities

    async def search(self, query: SearchQuery, context: ContextView, call: CallContext) -> SearchPage:
        return await self._search.search(query, context, call)


def create(env: AdapterEnvironment) -> Shopify:
    """A shop without a Storefront token has no search."""
    config = env.config
    with_storefront = isinstance(config, ShopifyConfig) and config.storefront_token is not None
    return ShopifyWithStorefront(env) if with_storefront else Shopify(env)
