"""What each operation costs and depends on. Request counts hold when identifiers are remembered; one more search per
hundred SKUs or barcodes otherwise, and one more for all products of an answer that have over a hundred variants."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from gateway.model.operation import OperationSpec
from gateway.ports import operations as ports

_SHOWN = frozenset({"country", "language"})
EIGHT_MEBIBYTES = 8 << 20


def per(size: int) -> Callable[[int, Mapping[str, int]], int]:
    """One request for each `size` keys."""

    def requests(keys: int, axes: Mapping[str, int]) -> int:
        return -(-max(keys, 1) // size)

    return requests


OPERATIONS: Mapping[str, OperationSpec] = {
    ports.GET_PRODUCTS.name: OperationSpec(
        vary_on=_SHOWN,
        requests=per(100),
        time_to_live=60.0,
        stale_for=600.0,
        max_response_bytes=EIGHT_MEBIBYTES,
    ),
    ports.LIST_PRODUCTS.name: OperationSpec(
        vary_on=_SHOWN, time_to_live=60.0, stale_for=600.0, max_response_bytes=EIGHT_MEBIBYTES
    ),
    ports.LIST_CATEGORIES.name: OperationSpec(vary_on=_SHOWN, time_to_live=300.0, stale_for=3600.0),
    ports.LIST_COLLECTIONS.name: OperationSpec(vary_on=_SHOWN, time_to_live=300.0, stale_for=3600.0),
}
