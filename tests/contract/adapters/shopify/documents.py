"""Every document the adapter can send; those made for a number of keys stand here with two. The contract test holds
them to the vendor's schema."""

from __future__ import annotations

from adapters.shopify import committing, customer, ensuring, identity, price, probe, search, shopfront, stock, store
from adapters.shopify.basket import documents as basket
from adapters.shopify.client import Document
from adapters.shopify.identifiers import LOOK_UP
from adapters.shopify.order import currencies, writing
from adapters.shopify.order import documents as order
from adapters.shopify.product import documents as product

DOCUMENTS: tuple[Document, ...] = (
    probe.SHOP,
    LOOK_UP,
    product.products_by_key(0),
    product.products_by_key(2),
    product.more_variants(2),
    product.admin_more_variants(2),
    product.PRODUCTS,
    product.COLLECTION_PRODUCTS,
    product.COLLECTIONS,
    product.PRODUCT_TEXTS,
    shopfront.SHOPFRONT,
    search.SEARCH,
    product.ADMIN_PRODUCTS,
    product.ADMIN_COLLECTION_PRODUCTS,
    product.ADMIN_COLLECTIONS,
    product.admin_products_by_key(2),
    price.PRICES_BY_ID,
    price.PRICES_BY_SKU,
    price.COMPANY_PRICES_BY_ID,
    price.COMPANY_PRICES_BY_SKU,
    price.COMPANY_LOCATIONS,
    *stock.documents(0),
    *stock.documents(2),
    store.LOCATIONS,
    customer.document(2),
    identity.ALL_VARIANTS,
    order.ORDERS,
    order.ORDERS_BY_ID,
    order.more_lines(2),
    writing.CREATE,
    currencies.SHOP_CURRENCY,
    ensuring.CREATE,
    writing.FIND,
    writing.CANCEL,
    committing.COMMIT,
    basket.PROMOTIONS,
    basket.RATES,
    basket.TAXES,
    basket.codes_document(2),
)
