"""Seeded orders: web orders as `sale.order`, receipts and refunds as `pos.order`."""

from __future__ import annotations

from typing import Any

from adapters.odoo.sandbox.seeding.seeded import Seeded, currency_id, native
from adapters.odoo.sandbox.store import Store
from gateway.model.money import TaxedMoney
from gateway.model.orders import Order, OrderKind, OrderLine, OrderStatus
from gateway.testing.sandbox import Seed

_DELIVERY = {OrderStatus.FULFILLED: "full", OrderStatus.PARTIALLY_FULFILLED: "partial"}


def fill_orders(store: Store, seed: Seed, seeded: Seeded) -> None:
    for order in seed.orders:
        (add_sale if order.kind is OrderKind.WEB else add_receipt)(store, seeded, order)


def _amounts(amount: TaxedMoney) -> tuple[float, float]:
    """Without and with tax, as far as the seed says."""
    net, gross = amount.net or amount.gross, amount.gross or amount.net
    return float(net.amount if net else 0), float(gross.amount if gross else 0)


def _head(store: Store, seeded: Seeded, order: Order) -> dict[str, Any]:
    net, gross = _amounts(order.total)
    return {
        "date_order": order.placed_at,
        "partner_id": seeded.partners.get(order.customer.id) if order.customer else None,
        "currency_id": currency_id(store, seeded, order.total.currency),
        "amount_untaxed": net,
        "amount_tax": round(gross - net, 6),
        "amount_total": gross,
    }


def add_sale(store: Store, seeded: Seeded, order: Order) -> int:
    states = {OrderStatus.OPEN: "draft", OrderStatus.CANCELLED: "cancel"}
    added = store.add(
        "sale.order",
        {
            **_head(store, seeded, order),
            "name": order.number,
            "state": states.get(order.status, "sale"),
            "delivery_status": _DELIVERY.get(order.status, "pending"),
            "client_order_ref": order.origin.reference if order.origin else None,
            "warehouse_id": seeded.warehouses.get(order.location or ""),
        },
        native(order.ref.id),
    )
    for line in order.lines:
        net, gross = _line(line)
        values = {"order_id": added, "name": line.title, "product_id": seeded.variants.get(line.sku or "")}
        quantity = float(line.quantity)
        amounts = {"product_uom_qty": quantity, "price_unit": gross / quantity if quantity else gross, "discount": 0.0}
        totals = {"price_subtotal": net, "price_tax": round(gross - net, 6), "price_total": gross}
        store.add("sale.order.line", {**values, **amounts, **totals})
    return added


def add_receipt(store: Store, seeded: Seeded, order: Order) -> int:
    till = _till(store, seeded, order.location)
    identifier = native(order.ref.id)
    added = store.add(
        "pos.order",
        {
            **_head(store, seeded, order),
            "name": f"POS/{order.ref.id}",
            "pos_reference": order.number,
            "uuid": f"00000000-0000-4000-8000-{int(identifier or 0):012d}",
            "state": "done",
            "config_id": till,
        },
        identifier,
    )
    for line in order.lines:
        net, gross = _line(line)
        sign = -1 if order.kind is OrderKind.REFUND and line.quantity > 0 else 1
        values = {"order_id": added, "full_product_name": line.title}
        quantity = float(line.quantity)
        values |= {"product_id": seeded.variants.get(line.sku or ""), "qty": sign * quantity, "discount": 0.0}
        amounts = {"price_unit": abs(gross / quantity) if quantity else 0.0}
        store.add("pos.order.line", {**values, **amounts, "price_subtotal": net, "price_subtotal_incl": gross})
    return added


def _line(line: OrderLine) -> tuple[float, float]:
    if line.total is not None:
        return _amounts(line.total)
    if line.unit is None:
        return 0.0, 0.0
    net, gross = _amounts(line.unit)
    return net * float(line.quantity), gross * float(line.quantity)


def _till(store: Store, seeded: Seeded, location: str | None) -> int | None:
    warehouse = seeded.warehouses.get(location or "")
    if warehouse is None:
        return None
    known = store.find("pos.config", picking_type_id=warehouse)
    return known["id"] if known else store.add("pos.config", {"name": location, "picking_type_id": warehouse})
