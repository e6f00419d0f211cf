"""One shop as the gateway's ports. Each data domain lives in a module of its own; this is their common face."""

from __future__ import annotations

from adapters.shopify.catalog import Catalog, Shopfront
from adapters.shopify.client import Client
from adapters.shopify.config import ShopifyConfig
from adapters.shopify.identifiers import Identifiers
from adapters.shopify.probe import probe
from gateway.errors import ConfigurationError
from gateway.model.context import CallContext
from gateway.ports.domains import Probe
from gateway.ports.manifest import AdapterEnvironment


class Shopify:
    def __init__(self, env: AdapterEnvironment) -> None:
        if not isinstance(env.config, ShopifyConfig):
            raise ConfigurationError("is not this adapter's configuration", place=f"backends.{env.name}")
        self.name = env.name
        client = Client(env, env.config)
        identifiers = Identifiers(env, client)
        shopfront = Shopfront(env, client, env.config)
        catalog = Catalog(env, client, shopfront, identifiers)
        self.get_products = catalog.get_products
        self.list_products = catalog.list_products
        self.list_categories = catalog.list_categories
        self.list_collections = catalog.list_collections
        self._client = client
        self._config = env.config

    async def probe(self, call: CallContext) -> Probe:
        return await probe(self._client, self._config, call)

    async def close(self) -> None:
        """Nothing of its own is open: the transport is the gateway's."""
