"""Orders that an app makes: nothing is made where anything is wrong, stock is claimed by the policy that was asked for,
and two orders never share a value of a unique metafield."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from graphql import GraphQLError
from msgspec.structs import replace

from adapters.shopify.sandbox.world import ShopOrder, World, gid
from gateway.model.freshness import Freshness
from gateway.model.identity import NativeRef
from gateway.model.money import Money, TaxedMoney, TaxTreatment
from gateway.model.orders import Order, OrderKind, OrderLine, OrderStatus

ZERO = Decimal(0)
FIRST = 900_000
"""Numbers of orders made here."""
STATUSES = {"PAID": OrderStatus.CONFIRMED, "AUTHORIZED": OrderStatus.OPEN}


class OrderDesk:
    def __init__(self, world: World) -> None:
        self._world = world

    def create(self, order: dict[str, Any], options: dict[str, Any] | None) -> tuple[ShopOrder | None, list[Any]]:
        errors = list(self._errors(order))
        behaviour = (options or {}).get("inventoryBehaviour") or "BYPASS"
        if not errors and behaviour == "DECREMENT_OBEYING_POLICY":
            errors = list(self._short(order))
        if errors:
            return None, errors
        if behaviour != "BYPASS":
            self._claim(order)
        made = self._made(order)
        for field in _list(order, "metafields"):
            self._world.metafields[field["namespace"], field["key"], field["value"]] = made.id
        self._world.effects.append(("orderCreate", order.get("sourceIdentifier") or "", made.id))
        return made, []

    def cancel(self, native: str, *, restock: bool) -> list[dict[str, Any]]:
        """Once; what was fulfilled stays."""
        order = self._world.orders.get(native)
        if order is None:
            return [_error("NOT_FOUND", "Order does not exist", "orderId")]
        record = order.record
        if record.status in (OrderStatus.CANCELLED, OrderStatus.FULFILLED, OrderStatus.RETURNED):
            return [_error("INVALID", "Order cannot be cancelled", "orderId")]
        order.record = replace(record, status=OrderStatus.CANCELLED, cancelled_at=self._world.now)
        if restock:
            for line in record.lines:
                level = next((level for (key, _), level in self._world.stock.items() if key == line.sku), None)
                if level is not None:
                    level.available += int(line.quantity)
        self._world.effects.append(("orderCancel", order.source_identifier or "", native))
        return []

    def by_reference(self, wanted: dict[str, Any]) -> ShopOrder | None:
        place = (wanted.get("namespace") or "", wanted["key"])
        if place not in self._world.unique_metafields:
            raise GraphQLError("Metafield definition of type 'id' is required when using custom ids.")
        native = self._world.metafields.get((*place, wanted["value"]))
        return self._world.orders.get(native or "")

    def _errors(self, order: dict[str, Any]) -> Iterable[dict[str, Any]]:
        lines: list[dict[str, Any]] = _list(order, "lineItems")
        if not lines:
            yield _error("INVALID", "must have at least one line item", "lineItems")
        for place, line in enumerate(lines):
            if line["quantity"] < 1:
                yield _error("INVALID", "must be greater than 0", "lineItems", str(place), "quantity")
            if line.get("variantId") not in self._world.variants:
                yield _error("INVALID", "does not exist", "lineItems", str(place), "variantId")
        if order.get("taxLines") and any(line.get("taxLines") for line in lines):
            yield _error("INVALID", "can be specified on the order or the line items but not both", "taxLines")
        for amount in _amounts(order):
            if amount["shopMoney"]["currencyCode"] != self._world.seed.currency:
                yield _error("INVALID", "must be in the shop's currency", "currency")
                break
            if Decimal(str(amount["shopMoney"]["amount"])) < 0:
                yield _error("INVALID", "must not be negative", "lineItems")
        customer = _part(_part(order, "customer"), "toAssociate").get("id")
        if customer is not None and customer not in self._world.customers:
            yield _error("INVALID", "does not exist", "customer")
        for field in _list(order, "metafields"):
            place = (field["namespace"], field["key"])
            if field.get("type") == "id" and place not in self._world.unique_metafields:
                yield _error("INVALID", "type id needs a definition", "metafields")
            elif (*place, field["value"]) in self._world.metafields:
                yield _error("INVALID", "value has already been taken", "metafields", "0", "value")

    def _short(self, order: dict[str, Any]) -> Iterable[dict[str, Any]]:
        wanted: dict[str, int] = {}
        for line in order["lineItems"]:
            wanted[line["variantId"]] = wanted.get(line["variantId"], 0) + line["quantity"]
        for native, quantity in wanted.items():
            variant = self._world.variants[native]
            levels = [level for (key, _), level in self._world.stock.items() if key == variant.key]
            if variant.tracked and sum(level.available for level in levels) < quantity:
                yield _error("INVENTORY_CLAIM_FAILED", "Unable to claim inventory", "lineItems")

    def _claim(self, order: dict[str, Any]) -> None:
        for line in order["lineItems"]:
            variant, wanted = self._world.variants[line["variantId"]], line["quantity"]
            for (key, _), level in self._world.stock.items():
                if key == variant.key and wanted:
                    taken = min(wanted, max(level.available, 0))
                    level.available -= taken
                    wanted -= taken

    def _made(self, order: dict[str, Any]) -> ShopOrder:
        currency, included = self._world.seed.currency, bool(order.get("taxesIncluded"))
        lines = [self._line(place, line, currency, included) for place, line in enumerate(order["lineItems"])]
        worth = sum((line.total.stated.amount for line in lines if line.total), ZERO)
        shipping = sum((_value(line["priceSet"]) for line in _list(order, "shippingLines")), ZERO)
        code = _part(order, "discountCode").get("itemFixedDiscountCode")
        off = min(_value(code["amountSet"]), worth) if code else ZERO
        rows = [*order["lineItems"], *(_list(order, "shippingLines")), order]
        tax = sum((_value(tax["priceSet"]) for row in rows for tax in _list(row, "taxLines")), ZERO)
        stated = worth - off + shipping
        gross, net = (stated, stated - tax) if included else (stated + tax, stated)
        native = str(FIRST + len(self._world.effects))
        customer = _part(_part(order, "customer"), "toAssociate").get("id")
        record = Order(
            NativeRef("seed", native),
            f"#{native}",
            OrderKind.WEB,
            self._world.now,
            STATUSES.get(order.get("financialStatus") or "", OrderStatus.OPEN),
            "made",
            TaxedMoney(
                Money(net, currency),
                Money(gross, currency),
                Money(tax, currency),
                TaxTreatment.INCLUDED if included else TaxTreatment.EXCLUDED,
            ),
            Freshness("seed", self._world.now),
            lines=tuple(lines),
        )
        made = ShopOrder(
            gid("Order", native), record, customer, order.get("email"), "gateway", order.get("sourceIdentifier")
        )
        self._world.orders[made.id] = made
        return made

    def _line(self, place: int, line: dict[str, Any], currency: str, included: bool) -> OrderLine:
        variant = self._world.variants[line["variantId"]]
        price = line.get("priceSet")
        unit = Money(_value(price) if price else ZERO, currency)
        side = "gross" if included else "net"
        treatment = TaxTreatment.INCLUDED if included else TaxTreatment.EXCLUDED
        amounts: dict[str, Any] = {side: unit}
        return OrderLine(
            str(place + 1),
            variant.record.title.value,
            Decimal(line["quantity"]),
            variant.sku,
            TaxedMoney(**amounts, treatment=treatment),
            TaxedMoney(**{side: unit.times(line["quantity"])}, treatment=treatment),
        )


def _amounts(order: dict[str, Any]) -> Iterable[dict[str, Any]]:
    for line in (*(_list(order, "lineItems")), *(_list(order, "shippingLines"))):
        if line.get("priceSet"):
            yield line["priceSet"]
    for transaction in _list(order, "transactions"):
        yield transaction["amountSet"]


def _part(asked: dict[str, Any], name: str) -> dict[str, Any]:
    """One of its objects, empty where it has none."""
    return asked.get(name) or {}


def _list(asked: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return asked.get(name) or []


def _value(bag: dict[str, Any] | None) -> Decimal:
    return Decimal(str(bag["shopMoney"]["amount"])) if bag else ZERO


def _error(code: str, message: str, *path: str) -> dict[str, Any]:
    return {"code": code, "field": ["order", *path], "message": message}
