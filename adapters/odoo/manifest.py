"""What this adapter says of itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import ceil

from adapters.odoo.adapter import OdooAdapter
from adapters.odoo.config import OdooConfig
from adapters.odoo.customer import KEYS_A_REQUEST as PEOPLE_A_REQUEST
from adapters.odoo.price.dryrun import LINES_A_REQUEST
from adapters.odoo.product.port import KEYS_A_REQUEST as PRODUCTS_A_REQUEST
from adapters.odoo.product.port import PRODUCTS_SIZE
from adapters.odoo.stock.port import QUANTS_SIZE
from adapters.odoo.variants import KEY_FIELDS, SKUS_A_REQUEST
from adapters.odoo.webhooks import TOPICS
from gateway.model.operation import OperationSpec
from gateway.ports.backend import Backend
from gateway.ports.manifest import AdapterEnvironment, Manifest, QualityTier

Budget = Callable[[int, Mapping[str, int]], int]


def _chunked(size: int, times: int = 1) -> Budget:
    return lambda keys, axes: times * ceil(keys / size)


def _constant(requests: int) -> Budget:
    return lambda keys, axes: requests


def _translated(requests: Budget) -> Budget:
    """Axis `translated`: another language than the records' is asked, and both are read to tell them apart."""
    return lambda keys, axes: requests(keys, axes) * (2 if axes.get("translated") else 1)


def _prices(keys: int, axes: Mapping[str, int]) -> int:
    """One request for each chunk of SKUs; a fresh price (axis `fresh`) adds the dry runs."""
    return ceil(keys / SKUS_A_REQUEST) + (ceil(keys / LINES_A_REQUEST) if axes.get("fresh") else 0)


def _stock(keys: int, axes: Mapping[str, int]) -> int:
    """Kits that only Odoo can count (axis `kits`) add one request for each of `locations`."""
    return ceil(keys / SKUS_A_REQUEST) + (axes.get("locations", 0) if axes.get("kits") else 0)


def _programs(keys: int, axes: Mapping[str, int]) -> int:
    """One, and one for each rule that is for some products only (axis `scoped`)."""
    return 1 + axes.get("scoped", 0)


def create(environment: AdapterEnvironment[OdooConfig]) -> Backend:
    adapter = OdooAdapter(environment)
    return Backend(ports=(adapter,), probe=adapter, webhooks=adapter, close=adapter.close)


LANGUAGE = frozenset({"language"})
MARKET = frozenset({"channel", "country", "currency"})

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
            requests=_translated(_chunked(PRODUCTS_A_REQUEST)),
            time_to_live=60,
            stale_for=600,
            max_response_bytes=PRODUCTS_SIZE,
        ),
        "product.list_products": OperationSpec(
            vary_on=LANGUAGE,
            requests=_translated(_constant(1)),
            time_to_live=60,
            stale_for=600,
            max_response_bytes=PRODUCTS_SIZE,
        ),
        "product.list_categories": OperationSpec(
            vary_on=LANGUAGE, requests=_translated(_constant(1)), time_to_live=300, stale_for=3600
        ),
        "price.get_prices": OperationSpec(
            vary_on=MARKET | {"price_group"},
            axes={"skus": SKUS_A_REQUEST, "dry_run_lines": LINES_A_REQUEST},
            requests=_prices,
            time_to_live=30,
            stale_for=300,
        ),
        "price.price_context": OperationSpec(vary_on=MARKET, personal=True, time_to_live=300),
        "stock.get_stock": OperationSpec(
            axes={"skus": SKUS_A_REQUEST},
            requests=_stock,
            time_to_live=10,
            stale_for=60,
            max_response_bytes=QUANTS_SIZE,
        ),
        "store.list_stores": OperationSpec(time_to_live=3600, stale_for=86_400),
        "customer.find_customers": OperationSpec(
            personal=True, axes={"keys": PEOPLE_A_REQUEST}, requests=_chunked(PEOPLE_A_REQUEST), time_to_live=60
        ),
        "loyalty.find_accounts": OperationSpec(
            personal=True, axes={"keys": PEOPLE_A_REQUEST}, requests=_chunked(PEOPLE_A_REQUEST), time_to_live=30
        ),
        "loyalty.list_entries": OperationSpec(personal=True),
        "loyalty.list_programs": OperationSpec(requests=_programs, time_to_live=900, stale_for=86_400),
        "order.list_orders": OperationSpec(personal=True, requests=_constant(2)),
        "order.get_orders": OperationSpec(personal=True, requests=_constant(2)),
        "order.get_by_origin": OperationSpec(personal=True, requests=_constant(2)),
    },
    tier=QualityTier.SILVER,
    key_fields=KEY_FIELDS,
    webhook_topics=TOPICS,
    errands=(
        "product.resolve",
        "product.audit",
        "product.tables",
        "stock.tables",
        "price.tables",
        "rights",
        "login",
        "version",
    ),
    unverified=(
        "Odoo 17 is asked as 18 is, but for the fields it lacks; no such server was tried.",
        "Units of measure of 19 (`uom.uom.factor`) and image addresses (`images`) were not seen on a real server.",
        "Fiscal positions of 19 are read as `tax_ids` with each tax's `original_tax_ids`; taken from its source.",
        "`partner_latitude` and `partner_longitude` of warehouses were not seen on a real server.",
    ),
)
