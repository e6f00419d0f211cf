"""Every document the adapter can send; those made for a number of keys stand here with two. The contract test holds
them to the vendor's schema."""

from __future__ import annotations

from adapters.shopify import customer as customers
from adapters.shopify import identity, probe, stock
from adapters.shopify import price as pricing
from adapters.shopify import store as stores
from adapters.shopify.client import Document
from adapters.shopify.identifiers import LOOK_UP
from adapters.shopify.order import documents as orders_documents
from adapters.shopify.product import admin as admin_catalog
from adapters.shopify.product import documents as storefront

DOCUMENTS: tuple[Document, ...] = (
    probe.SHOP,
    LOOK_UP,
    storefront.products_by_key(0),
    storefront.products_by_key(2),
    storefront.more_variants(2),
    storefront.more_variants(2, "admin"),
    storefront.PRODUCTS,
    storefront.COLLECTION_PRODUCTS,
    storefront.COLLECTIONS,
    storefront.SHOPFRONT,
    storefront.SEARCH,
    admin_catalog.PRODUCTS,
    admin_catalog.COLLECTION_PRODUCTS,
    admin_catalog.COLLECTIONS,
    admin_catalog.products_by_key(2),
    pricing.PRICES_BY_ID,
    pricing.PRICES_BY_SKU,
    pricing.COMPANY_PRICES_BY_ID,
    pricing.COMPANY_PRICES_BY_SKU,
    pricing.COMPANY_LOCATIONS,
    *stock.documents(0),
    *stock.documents(2),
    stores.LOCATIONS,
    customers.document(2),
    identity.ALL_VARIANTS,
    orders_documents.ORDERS,
    orders_documents.ORDERS_BY_ID,
    orders_documents.more_lines(2),
)
