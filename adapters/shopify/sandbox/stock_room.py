"""Quantities as an app adjusts them: all changes or none, once for each key, below zero too. A key is remembered with
what was asked under it; one whose request failed is used up."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from graphql import GraphQLError

from adapters.shopify.sandbox.world import Level, ShopVariant, World, number

NAMES = ("available",)
REASONS = (
    "correction", "cycle_count_available", "damaged", "movement_canceled", "movement_created", "movement_received",
    "movement_updated", "other", "promotion", "quality_control", "received", "reservation_created",
    "reservation_deleted", "reservation_updated", "restock", "safety_stock", "shrinkage",
)  # fmt: skip
MOST, LOWEST = 250, -2_000_000_000
_DOCUMENT = re.compile(r"gid://(?!shopify/)[^/\s]+/[^/\s]+/\S+|(?!gid:)[a-z][a-z0-9+.-]*://\S+")


class StockRoom:
    def __init__(self, world: World) -> None:
        self._world = world

    def adjust(self, asked: dict[str, Any], key: str | None) -> dict[str, Any]:
        """Raises GraphQLError for what the vendor refuses before it looks at the input's meaning."""
        if not (key or "").strip():
            raise GraphQLError("The @idempotent directive is required.", extensions={"code": "BAD_REQUEST"})
        changes: list[dict[str, Any]] = asked["changes"]
        if len(changes) > MOST:
            raise GraphQLError(f"The input array size is greater than {MOST}.", extensions={"code": "MAX_INPUT_SIZE"})
        if any("changeFromQuantity" not in change for change in changes):
            raise GraphQLError("changeFromQuantity must be given.", extensions={"code": "BAD_REQUEST"})
        written = json.dumps(asked, sort_keys=True)
        known = self._world.keys.get(key or "")
        if known is not None:
            return _refused("IDEMPOTENCY_KEY_PARAMETER_MISMATCH") if known[0] != written else known[1]
        errors = list(self._errors(asked))
        if self._world.failing:
            self._world.failing -= 1
            errors = [_error("ADJUST_QUANTITIES_FAILED", "input")]
        if errors:
            self._world.keys[key or ""] = written, _refused("IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED")
            return {"inventoryAdjustmentGroup": None, "userErrors": errors}
        for change in changes:
            level = self._level(change)
            if level is not None:
                level.available += change["delta"]
                level.on_hand += change["delta"]
        native = f"gid://shopify/InventoryAdjustmentGroup/{len(self._world.effects) + 1}"
        self._world.adjustments[native] = asked
        self._world.effects.append(("inventoryAdjustQuantities", asked.get("referenceDocumentUri") or "", native))
        self._world.keys[key or ""] = written, {"inventoryAdjustmentGroup": {"id": native}, "userErrors": []}
        return self._world.keys[key or ""][1]

    def node(self, native: str) -> dict[str, Any] | None:
        """An adjustment, with what it did to what is on hand beside."""
        asked = self._world.adjustments.get(native)
        if asked is None:
            return None

        def changes(info: Any, quantityNames: list[str] | None = None) -> list[dict[str, Any]]:
            return [
                {
                    "name": name,
                    "delta": change["delta"],
                    "item": {"id": change["inventoryItemId"]} if self._variant(change) else None,
                    "location": {"id": change["locationId"]} if self._level(change) else None,
                }
                for change in asked["changes"]
                for name in (asked["name"], "on_hand")
                if quantityNames is None or name in quantityNames
            ]

        told = {name: asked.get(name) for name in ("reason", "referenceDocumentUri")}
        return {"__typename": "InventoryAdjustmentGroup", "id": native, **told, "changes": changes}

    def _errors(self, asked: dict[str, Any]) -> Iterable[dict[str, Any]]:
        if asked["name"] not in NAMES:
            yield _error("INVALID_QUANTITY_NAME", "input", "name")
        if asked["reason"] not in REASONS:
            yield _error("INVALID_REASON", "input", "reason")
        if asked.get("referenceDocumentUri") and not _DOCUMENT.fullmatch(asked["referenceDocumentUri"]):
            yield _error("INVALID_REFERENCE_DOCUMENT", "input", "referenceDocumentUri")
        for place, change in enumerate(asked["changes"]):
            where = ("input", "changes", str(place))
            level = self._level(change)
            if self._variant(change) is None:
                yield _error("INVALID_INVENTORY_ITEM", *where, "inventoryItemId")
            elif level is None:
                yield _error("INVALID_LOCATION", *where, "locationId")
            elif change["changeFromQuantity"] not in (None, level.available):
                yield _error("CHANGE_FROM_QUANTITY_STALE", *where, "changeFromQuantity")
            elif level.available + change["delta"] < LOWEST:
                yield _error("INVALID_QUANTITY_TOO_LOW", *where, "delta")

    def _variant(self, change: dict[str, Any]) -> ShopVariant | None:
        return self._world.variants.get(f"gid://shopify/ProductVariant/{number(change['inventoryItemId'])}")

    def _level(self, change: dict[str, Any]) -> Level | None:
        variant = self._variant(change)
        return None if variant is None else self._world.stock.get((variant.key, change["locationId"]))


def _refused(code: str) -> dict[str, Any]:
    return {"inventoryAdjustmentGroup": None, "userErrors": [_error(code)]}


def _error(code: str, *path: str) -> dict[str, Any]:
    return {"code": code, "field": list(path) or None, "message": code.replace("_", " ").lower()}
