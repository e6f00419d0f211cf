"""What Square can serve, within which limits, at how many requests. Found by entry point."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.square.adapter import create
from adapters.square.config import API_VERSION, SquareConfig
from adapters.square.identifiers import OBJECTS_PER_READ, VALUES_PER_QUERY
from adapters.square.reads.stock import ROWS_PER_PAGE
from gateway.model.operation import MEBIBYTE, OperationSpec
from gateway.ports.manifest import Manifest, QualityTier

LARGE = 16 * MEBIBYTE


def pages(rows: int, size: int) -> int:
    """How many requests of `size` rows it takes; at least one."""
    return max(1, -(-rows // size))


def by_object(keys: int, axes: Mapping[str, int]) -> int:
    return pages(keys, OBJECTS_PER_READ)


def by_count(keys: int, axes: Mapping[str, int]) -> int:
    """Rows are SKUs times `locations` (axis)."""
    return pages(keys * axes.get("locations", 1), ROWS_PER_PAGE)


def none(keys: int, axes: Mapping[str, int]) -> int:
    return 0


OPERATIONS: Mapping[str, OperationSpec] = {
    "price.get_prices": OperationSpec(
        vary_on=frozenset({"store", "currency"}),
        axes={"objects": OBJECTS_PER_READ, "skus per look-up": VALUES_PER_QUERY},
        requests=by_object,
        time_to_live=60.0,
        stale_for=600.0,
        max_response_bytes=LARGE,
    ),
    "price.price_context": OperationSpec(requests=none, time_to_live=3600.0),
    "stock.get_stock": OperationSpec(
        axes={"rows": ROWS_PER_PAGE, "skus per look-up": VALUES_PER_QUERY},
        requests=by_count,
        time_to_live=10.0,
        stale_for=60.0,
        max_response_bytes=LARGE,
    ),
    "store.list_stores": OperationSpec(time_to_live=3600.0, stale_for=86_400.0),
}

MANIFEST = Manifest(
    name="square",
    title="Square",
    api_version=API_VERSION,
    config=SquareConfig,
    create=create,
    operations=OPERATIONS,
    tier=QualityTier.SILVER,
)
