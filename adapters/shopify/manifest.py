"""What this adapter says of itself: found by entry point `commerce_gateway.adapters`. Request counts hold when
identifiers are remembered; one more search per hundred SKUs or barcodes otherwise, and one more for all products of an
answer that have over a hundred variants."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.shopify.basket.delivery import Delivery
from adapters.shopify.basket.drafts import Drafts
from adapters.shopify.basket.promotions import Offers
from adapters.shopify.client import API_VERSION, Client
from adapters.shopify.committing import KEY_LIVES, StockCommitments
from adapters.shopify.config import ShopifyConfig
from adapters.shopify.cost import fitting
from adapters.shopify.customer import Customers
from adapters.shopify.ensuring import TRUSTED_SECONDS, CustomerDesk
from adapters.shopify.errors import throttle
from adapters.shopify.identifiers import Identifiers
from adapters.shopify.identity import Identity
from adapters.shopify.order.currencies import Currencies
from adapters.shopify.order.documents import LINE_POINTS, ORDER_POINTS
from adapters.shopify.order.orders import BY_ID_LINES, ROWS, TERMS, Orders
from adapters.shopify.order.writing import OrderDesk
from adapters.shopify.price import BREAK_POINTS, POINTS, Prices
from adapters.shopify.probe import ShopProbe
from adapters.shopify.product.admin import AdminProducts
from adapters.shopify.product.groups import ShopperGroups
from adapters.shopify.product.keys import ProductKeys
from adapters.shopify.product.storefront import ShopperProducts
from adapters.shopify.search import Search
from adapters.shopify.shopfront import Shopfront
from adapters.shopify.stock import Stock, item_points
from adapters.shopify.store import Stores
from adapters.shopify.variants import Variants
from adapters.shopify.webhooks import TOPICS, Webhooks
from gateway.kit.budgets import Budget, constant, per, plus, when
from gateway.model.operation import MEBIBYTE, OperationSpec
from gateway.ports.backend import Backend
from gateway.ports.customer import ENSURE_CUSTOMER, FIND_CUSTOMERS, GET_CONSENTS
from gateway.ports.manifest import AdapterEnvironment, Manifest, QualityTier
from gateway.ports.order import (
    CANCEL_ORDER,
    GET_BY_ORIGIN,
    GET_CURRENCIES,
    GET_ORDERS,
    LIST_ORDERS,
    PLACE_ORDER,
    PREVIEW_ORDER,
    Amounts,
    OrderWriting,
    Placement,
    TellsPayment,
)
from gateway.ports.price import GET_PRICES, PRICE_CONTEXT
from gateway.ports.product import GET_PRODUCTS, LIST_CATEGORIES, LIST_COLLECTIONS, LIST_PRODUCTS
from gateway.ports.promotion import EVALUATE
from gateway.ports.search import SEARCH
from gateway.ports.shipping import LIST_OPTIONS
from gateway.ports.stock import COMMIT_STOCK, GET_STOCK, RESTOCK
from gateway.ports.store import LIST_STORES
from gateway.ports.tax import CALCULATE
from gateway.ports.writes import FindKind, WriteSpec

_SHOWN = frozenset({"country", "language"})
_BOUGHT = frozenset({"country", "currency"})
_LARGE = 8 * MEBIBYTE
_HUNDREDS = per(100)


def _fitting(points: int) -> Budget:
    return per(fitting(points, 100))


def stock_requests(keys: int, axes: Mapping[str, int]) -> int:
    """`locations` are the places asked for; without it, a dozen."""
    return _fitting(item_points(axes.get("locations", 12)))(keys, axes)


OPERATIONS: Mapping[str, OperationSpec] = {
    GET_PRODUCTS.name: OperationSpec(
        vary_on=_SHOWN,
        # `translated`: in another language than the shop's own the originals are read beside.
        requests=when("translated", plus(_HUNDREDS, _HUNDREDS), _HUNDREDS),
        time_to_live=60.0,
        stale_for=600.0,
        max_response_bytes=_LARGE,
    ),
    LIST_PRODUCTS.name: OperationSpec(vary_on=_SHOWN, time_to_live=60.0, stale_for=600.0, max_response_bytes=_LARGE),
    LIST_CATEGORIES.name: OperationSpec(vary_on=_SHOWN, time_to_live=300.0, stale_for=3600.0),
    LIST_COLLECTIONS.name: OperationSpec(vary_on=_SHOWN, time_to_live=300.0, stale_for=3600.0),
    SEARCH.name: OperationSpec(vary_on=_SHOWN, time_to_live=30.0, max_response_bytes=_LARGE),
    GET_PRICES.name: OperationSpec(
        vary_on=frozenset({"country", "currency", "price_group"}),
        # `company`: a company location's prices bring their quantity breaks. `fresh`: the countries are asked for too.
        requests=plus(when("company", _fitting(POINTS + BREAK_POINTS), _fitting(POINTS)), when("fresh", constant(1))),
        time_to_live=30.0,
        stale_for=300.0,
    ),
    PRICE_CONTEXT.name: OperationSpec(personal=True, requests=_HUNDREDS, time_to_live=300.0),
    GET_STOCK.name: OperationSpec(axes={"locations": 100}, requests=stock_requests, time_to_live=5.0, stale_for=60.0),
    LIST_STORES.name: OperationSpec(time_to_live=300.0, stale_for=3600.0),
    FIND_CUSTOMERS.name: OperationSpec(personal=True, requests=_HUNDREDS, time_to_live=10.0),
    GET_CONSENTS.name: OperationSpec(personal=True, requests=_HUNDREDS),
    # Orders: one more request where they have more lines than fit beside them; `first` is the page.
    LIST_ORDERS.name: OperationSpec(
        personal=True, requests=plus(per(ROWS, lambda keys, axes: axes.get("first", keys)), constant(1))
    ),
    GET_ORDERS.name: OperationSpec(
        personal=True, requests=plus(per(fitting(ORDER_POINTS + BY_ID_LINES * LINE_POINTS, 250)), constant(1))
    ),
    GET_BY_ORIGIN.name: OperationSpec(personal=True, requests=plus(per(TERMS), constant(1))),
    PREVIEW_ORDER.name: OperationSpec(personal=True, requests=constant(0)),
    GET_CURRENCIES.name: OperationSpec(time_to_live=3600.0, stale_for=86_400.0),
    # One calculation, however many lines; one more question where codes did nothing.
    EVALUATE.name: OperationSpec(vary_on=_BOUGHT, personal=True, requests=constant(2), max_response_bytes=_LARGE),
    LIST_OPTIONS.name: OperationSpec(vary_on=_BOUGHT, personal=True),
    CALCULATE.name: OperationSpec(vary_on=_BOUGHT, personal=True, max_response_bytes=_LARGE),
}


def create(env: AdapterEnvironment[ShopifyConfig]) -> Backend:
    """A shop without a Storefront token shows its catalogue through Admin and has no search."""
    client = Client(env)
    identifiers = Identifiers(env, client)
    shopfront = Shopfront(env, client)
    variants = Variants(env, client, identifiers)
    keys = ProductKeys(env, identifiers)
    customers = Customers(env, client)
    stock = Stock(env, variants)
    drafts = Drafts(env, client, identifiers)
    if client.has_storefront:
        products = ShopperProducts(env, shopfront, keys)
        catalogue = (products, ShopperGroups(shopfront), Search(env, shopfront, products))
    else:
        catalogue = (AdminProducts(env, client, keys),)
    return Backend(
        ports=(
            *catalogue,
            Prices(env, client, shopfront, variants),
            stock,
            StockCommitments(env, client, stock),
            Stores(env, client),
            customers,
            CustomerDesk(env, client, customers),
            Orders(env, client),
            OrderDesk(env, client, identifiers),
            Currencies(client),
            Identity(env, client, identifiers),
            Offers(env, client, drafts),
            Delivery(env, drafts),
        ),
        probe=ShopProbe(env.config, client, shopfront),
        webhooks=Webhooks(env.config.webhook_secret, identifiers.named_by_item),
        close=shopfront.close,
    )


MANIFEST = Manifest(
    name="shopify",
    title="Shopify",
    api_version=API_VERSION,
    config=ShopifyConfig,
    create=create,
    operations=OPERATIONS,
    writes={
        ENSURE_CUSTOMER.name: WriteSpec(find=FindKind.REPLAY, by_key=TRUSTED_SECONDS),
        PLACE_ORDER.name: WriteSpec(find=FindKind.EXACT),
        CANCEL_ORDER.name: WriteSpec(find=FindKind.LAGGING, find_after=60.0),
        COMMIT_STOCK.name: WriteSpec(find=FindKind.REPLAY, by_key=KEY_LIVES),
        RESTOCK.name: WriteSpec(find=FindKind.REPLAY, by_key=KEY_LIVES),
    },
    ordering=OrderWriting(
        placement=Placement.OWNER_DECIDES,
        amounts=Amounts.GIVEN,
        payment=TellsPayment.TRANSACTION,
        stockless=True,
        dry_run=True,  # what it cannot be told is known before; its total is what it is told
    ),
    throttle=throttle,
    cost_unit="point",
    tier=QualityTier.SILVER,
    unverified=(
        "What a query costs: the published rule is assumed (cost_scale).",
        "How many terms one search takes: 100 are sent.",
        "Which price a country outside every market gets: such countries are asked of Storefront and not priced.",
        "The shape of a Storefront refusal for a wrong token.",
        "Whose customer an order becomes that names an e-mail and no customer (guest_customer names one).",
        "Whether discounts apply to lines with a price override (foreign_prices).",
        "Whether an order with an authorisation that was taken elsewhere is cancelled, and within a minute.",
        "Whether an adjustment is read by its id for as long as an order may be cancelled.",
        "How long an idempotency key gives the first answer again (trusted for an hour).",
        "Whether rates are offered for an address without a street, and in the currency of the draft.",
        "Whether a private or a public Storefront token is wanted (storefront_token_kind).",
    ),
    webhook_topics=TOPICS,
    key_fields=("sku",),
    needs={"search": "storefront_token"},
)
