"""What this adapter says of itself: found by entry point `commerce_gateway.adapters`."""

from __future__ import annotations

from adapters.shopify.adapter import create as connected
from adapters.shopify.client import API_VERSION
from adapters.shopify.config import ShopifyConfig
from adapters.shopify.errors import throttle
from adapters.shopify.operations import OPERATIONS
from adapters.shopify.webhooks import TOPICS
from gateway.ports.backend import Backend
from gateway.ports.manifest import AdapterEnvironment, Manifest, QualityTier


def create(environment: AdapterEnvironment[ShopifyConfig]) -> Backend:
    adapter = connected(environment)
    return Backend(ports=(adapter,), probe=adapter, webhooks=adapter, close=adapter.close)


MANIFEST = Manifest(
    name="shopify",
    title="Shopify",
    api_version=API_VERSION,
    config=ShopifyConfig,
    create=create,
    operations=OPERATIONS,
    throttle=throttle,
    cost_unit="point",
    tier=QualityTier.SILVER,
    unverified=(
        "What a query costs: the published rule is assumed (cost_scale).",
        "How many terms one search takes: 100 are sent.",
        "Which price a country outside every market gets: such countries are asked of Storefront and not priced.",
        "The shape of a Storefront refusal for a wrong token.",
        "Whether a private or a public Storefront token is wanted (storefront_token_kind).",
    ),
    webhook_topics=TOPICS,
    key_fields=("sku",),
    needs={"search": "storefront_token"},
)
