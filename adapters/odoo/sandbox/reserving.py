"""What is reserved for whom: pieces of the quants that lie at a place, taken as far as they go."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from adapters.odoo.sandbox.figures import kit_of
from adapters.odoo.sandbox.store import Record, Store

Holder = tuple[str, int]
"""A model and an id of it."""


class Reservations:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._held: dict[Holder, list[tuple[int, float]]] = {}

    def take(self, holder: Holder, goods: Mapping[int, float], here: Callable[[Record], bool]) -> float:
        """As many as lie free in the locations that are `here`, by product; the rest waits. How many that were."""
        taken = 0.0
        for product, pieces in goods.items():
            for quant in self._store.all("stock.quant"):
                place = self._store.browse("stock.location", quant["location_id"])
                free = min(pieces, quant["quantity"] - quant["reserved_quantity"])
                if quant["product_id"] != product or place["usage"] != "internal" or not here(place) or free <= 0:
                    continue
                quant["reserved_quantity"] += free
                self._held.setdefault(holder, []).append((quant["id"], free))
                pieces -= free
                taken += free
        return taken

    def release(self, holder: Holder) -> None:
        for quant, pieces in self._held.pop(holder, []):
            held = self._store.browse("stock.quant", quant)
            self._store.write("stock.quant", quant, {"reserved_quantity": held["reserved_quantity"] - pieces})

    def send_off(self, holder: Holder) -> None:
        """What is held leaves the place."""
        for quant, pieces in self._held.pop(holder, []):
            held = self._store.browse("stock.quant", quant)
            left = {name: held[name] - pieces for name in ("quantity", "reserved_quantity")}
            self._store.write("stock.quant", quant, left)


def parts_of(store: Store, product: Record, pieces: float) -> dict[int, float]:
    """Pieces of each product that lies in stock: of a kit its parts, and theirs; of a service none."""
    kit = kit_of(store, product)
    if kit is None:
        kept = store.value("product.product", product, "type", {}) != "service"
        return {product["id"]: pieces} if kept else {}
    found: dict[int, float] = {}
    for part in store.all("mrp.bom.line"):
        if part["bom_id"] == kit["id"]:
            needed = pieces * part["product_qty"] / kit["product_qty"]
            for one, number in parts_of(store, store.browse("product.product", part["product_id"]), needed).items():
                found[one] = found.get(one, 0.0) + number
    return found
