"""What this adapter says of itself, and what it makes of one configured Odoo."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adapters.odoo.client import OdooClient
from adapters.odoo.committing import StockCommitments
from adapters.odoo.config import OdooConfig
from adapters.odoo.contacts import PEOPLE_A_REQUEST
from adapters.odoo.customer import Customers
from adapters.odoo.ensuring import CustomerDesk
from adapters.odoo.identity import Identities
from adapters.odoo.loyalty.accounts import Loyalty
from adapters.odoo.loyalty.programs import LoyaltyPrograms
from adapters.odoo.order.currencies import Currencies
from adapters.odoo.order.orders import Orders
from adapters.odoo.order.writing import OrderDesk
from adapters.odoo.price.drift import PriceAudits
from adapters.odoo.price.dryrun import LINES_A_REQUEST
from adapters.odoo.price.groups import PriceGroups
from adapters.odoo.price.prices import Prices
from adapters.odoo.price.tables import TABLES as PRICE_TABLES
from adapters.odoo.probe import OdooProbe
from adapters.odoo.product import KEYS_A_REQUEST as PRODUCTS_A_REQUEST
from adapters.odoo.product import Catalog
from adapters.odoo.protocols import ERRANDS
from adapters.odoo.stock import TABLES as STOCK_TABLES
from adapters.odoo.stock import Stock
from adapters.odoo.store import Stores
from adapters.odoo.variants import KEY_FIELDS, SKUS_A_REQUEST, Variants
from adapters.odoo.variants import TABLES as PRODUCT_TABLES
from adapters.odoo.webhooks import TOPICS, Webhooks
from gateway.kit.budgets import Budget, axis, constant, per, plus, when
from gateway.model.operation import MEBIBYTE, OperationSpec
from gateway.ports.backend import Backend
from gateway.ports.manifest import AdapterEnvironment, Manifest, QualityTier
from gateway.ports.order import Amounts, OrderWriting, Placement, TellsPayment
from gateway.ports.writes import FindKind, WriteSpec


def create(env: AdapterEnvironment[OdooConfig]) -> Backend:
    client = OdooClient(env.config, env.transport, env.clock)
    variants = Variants(env, client)
    prices, customers = Prices(env, client, variants), Customers(env, client)
    stock, orders, programs = Stock(env, client, variants), Orders(env, client), LoyaltyPrograms(env, client, variants)

    async def close() -> None:
        for one in (prices, stock, orders, programs, variants, client):
            await one.close()

    return Backend(
        ports=(
            Catalog(env, client, variants),
            prices,
            PriceGroups(env, client),
            PriceAudits(env.config, client, variants, prices),
            stock,
            StockCommitments(env, client, variants),
            Stores(env, client),
            customers,
            CustomerDesk(env, client, customers),
            Loyalty(env, client),
            programs,
            orders,
            OrderDesk(env, client, variants, prices, orders.own_only),
            Currencies(prices),
            Identities(env.name, client, variants),
        ),
        probe=OdooProbe(env.config, client),
        webhooks=Webhooks(env.config.webhook_token, variants.sku_field),
        close=close,
    )


LANGUAGE = frozenset({"language"})
MARKET = frozenset({"channel", "country", "currency"})


def _translated(requests: Budget) -> Budget:
    """Axis `translated`: another language than the records' is asked, and both are read to tell them apart."""
    return when("translated", plus(requests, requests), requests)


_SLOW: Mapping[str, Any] = {"timeout": 20.0, "settles": 130.0}
"""Seconds. Odoo ends a request of its own accord after 120 (`limit_time_real`): until then it may take effect."""

