"""What the Vendure adapter says of itself."""

from __future__ import annotations

from adapters.vendure.accounts import ORDERS_BYTES
from adapters.vendure.adapter import VendureAdapter
from adapters.vendure.catalogue import PRODUCTS_BYTES
from adapters.vendure.config import VendureConfig
from gateway.kit.budgets import constant
from gateway.model.operation import OperationSpec
from gateway.ports.backend import Backend
from gateway.ports.manifest import AdapterEnvironment, Manifest, QualityTier

KEYS = 100
"""SKUs or ids per request. Admin lists hold 1,000 items; the answer's size is what limits."""

_IN_CHANNEL = frozenset({"channel", "language"})


TWO_REQUESTS = constant(2)
"""The search index, then the products it found."""


def create(environment: AdapterEnvironment[VendureConfig]) -> Backend:
    adapter = VendureAdapter(environment)
    return Backend(ports=(adapter,), probe=adapter, close=adapter.close)


MANIFEST = Manifest(
    name="vendure",
    title="Vendure 3",
    api_version="3.7 (admin and shop GraphQL APIs)",
    config=VendureConfig,
    create=create,
    tier=QualityTier.GOLD,
    key_fields=("sku",),
    errands=("login", "channel facts", "identity"),
    operations={
        "product.get_products": OperationSpec(
            vary_on=_IN_CHANNEL,
            max_keys=KEYS,
            time_to_live=60,
            stale_for=3600,
            max_response_bytes=PRODUCTS_BYTES,
        ),
        "product.list_products": OperationSpec(
            vary_on=_IN_CHANNEL,
            requests=TWO_REQUESTS,
            time_to_live=60,
            stale_for=3600,
            max_response_bytes=PRODUCTS_BYTES,
        ),
        "product.list_categories": OperationSpec(
            vary_on=_IN_CHANNEL, time_to_live=300, stale_for=3600, max_response_bytes=PRODUCTS_BYTES
        ),
        "product.list_collections": OperationSpec(
            vary_on=_IN_CHANNEL, time_to_live=300, stale_for=3600, max_response_bytes=PRODUCTS_BYTES
        ),
        "search.search": OperationSpec(
            vary_on=_IN_CHANNEL,
            requests=TWO_REQUESTS,
            time_to_live=30,
            stale_for=300,
            max_response_bytes=PRODUCTS_BYTES,
        ),
        "price.get_prices": OperationSpec(
            vary_on=frozenset({"channel", "currency"}), max_keys=KEYS, time_to_live=30, stale_for=300
        ),
        "stock.get_stock": OperationSpec(max_keys=KEYS, time_to_live=10, stale_for=60),
        "store.list_stores": OperationSpec(time_to_live=300, stale_for=86_400),
        "customer.find_customers": OperationSpec(personal=True, max_keys=KEYS, time_to_live=60),
        "order.list_orders": OperationSpec(personal=True, max_keys=1, max_response_bytes=ORDERS_BYTES),
        "order.get_orders": OperationSpec(personal=True, max_keys=KEYS, max_response_bytes=ORDERS_BYTES),
        "order.get_by_origin": OperationSpec(personal=True, max_keys=KEYS, max_response_bytes=ORDERS_BYTES),
    },
    unverified=(
        "Only Vendure's default order process is mapped; states of a customised one are UNKNOWN (the raw state is"
        " always there).",
        "Elasticsearch in place of the default search plugin speaks the same API but was not tried.",
    ),
)
