"""What this adapter says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil

from adapters.odoo.adapter import OdooAdapter
from adapters.odoo.backend import SKUS_A_REQUEST
from adapters.odoo.config import OdooConfig
from adapters.odoo.pricing.dryrun import LINES_A_REQUEST
from gateway.model.operation import MEBIBYTE, OperationSpec
from gateway.ports.manifest import Manifest, QualityTier


def _by_sku(keys: int, axes: Mapping[str, int]) -> int:
    """One request for each chunk of SKUs; a fresh price (axis `fresh`) adds the dry runs."""
    return ceil(keys / SKUS_A_REQUEST) + (ceil(keys / LINES_A_REQUEST) if axes.get("fresh") else 0)


def _with_kits(keys: int, axes: Mapping[str, int]) -> int:
    """Kits that only Odoo can count (axis `kits`) add one request for each of `warehouses`."""
    return ceil(keys / SKUS_A_REQUEST) + (axes.get("warehouses", 0) if axes.get("kits") else 0)


MANIFEST = Manifest(
    name="odoo",
    title="Odoo",
    api_version="JSON-2 of 19; JSON-RPC of 18 and 17",
    config=OdooConfig,
    create=OdooAdapter,
    operations={
        "price.get_prices": OperationSpec(
            vary_on=frozenset({"channel", "country", "currency", "price_group"}),
            requests=_by_sku,
            time_to_live=30,
            stale_for=300,
        ),
        "price.price_context": OperationSpec(personal=True, time_to_live=300),
        "stock.get_stock": OperationSpec(
            requests=_with_kits, time_to_live=10, stale_for=60, max_response_bytes=8 * MEBIBYTE
        ),
    },
    tier=QualityTier.SILVER,
    unverified=("Odoo 17 is asked as 18 is, but for the fields it lacks; no such server was tried.",),
)