MANIFEST = Manifest(
    name="odoo",
    title="Odoo",
    api_version="JSON-2 of 19; JSON-RPC of 18 and 17",
    config=OdooConfig,
    create=create,
    operations={
        "product.get_products": OperationSpec(
            vary_on=LANGUAGE,
            axes={"keys": PRODUCTS_A_REQUEST},
            requests=_translated(per(PRODUCTS_A_REQUEST)),
            time_to_live=60,
            stale_for=600,
            max_response_bytes=8 * MEBIBYTE,
        ),
        "product.list_products": OperationSpec(
            vary_on=LANGUAGE,
            requests=_translated(constant(1)),
            time_to_live=60,
            stale_for=600,
            max_response_bytes=8 * MEBIBYTE,
        ),
        "product.list_categories": OperationSpec(
            vary_on=LANGUAGE, requests=_translated(constant(1)), time_to_live=300, stale_for=3600
        ),
        # A fresh price (axis `fresh`) adds the dry runs.
        "price.get_prices": OperationSpec(
            vary_on=MARKET | {"price_group"},
            axes={"skus": SKUS_A_REQUEST, "dry_run_lines": LINES_A_REQUEST},
            requests=plus(per(SKUS_A_REQUEST), when("fresh", per(LINES_A_REQUEST))),
            time_to_live=30,
            stale_for=300,
        ),
        "price.price_context": OperationSpec(vary_on=MARKET, personal=True, time_to_live=300),
        # Kits that only Odoo can count (axis `kits`) add one request for each of `locations`.
        "stock.get_stock": OperationSpec(
            axes={"skus": SKUS_A_REQUEST},
            requests=plus(per(SKUS_A_REQUEST), when("kits", axis("locations"))),
            time_to_live=10,
            stale_for=60,
            max_response_bytes=8 * MEBIBYTE,
        ),
        "store.list_stores": OperationSpec(time_to_live=3600, stale_for=86_400),
        "customer.find_customers": OperationSpec(
            personal=True, axes={"keys": PEOPLE_A_REQUEST}, requests=per(PEOPLE_A_REQUEST), time_to_live=60
        ),
        "loyalty.find_accounts": OperationSpec(
            personal=True, axes={"keys": PEOPLE_A_REQUEST}, requests=per(PEOPLE_A_REQUEST), time_to_live=30
        ),
        "loyalty.list_entries": OperationSpec(personal=True),
        # And one for each rule that is for some products only (axis `scoped`).
        "loyalty.list_programs": OperationSpec(
            requests=plus(constant(1), axis("scoped")), time_to_live=900, stale_for=86_400
        ),
        **{
            name: OperationSpec(personal=True, requests=constant(2), max_response_bytes=4 * MEBIBYTE)
            for name in ("order.list_orders", "order.get_orders", "order.get_by_origin")
        },
        "order.get_currencies": OperationSpec(
            vary_on=MARKET | {"price_group"}, requests=constant(0), time_to_live=60, stale_for=600
        ),
    },
    ordering=OrderWriting(
        placement=Placement.PER_ORDER,
        amounts=Amounts.GIVEN,  # prices are taken, taxes worked out; the total is read back
        payment=TellsPayment.NONE,
        pending=True,
        pending_holds=False,
        counted=True,  # confirming reserves what there is
        cancels=True,
    ),
    writes={
        "customer.ensure_customer": WriteSpec(find=FindKind.EXACT, **_SLOW),
        "order.place_order": WriteSpec(vary_on=MARKET | {"price_group"}, find=FindKind.EXACT, **_SLOW),
        "order.confirm_order": WriteSpec(find=FindKind.EXACT, **_SLOW),
        "order.cancel_order": WriteSpec(find=FindKind.EXACT, **_SLOW),
        "stock.commit_stock": WriteSpec(find=FindKind.EXACT, **_SLOW),
        "stock.restock": WriteSpec(find=FindKind.EXACT, **_SLOW),
    },
    tier=QualityTier.SILVER,
    key_fields=KEY_FIELDS,
    webhook_topics=TOPICS,
    errands=(*ERRANDS, PRODUCT_TABLES, PRICE_TABLES, STOCK_TABLES),
    unverified=(
        "Odoo 17 is asked as 18 is, but for the fields it lacks; no such server was tried.",
        "Units of measure of 19 (`uom.uom.factor`) and image addresses (`images`) were not seen on a real server.",
        "Fiscal positions of 19 are read as `tax_ids` with each tax's `original_tax_ids`; taken from its source.",
        "Placing, confirming and cancelling orders is taken from the source of 18 and from single calls to a real one.",
        "Deliveries for orders of other systems (made, reserved, cancelled) are taken from the source of 17 to 19.",
        "Orders are left out of stock from their confirmation on: true where the warehouse's deliveries reserve at "
        "confirmation, as they do by default.",
        "`partner_latitude` and `partner_longitude` of warehouses were not seen on a real server.",
    ),
)
