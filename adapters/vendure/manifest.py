"""What the Vendure adapter says of itself."""

from __future__ import annotations

from adapters.vendure.basket.promotions import Offers
from adapters.vendure.basket.shipping import Delivery
from adapters.vendure.config import VendureConfig
from adapters.vendure.customer import Customers
from adapters.vendure.ensuring import TRUSTED_SECONDS, CustomerDesk
from adapters.vendure.identity import Identity
from adapters.vendure.order.orders import Orders
from adapters.vendure.order.writing import OrderDesk
from adapters.vendure.price import Prices
from adapters.vendure.probe import ShopProbe
from adapters.vendure.product.categories import Categories
from adapters.vendure.product.products import Products
from adapters.vendure.search import Search
from adapters.vendure.shop import Shop
from adapters.vendure.stock import Stock
from adapters.vendure.store import Stores
from adapters.vendure.variants import VARIANTS_BYTES, Variants
from gateway.kit.budgets import constant
from gateway.model.operation import MEBIBYTE, OperationSpec
from gateway.ports.backend import Backend
from gateway.ports.manifest import AdapterEnvironment, Manifest, QualityTier
from gateway.ports.order import Amounts, OrderWriting, Placement, TellsPayment
from gateway.ports.writes import FindKind, WriteSpec

KEYS = 100
"""SKUs or ids per request. Admin lists hold 1,000 items; the answer's size is what limits."""

PRODUCTS_BYTES = 8 * MEBIBYTE
ORDERS_BYTES = 8 * MEBIBYTE

_IN_CHANNEL = frozenset({"channel", "language"})


TWO_REQUESTS = constant(2)
"""The search index, then the products it found."""


def create(env: AdapterEnvironment[VendureConfig]) -> Backend:
    shop = Shop(env)
    variants, products, customers = Variants(shop), Products(shop), Customers(shop)
    return Backend(
        ports=(
            products,
            Categories(shop),
            Search(shop, products),
            Prices(shop, variants),
            Stock(shop, variants),
            Stores(shop),
            customers,
            CustomerDesk(shop, customers),
            Orders(shop),
            OrderDesk(shop, variants),
            Identity(shop, variants),
            Offers(shop, variants),
            Delivery(shop, variants),
        ),
        probe=ShopProbe(shop),
        close=shop.facts.close,
    )


MANIFEST = Manifest(
    name="vendure",
    title="Vendure 3",
    api_version="3.7 (admin and shop GraphQL APIs)",
    config=VendureConfig,
    create=create,
    tier=QualityTier.GOLD,
    ordering=OrderWriting(
        placement=Placement.OWNER_DECIDES,
        amounts=Amounts.OWN,
        payment=TellsPayment.MANUAL,
        dry_run=True,
    ),
    writes={
        "customer.ensure_customer": WriteSpec(find=FindKind.REPLAY, by_key=TRUSTED_SECONDS),
        **{
            name: WriteSpec(vary_on=frozenset({"channel"}), find=FindKind.EXACT)
            for name in ("order.place_order", "order.cancel_order")
        },
    },
    key_fields=("sku",),
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
            vary_on=frozenset({"channel", "currency"}),
            max_keys=KEYS,
            time_to_live=30,
            stale_for=300,
            max_response_bytes=VARIANTS_BYTES,
        ),
        "stock.get_stock": OperationSpec(
            max_keys=KEYS, time_to_live=10, stale_for=60, max_response_bytes=VARIANTS_BYTES
        ),
        "store.list_stores": OperationSpec(time_to_live=300, stale_for=86_400),
        "customer.find_customers": OperationSpec(personal=True, max_keys=KEYS, time_to_live=60),
        "order.list_orders": OperationSpec(personal=True, max_keys=1, max_response_bytes=ORDERS_BYTES),
        "order.get_orders": OperationSpec(personal=True, max_keys=KEYS, max_response_bytes=ORDERS_BYTES),
        "order.get_by_origin": OperationSpec(personal=True, max_keys=KEYS, max_response_bytes=ORDERS_BYTES),
        # The lines' variants, a draft order, and all the rest in one. Not repeated: a draft would be left behind.
        "promotion.evaluate": OperationSpec(
            vary_on=_IN_CHANNEL | {"currency"},
            personal=True,
            requests=constant(3),
            timeout=10.0,
            max_response_bytes=ORDERS_BYTES,
            idempotent=False,
        ),
        "order.preview_order": OperationSpec(
            vary_on=frozenset({"channel"}), personal=True, requests=constant(4), timeout=10.0, idempotent=False
        ),
        "order.get_currencies": OperationSpec(
            vary_on=frozenset({"channel"}), requests=constant(0), time_to_live=300, stale_for=3600
        ),
        "shipping.list_options": OperationSpec(
            vary_on=_IN_CHANNEL | {"currency"}, personal=True, requests=TWO_REQUESTS
        ),
    },
    unverified=(
        "Only Vendure's default order process is mapped; states of a customised one are UNKNOWN (the raw state is"
        " always there).",
        "Elasticsearch in place of the default search plugin speaks the same API but was not tried.",
    ),
)
