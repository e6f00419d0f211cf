"""What this adapter says of itself: found by entry point `commerce_gateway.adapters`."""

from __future__ import annotations

from adapters.shopify.adapter import Shopify
from adapters.shopify.client import API_VERSION
from adapters.shopify.config import ShopifyConfig
from adapters.shopify.errors import throttle
from adapters.shopify.operations import OPERATIONS
from gateway.ports.manifest import Manifest, QualityTier

MANIFEST = Manifest(
    name="shopify",
    title="Shopify",
    api_version=API_VERSION,
    config=ShopifyConfig,
    create=Shopify,
    operations=OPERATIONS,
    throttle=throttle,
    tier=QualityTier.SILVER,
)
