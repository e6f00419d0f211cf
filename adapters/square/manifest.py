"""What Square can serve, within which limits, at how many requests. Found by entry point."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.square.catalog import OBJECTS_PER_READ
from adapters.square.client import SquareClient
from adapters.square.committing import StockCommitments
from adapters.square.config import API_VERSION, SquareConfig
from adapters.square.customer import PROFILES_PER_READ, Customers
from adapters.square.ensuring import INDEX_LAG, CustomerDesk
from adapters.square.identifiers import FIELDS, VALUES_PER_QUERY, Identifiers
from adapters.square.identity import Identity
from adapters.square.loyalty.accounts import EVENTS_PER_PAGE, KEYS_PER_SEARCH, Accounts
from adapters.square.loyalty.program import Programs
from adapters.square.order.currencies import Currencies
from adapters.square.order.orders import CUSTOMERS_PER_SEARCH, LOCATIONS_PER_SEARCH, ORDERS_PER_READ, Orders
from adapters.square.order.writing import KEY_LIVES, OrderDesk
from adapters.square.price import Prices
from adapters.square.probe import AccountProbe
from adapters.square.product.categories import Categories
from adapters.square.product.products import ITEMS_PER_PAGE, Products
from adapters.square.stock import ROWS_PER_PAGE, Stock
from adapters.square.store import Stores
from adapters.square.webhooks import TOPICS, Webhooks
from gateway.kit.budgets import NONE, axis, constant, keys, less, per, plus, times
from gateway.model.operation import OperationSpec
from gateway.ports.backend import Backend
from gateway.ports.manifest import AdapterEnvironment, Manifest, QualityTier
from gateway.ports.order import Amounts, OrderWriting, Placement, TellsPayment
from gateway.ports.writes import FindKind, WriteSpec

BY_OBJECT = per(OBJECTS_PER_READ)
BY_COUNT = per(ROWS_PER_PAGE, times(keys, axis("locations", 1)))
"""Rows are SKUs times `locations` (axis)."""
BY_CUSTOMER = plus(less(keys, axis("native")), per(PROFILES_PER_READ, axis("native"), least=0))
"""One search per email or phone; `native` (axis) of the keys are ids, 100 a request."""
BY_HOLDER = plus(
    per(KEYS_PER_SEARCH, less(keys, axis("emails"), axis("native")), least=0),
    per(KEYS_PER_SEARCH, plus(axis("emails"), axis("native")), least=0),
    axis("emails"),
)
"""30 phones or 30 customer ids a request; each of `emails` (axis) is searched for first and `native` are ids."""
BY_ENTRY = per(EVENTS_PER_PAGE, plus(axis("first", 20), constant(3)))
"""Enough pages of 30 for `first` (axis) movements, the one before them and one more."""
BY_PLACE = times(per(LOCATIONS_PER_SEARCH, axis("locations", 1)), per(CUSTOMERS_PER_SEARCH, axis("customers", 1)))
"""ceil(`locations` / 10) times ceil(`customers` / 10) (axes)."""
BY_LISTING = plus(constant(1), axis("category"))
"""One page; with a `category` (axis) one more request for images."""

OPERATIONS: Mapping[str, OperationSpec] = {
    "product.get_products": OperationSpec(
        axes={"objects": OBJECTS_PER_READ, "skus per look-up": VALUES_PER_QUERY},
        requests=BY_OBJECT,
        time_to_live=300.0,
        stale_for=3600.0,
    ),
    "product.list_products": OperationSpec(
        axes={"page": ITEMS_PER_PAGE}, requests=BY_LISTING, time_to_live=300.0, stale_for=3600.0
    ),
    "product.list_categories": OperationSpec(time_to_live=3600.0, stale_for=86_400.0),
    "product.list_collections": OperationSpec(requests=NONE, time_to_live=3600.0),
    "price.get_prices": OperationSpec(
        vary_on=frozenset({"store", "currency"}),
        axes={"objects": OBJECTS_PER_READ, "skus per look-up": VALUES_PER_QUERY},
        requests=BY_OBJECT,
        time_to_live=60.0,
        stale_for=600.0,
    ),
    "price.price_context": OperationSpec(requests=NONE, time_to_live=3600.0),
    "stock.get_stock": OperationSpec(
        axes={"rows": ROWS_PER_PAGE, "skus per look-up": VALUES_PER_QUERY},
        requests=BY_COUNT,
        time_to_live=10.0,
        stale_for=60.0,
    ),
    "store.list_stores": OperationSpec(time_to_live=3600.0, stale_for=86_400.0),
    "customer.find_customers": OperationSpec(
        personal=True, axes={"ids": PROFILES_PER_READ}, requests=BY_CUSTOMER, time_to_live=60.0
    ),
    "loyalty.find_accounts": OperationSpec(
        personal=True, axes={"keys": KEYS_PER_SEARCH}, requests=BY_HOLDER, time_to_live=30.0, stale_for=300.0
    ),
    "loyalty.list_entries": OperationSpec(
        personal=True, axes={"page": EVENTS_PER_PAGE}, requests=BY_ENTRY, time_to_live=30.0
    ),
    "loyalty.list_programs": OperationSpec(time_to_live=300.0, stale_for=3600.0),
    "order.list_orders": OperationSpec(
        personal=True,
        axes={"locations": LOCATIONS_PER_SEARCH, "customers": CUSTOMERS_PER_SEARCH},
        requests=BY_PLACE,
        time_to_live=15.0,
    ),
    "order.get_orders": OperationSpec(
        personal=True, axes={"orders": ORDERS_PER_READ}, requests=per(ORDERS_PER_READ), time_to_live=15.0
    ),
    "order.preview_order": OperationSpec(personal=True),
    "order.get_currencies": OperationSpec(time_to_live=3600.0),
}


def create(env: AdapterEnvironment[SquareConfig]) -> Backend:
    client = SquareClient(env)
    identifiers = Identifiers(env, client)
    categories, customers = Categories(env, client), Customers(env, client)
    products = Products(env, client, identifiers, categories)
    prices = Prices(env, client, identifiers)
    stock = Stock(env, client, identifiers)
    orders = Orders(env, client, identifiers)
    programs = Programs(env, client, identifiers)
    kept = {
        # The rules of a programme name what is sold.
        "product": (
            identifiers.catalog_changed,
            products.options.forget,
            categories.parents.forget,
            programs.program.forget,
        ),
        "price": (prices.taxes.forget,),
        "loyalty": (programs.program.forget,),
        "store": (orders.places.forget,),
    }

    async def close() -> None:
        """Ends what is being loaded."""
        for table in (products.options, categories.parents, prices.taxes, programs.program, orders.places):
            await table.close()

    return Backend(
        ports=(
            products,
            categories,
            prices,
            stock,
            StockCommitments(env, client, stock),
            Stores(env, client),
            customers,
            CustomerDesk(env, client, customers),
            Accounts(env, client, programs.program, customers),
            programs,
            orders,
            OrderDesk(env, client, identifiers),
            Currencies(env, client),
            Identity(env, client, identifiers),
        ),
        probe=AccountProbe(env, client),
        webhooks=Webhooks(env.config, identifiers.seen, kept),
        close=close,
    )


UNVERIFIED = (
    "tills leave order.source.name empty (seen by others, not documented): set own_sources where receipts have one",
    "how many ids customers/bulk-retrieve takes (100 assumed)",
    "whether inventory counts limit the number of ids in one query (no limit assumed)",
    "how long an idempotency key gives the first answer again (trusted for an hour)",
    "that an application may move goods from SOLD back to IN_STOCK",
    "that changes of stock are listed as soon as they are made, and that counts go below zero by them",
    "that an order made by an application may be paid with an external payment of its whole total",
    "the sign of points in EXPIRE_POINTS events (taken as negative whichever is written)",
)

MANIFEST = Manifest(
    name="square",
    title="Square",
    api_version=API_VERSION,
    config=SquareConfig,
    create=create,
    operations=OPERATIONS,
    ordering=OrderWriting(
        placement=Placement.PER_ORDER,
        amounts=Amounts.GIVEN,
        payment=TellsPayment.EXTERNAL,
        dry_run=True,
        counted=False,  # Square takes stock off when an order is fulfilled
        cancels=True,  # what nobody has paid
        paid_after=True,
    ),
    writes={
        **{
            name: WriteSpec(find=FindKind.REPLAY, by_key=KEY_LIVES)
            for name in (
                "order.place_order",
                "order.confirm_order",
                "order.cancel_order",
                "stock.commit_stock",
                "stock.restock",
            )
        },
        "customer.ensure_customer": WriteSpec(find=FindKind.REPLAY, by_key=KEY_LIVES, find_after=INDEX_LAG),
    },
    tier=QualityTier.SILVER,
    unverified=UNVERIFIED,
    webhook_topics=TOPICS,
    key_fields=FIELDS,
)
